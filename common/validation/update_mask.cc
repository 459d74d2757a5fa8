#include "common/validation/update_mask.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "docket/common/v1/options.pb.h"

namespace docket {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int kMaxPaths = 100;

// What is wrong with the path; empty: nothing.
absl::string_view WrongPath(absl::string_view path, const Descriptor* descriptor) {
  if (path == "*") return "must name the fields to change; * is not accepted";
  const FieldDescriptor* field = nullptr;
  for (const absl::string_view segment : absl::StrSplit(path, '.')) {
    if (field != nullptr) {
      if (field->is_repeated()) return "must not reach into a repeated field";
      descriptor = field->message_type();
    }
    field = descriptor == nullptr ? nullptr : descriptor->FindFieldByName(std::string(segment));
    if (field == nullptr) return "names no field";
    const common::v1::FieldRules& rules = field->options().GetExtension(common::v1::rules);
    if (rules.output_only()) return "names a field that only the service sets";
    if (rules.immutable()) return "names a field that cannot change after creation";
  }
  return "";
}

}  // namespace

void AddMaskViolations(const google::protobuf::FieldMask& mask, const Descriptor* descriptor, absl::string_view field,
                       FieldViolations& violations) {
  if (mask.paths_size() > kMaxPaths) {
    violations.Add(absl::StrCat(field, ".paths"), absl::StrCat("must have at most ", kMaxPaths, " elements"));
    return;
  }
  for (int i = 0; i < mask.paths_size(); ++i) {
    const absl::string_view wrong = WrongPath(mask.paths(i), descriptor);
    if (!wrong.empty()) violations.Add(absl::StrCat(field, ".paths[", i, "]"), wrong);
  }
}

absl::Status ValidateUpdateMask(const google::protobuf::FieldMask& mask, const Descriptor* descriptor) {
  FieldViolations violations;
  AddMaskViolations(mask, descriptor, "update_mask", violations);
  if (violations.empty()) return absl::OkStatus();
  const absl::Status fields = violations.ToStatus();
  ErrorMetadata metadata;
  if (const auto info = GetErrorInfo(fields)) metadata.insert(info->metadata().begin(), info->metadata().end());
  absl::Status status =
      Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_UPDATE_MASK, fields.message(), metadata);
  // The list of paths is the same; only the reason is more exact.
  fields.ForEachPayload([&status](absl::string_view url, const absl::Cord& payload) {
    if (!status.GetPayload(url).has_value()) status.SetPayload(url, payload);
  });
  return status;
}

}  // namespace docket

#include "services/request/field_edit_proto.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "docket/common/v1/options.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "services/request/list_history_proto.h"

namespace docket::request {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsEditable(const FieldDescriptor* field) {
  const auto& rules = field->options().GetExtension(common::v1::rules);
  return !rules.output_only() && !rules.immutable() && field->name() != "etag";
}

// Whether the field is part of what the resource says, editable or not.
bool IsContent(const FieldDescriptor* field) {
  return !field->options().GetExtension(common::v1::rules).output_only() && field->name() != "etag" &&
         field->name() != "name";
}

bool IsSet(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
}

// Puts `from`'s value of the field in place of `to`'s, by way of a message that holds nothing else.
void CopyField(const FieldDescriptor* field, const Message& from, Message* to) {
  to->GetReflection()->ClearField(to, field);
  const std::unique_ptr<Message> only(from.New());
  only->CopyFrom(from);
  std::vector<const FieldDescriptor*> set;
  only->GetReflection()->ListFields(*only, &set);
  for (const FieldDescriptor* other : set) {
    if (other != field) only->GetReflection()->ClearField(only.get(), other);
  }
  to->MergeFrom(*only);
}

void CopyPath(absl::string_view path, const Message& from, Message* to) {
  const std::vector<std::string> segments = absl::StrSplit(path, '.');
  const Message* source = &from;
  for (size_t i = 0; i < segments.size(); ++i) {
    const FieldDescriptor* field = source->GetDescriptor()->FindFieldByName(segments[i]);
    if (field == nullptr) return;
    if (i + 1 == segments.size()) return CopyField(field, *source, to);
    source = &source->GetReflection()->GetMessage(*source, field);
    to = to->GetReflection()->MutableMessage(to, field);
  }
}

std::string JsonOf(const Message& message) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

// Of a field that is no list.
std::string FieldText(const Message& message, const FieldDescriptor* field) {
  if (!IsSet(message, field)) return "";
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return JsonOf(reflection->GetMessage(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->GetEnum(message, field)->name();
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection->GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(message, field);
    default:
      return "(changed)";
  }
}

}  // namespace

bool UpdateNames(const Message& update, const FieldMask& mask, absl::string_view field) {
  const FieldDescriptor* descriptor = update.GetDescriptor()->FindFieldByName(std::string(field));
  if (mask.paths().empty()) return descriptor != nullptr && IsEditable(descriptor) && IsSet(update, descriptor);
  for (const std::string& path : mask.paths()) {
    if (path.substr(0, path.find('.')) == field) return true;
  }
  return false;
}

void ApplyUpdate(const Message& update, const FieldMask& mask, Message* resource) {
  for (const std::string& path : mask.paths()) CopyPath(path, update, resource);
  if (!mask.paths().empty()) return;
  for (int i = 0; i < update.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = update.GetDescriptor()->field(i);
    if (IsEditable(field) && IsSet(update, field)) CopyField(field, update, resource);
  }
}

std::vector<events::Change> FieldChanges(const Message& before, const Message& after) {
  std::vector<events::Change> changes;
  for (int i = 0; i < before.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = before.GetDescriptor()->field(i);
    if (!IsContent(field)) continue;
    if (field->is_repeated()) {
      AppendListChanges(before, after, field, &changes);
      continue;
    }
    std::string old_text = FieldText(before, field), new_text = FieldText(after, field);
    if (old_text != new_text) changes.push_back({field->name(), std::move(old_text), std::move(new_text)});
  }
  return changes;
}

absl::Status RequireEtag(absl::string_view etag, absl::string_view field) {
  FieldViolations violations;
  violations.Require(!etag.empty(), field, "must be the etag of the version that was edited");
  return violations.ToStatus();
}

}  // namespace docket::request

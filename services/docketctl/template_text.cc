#include "services/docketctl/template_text.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"

namespace docket::ctl {
namespace {

absl::StatusOr<std::string> ApplyFilter(absl::string_view filter, const std::string& value) {
  if (filter == "last-segment") return LastId(value);
  if (filter == "next-minor") {
    std::vector<std::string> parts = absl::StrSplit(value, '.');
    int32_t minor = 0;
    if (parts.size() < 2 || !absl::SimpleAtoi(parts[1], &minor)) {
      return absl::InvalidArgumentError(absl::StrCat("next-minor: ", value, " has no minor version"));
    }
    parts[1] = absl::StrCat(int64_t{minor} + 1);
    for (size_t i = 2; i < parts.size(); ++i) parts[i] = "0";
    return absl::StrJoin(parts, ".");
  }
  return absl::InvalidArgumentError(absl::StrCat("no filter is called ", filter));
}

absl::StatusOr<std::string> ApplyFilters(std::string value, const std::vector<absl::string_view>& parts) {
  for (size_t i = 1; i < parts.size(); ++i) {
    DOCKET_ASSIGN_OR_RETURN(value, ApplyFilter(absl::StripAsciiWhitespace(parts[i]), value));
  }
  return value;
}

absl::StatusOr<std::string> ValueOf(absl::string_view name, const Values& values, absl::Time now) {
  absl::string_view offset = name;
  if (absl::ConsumePrefix(&offset, "now")) {
    absl::Duration duration = absl::ZeroDuration();
    const bool is_offset = !offset.empty() && (offset[0] == '+' || offset[0] == '-') &&
                           absl::ParseDuration(offset, &duration) &&
                           absl::AbsDuration(duration) < absl::InfiniteDuration();
    if (offset.empty() || is_offset) {
      return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now + duration, absl::UTCTimeZone());
    }
  }
  const auto found = values.find(std::string(name));
  if (found == values.end()) return absl::InvalidArgumentError(absl::StrCat("no step has saved ", name));
  return found->second;
}

}  // namespace

absl::StatusOr<std::string> Expand(absl::string_view text, const Values& values, absl::Time now) {
  std::string out;
  while (true) {
    const size_t open = text.find("${");
    absl::StrAppend(&out, text.substr(0, open));
    if (open == absl::string_view::npos) return out;
    const size_t close = text.find('}', open);
    if (close == absl::string_view::npos) return absl::InvalidArgumentError(absl::StrCat("${ without } in: ", text));
    const std::vector<absl::string_view> parts = absl::StrSplit(text.substr(open + 2, close - open - 2), '|');
    DOCKET_ASSIGN_OR_RETURN(std::string value, ValueOf(absl::StripAsciiWhitespace(parts[0]), values, now));
    DOCKET_ASSIGN_OR_RETURN(value, ApplyFilters(std::move(value), parts));
    out += value;
    text.remove_prefix(close + 1);
  }
}

absl::Status ExpandAll(Json* json, const Values& values, absl::Time now) {
  if (json->is_string()) {
    DOCKET_ASSIGN_OR_RETURN(*json, Expand(json->get_ref<const std::string&>(), values, now));
  } else if (json->is_structured()) {
    for (Json& item : *json) DOCKET_RETURN_IF_ERROR(ExpandAll(&item, values, now));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Select(const Json& answer, absl::string_view path_and_filters) {
  const std::vector<absl::string_view> parts = absl::StrSplit(path_and_filters, '|');
  const Json* value = &answer;
  for (const absl::string_view field : absl::StrSplit(absl::StripAsciiWhitespace(parts[0]), '.')) {
    const auto found = value->is_object() ? value->find(std::string(field)) : value->end();
    if (!value->is_object() || found == value->end())
      return absl::NotFoundError(absl::StrCat("the answer has no ", parts[0]));
    value = &*found;
  }
  return ApplyFilters(value->is_string() ? value->get<std::string>() : value->dump(), parts);
}

}  // namespace docket::ctl

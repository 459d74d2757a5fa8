#include "common/filter/argument.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/identifier/uuid.h"

namespace docket::filter {
namespace {

bool TakeDigits(absl::string_view& text, size_t count) {
  if (text.size() < count ||
      !std::all_of(text.begin(), text.begin() + count, [](char c) { return absl::ascii_isdigit(c); })) {
    return false;
  }
  text.remove_prefix(count);
  return true;
}

// date-time of RFC 3339 with at most nine digits of fraction. The shape is checked first: absl::ParseTime also takes
// white space, short fields and "infinite-future".
bool IsRfc3339(absl::string_view text) {
  const bool date_and_time = TakeDigits(text, 4) && absl::ConsumePrefix(&text, "-") && TakeDigits(text, 2) &&
                             absl::ConsumePrefix(&text, "-") && TakeDigits(text, 2) &&
                             absl::ConsumePrefix(&text, "T") && TakeDigits(text, 2) &&
                             absl::ConsumePrefix(&text, ":") && TakeDigits(text, 2) &&
                             absl::ConsumePrefix(&text, ":") && TakeDigits(text, 2);
  if (!date_and_time) return false;
  if (absl::ConsumePrefix(&text, ".")) {
    size_t digits = 0;
    while (TakeDigits(text, 1)) ++digits;
    if (digits < 1 || digits > 9) return false;
  }
  if (text == "Z") return true;
  return (absl::ConsumePrefix(&text, "+") || absl::ConsumePrefix(&text, "-")) && TakeDigits(text, 2) &&
         absl::ConsumePrefix(&text, ":") && TakeDigits(text, 2) && text.empty();
}

std::optional<FilterValue> ParseInt(absl::string_view text) {
  absl::string_view digits = text;
  absl::ConsumePrefix(&digits, "-");
  int64_t value;
  if (digits.empty() || !TakeDigits(digits, digits.size()) || !absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

std::optional<FilterValue> ParseTimestamp(absl::string_view text) {
  const std::string upper = absl::AsciiStrToUpper(text);
  absl::Time time;
  if (!IsRfc3339(upper) || !absl::ParseTime(absl::RFC3339_full, upper, &time, nullptr)) return std::nullopt;
  return absl::ToUnixMicros(time);
}

std::optional<FilterValue> ParseHex(absl::string_view text, size_t bytes) {
  const bool is_hex = std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isxdigit(c); });
  if (!is_hex || text.empty() || text.size() % 2 != 0 || (bytes != 0 && text.size() != bytes * 2)) return std::nullopt;
  return absl::HexStringToBytes(text);
}

template <typename Value>
std::optional<FilterValue> Optional(std::optional<Value> value) {
  if (!value.has_value()) return std::nullopt;
  return FilterValue(*std::move(value));
}

// The shortest name of each value, in the order of the numbers.
std::string ValueNames(const EnumNames& values) {
  std::map<int64_t, std::string> shortest;
  for (const auto& [name, number] : values) {
    std::string& known = shortest[number];
    if (known.empty() || name.size() < known.size()) known = name;
  }
  return absl::StrJoin(shortest, ", ", [](std::string* out, const auto& value) { out->append(value.second); });
}

std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '!') escaped.push_back('!');
    escaped.push_back(c);
  }
  return escaped;
}

}  // namespace

std::optional<FilterValue> ConvertArgument(const Field& field, absl::string_view argument) {
  switch (field.type) {
    case FieldType::kString:
      return field.column.spelling != nullptr ? field.column.spelling(argument) : std::string(argument);
    case FieldType::kInt:
      return ParseInt(argument);
    case FieldType::kBool:
      if (argument == "true") return int64_t{1};
      if (argument == "false") return int64_t{0};
      return std::nullopt;
    case FieldType::kTimestamp:
      return ParseTimestamp(argument);
    case FieldType::kEnum: {
      const auto found = field.values.find(std::string(argument));
      if (found == field.values.end()) return std::nullopt;
      return found->second;
    }
    case FieldType::kUuid:
      return Optional(ParseUuid(argument));
    case FieldType::kHex:
      return ParseHex(argument, field.hex_bytes);
    case FieldType::kConverted:
      return field.convert(argument);
  }
  return std::nullopt;
}

std::string Expected(const Field& field) {
  switch (field.type) {
    case FieldType::kString:
      return "a text";
    case FieldType::kInt:
      return "a whole number";
    case FieldType::kBool:
      return "true or false";
    case FieldType::kTimestamp:
      return "a time such as 2025-03-04T05:06:07Z";
    case FieldType::kEnum:
      return absl::StrCat("one of ", ValueNames(field.values));
    case FieldType::kUuid:
      return "a UUID in lower case";
    case FieldType::kHex:
      return field.hex_bytes == 0 ? "hexadecimal digits in pairs"
                                  : absl::StrCat(field.hex_bytes * 2, " hexadecimal digits");
    case FieldType::kConverted:
      return field.expected;
  }
  return "";
}

std::optional<std::string> LikePattern(absl::string_view argument) {
  const bool open_start = absl::ConsumePrefix(&argument, "*");
  const bool open_end = absl::ConsumeSuffix(&argument, "*");
  if (argument.empty() || argument.find('*') != absl::string_view::npos) return std::nullopt;
  const bool contains = !open_start && !open_end;
  return absl::StrCat(open_start || contains ? "%" : "", Escaped(argument), open_end || contains ? "%" : "");
}

std::string ContainsPattern(absl::string_view text) { return absl::StrCat("%", Escaped(text), "%"); }

}  // namespace docket::filter

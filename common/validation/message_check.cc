#include "common/validation/message_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/resource_name/resource_name.h"

namespace docket::validation {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, and 10 000 years.
constexpr int64_t kMinTimestampSeconds = -62'135'596'800;
constexpr int64_t kMaxTimestampSeconds = 253'402'300'799;
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int64_t kMaxNanos = 999'999'999;

// Of well-formed UTF-8, which the parser has seen to.
size_t CountCharacters(const std::string& text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

bool IsForbiddenControl(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; }

// DEL and the control characters U+0080 to U+009F, among which are some that drive terminals. In UTF-8 the byte C2 only
// ever begins a character.
bool HasHighControl(const std::string& text) {
  if (text.find('\x7F') != std::string::npos) return true;
  for (size_t at = text.find('\xC2'); at != std::string::npos; at = text.find('\xC2', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;
  }
  return false;
}

// Looks at eight bytes at a time, since most texts hold no control character at all.
bool HasForbiddenControl(const std::string& text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= 8; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    // The top bit of each byte that is below 0x20, and perhaps of one above such a byte.
    if (((word - kOnes * 0x20) & ~word & (kOnes * 0x80)) == 0) continue;
    if (std::any_of(at, at + 8, IsForbiddenControl)) return true;
  }
  return std::any_of(at, end, IsForbiddenControl) || HasHighControl(text);
}

// Whether the mask names the path itself, or something within it.
bool Names(const google::protobuf::FieldMask& mask, const std::string& path) {
  for (const std::string& named : mask.paths()) {
    if (named == path) return true;
  }
  return false;
}
bool NamesWithin(const google::protobuf::FieldMask& mask, const std::string& path) {
  for (const std::string& named : mask.paths()) {
    if (named.size() > path.size() && absl::StartsWith(named, path) && named[path.size()] == '.') return true;
  }
  return false;
}

// Whether a field that knows no presence holds its zero value.
bool IsZero(const FieldPlan& plan, const Message& message) {
  return !message.GetReflection()->HasField(message, plan.field);
}

absl::string_view WhatRequiredMeans(const FieldPlan& plan) {
  if (plan.field->is_repeated()) return "must have at least one element";
  switch (plan.kind) {
    case ValueKind::kString:
    case ValueKind::kBytes:
      return "must not be empty";
    case ValueKind::kInteger:
    case ValueKind::kFloating:
      return plan.field->has_presence() ? "must be set" : "must not be zero";
    case ValueKind::kBool:
      return plan.field->has_presence() ? "must be set" : "must be true";
    default:
      return "must be set";
  }
}

}  // namespace

void MessageCheck::Run(const MessagePlan& plan, const Message& message) { CheckMessage(plan, message, nullptr); }

void MessageCheck::CheckMessage(const MessagePlan& plan, const Message& message, const Partial* partial) {
  if (depth_ >= kMaxNesting) {
    Add(absl::StrCat("nests deeper than ", kMaxNesting, " levels"));
    return;
  }
  ++depth_;
  for (const FieldPlan& field : plan.checked) {
    if (Full()) break;
    path_.Push(field.field);
    if (field.field == plan.updated) {
      const Partial update{static_cast<const google::protobuf::FieldMask*>(
                               &message.GetReflection()->GetMessage(message, plan.update_mask)),
                           ""};
      CheckField(field, message, &update);
    } else {
      CheckField(field, message, partial);
    }
    path_.Pop();
  }
  --depth_;
}

void MessageCheck::CheckField(const FieldPlan& plan, const Message& message, const Partial* partial) {
  if (plan.field->is_map()) return CheckMap(plan, message);
  if (plan.field->is_repeated()) {
    if (partial != nullptr && !Names(*partial->mask, partial->prefix + plan.field->name()) &&
        message.GetReflection()->FieldSize(message, plan.field) == 0) {
      return;
    }
    return CheckRepeated(plan, message);
  }
  const bool empty = IsZero(plan, message);
  if (empty) {
    if (plan.required) {
      // A partial update needs no more than what it means to change. The updated message itself must always be there.
      const bool is_the_update = partial != nullptr && depth_ == 1;
      const std::string own_path = partial == nullptr ? "" : partial->prefix + plan.field->name();
      if (partial == nullptr || is_the_update || Names(*partial->mask, own_path) ||
          NamesWithin(*partial->mask, own_path)) {
        Add(WhatRequiredMeans(plan));
      }
      return;
    }
    // A number that knows no presence is zero, and zero may be out of bounds.
    if (plan.field->has_presence() || !plan.minimum.has_value()) return;
  }
  CheckValue(plan, message, -1, partial);
}

void MessageCheck::CheckRepeated(const FieldPlan& plan, const Message& message) {
  const int size = message.GetReflection()->FieldSize(message, plan.field);
  if (size == 0) {
    if (plan.required) Add(WhatRequiredMeans(plan));
    return;
  }
  if (static_cast<uint32_t>(size) > plan.max_items) {
    Add(absl::StrCat("must have at most ", plan.max_items, " elements"));
    return;
  }
  for (int i = 0; i < size && !Full(); ++i) {
    path_.SetIndex(i);
    CheckValue(plan, message, i, nullptr);
  }
}

void MessageCheck::CheckMap(const FieldPlan& plan, const Message& message) {
  const Reflection* reflection = message.GetReflection();
  const int size = reflection->FieldSize(message, plan.field);
  if (size == 0) {
    if (plan.required) Add(WhatRequiredMeans(plan));
    return;
  }
  if (static_cast<uint32_t>(size) > plan.max_items) {
    Add(absl::StrCat("must have at most ", plan.max_items, " elements"));
    return;
  }
  for (int i = 0; i < size && !Full(); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, plan.field, i);
    std::string scratch;
    if (plan.map_key->kind == ValueKind::kString) {
      path_.SetKey(&entry.GetReflection()->GetStringReference(entry, plan.map_key->field, &scratch));
      CheckText(*plan.map_key, entry.GetReflection()->GetStringReference(entry, plan.map_key->field, &scratch));
    } else {
      path_.SetIndex(i);
    }
    if (plan.map_value->kind == ValueKind::kMessage) {
      if (plan.child != nullptr) {
        CheckMessage(*plan.child, entry.GetReflection()->GetMessage(entry, plan.map_value->field), nullptr);
      }
    } else {
      CheckValue(*plan.map_value, entry, -1, nullptr);
    }
    path_.SetKey(nullptr);
  }
}

void MessageCheck::CheckValue(const FieldPlan& plan, const Message& message, int index, const Partial* partial) {
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* field = plan.field;
  std::string scratch;
  switch (plan.kind) {
    case ValueKind::kString:
    case ValueKind::kBytes: {
      const std::string& value = index < 0 ? reflection->GetStringReference(message, field, &scratch)
                                           : reflection->GetRepeatedStringReference(message, field, index, &scratch);
      return plan.kind == ValueKind::kString ? CheckText(plan, value) : CheckBytes(plan, value);
    }
    case ValueKind::kInteger:
      return CheckInteger(plan, message, index);
    case ValueKind::kFloating:
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
        return CheckFloating(plan, index < 0 ? reflection->GetFloat(message, field)
                                             : reflection->GetRepeatedFloat(message, field, index));
      }
      return CheckFloating(plan, index < 0 ? reflection->GetDouble(message, field)
                                           : reflection->GetRepeatedDouble(message, field, index));
    case ValueKind::kBool:
      return;
    case ValueKind::kEnum:
      return CheckEnum(plan, index < 0 ? reflection->GetEnumValue(message, field)
                                       : reflection->GetRepeatedEnumValue(message, field, index));
    case ValueKind::kTimestamp:
    case ValueKind::kDuration:
      return CheckTime(plan, index < 0 ? reflection->GetMessage(message, field)
                                       : reflection->GetRepeatedMessage(message, field, index));
    case ValueKind::kMessage:
      break;
  }
  if (plan.child == nullptr || plan.child->checked.empty()) return;
  const Message& child =
      index < 0 ? reflection->GetMessage(message, field) : reflection->GetRepeatedMessage(message, field, index);
  if (partial == nullptr) return CheckMessage(*plan.child, child, nullptr);
  if (depth_ == 1) return CheckMessage(*plan.child, child, partial);
  // Below the updated message: partial only where the mask reaches into this field rather than naming it as a whole.
  const std::string own_path = partial->prefix + field->name();
  if (Names(*partial->mask, own_path) || !NamesWithin(*partial->mask, own_path))
    return CheckMessage(*plan.child, child, nullptr);
  const Partial below{partial->mask, own_path + "."};
  CheckMessage(*plan.child, child, &below);
}

void MessageCheck::CheckText(const FieldPlan& plan, const std::string& text) {
  if (text.empty()) return;
  if (HasForbiddenControl(text)) Add("must not contain control characters other than line feed and tab");
  // A text has no more characters than bytes: counting is for the few that might be too long.
  if (text.size() > plan.max_length && CountCharacters(text) > plan.max_length) {
    Add(absl::StrCat("must have at most ", plan.max_length, " characters"));
    return;
  }
  if (plan.min_length > 0 && CountCharacters(text) < plan.min_length) {
    Add(absl::StrCat("must have at least ", plan.min_length, " characters"));
  }
  if (plan.pattern != nullptr && !RE2::FullMatch(text, *plan.pattern)) {
    Add(absl::StrCat("must match ", plan.pattern->pattern()));
  }
  if (!plan.resource.has_value()) return;
  if (!plan.resource->Matches(text)) {
    Add(absl::StrCat("must be a name like ", plan.resource->text()));
  } else if (!organization_.empty()) {
    const std::string organization = OrganizationOf(text);
    if (!organization.empty() && organization != organization_) Add(absl::StrCat("must belong to ", organization_));
  }
}

void MessageCheck::CheckBytes(const FieldPlan& plan, const std::string& bytes) {
  if (bytes.empty()) return;
  if (plan.max_length > 0 && bytes.size() > plan.max_length)
    Add(absl::StrCat("must have at most ", plan.max_length, " bytes"));
  if (bytes.size() < plan.min_length) Add(absl::StrCat("must have at least ", plan.min_length, " bytes"));
}

void MessageCheck::CheckInteger(const FieldPlan& plan, const Message& message, int index) {
  if (!plan.minimum.has_value()) return;
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* field = plan.field;
  int64_t value = 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      value = index < 0 ? reflection->GetInt32(message, field) : reflection->GetRepeatedInt32(message, field, index);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      value = index < 0 ? reflection->GetUInt32(message, field) : reflection->GetRepeatedUInt32(message, field, index);
      break;
    case FieldDescriptor::CPPTYPE_UINT64: {
      const uint64_t wide =
          index < 0 ? reflection->GetUInt64(message, field) : reflection->GetRepeatedUInt64(message, field, index);
      if (wide > static_cast<uint64_t>(INT64_MAX)) return CheckBounds(plan, false);
      value = static_cast<int64_t>(wide);
      break;
    }
    default:
      value = index < 0 ? reflection->GetInt64(message, field) : reflection->GetRepeatedInt64(message, field, index);
  }
  CheckBounds(plan, value >= *plan.minimum && value <= *plan.maximum);
}

void MessageCheck::CheckFloating(const FieldPlan& plan, double value) {
  if (std::isnan(value)) return Add("must be a number");
  if (!plan.minimum.has_value()) return;
  CheckBounds(plan, value >= static_cast<double>(*plan.minimum) && value <= static_cast<double>(*plan.maximum));
}

void MessageCheck::CheckEnum(const FieldPlan& plan, int number) {
  if (plan.field->enum_type()->FindValueByNumber(number) == nullptr) {
    Add(absl::StrCat("must be a value of ", plan.field->enum_type()->full_name()));
  }
}

void MessageCheck::CheckTime(const FieldPlan& plan, const Message& time) {
  const Reflection* reflection = time.GetReflection();
  const int64_t seconds = reflection->GetInt64(time, time.GetDescriptor()->field(0));
  const int64_t nanos = reflection->GetInt32(time, time.GetDescriptor()->field(1));
  if (plan.kind == ValueKind::kTimestamp) {
    if (seconds < kMinTimestampSeconds || seconds > kMaxTimestampSeconds || nanos < 0 || nanos > kMaxNanos) {
      return Add("must be a time between the years 1 and 9999");
    }
  } else if (seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds || nanos < -kMaxNanos ||
             nanos > kMaxNanos || (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) {
    return Add("must be a duration of at most 10000 years");
  }
  if (!plan.minimum.has_value()) return;
  const bool above_minimum = seconds > *plan.minimum || (seconds == *plan.minimum && nanos >= 0);
  // The last second of a span of time counts in full, that of a duration does not.
  const bool below_maximum =
      seconds < *plan.maximum || (seconds == *plan.maximum && (plan.kind == ValueKind::kTimestamp || nanos <= 0));
  CheckBounds(plan, above_minimum && below_maximum);
}

void MessageCheck::CheckBounds(const FieldPlan& plan, bool inside) {
  if (inside) return;
  switch (plan.kind) {
    case ValueKind::kTimestamp:
      return Add(absl::StrCat("must lie between ", *plan.minimum, " and ", *plan.maximum, " seconds since 1970"));
    case ValueKind::kDuration:
      return Add(absl::StrCat("must be between ", *plan.minimum, " and ", *plan.maximum, " seconds"));
    default:
      return Add(absl::StrCat("must be between ", *plan.minimum, " and ", *plan.maximum));
  }
}

void MessageCheck::Add(absl::string_view description) {
  ++count_;
  violations_.Add(path_.ToString(), description);
}

}  // namespace docket::validation

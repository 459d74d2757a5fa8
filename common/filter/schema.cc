#include "common/filter/schema.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace docket::filter {
namespace {

Operators UsualOperators(FieldType type) {
  switch (type) {
    case FieldType::kString:
      return kTakesEquality | kTakesHas;
    case FieldType::kInt:
    case FieldType::kTimestamp:
      return kTakesEquality | kTakesOrder;
    case FieldType::kBool:
    case FieldType::kEnum:
    case FieldType::kUuid:
    case FieldType::kHex:
    case FieldType::kConverted:
      return kTakesEquality;
  }
  return kTakesEquality;
}

Field FieldOf(absl::string_view name, FieldType type, Column column) {
  Field field;
  field.name = std::string(name);
  field.type = type;
  field.column = std::move(column);
  return field;
}

}  // namespace

Schema& Schema::Add(Field field) {
  if (field.column.operators == 0) field.column.operators = UsualOperators(field.type);
  // Keyset paging compares with < and >, which lose rows where a value is NULL.
  if (field.column.nullable || !field.column.rows.empty()) field.column.sortable = false;
  std::string name = field.name;
  fields_.insert_or_assign(std::move(name), std::move(field));
  return *this;
}

Schema& Schema::String(absl::string_view name, Column column) {
  return Add(FieldOf(name, FieldType::kString, std::move(column)));
}
Schema& Schema::Int(absl::string_view name, Column column) {
  return Add(FieldOf(name, FieldType::kInt, std::move(column)));
}
Schema& Schema::Bool(absl::string_view name, Column column) {
  return Add(FieldOf(name, FieldType::kBool, std::move(column)));
}
Schema& Schema::Timestamp(absl::string_view name, Column column) {
  return Add(FieldOf(name, FieldType::kTimestamp, std::move(column)));
}
Schema& Schema::Uuid(absl::string_view name, Column column) {
  return Add(FieldOf(name, FieldType::kUuid, std::move(column)));
}

Schema& Schema::Enum(absl::string_view name, Column column, EnumNames values) {
  Field field = FieldOf(name, FieldType::kEnum, std::move(column));
  field.values = std::move(values);
  return Add(std::move(field));
}

Schema& Schema::Hex(absl::string_view name, Column column, size_t bytes) {
  Field field = FieldOf(name, FieldType::kHex, std::move(column));
  field.hex_bytes = bytes;
  return Add(std::move(field));
}

Schema& Schema::Converted(absl::string_view name, Column column, absl::string_view expected, Converter convert) {
  Field field = FieldOf(name, FieldType::kConverted, std::move(column));
  field.expected = std::string(expected);
  field.convert = std::move(convert);
  return Add(std::move(field));
}

Schema& Schema::Unique(absl::string_view name) {
  unique_ = std::string(name);
  return *this;
}

Schema& Schema::Words(std::initializer_list<std::string> columns) {
  words_ = columns;
  return *this;
}

const Field* Schema::Find(absl::string_view name) const {
  const auto found = fields_.find(std::string(name));
  return found == fields_.end() ? nullptr : &found->second;
}

const Field* Schema::unique() const { return Find(unique_); }

EnumNames EnumValues(const google::protobuf::EnumDescriptor& descriptor) {
  EnumNames names;
  const google::protobuf::EnumValueDescriptor* zero = descriptor.FindValueByNumber(0);
  absl::string_view prefix = zero == nullptr ? "" : absl::string_view(zero->name());
  if (!absl::ConsumeSuffix(&prefix, "UNSPECIFIED")) prefix = "";
  for (int i = 0; i < descriptor.value_count(); ++i) {
    const google::protobuf::EnumValueDescriptor& value = *descriptor.value(i);
    names[value.name()] = value.number();
    names[std::string(absl::StripPrefix(value.name(), prefix))] = value.number();
  }
  return names;
}

}  // namespace docket::filter

// What a list can be filtered and ordered by: the only names that reach SQL.
//
//   const Schema schema = Schema()
//                             .Enum("state", {.sql = "state"}, EnumValues(*request::v1::Request::State_descriptor()))
//                             .String("title", {.sql = "title"})
//                             .Timestamp("create_time", {.sql = "create_time_us", .sortable = true})
//                             .Timestamp("submit_time", {.sql = "submit_time_us", .nullable = true})
//                             .Uuid("uid", {.sql = "request_id", .sortable = true})
//                             .Unique("uid")
//                             .Words({"title", "need"});
//
// Column expressions are written by programmers and trusted; what callers send only ever becomes a bound parameter.
#ifndef DOCKET_COMMON_FILTER_SCHEMA_H_
#define DOCKET_COMMON_FILTER_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace docket::filter {

// A parameter to bind: BIGINT or VARCHAR/VARBINARY.
using FilterValue = std::variant<std::nullptr_t, int64_t, std::string>;

enum class FieldType { kString, kInt, kBool, kTimestamp, kEnum, kUuid, kHex, kConverted };

// Which comparators a field takes.
using Operators = unsigned;
inline constexpr Operators kTakesEquality = 1;  // = !=
inline constexpr Operators kTakesOrder = 2;     // < <= > >=
// `:` with a text; strings only. `field:*` needs no operator: it is allowed wherever a field may be unset or empty.
inline constexpr Operators kTakesHas = 4;

struct Column {
  // An SQL expression without `?`: a column, qualified where the statement joins.
  std::string sql;
  // The expression can be NULL. It then equals nothing, and `field:*` asks for it.
  bool nullable = false;
  // ParseOrderBy takes it. Never together with `nullable`.
  bool sortable = false;
  // 0: the usual ones of the type. Strings and booleans, enums, ids: equality (strings: and has); integers and times:
  // also order.
  Operators operators = 0;
  // For a text that the column spells in a way of its own, such as one that sorts better: how, for comparisons, and the
  // expression that spells it as callers do, for `:`. Both or neither; strings only.
  std::string (*spelling)(absl::string_view text) = nullptr;
  std::string shown;
  // For a field that a resource has several of, each in a row of a child table: the SELECT of the rows that belong to
  // the list's row, without `?`, e.g. "SELECT 1 FROM request_target AS t WHERE t.request_id = request.request_id".
  // `sql` is then an expression over such a row. A comparison holds where one of the rows fulfils it, `!=` where none
  // is equal, `field:*` where there is a row at all. Never together with `sortable`.
  std::string rows;
};

using EnumNames = std::map<std::string, int64_t>;

// Turns an argument into what the column holds; nothing where it cannot be one.
using Converter = std::function<std::optional<FilterValue>(absl::string_view argument)>;

struct Field {
  std::string name;
  FieldType type = FieldType::kString;
  Column column;
  EnumNames values;      // kEnum
  size_t hex_bytes = 0;  // kHex: 0 is any length
  std::string expected;  // kConverted: "a name like organizations/*/people/*", for the error
  Converter convert;     // kConverted
};

// Names, fields and how each becomes SQL. Built once, then immutable and thread-safe.
class Schema {
 public:
  // `name` is what callers write: lower_snake_case, dots between parts. A second field of a name replaces the first.
  Schema& String(absl::string_view name, Column column);
  Schema& Int(absl::string_view name, Column column);
  // 0 or 1.
  Schema& Bool(absl::string_view name, Column column);
  // RFC 3339 in the filter, microseconds since the Unix epoch in the column. Digits beyond microseconds are dropped.
  Schema& Timestamp(absl::string_view name, Column column);
  // A name in the filter, its number in the column.
  Schema& Enum(absl::string_view name, Column column, EnumNames values);
  // Canonical text in the filter, 16 raw bytes in the column.
  Schema& Uuid(absl::string_view name, Column column);
  // Hexadecimal in the filter, `bytes` raw bytes (0: any number) in the column.
  Schema& Hex(absl::string_view name, Column column, size_t bytes = 0);
  // Anything else, such as a resource name of which the column holds the last identifier. Equality only. `expected`
  // completes "expected …" in the error.
  Schema& Converted(absl::string_view name, Column column, absl::string_view expected, Converter convert);

  // The field that tells any two rows of the list apart; it must be sortable. ParseOrderBy ends every order with it.
  Schema& Unique(absl::string_view name);

  // The texts that words alone are looked for in: SQL expressions of UTF-8 texts, VARBINARY or of any collation, that
  // are never NULL and have no `?`. Without them a filter takes no words.
  Schema& Words(std::initializer_list<std::string> columns);

  // nullptr where there is none.
  const Field* Find(absl::string_view name) const;
  const Field* unique() const;
  const std::map<std::string, Field>& fields() const { return fields_; }
  const std::vector<std::string>& words() const { return words_; }

 private:
  Schema& Add(Field field);

  std::map<std::string, Field> fields_;
  std::string unique_;
  std::vector<std::string> words_;
};

// The names of a proto enum by number: each both as declared (REQUEST_STATE_DRAFT) and without the prefix that the zero
// value shows (REQUEST_STATE_UNSPECIFIED, so DRAFT).
EnumNames EnumValues(const google::protobuf::EnumDescriptor& descriptor);

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_SCHEMA_H_

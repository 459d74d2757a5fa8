// What goes into a statement and what comes out of one.
//
//   connection.Query("SELECT title, created_us FROM request WHERE organization_id = ? AND state = ?", {organization_id,
//   3});
//
// A Value is made implicitly from the natural C++ types. Rows are read by column index, in the order of the SELECT's
// list:
//
//   Request RequestFromRow(const Row& row) {
//     return {.title = row.Text(0), .created = absl::FromUnixMicros(row.Int(1)), .closed_us = row.OptionalInt(2)};
//   }
#ifndef DOCKET_COMMON_MYSQL_VALUE_H_
#define DOCKET_COMMON_MYSQL_VALUE_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace docket::mysql {

// NULL, a signed or unsigned 64-bit integer, a double, or text. Text and bytes are the same to a Value: what a column
// makes of them is the column's affair, and every byte including NUL survives both ways.
class Value {
 public:
  using Representation = std::variant<std::monostate, int64_t, uint64_t, double, std::string>;

  Value() = default;  // NULL
  Value(std::nullopt_t) {}
  template <std::same_as<bool> T>
  Value(T value) : value_(int64_t{value}) {}
  template <std::signed_integral T>
  requires(!std::same_as<T, char>) Value(T value) : value_(int64_t{value}) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Value(T value) : value_(uint64_t{value}) {}
  template <std::floating_point T>
  Value(T value) : value_(static_cast<double>(value)) {}
  Value(std::string value) : value_(std::move(value)) {}
  Value(absl::string_view value) : value_(std::string(value)) {}
  Value(const char* value) : value_(std::string(value)) {}
  // NULL where there is no value.
  template <typename T>
  Value(const std::optional<T>& value) {
    if (value.has_value()) *this = Value(*value);
  }
  // A pointer or an enumerator is no value: say static_cast<int>(state), so that what the table keeps is chosen in the
  // open.
  template <typename T>
  Value(const T*) = delete;
  template <typename T>
  requires std::is_enum_v<T> Value(T)
  = delete;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  const Representation& representation() const { return value_; }

 private:
  Representation value_;
};

using Params = std::vector<Value>;

// What a statement answers, held in memory whole: cells row by row, and the texts of all of them in one buffer, because
// an allocation for each is what reading many rows would cost most.
class Result {
 public:
  struct Text {
    size_t offset = 0;
    size_t size = 0;
  };
  using Cell = std::variant<std::monostate, int64_t, uint64_t, double, Text>;

  void Add(std::monostate) { cells_.emplace_back(); }
  void Add(int64_t number) { cells_.emplace_back(number); }
  void Add(uint64_t number) { cells_.emplace_back(number); }
  void Add(double number) { cells_.emplace_back(number); }
  void Add(absl::string_view text);

  size_t size() const { return cells_.size(); }
  const Cell& cell(size_t place) const { return cells_[place]; }
  // Until the next Add; a NUL follows.
  absl::string_view text(Text text) const { return absl::string_view(texts_).substr(text.offset, text.size); }

 private:
  std::vector<Cell> cells_;
  std::string texts_;
};

// One row of a result, which it keeps in memory with its neighbours. Reading a column converts as the server would: a
// number reads as its decimal text, text as the number it begins with, NULL as 0 and "". DECIMAL (which SUM over
// integers yields) arrives as text and reads well with Int. DATE, TIME and TIMESTAMP arrive as text; Docket's tables
// keep times as BIGINT microseconds instead. A column index beyond the SELECT's list ends the process.
class Row {
 public:
  // The `columns` cells of `result` from `first` on.
  Row(std::shared_ptr<const Result> result, size_t first, size_t columns)
      : result_(std::move(result)), first_(first), columns_(columns) {}

  size_t size() const { return columns_; }
  bool IsNull(size_t column) const { return std::holds_alternative<std::monostate>(At(column)); }
  int64_t Int(size_t column) const;
  uint64_t UInt(size_t column) const;
  double Double(size_t column) const;
  bool Bool(size_t column) const { return Int(column) != 0; }
  std::string Text(size_t column) const;
  // A text without a copy, there as long as any row of the result; empty where the cell holds something else.
  absl::string_view View(size_t column) const;
  std::optional<int64_t> OptionalInt(size_t column) const;
  std::optional<std::string> OptionalText(size_t column) const;

 private:
  const Result::Cell& At(size_t column) const;

  std::shared_ptr<const Result> result_;
  size_t first_;
  size_t columns_;
};

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_VALUE_H_

#include "common/mysql/binding.h"

#include <cppconn/datatype.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace docket::mysql {
namespace {

// A statement keeps the memory of its last values; one whose values took more than this is not kept.
constexpr size_t kKeptValueBytes = 1 << 20;

// The connector sends longer values in pieces ahead of the statement.
constexpr size_t kLongestWholeValue = 256 << 10;

constexpr uint64_t kLargestSigned = std::numeric_limits<int64_t>::max();

struct Binder {
  sql::PreparedStatement& statement;
  const unsigned int position;

  void operator()(std::monostate) const { statement.setNull(position, sql::DataType::SQLNULL); }
  void operator()(int64_t value) const { statement.setInt64(position, value); }
  void operator()(uint64_t value) const {
    if (value <= kLargestSigned) {
      statement.setInt64(position, static_cast<int64_t>(value));
    } else {
      statement.setUInt64(position, value);
    }
  }
  void operator()(double value) const { statement.setDouble(position, value); }
  void operator()(const std::string& value) const { statement.setString(position, sql::SQLString(value)); }
};

size_t TextSize(const Value& value) {
  const std::string* const text = std::get_if<std::string>(&value.representation());
  return text == nullptr ? 0 : text->size();
}

bool IsHuge(const Value& value) {
  const uint64_t* const number = std::get_if<uint64_t>(&value.representation());
  return number != nullptr && *number > kLargestSigned;
}

enum class ColumnKind { kNull, kSigned, kUnsigned, kDouble, kText };

ColumnKind KindOf(sql::ResultSetMetaData& metadata, unsigned int column) {
  switch (metadata.getColumnType(column)) {
    case sql::DataType::SQLNULL:
      return ColumnKind::kNull;
    case sql::DataType::BIT:
    case sql::DataType::YEAR:
    case sql::DataType::TINYINT:
    case sql::DataType::SMALLINT:
    case sql::DataType::MEDIUMINT:
    case sql::DataType::INTEGER:
    case sql::DataType::BIGINT:
      return metadata.isSigned(column) ? ColumnKind::kSigned : ColumnKind::kUnsigned;
    case sql::DataType::REAL:
    case sql::DataType::DOUBLE:
      return ColumnKind::kDouble;
    default:
      return ColumnKind::kText;
  }
}

void ReadColumn(const sql::ResultSet& rows, unsigned int column, ColumnKind kind, Result& result) {
  if (kind == ColumnKind::kNull || rows.isNull(column)) return result.Add(std::monostate());
  switch (kind) {
    case ColumnKind::kSigned:
      return result.Add(int64_t{rows.getInt64(column)});
    case ColumnKind::kUnsigned:
      return result.Add(uint64_t{rows.getUInt64(column)});
    case ColumnKind::kDouble:
      return result.Add(static_cast<double>(rows.getDouble(column)));
    default:
      return result.Add(absl::string_view(rows.getString(column).asStdString()));
  }
}

}  // namespace

void Bind(sql::PreparedStatement& statement, absl::Span<const Value> params) {
  for (unsigned int i = 0; i < params.size(); ++i) std::visit(Binder{statement, i + 1}, params[i].representation());
}

std::vector<Row> ReadRows(sql::ResultSet& rows) {
  sql::ResultSetMetaData& metadata = *rows.getMetaData();
  std::vector<ColumnKind> kinds;
  for (unsigned int column = 1; column <= metadata.getColumnCount(); ++column) {
    kinds.push_back(KindOf(metadata, column));
  }
  const auto result = std::make_shared<Result>();
  std::vector<Row> read;
  read.reserve(rows.rowsCount());
  while (rows.next()) {
    read.emplace_back(result, result->size(), kinds.size());
    for (unsigned int column = 0; column < kinds.size(); ++column) ReadColumn(rows, column + 1, kinds[column], *result);
  }
  return read;
}

// MariaDB cuts a value that comes in pieces when an earlier run bound a number to the same parameter.
bool NeedsNewStatement(absl::Span<const Value> params) {
  return std::any_of(params.begin(), params.end(),
                     [](const Value& value) { return TextSize(value) > kLongestWholeValue; });
}

// The connector never takes back that a parameter is unsigned: a later negative number would go out as a huge one.
bool SpoilsStatement(absl::Span<const Value> params) {
  size_t bytes = 0;
  for (const Value& value : params) {
    bytes += TextSize(value);
    if (IsHuge(value)) return true;
  }
  return bytes > kKeptValueBytes;
}

}  // namespace docket::mysql

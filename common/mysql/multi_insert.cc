#include "common/mysql/multi_insert.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"

namespace docket::mysql {

MultiInsert::MultiInsert(absl::string_view table, const std::vector<std::string>& columns, absl::string_view suffix)
    : columns_(columns.size()) {
  const std::string head = absl::StrCat("INSERT INTO ", table, " (", absl::StrJoin(columns, ","), ") VALUES ");
  const std::string tail = suffix.empty() ? "" : absl::StrCat(" ", suffix);
  const std::string row = absl::StrCat("(", absl::StrJoin(std::vector<std::string>(columns_, "?"), ","), ")");
  std::string rows = row;
  for (size_t count = 1; count <= kMaxRows; count *= 2) {
    statements_.push_back(absl::StrCat(head, rows, tail));
    rows = absl::StrCat(rows, ",", rows);
  }
}

absl::StatusOr<int64_t> MultiInsert::Run(Transaction& transaction, absl::Span<const Value> values) const {
  if (columns_ == 0 || values.size() % columns_ != 0) {
    return InternalError(absl::StrCat(values.size(), " values for rows of ", columns_, " columns"));
  }
  int64_t inserted = 0;
  while (!values.empty()) {
    size_t exponent = statements_.size() - 1;
    while ((columns_ << exponent) > values.size()) --exponent;
    const size_t taken = columns_ << exponent;
    const absl::StatusOr<int64_t> count = transaction.Execute(statements_[exponent], values.subspan(0, taken));
    if (!count.ok()) return count.status();
    inserted += *count;
    values.remove_prefix(taken);
  }
  return inserted;
}

}  // namespace docket::mysql

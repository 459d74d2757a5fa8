#include "common/mysql/multi_insert.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"

namespace docket::mysql {

namespace {

// How many rows a statement may hold: any small number, larger ones in steps, so that a batch of any size takes two or
// three statements of about twenty texts.
constexpr std::array<size_t, 18> kRows = {1,  2,  3,  4,  5,  6,  7,   8,   12,
                                          16, 24, 32, 48, 64, 96, 128, 192, MultiInsert::kMaxRows};

}  // namespace

MultiInsert::MultiInsert(absl::string_view table, const std::vector<std::string>& columns, absl::string_view suffix)
    : columns_(columns.size()) {
  const std::string head = absl::StrCat("INSERT INTO ", table, " (", absl::StrJoin(columns, ","), ") VALUES ");
  const std::string tail = suffix.empty() ? "" : absl::StrCat(" ", suffix);
  const std::string row = absl::StrCat("(", absl::StrJoin(std::vector<std::string>(columns_, "?"), ","), ")");
  for (const size_t rows : kRows) {
    statements_.push_back(absl::StrCat(head, absl::StrJoin(std::vector<std::string>(rows, row), ","), tail));
  }
}

absl::StatusOr<int64_t> MultiInsert::Run(Transaction& transaction, absl::Span<const Value> values) const {
  if (columns_ == 0 || values.size() % columns_ != 0) {
    return InternalError(absl::StrCat(values.size(), " values for rows of ", columns_, " columns"));
  }
  int64_t inserted = 0;
  while (!values.empty()) {
    size_t step = kRows.size() - 1;
    while (columns_ * kRows[step] > values.size()) --step;
    const size_t taken = columns_ * kRows[step];
    const absl::StatusOr<int64_t> count = transaction.Execute(statements_[step], values.subspan(0, taken));
    if (!count.ok()) return count.status();
    inserted += *count;
    values.remove_prefix(taken);
  }
  return inserted;
}

}  // namespace docket::mysql

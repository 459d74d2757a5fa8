#include "services/audit/export/csv_row.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace docket::audit {
namespace {

constexpr absl::string_view kFormulaBegins[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};
constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

bool LooksLikeFormula(absl::string_view text) {
  for (const absl::string_view begin : kFormulaBegins) {
    if (absl::StartsWith(text, begin)) return true;
  }
  return false;
}

}  // namespace

CsvRow& CsvRow::Text(absl::string_view text) {
  Next();
  row_.push_back('"');
  if (LooksLikeFormula(text)) row_.push_back('\'');
  for (const char c : text) {
    if (c == '\0') {
      absl::StrAppend(&row_, kReplacement);
      continue;
    }
    if (c == '"') row_.push_back('"');
    row_.push_back(c);
  }
  row_.push_back('"');
  return *this;
}

CsvRow& CsvRow::Number(int64_t number) {
  Next();
  absl::StrAppend(&row_, number);
  return *this;
}

std::string CsvRow::Take() && { return std::move(row_) + "\r\n"; }

void CsvRow::Next() {
  if (!first_) row_.push_back(',');
  first_ = false;
}

}  // namespace docket::audit

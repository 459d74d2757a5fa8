// Rows of a table in RFC 4180's form, safe to open in a spreadsheet.
#ifndef DOCKET_SERVICES_AUDIT_EXPORT_CSV_ROW_H_
#define DOCKET_SERVICES_AUDIT_EXPORT_CSV_ROW_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace docket::audit {

inline constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

// One row, field by field. Texts stand in quotes; a quote in them is doubled. A text that begins with what a
// spreadsheet takes for a formula (= + - @, also in full width, tab and line ends) gets an apostrophe before it. NUL,
// which breaks most readers, becomes U+FFFD.
class CsvRow {
 public:
  CsvRow& Text(absl::string_view text);
  CsvRow& Number(int64_t number);
  // With its line's end.
  std::string Take() &&;

 private:
  void Next();

  std::string row_;
  bool first_ = true;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_EXPORT_CSV_ROW_H_

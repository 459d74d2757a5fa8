// Writing Markdown from texts that others wrote: whatever they hold, they stay text and never become structure.
#ifndef DOCKET_SERVICES_EVALUATION_MARKDOWN_H_
#define DOCKET_SERVICES_EVALUATION_MARKDOWN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace docket::evaluation {

// A document under construction. What is passed in as text is escaped; headings and labels are the caller's own words.
class Markdown {
 public:
  // Level 1 to 6. `text` may hold foreign words.
  void Heading(int level, absl::string_view text);
  // One line of plain text.
  void Line(absl::string_view text);
  // A list entry `- label: text`.
  void Entry(absl::string_view label, absl::string_view text);
  // Text of any number of lines, set off as a quotation.
  void Quote(absl::string_view text);
  // Rows are filled up or cut to as many cells as the header has.
  void Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

  const std::string& text() const { return text_; }

 private:
  void BlankLine();

  std::string text_;
};

// On one line: line breaks become spaces, and every character that Markdown or HTML gives a meaning is escaped.
std::string EscapeMarkdown(absl::string_view text);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_MARKDOWN_H_

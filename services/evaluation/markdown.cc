#include "services/evaluation/markdown.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace docket::evaluation {
namespace {

constexpr absl::string_view kMeaningful = "\\`*_{}[]<>#|~&";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Escapes what means something at the beginning of a line only, where it makes lists, rules and headings: "- ", "1. ",
// "===". Indentation, which makes code, goes.
std::string EscapeLine(absl::string_view text) {
  std::string out = EscapeMarkdown(text);
  out.erase(0, out.find_first_not_of(' '));
  if (out.empty()) return out;
  if (out[0] == '-' || out[0] == '+' || out[0] == '=') {
    out.insert(0, 1, '\\');
  } else if (IsDigit(out[0])) {
    size_t end = 0;
    while (end < out.size() && IsDigit(out[end])) ++end;
    if (end < out.size() && (out[end] == '.' || out[end] == ')')) out.insert(end, 1, '\\');
  }
  return out;
}

}  // namespace

std::string EscapeMarkdown(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t') {
      out.push_back(' ');
      continue;
    }
    if (kMeaningful.find(c) != absl::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

void Markdown::BlankLine() {
  if (!text_.empty()) text_.push_back('\n');
}

void Markdown::Heading(int level, absl::string_view text) {
  BlankLine();
  absl::StrAppend(&text_, std::string(static_cast<size_t>(level), '#'), " ", EscapeMarkdown(text), "\n");
}

void Markdown::Line(absl::string_view text) {
  BlankLine();
  absl::StrAppend(&text_, EscapeLine(text), "\n");
}

void Markdown::Entry(absl::string_view label, absl::string_view text) {
  // The blank line that a list needs before its first entry.
  const size_t last_line = text_.size() < 2 ? std::string::npos : text_.rfind('\n', text_.size() - 2);
  const bool goes_on = last_line != std::string::npos && absl::string_view(text_).substr(last_line + 1, 2) == "- ";
  if (!goes_on) BlankLine();
  absl::StrAppend(&text_, "- **", label, "** ", EscapeMarkdown(text), "\n");
}

void Markdown::Quote(absl::string_view text) {
  BlankLine();
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    // Two blanks at the end keep the line break.
    if (!first) absl::StrAppend(&text_, "  \n");
    absl::StrAppend(&text_, "> ", EscapeLine(line));
    first = false;
  }
  text_.push_back('\n');
}

void Markdown::Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  BlankLine();
  const auto write = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < header.size(); ++i) {
      absl::StrAppend(&text_, i == 0 ? "| " : " | ", i < cells.size() ? EscapeMarkdown(cells[i]) : "");
    }
    absl::StrAppend(&text_, " |\n");
  };
  write(header);
  for (size_t i = 0; i < header.size(); ++i) absl::StrAppend(&text_, "| --- ");
  absl::StrAppend(&text_, "|\n");
  for (const std::vector<std::string>& row : rows) write(row);
}

}  // namespace docket::evaluation

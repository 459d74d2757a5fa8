#include "services/audit/ledger/html_text.h"

#include "absl/strings/str_cat.h"

namespace docket::audit {

std::string HtmlText(absl::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        const bool control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
        if (control) {
          html += "\xEF\xBF\xBD";
        } else {
          html += c;
        }
      }
    }
  }
  return html;
}

std::string CssString(absl::string_view text) {
  std::string css = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte >= 0x80 || c == ' ' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (plain) {
      css += c;
    } else {
      // The space ends the escape and is part of it.
      absl::StrAppend(&css, "\\", absl::Hex(byte), " ");
    }
  }
  return css + "\"";
}

}  // namespace docket::audit

#include "common/validation/violation_path.h"

#include "absl/strings/str_cat.h"

namespace docket::validation {
namespace {

constexpr size_t kMaxKeyBytes = 50;

bool ContinuesCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

void AppendKey(absl::string_view key, std::string* out) {
  size_t end = std::min(key.size(), kMaxKeyBytes);
  while (end > 0 && end < key.size() && ContinuesCharacter(key[end])) --end;
  out->append("[\"");
  for (const char c : key.substr(0, end)) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"') out->push_back(c);
  }
  out->append(end < key.size() ? "…\"]" : "\"]");
}

}  // namespace

std::string ViolationPath::ToString() const {
  std::string text;
  for (const Step& step : steps_) {
    absl::StrAppend(&text, text.empty() ? "" : ".", step.field->name());
    if (step.key != nullptr) {
      AppendKey(*step.key, &text);
    } else if (step.index >= 0) {
      absl::StrAppend(&text, "[", step.index, "]");
    }
  }
  return text;
}

}  // namespace docket::validation

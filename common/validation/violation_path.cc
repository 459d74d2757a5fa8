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
  for (size_t i = 0; i < end; ++i) {
    const auto byte = static_cast<unsigned char>(key[i]);
    // U+0080 to U+009F are two bytes each, the first of them C2.
    const bool high_control = byte == 0xC2 && i + 1 < end && static_cast<unsigned char>(key[i + 1]) < 0xA0;
    if (high_control) ++i;
    if (byte >= 0x20 && byte != 0x7F && byte != '"' && !high_control) out->push_back(key[i]);
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

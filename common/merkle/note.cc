#include "common/merkle/note.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/merkle/utf8.h"
#include "common/status/status_macros.h"

namespace docket::merkle {
namespace {

// An em dash and a space.
constexpr absl::string_view kSignaturePrefix = "\xE2\x80\x94 ";
constexpr size_t kKeyIdBytes = 4;

absl::Status Malformed(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("not a signed note: ", why));
}

// UTF-8 whose only control characters below U+0020 are newlines.
bool IsNoteText(absl::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> c = ConsumeCodePoint(text);
    if (!c.has_value() || (*c < 0x20 && *c != '\n')) return false;
  }
  return true;
}

absl::Status CheckText(absl::string_view text) {
  if (!absl::EndsWith(text, "\n")) return Malformed("the text does not end with a newline");
  if (!IsNoteText(text)) return Malformed("it is not UTF-8 or has control characters");
  return absl::OkStatus();
}

// One line without its newline.
absl::StatusOr<NoteSignature> ParseSignature(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, kSignaturePrefix)) return Malformed("a signature line does not begin with a dash");
  const size_t space = line.find(' ');
  if (space == absl::string_view::npos) return Malformed("a signature line has no signature");
  NoteSignature result;
  result.key_name = std::string(line.substr(0, space));
  if (!IsKeyName(result.key_name)) return Malformed("a signature line has no key name");
  const absl::string_view base64 = line.substr(space + 1);
  std::string bytes;
  if (!absl::Base64Unescape(base64, &bytes) || absl::Base64Escape(bytes) != base64 || bytes.size() <= kKeyIdBytes) {
    return Malformed("a signature is not Base 64 of a key id and more");
  }
  for (size_t i = 0; i < kKeyIdBytes; ++i) result.key_id = result.key_id << 8 | static_cast<uint8_t>(bytes[i]);
  result.signature = bytes.substr(kKeyIdBytes);
  return result;
}

bool IsBy(const NoteSignature& signature, const NoteVerifier& key) {
  return signature.key_id == key.key_id() && signature.key_name == key.name();
}

}  // namespace

absl::StatusOr<UnverifiedNote> ParseNote(absl::string_view note) {
  if (note.size() > kMaxNoteBytes) return Malformed("it is too long");
  // The last blank line is the border: the text may have blank lines of its own, the signatures may not.
  const size_t border = note.rfind("\n\n");
  if (border == absl::string_view::npos) return Malformed("no blank line parts text and signatures");
  UnverifiedNote result;
  result.text = std::string(note.substr(0, border + 1));
  DOCKET_RETURN_IF_ERROR(CheckText(result.text));
  DOCKET_ASSIGN_OR_RETURN(result.signatures, ParseSignatureLines(note.substr(border + 2)));
  if (result.signatures.empty()) return Malformed("it has no signatures");
  return result;
}

absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(absl::string_view lines) {
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    const size_t newline = lines.find('\n');
    if (newline == absl::string_view::npos) return Malformed("it does not end with a newline");
    if (signatures.size() == kMaxNoteSignatures) return Malformed("it has too many signatures");
    DOCKET_ASSIGN_OR_RETURN(NoteSignature signature, ParseSignature(lines.substr(0, newline)));
    signatures.push_back(std::move(signature));
    lines.remove_prefix(newline + 1);
  }
  return signatures;
}

absl::StatusOr<std::string> FormatSignatureLine(const NoteSignature& signature) {
  if (!IsKeyName(signature.key_name)) return Malformed("a signature line has no key name");
  if (signature.signature.empty()) return Malformed("a signature line has no signature");
  std::string bytes;
  for (size_t i = 0; i < kKeyIdBytes; ++i) bytes.push_back(static_cast<char>(signature.key_id >> (8 * (3 - i))));
  bytes.append(signature.signature);
  return absl::StrCat(kSignaturePrefix, signature.key_name, " ", absl::Base64Escape(bytes), "\n");
}

absl::StatusOr<std::string> FormatNote(const UnverifiedNote& note) {
  DOCKET_RETURN_IF_ERROR(CheckText(note.text));
  if (note.signatures.empty()) return Malformed("it has no signatures");
  if (note.signatures.size() > kMaxNoteSignatures) return Malformed("it has too many signatures");
  std::string out = absl::StrCat(note.text, "\n");
  for (const NoteSignature& line : note.signatures) {
    DOCKET_ASSIGN_OR_RETURN(const std::string text, FormatSignatureLine(line));
    out.append(text);
  }
  if (out.size() > kMaxNoteBytes) return Malformed("it is too long");
  return out;
}

absl::StatusOr<std::string> SignNote(absl::string_view text, absl::Span<const NoteSigner> signers) {
  // Before a key touches it: what is signed must be readable as what was meant.
  DOCKET_RETURN_IF_ERROR(CheckText(text));
  UnverifiedNote note;
  note.text = std::string(text);
  for (const NoteSigner& signer : signers) {
    DOCKET_ASSIGN_OR_RETURN(std::string signature, signer.Sign(text));
    note.signatures.push_back({signer.name(), signer.key_id(), std::move(signature)});
  }
  return FormatNote(note);
}

absl::StatusOr<VerifiedNote> OpenNote(absl::string_view note, absl::Span<const NoteVerifier> keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (keys[i].key_id() == keys[j].key_id() && keys[i].name() == keys[j].name()) {
        return absl::InvalidArgumentError("two known keys have one name and id");
      }
    }
  }
  DOCKET_ASSIGN_OR_RETURN(UnverifiedNote parsed, ParseNote(note));
  VerifiedNote result;
  for (NoteSignature& line : parsed.signatures) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const NoteVerifier& k) { return IsBy(line, k); });
    if (key == keys.end()) {
      result.unknown.push_back(std::move(line));
      continue;
    }
    if (!key->Verify(parsed.text, line.signature)) {
      return absl::DataLossError(absl::StrCat("the signature by ", line.key_name, " is wrong"));
    }
    const bool repeated = std::any_of(result.verified.begin(), result.verified.end(),
                                      [&](const NoteSignature& other) { return IsBy(other, *key); });
    if (!repeated) result.verified.push_back(std::move(line));
  }
  if (result.verified.empty()) return absl::UnauthenticatedError("the note is signed by none of the known keys");
  result.text = std::move(parsed.text);
  return result;
}

}  // namespace docket::merkle

#include "services/audit/privacy/master_key.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/secret_file/secret_file.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/aes_gcm.h"

namespace docket::audit {
namespace {

constexpr size_t kMaxIdBytes = 32;

bool IsKeyId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '-';
  });
}

bool IsHexKey(absl::string_view text) {
  return text.size() == 2 * kKeyBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

}  // namespace

absl::StatusOr<MasterKeys> MasterKeys::Parse(absl::string_view text) {
  MasterKeys keys;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ', absl::SkipEmpty());
    const auto wrong = [&](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat("master keys, line ", number, ": ", what));
    };
    if (parts.size() != 2 || !IsKeyId(parts[0]) || !IsHexKey(parts[1])) {
      return wrong("write a key id of [a-z0-9-], a space and 64 hexadecimal digits");
    }
    std::string id(parts[0]);
    if (keys.current_id_.empty()) keys.current_id_ = id;
    if (!keys.keys_.emplace(std::move(id), absl::HexStringToBytes(parts[1])).second)
      return wrong("the id stands twice");
  }
  if (keys.keys_.empty()) return absl::InvalidArgumentError("master keys: there is none");
  return keys;
}

absl::StatusOr<MasterKeys> MasterKeys::Load(const std::string& path) {
  DOCKET_ASSIGN_OR_RETURN(const std::string text, ReadSecretFile(path));
  return Parse(text);
}

absl::StatusOr<WrappedSecret> MasterKeys::Wrap(absl::string_view context, absl::string_view secret) const {
  WrappedSecret wrapped{.master_key_id = current_id_};
  DOCKET_ASSIGN_OR_RETURN(wrapped.bytes, Encrypt(keys_.at(current_id_), context, secret));
  return wrapped;
}

absl::StatusOr<std::string> MasterKeys::Unwrap(absl::string_view context, const WrappedSecret& wrapped) const {
  const auto key = keys_.find(wrapped.master_key_id);
  if (key == keys_.end()) {
    return InternalError(absl::StrCat("the master key ", wrapped.master_key_id, " is not in the file of master keys"));
  }
  absl::StatusOr<std::string> secret = Decrypt(key->second, context, wrapped.bytes);
  if (absl::IsDataLoss(secret.status())) {
    return absl::DataLossError(absl::StrCat("the secret of ", context, " does not open with the master key ",
                                            wrapped.master_key_id, ": it was changed, or the key is another"));
  }
  return secret;
}

std::vector<std::string> MasterKeys::former_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, key] : keys_) {
    if (id != current_id_) ids.push_back(id);
  }
  return ids;
}

}  // namespace docket::audit

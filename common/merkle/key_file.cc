#include "common/merkle/key_file.h"

#include <openssl/crypto.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/secret_file/secret_file.h"
#include "common/status/status_macros.h"

namespace docket::merkle {

absl::StatusOr<NoteSigner> LoadSigner(const std::string& path) {
  DOCKET_ASSIGN_OR_RETURN(std::string text, ReadSecretFile(path));
  absl::StatusOr<NoteSigner> signer = NoteSigner::Parse(absl::StripSuffix(text, "\n"));
  OPENSSL_cleanse(text.data(), text.size());
  if (!signer.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", signer.status().message()));
  return signer;
}

absl::StatusOr<NoteSigner> GenerateKey(const std::string& path, absl::string_view name) {
  DOCKET_ASSIGN_OR_RETURN(NoteSigner signer, NoteSigner::Generate(name));
  DOCKET_ASSIGN_OR_RETURN(std::string text, signer.ToSecretText());
  text.push_back('\n');
  const absl::Status written = WriteSecretFile(path, text);
  OPENSSL_cleanse(text.data(), text.size());
  DOCKET_RETURN_IF_ERROR(written);
  return signer;
}

}  // namespace docket::merkle

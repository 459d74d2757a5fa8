#include "services/audit/witness/witness_list.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace docket::audit {
namespace {

bool IsHttpUrl(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "https://") && !absl::ConsumePrefix(&url, "http://")) return false;
  // A query or a fragment would swallow what is added to the prefix.
  return !url.empty() && url.front() != '/' && url.find_first_of("?# \t\r\n") == absl::string_view::npos;
}

}  // namespace

absl::StatusOr<std::vector<Witness>> ReadWitnesses(const process::v1::AuditLog& settings) {
  std::vector<Witness> witnesses;
  for (const process::v1::Witness& setting : settings.witnesses()) {
    const auto wrong = [&](absl::string_view field, absl::string_view what) {
      return absl::FailedPreconditionError(
          absl::StrCat("audit_log.witnesses[", witnesses.size(), "].", field, ": ", what));
    };
    absl::StatusOr<merkle::CosignatureVerifier> key = merkle::CosignatureVerifier::Parse(setting.verifier_key());
    if (!key.ok()) return wrong("verifier_key", key.status().message());
    for (const Witness& other : witnesses) {
      if (other.key.key_id() == key->key_id() && other.key.name() == key->name()) {
        return wrong("verifier_key", "is there twice");
      }
    }
    if (!setting.url().empty() && !IsHttpUrl(setting.url())) return wrong("url", "is not an http or https URL");
    witnesses.push_back({.key = *std::move(key), .url = std::string(absl::StripSuffix(setting.url(), "/"))});
  }
  return witnesses;
}

}  // namespace docket::audit

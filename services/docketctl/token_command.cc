#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/jwt/claims.h"
#include "common/jwt/signer.h"
#include "common/secret_file/secret_file.h"
#include "common/status/status_macros.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/organization_file.h"

namespace docket::ctl {
namespace {

constexpr char kKeyId[] = "local";

// In place of the token that was there, whole or not at all, and never readable by others in between.
absl::Status ReplaceSecret(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  const std::string temporary = path.string() + ".new";
  std::filesystem::remove(temporary, error);
  DOCKET_RETURN_IF_ERROR(WriteSecretFile(temporary, text + "\n"));
  std::filesystem::rename(temporary, path, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path.string(), ": cannot be written"));
}

// What all tokens of one minting share.
struct Minting {
  jwt::SigningKey key;
  std::string issuer;
  std::string audience;
  absl::Time expires_at;
  std::filesystem::path directory;

  absl::Status Mint(const std::string& file, jwt::Claims claims) const {
    claims.issuer = issuer;
    claims.audience = {audience};
    claims.subject = claims.name;
    claims.issued_at = absl::Now();
    claims.expires_at = expires_at;
    DOCKET_ASSIGN_OR_RETURN(const std::string token, jwt::MintToken(key, kKeyId, claims));
    return ReplaceSecret(directory / (file + ".jwt"), token);
  }
};

jwt::Claims ClaimsOf(const Json& person, const std::string& organization) {
  jwt::Claims claims;
  claims.name = absl::StrCat("organizations/", organization, "/people/", person.value("id", ""));
  claims.display_name = person.value("display_name", "");
  if (person.contains("department")) {
    claims.department = absl::StrCat("organizations/", organization, "/departments/", person.value("department", ""));
  }
  if (person.contains("vendor"))
    claims.vendor = absl::StrCat("organizations/", organization, "/vendors/", person.value("vendor", ""));
  for (const Json& role : person.value("roles", Json::array())) claims.roles.push_back(role.get<std::string>());
  return claims;
}

}  // namespace

absl::Status TokenKeyCommand(const Arguments& arguments) {
  DOCKET_ASSIGN_OR_RETURN(const std::string out, arguments.Require("out"));
  DOCKET_ASSIGN_OR_RETURN(const std::string jwks, arguments.Require("jwks"));
  DOCKET_RETURN_IF_ERROR(jwt::GenerateSigningKey(out));
  DOCKET_ASSIGN_OR_RETURN(const jwt::SigningKey key, jwt::SigningKey::Load(out));
  std::ofstream stream(jwks);
  stream << jwt::PublicJwks(key, kKeyId) << "\n";
  if (stream.flush()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(jwks, ": cannot be written"));
}

absl::Status TokenMintAllCommand(const Arguments& arguments) {
  DOCKET_ASSIGN_OR_RETURN(const std::string key_file, arguments.Require("key"));
  DOCKET_ASSIGN_OR_RETURN(const std::string issuer, arguments.Require("issuer"));
  DOCKET_ASSIGN_OR_RETURN(const std::string audience, arguments.Require("audience"));
  DOCKET_ASSIGN_OR_RETURN(const std::string file, arguments.Require("file"));
  DOCKET_ASSIGN_OR_RETURN(const std::string directory, arguments.Require("out"));
  DOCKET_ASSIGN_OR_RETURN(const absl::Duration lifetime, arguments.GetDuration("lifetime", absl::Hours(12)));
  DOCKET_ASSIGN_OR_RETURN(const Json json, ReadOrganizationFile(file));
  DOCKET_ASSIGN_OR_RETURN(jwt::SigningKey key, jwt::SigningKey::Load(key_file));
  const Minting minting{.key = std::move(key),
                        .issuer = issuer,
                        .audience = audience,
                        .expires_at = absl::Now() + lifetime,
                        .directory = directory};
  if (!json.contains("people")) return absl::InvalidArgumentError(absl::StrCat(file, ": lists no people"));
  const std::string organization = json["organization"].value("id", "");
  for (const Json& person : json["people"]) {
    DOCKET_RETURN_IF_ERROR(
        minting.Mint(absl::StrCat(organization, "/", person.value("id", "")), ClaimsOf(person, organization)));
  }
  jwt::Claims administrator;
  administrator.name = "services/administrator";
  administrator.display_name = "Platform administration";
  administrator.roles = {"ADMINISTRATOR"};
  DOCKET_RETURN_IF_ERROR(minting.Mint("platform/administrator", administrator));
  std::cout << json["people"].size() << " tokens in " << directory << "/" << organization << std::endl;
  return absl::OkStatus();
}

}  // namespace docket::ctl

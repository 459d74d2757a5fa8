#include "common/jwt/claims.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/jwt/json.h"
#include "common/jwt/token_error.h"
#include "common/status/status_macros.h"

namespace docket::jwt {
namespace {

using nlohmann::json;

constexpr size_t kMaxNameBytes = 200;  // docket.common.v1.Principal
constexpr size_t kMaxIdentifierBytes = 63;
constexpr size_t kMaxRoleNameBytes = 63;
constexpr int64_t kMaxSeconds = 253402300799;  // the end of the year 9999

enum class Presence { kRequired, kOptional };

absl::Status Malformed(const char* member) { return TokenInvalid(absl::StrCat("has a malformed `", member, "`")); }

// Lower-case letters, digits and inner hyphens. Above all not `-` alone, which stands for all of a collection.
bool IsIdentifier(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxIdentifierBytes && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; });
}

// Whether `name` is of the shape `pattern`, in which `*` is one identifier.
bool HasShape(absl::string_view name, absl::string_view pattern) {
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  const std::vector<absl::string_view> expected = absl::StrSplit(pattern, '/');
  if (name.size() > kMaxNameBytes || segments.size() != expected.size()) return false;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (expected[i] == "*" ? !IsIdentifier(segments[i]) : segments[i] != expected[i]) return false;
  }
  return true;
}

// `{org}` of `organizations/{org}/…`; empty for a service.
absl::string_view OrganizationOf(absl::string_view name) {
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  return segments.size() == 4 ? segments[1] : absl::string_view();
}

bool IsRoleName(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxRoleNameBytes && absl::ascii_isupper(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isupper(c) || c == '_'; });
}

absl::Status ReadText(const json& object, const char* member, Presence presence, std::string& out) {
  if (FindMember(object, member) == nullptr) {
    return presence == Presence::kOptional ? absl::OkStatus() : TokenInvalid(absl::StrCat("has no `", member, "`"));
  }
  const std::string* const text = FindString(object, member);
  if (text == nullptr || text->size() > kMaxClaimTextBytes) return Malformed(member);
  if (presence == Presence::kRequired && text->empty()) return Malformed(member);
  out = *text;
  return absl::OkStatus();
}

// Seconds since 1970, whole or not.
absl::Status ReadTime(const json& object, const char* member, std::optional<absl::Time>& out) {
  const json* const value = FindMember(object, member);
  if (value == nullptr) return absl::OkStatus();
  // As a double first: it holds every number that JSON can bring, if not exactly.
  if (!value->is_number()) return Malformed(member);
  const double seconds = value->get<double>();
  if (!(seconds >= 0 && seconds <= static_cast<double>(kMaxSeconds))) return Malformed(member);
  out = value->is_number_integer() ? absl::FromUnixSeconds(value->get<int64_t>())
                                   : absl::UnixEpoch() + absl::Seconds(seconds);
  return absl::OkStatus();
}

absl::Status ReadTexts(const json& object, const char* member, size_t max_items, std::vector<std::string>& out) {
  const json* const list = FindMember(object, member);
  if (list == nullptr) return absl::OkStatus();
  if (!list->is_array() || list->size() > max_items) return Malformed(member);
  for (const json& item : *list) {
    const std::string* const text = item.get_ptr<const std::string*>();
    if (text == nullptr || text->empty() || text->size() > kMaxClaimTextBytes) return Malformed(member);
    out.push_back(*text);
  }
  return absl::OkStatus();
}

absl::Status ReadRegistered(const json& object, Claims& claims) {
  DOCKET_RETURN_IF_ERROR(ReadText(object, "iss", Presence::kRequired, claims.issuer));
  DOCKET_RETURN_IF_ERROR(ReadText(object, "sub", Presence::kRequired, claims.subject));
  DOCKET_RETURN_IF_ERROR(ReadText(object, "jti", Presence::kOptional, claims.token_id));
  DOCKET_RETURN_IF_ERROR(ReadText(object, "name", Presence::kOptional, claims.display_name));
  if (FindString(object, "aud") != nullptr) {
    DOCKET_RETURN_IF_ERROR(ReadText(object, "aud", Presence::kRequired, claims.audience.emplace_back()));
  } else {
    DOCKET_RETURN_IF_ERROR(ReadTexts(object, "aud", kMaxAudiences, claims.audience));
  }
  if (claims.audience.empty()) return TokenInvalid("has no `aud`");
  std::optional<absl::Time> expires_at;
  DOCKET_RETURN_IF_ERROR(ReadTime(object, "exp", expires_at));
  DOCKET_RETURN_IF_ERROR(ReadTime(object, "nbf", claims.not_before));
  DOCKET_RETURN_IF_ERROR(ReadTime(object, "iat", claims.issued_at));
  if (!expires_at.has_value()) return TokenInvalid("has no `exp`");
  claims.expires_at = *expires_at;
  return absl::OkStatus();
}

absl::Status ReadDocket(const json& object, Claims& claims) {
  DOCKET_RETURN_IF_ERROR(ReadText(object, "docket_name", Presence::kRequired, claims.name));
  DOCKET_RETURN_IF_ERROR(ReadText(object, "docket_department", Presence::kOptional, claims.department));
  DOCKET_RETURN_IF_ERROR(ReadText(object, "docket_vendor", Presence::kOptional, claims.vendor));
  DOCKET_RETURN_IF_ERROR(ReadTexts(object, "docket_roles", kMaxRoles, claims.roles));
  if (!HasShape(claims.name, "organizations/*/people/*") && !HasShape(claims.name, "services/*")) {
    return Malformed("docket_name");
  }
  const absl::string_view organization = OrganizationOf(claims.name);
  if (!claims.department.empty() && (!HasShape(claims.department, "organizations/*/departments/*") ||
                                     OrganizationOf(claims.department) != organization)) {
    return Malformed("docket_department");
  }
  if (!claims.vendor.empty() &&
      (!HasShape(claims.vendor, "organizations/*/vendors/*") || OrganizationOf(claims.vendor) != organization)) {
    return Malformed("docket_vendor");
  }
  if (!std::all_of(claims.roles.begin(), claims.roles.end(), IsRoleName)) return Malformed("docket_roles");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Claims> ParseClaims(absl::string_view text) {
  const std::optional<json> object = ParseJsonObject(text);
  if (!object.has_value()) return TokenInvalid("has a payload that is no JSON object, or one with a name twice");
  Claims claims;
  DOCKET_RETURN_IF_ERROR(ReadRegistered(*object, claims));
  DOCKET_RETURN_IF_ERROR(ReadDocket(*object, claims));
  return claims;
}

absl::StatusOr<std::string> FormatClaims(const Claims& claims) {
  json object = {{"iss", claims.issuer},
                 {"sub", claims.subject},
                 {"exp", absl::ToUnixSeconds(claims.expires_at)},
                 {"docket_name", claims.name}};
  if (claims.audience.size() == 1) {
    object["aud"] = claims.audience.front();
  } else {
    object["aud"] = claims.audience;
  }
  if (claims.not_before.has_value()) object["nbf"] = absl::ToUnixSeconds(*claims.not_before);
  if (claims.issued_at.has_value()) object["iat"] = absl::ToUnixSeconds(*claims.issued_at);
  if (!claims.token_id.empty()) object["jti"] = claims.token_id;
  if (!claims.roles.empty()) object["docket_roles"] = claims.roles;
  if (!claims.department.empty()) object["docket_department"] = claims.department;
  if (!claims.vendor.empty()) object["docket_vendor"] = claims.vendor;
  if (!claims.display_name.empty()) object["name"] = claims.display_name;
  std::string text;
  try {
    text = object.dump();
  } catch (const json::exception&) {
    return absl::InvalidArgumentError("a claim is not UTF-8");
  }
  const absl::StatusOr<Claims> again = ParseClaims(text);
  if (!again.ok()) return absl::InvalidArgumentError(again.status().message());
  return text;
}

}  // namespace docket::jwt

#include "services/gateway/principal.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::gateway {
namespace {

constexpr char kAllOrganizations[] = "organizations/-";
// What an event may say of its actor; longer, and no event of this caller could be recorded.
constexpr size_t kMaxDisplayNameBytes = 200;

absl::Status Refused(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_INVALID, why);
}

// Cut between characters.
std::string Shorten(const std::string& text) {
  if (text.size() <= kMaxDisplayNameBytes) return text;
  size_t end = kMaxDisplayNameBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

absl::StatusOr<common::v1::Principal> PrincipalOfClaims(const jwt::Claims& claims) {
  common::v1::Principal principal;
  principal.set_name(claims.name);
  principal.set_department(claims.department);
  principal.set_vendor(claims.vendor);
  principal.set_display_name(Shorten(claims.display_name));
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_JWT);
  const bool platform = absl::StartsWith(claims.name, "services/");
  for (const std::string& name : claims.roles) {
    common::v1::Role role;
    if (!common::v1::Role_Parse("ROLE_" + name, &role) || role == common::v1::ROLE_UNSPECIFIED) {
      return Refused("the token's docket_roles name a role that does not exist");
    }
    if (platform && role != common::v1::ROLE_ADMINISTRATOR) {
      return Refused("a token of services/ may hold the role ADMINISTRATOR only");
    }
    principal.add_roles(role);
  }
  principal.set_organization(platform ? kAllOrganizations : OrganizationOf(claims.name));
  if (principal.organization().empty() || (!platform && principal.organization() == kAllOrganizations)) {
    return Refused("the token's docket_name names no organisation");
  }
  return principal;
}

std::string AddressOfPeer(absl::string_view peer) {
  const bool v6 = absl::ConsumePrefix(&peer, "ipv6:");
  if (!v6 && !absl::ConsumePrefix(&peer, "ipv4:")) return "";
  const size_t colon = peer.rfind(':');
  if (colon == absl::string_view::npos) return "";
  std::string address =
      absl::StrReplaceAll(peer.substr(0, colon), {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}, {"%25", "%"}});
  return address.size() <= 64 ? address : "";
}

}  // namespace docket::gateway

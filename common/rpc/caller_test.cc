#include "common/rpc/caller.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/rpc/tls.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

const std::vector<std::string>& Trusted() {
  static const std::vector<std::string> trusted = {"gateway", "request"};
  return trusted;
}

std::string Stamp(const char* name) {
  common::v1::Principal principal;
  principal.set_name(name);
  principal.set_organization("organizations/acme");
  return principal.SerializeAsString();
}

Reason ReasonOf(const Peer& peer, const std::vector<std::string>& stamped) {
  const std::vector<absl::string_view> views(stamped.begin(), stamped.end());
  const auto principal = IdentifyCaller(peer, views, Trusted());
  if (principal.ok()) return Reason::REASON_UNSPECIFIED;
  EXPECT_EQ(principal.status().code(), absl::StatusCode::kUnauthenticated);
  return GetReason(principal.status());
}

TEST(CallerTest, BelievesTrustedPeers) {
  const std::string stamp = Stamp("organizations/acme/people/wang");
  for (const Peer& peer : {Peer{.insecure = true}, Peer{.dns_names = {"localhost", "gateway.docket"}},
                           Peer{.uris = {"spiffe://docket/request"}},
                           Peer{.dns_names = {"request.docket"}, .uris = {"spiffe://docket/request"}}}) {
    const auto principal = IdentifyCaller(peer, {stamp}, Trusted());
    ASSERT_TRUE(principal.ok()) << principal.status();
    EXPECT_EQ(principal->name(), "organizations/acme/people/wang");
  }
}

TEST(CallerTest, BelievesNobodyElseWhateverTheySay) {
  for (const Peer& peer :
       {Peer{}, Peer{.dns_names = {"localhost"}}, Peer{.dns_names = {"docketctl.docket"}},
        Peer{.dns_names = {"gateway.docket.evil"}}, Peer{.dns_names = {"evil-gateway.docket"}},
        Peer{.dns_names = {".docket"}}, Peer{.dns_names = {"Gateway.docket"}}, Peer{.uris = {"spiffe://evil/gateway"}},
        Peer{.uris = {"spiffe://docket/gateway/x"}}, Peer{.uris = {"https://docket/gateway"}},
        Peer{.dns_names = {"gateway.docket", "request.docket"}},
        Peer{.dns_names = {"gateway.docket"}, .uris = {"spiffe://docket/request"}}}) {
    EXPECT_EQ(ReasonOf(peer, {Stamp("organizations/acme/people/wang")}), Reason::REASON_PEER_NOT_TRUSTED);
    EXPECT_EQ(ReasonOf(peer, {}), Reason::REASON_PEER_NOT_TRUSTED);
  }
}

TEST(CallerTest, AServiceWithoutAPrincipalIsItself) {
  const auto principal = IdentifyCaller({.dns_names = {"request.docket"}}, {}, Trusted());
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->name(), "services/request");
  EXPECT_EQ(principal->organization(), "organizations/-");
  ASSERT_EQ(principal->roles_size(), 1);
  EXPECT_EQ(principal->roles(0), common::v1::ROLE_SERVICE);
  EXPECT_EQ(principal->authentication_method(), common::v1::AUTHENTICATION_METHOD_SERVICE);
}

TEST(CallerTest, RefusesPrincipalsThatSayNothing) {
  const Peer gateway{.dns_names = {"gateway.docket"}};
  EXPECT_EQ(ReasonOf({.insecure = true}, {}), Reason::REASON_CREDENTIALS_MISSING);
  EXPECT_EQ(ReasonOf(gateway, {""}), Reason::REASON_CREDENTIALS_MISSING);
  EXPECT_EQ(ReasonOf(gateway, {"\xff\xff"}), Reason::REASON_CREDENTIALS_MISSING);
  EXPECT_EQ(ReasonOf(gateway, {Stamp("")}), Reason::REASON_CREDENTIALS_MISSING);
  EXPECT_EQ(ReasonOf(gateway, {Stamp("a"), Stamp("b")}), Reason::REASON_CREDENTIALS_MISSING);
}

TEST(TlsTest, MissingFilesAreNamed) {
  const auto credentials =
      MakeServerCredentials({.ca_file = "/nonexistent/ca.pem", .certificate_file = "x", .key_file = "y"});
  EXPECT_EQ(credentials.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(credentials.status().message().find("/nonexistent/ca.pem"), absl::string_view::npos);
}

}  // namespace
}  // namespace docket::rpc

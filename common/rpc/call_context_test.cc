#include "common/rpc/call_context.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "common/log/logger.h"
#include "common/rpc/testing/echo.pb.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

using rpctest::v1::CreateNoteRequest;

TEST(CallContextTest, KnowsTheRequestId) {
  CreateNoteRequest request;
  request.set_request_id("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  EXPECT_EQ(CallContext({.request = &request}).request_id(), request.request_id());
  rpctest::v1::EchoRequest without;
  EXPECT_EQ(CallContext({.request = &without}).request_id(), "");
  EXPECT_EQ(CallContext({}).request_id(), "");
}

TEST(CallContextTest, TakesTheCallersOrganizationWhereNoResourceSaysOtherwise) {
  common::v1::Principal principal;
  principal.set_organization("organizations/acme");
  EXPECT_EQ(CallContext({.principal = principal}).organization(), "organizations/acme");
  EXPECT_EQ(CallContext({.principal = principal, .organization = "organizations/other"}).organization(),
            "organizations/other");
}

TEST(CallContextTest, EqualRequestsHaveEqualFingerprints) {
  CreateNoteRequest a;
  CreateNoteRequest b;
  // Maps remember no order, and their serialisation must not either.
  for (int i = 0; i < 50; ++i) (*a.mutable_note()->mutable_labels())[std::to_string(i)] = "x";
  for (int i = 49; i >= 0; --i) (*b.mutable_note()->mutable_labels())[std::to_string(i)] = "x";
  const CallContext of_a({.request = &a});
  EXPECT_EQ(of_a.fingerprint().size(), 32);
  EXPECT_EQ(of_a.fingerprint(), CallContext({.request = &b}).fingerprint());
  b.set_parent("x");
  EXPECT_NE(of_a.fingerprint(), CallContext({.request = &b}).fingerprint());
}

TEST(CallContextTest, FingerprintIsSha256) {
  const CreateNoteRequest empty;
  EXPECT_EQ(absl::BytesToHexString(CallContext({.request = &empty}).fingerprint()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(CallContextTest, SaysWhetherAnybodyStillListens) {
  bool cancelled = false;
  const CallContext context({.is_cancelled = [&cancelled] { return cancelled; }});
  EXPECT_TRUE(context.CheckAlive().ok());
  EXPECT_FALSE(context.IsCancelled());
  cancelled = true;
  EXPECT_TRUE(context.IsCancelled());
  EXPECT_EQ(GetReason(context.CheckAlive()), Reason::REASON_CANCELLED);
  const CallContext late({.deadline = absl::Now() - absl::Seconds(1)});
  EXPECT_EQ(late.CheckAlive().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(CallContextTest, HasALoggerAlways) { CallContext({}).logger().Error("nobody reads this"); }

}  // namespace
}  // namespace docket::rpc

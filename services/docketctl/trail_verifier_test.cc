#include "services/docketctl/trail_verifier.h"

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "docket/event/v1/platform_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/testing/made_trail.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using audit::v1::ChangeTrail;
using ::testing::HasSubstr;
using testing::MadeTrail;
using tests::IsOk;
using tests::StatusIs;

constexpr char kChange[] = "organizations/o/requests/7";

class TrailVerifierTest : public ::testing::Test {
 protected:
  // The trail with one thing changed must be refused, and the refusal must say what.
  void ExpectFound(const std::string& what, const std::function<void(ChangeTrail&)>& tamper) {
    ChangeTrail trail = made_.Copy();
    tamper(trail);
    EXPECT_THAT(VerifyTrail(trail, made_.log_key()), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(what)));
  }

  // Its entries are at 3, 7, 11 and 15 in a log of 17.
  const MadeTrail made_{kChange, {"RequestCreated", "CallDenied", "RequestSubmitted", "RequestClosed"}};
};

TEST_F(TrailVerifierTest, AGoodTrailVerifies) {
  const auto verified = VerifyTrail(made_.trail(), made_.log_key());
  ASSERT_THAT(verified, IsOk());
  ASSERT_EQ(verified->events.size(), 4u);
  EXPECT_EQ(verified->log_size, 17);
  EXPECT_EQ(verified->denials, 1);
  EXPECT_EQ(verified->redacted, 0);
  EXPECT_EQ(verified->events[0].type(), "RequestCreated");
  EXPECT_EQ(verified->events[0].reason(), "reason 3") << "what lies beside the entry is added";
  EXPECT_EQ(verified->events[0].actor().name(), "organizations/o/people/a");
  EXPECT_EQ(verified->events[0].actor().display_name(), "李");
  EXPECT_THAT(VerifyTrail(made_.trail(), made_.log_key() + "\n"), IsOk());
}

TEST_F(TrailVerifierTest, ItVerifiesAfterItsWayThroughJson) {
  const auto json = ToJson(made_.trail());
  ASSERT_THAT(json, IsOk());
  ChangeTrail again;
  ASSERT_THAT(FromJson(*json, &again), IsOk());
  EXPECT_THAT(VerifyTrail(again, made_.log_key()), IsOk());
}

TEST_F(TrailVerifierTest, FieldsOfANewerServiceAreLostOnThatWayAndHarmNothing) {
  ChangeTrail trail = made_.Copy();
  auto& event = *trail.mutable_entries(0)->mutable_event();
  event.GetReflection()->MutableUnknownFields(&event)->AddVarint(9999, 1);
  EXPECT_THAT(VerifyTrail(trail, made_.log_key()), IsOk());
}

TEST_F(TrailVerifierTest, ARedactedEntryIsStillProven) {
  ChangeTrail trail = made_.Copy();
  audit::v1::LogEntry& entry = *trail.mutable_entries(0);
  audit::v1::Entry kept;
  ASSERT_TRUE(kept.ParseFromString(entry.entry()));
  entry.set_redacted(true);
  entry.clear_payload();
  entry.clear_salt();
  *entry.mutable_event() = kept.event();
  const auto verified = VerifyTrail(trail, made_.log_key());
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->redacted, 1);
  EXPECT_EQ(verified->events[0].reason(), "");
}

TEST_F(TrailVerifierTest, ChangedBytes) {
  for (size_t i = 0; i < made_.trail().entries(1).entry().size(); ++i) {
    ExpectFound("entry 7", [i](ChangeTrail& trail) { (*trail.mutable_entries(1)->mutable_entry())[i] ^= 1; });
  }
  ExpectFound("entry 7", [](ChangeTrail& trail) { trail.mutable_entries(1)->mutable_entry()->push_back('\0'); });
}

TEST_F(TrailVerifierTest, ChangedBytesWithTheLeafToMatch) {
  ExpectFound("entry 7: it is not in the signed log", [](ChangeTrail& trail) {
    trail.mutable_entries(1)->set_entry(trail.entries(0).entry());
    trail.mutable_proofs(1)->set_leaf_sha256(trail.proofs(0).leaf_sha256());
  });
}

TEST_F(TrailVerifierTest, ChangedPayload) {
  ExpectFound("entry 11: its payload is not the one",
              [](ChangeTrail& trail) { (*trail.mutable_entries(2)->mutable_payload())[3] ^= 1; });
  ExpectFound("entry 11: its payload is not the one",
              [](ChangeTrail& trail) { (*trail.mutable_entries(2)->mutable_salt())[0] ^= 1; });
  ExpectFound("entry 11: its payload is not the one",
              [](ChangeTrail& trail) { trail.mutable_entries(2)->clear_payload(); });
  ExpectFound("entry 11: its payload is not the one", [](ChangeTrail& trail) {
    trail.mutable_entries(2)->set_payload(trail.entries(1).payload());
    trail.mutable_entries(2)->set_salt(trail.entries(1).salt());
  });
  ExpectFound("entry 11: it is marked as redacted and has a payload",
              [](ChangeTrail& trail) { trail.mutable_entries(2)->set_redacted(true); });
}

TEST_F(TrailVerifierTest, ChangedReading) {
  const std::string shown = "entry 3: what it shows";
  ExpectFound(shown, [](ChangeTrail& trail) { trail.mutable_entries(0)->mutable_event()->set_type("RequestClosed"); });
  ExpectFound(shown, [](ChangeTrail& trail) { trail.mutable_entries(0)->mutable_event()->set_reason("another"); });
  ExpectFound(shown, [](ChangeTrail& trail) {
    trail.mutable_entries(0)->mutable_event()->mutable_actor()->set_name("organizations/o/people/b");
  });
  ExpectFound(shown, [](ChangeTrail& trail) { trail.mutable_entries(0)->clear_event(); });
  ExpectFound(shown, [](ChangeTrail& trail) { trail.mutable_entries(0)->mutable_receive_time()->set_seconds(1); });
  ExpectFound(shown, [](ChangeTrail& trail) {
    event::v1::CallDenied facts;
    facts.set_message("another fact");
    trail.mutable_entries(0)->mutable_event()->mutable_payload()->PackFrom(facts);
  });
  // Taking the payload away from a redacted entry's reading only is seen, too.
  ExpectFound(shown, [](ChangeTrail& trail) {
    trail.mutable_entries(0)->set_redacted(true);
    trail.mutable_entries(0)->clear_payload();
  });
}

TEST_F(TrailVerifierTest, ChangedProof) {
  for (int i = 0; i < made_.trail().proofs(3).hashes_size(); ++i) {
    ExpectFound("entry 15: it is not in the signed log",
                [i](ChangeTrail& trail) { (*trail.mutable_proofs(3)->mutable_hashes(i))[5] ^= 1; });
  }
  ExpectFound("entry 15: it is not in the signed log",
              [](ChangeTrail& trail) { trail.mutable_proofs(3)->mutable_hashes()->RemoveLast(); });
  ExpectFound("entry 15: it is not in the signed log",
              [](ChangeTrail& trail) { trail.mutable_proofs(3)->add_hashes(std::string(32, 'x')); });
  ExpectFound("entry 15: it is not in the signed log",
              [](ChangeTrail& trail) { trail.mutable_proofs(3)->set_hashes(0, "short"); });
  ExpectFound("entry 15: its proof is for something else",
              [](ChangeTrail& trail) { trail.mutable_proofs(3)->set_index(14); });
  ExpectFound("entry 15: its proof is for something else",
              [](ChangeTrail& trail) { trail.mutable_proofs(3)->set_size(16); });
  ExpectFound("entry 15: its proof is for something else",
              [](ChangeTrail& trail) { trail.mutable_proofs(3)->set_leaf_sha256("x"); });
  ExpectFound("not one proof for each entry", [](ChangeTrail& trail) { trail.mutable_proofs()->RemoveLast(); });
}

TEST_F(TrailVerifierTest, ChangedPlaces) {
  ExpectFound("entry 4", [](ChangeTrail& trail) {
    trail.mutable_entries(0)->set_index(4);
    trail.mutable_proofs(0)->set_index(4);
  });
  ExpectFound("entry 3: it is out of order", [](ChangeTrail& trail) {
    trail.mutable_entries()->SwapElements(0, 1);
    trail.mutable_proofs()->SwapElements(0, 1);
  });
  ExpectFound("entry 15: it is out of order", [](ChangeTrail& trail) {
    *trail.add_entries() = trail.entries(3);
    *trail.add_proofs() = trail.proofs(3);
  });
  ExpectFound("entry -1", [](ChangeTrail& trail) { trail.mutable_entries(0)->set_index(-1); });
}

TEST_F(TrailVerifierTest, AnotherChange) {
  ExpectFound("entry 3: it belongs to another change",
              [](ChangeTrail& trail) { trail.set_change("organizations/o/requests/8"); });
}

TEST_F(TrailVerifierTest, ChangedCheckpoint) {
  ExpectFound("the checkpoint", [](ChangeTrail& trail) { trail.mutable_checkpoint()->clear_note(); });
  ExpectFound("the checkpoint", [](ChangeTrail& trail) {
    trail.mutable_checkpoint()->set_note(absl::StrReplaceAll(trail.checkpoint().note(), {{"\n17\n", "\n18\n"}}));
  });
  ExpectFound("the checkpoint: its size or root", [](ChangeTrail& trail) { trail.mutable_checkpoint()->set_size(99); });
  ExpectFound("the checkpoint: its size or root",
              [](ChangeTrail& trail) { (*trail.mutable_checkpoint()->mutable_root_sha256())[0] ^= 1; });
}

TEST_F(TrailVerifierTest, AnotherLogsSignatureProvesNothing) {
  const MadeTrail forged(kChange, {"RequestCreated", "CallDenied", "RequestSubmitted", "RequestClosed"});
  EXPECT_THAT(VerifyTrail(forged.trail(), made_.log_key()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the checkpoint")));
  ExpectFound("the checkpoint", [&](ChangeTrail& trail) { *trail.mutable_checkpoint() = forged.trail().checkpoint(); });
}

TEST_F(TrailVerifierTest, ABrokenKeyIsNotABrokenTrail) {
  for (const char* key : {"", "nonsense", "docket.test/audit+00000000+AAAA"}) {
    EXPECT_THAT(VerifyTrail(made_.trail(), key), StatusIs(absl::StatusCode::kInvalidArgument)) << key;
  }
}

TEST_F(TrailVerifierTest, ChecksWhatMustBeInIt) {
  const auto verified = VerifyTrail(made_.trail(), made_.log_key());
  ASSERT_THAT(verified, IsOk());
  const auto check = [&](const std::vector<std::string>& events, int denials) {
    return CheckTrail(*verified, {.events = events, .denials_at_least = denials});
  };
  EXPECT_THAT(check({}, 0), IsOk());
  EXPECT_THAT(check({"RequestCreated", "RequestSubmitted", "RequestClosed"}, 1), IsOk());
  EXPECT_THAT(check({"RequestClosed", "RequestCreated"}, 0),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no RequestCreated in its place")));
  EXPECT_THAT(check({"RequestCreated", "RequestCreated"}, 0), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(check({}, 2), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("1 refused calls, at least 2")));
}

}  // namespace
}  // namespace docket::ctl

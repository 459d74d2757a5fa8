// Events whose payload was redacted and that their source delivers again.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/events/event_bytes.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;
using tests::IsOk;

class RedactedAgainTest : public PrivacyTest {
 protected:
  DeliveryResult Deliver(const event::v1::Event& event, Replica* replica = nullptr) {
    return OrExit((replica == nullptr ? replica_.get() : replica)->log.appender.Append({event}, Soon()), "deliver")
        .at(0);
  }
  event::v1::IngestConflict ConflictAt(uint64_t index) {
    const StoredEntry entry = EntryAt(index);
    event::v1::IngestConflict conflict;
    EXPECT_TRUE(OrExit(UnsealEvent(entry.entry, entry.payload), "event").payload().UnpackTo(&conflict));
    return conflict;
  }
  const event::v1::Event event_ = [this] {
    event::v1::Event event = EventOf("li-na", "同意变更");
    event.set_before_sha256(std::string(32, 'b'));
    event.set_after_sha256(std::string(32, 'a'));
    return event;
  }();
};

TEST_F(RedactedAgainTest, TheSameEventIsADuplicate) {
  Put({event_});
  Redact({0});
  Relay();
  const uint64_t size = Size();
  event::v1::Event renumbered = event_;
  renumbered.set_source_sequence(0);
  const auto other = NewReplica();
  for (const event::v1::Event& again : {event_, renumbered}) {
    for (Replica* replica : {replica_.get(), other.get()}) {
      const DeliveryResult result = Deliver(again, replica);
      EXPECT_EQ(result.verdict(), DeliveryResult::VERDICT_DUPLICATE);
      EXPECT_EQ(result.log_index(), 0);
    }
  }
  EXPECT_EQ(Size(), size);
}

// What was in the payload cannot be told apart any more, but for its size.
TEST_F(RedactedAgainTest, OtherContentOfTheSameSizeInThePayloadIsTakenForTheSame) {
  Put({event_});
  Redact({0});
  event::v1::Event other = event_;
  other.set_reason("撤销变更");
  ASSERT_EQ(other.reason().size(), event_.reason().size());
  other.set_before_sha256(std::string(32, 'c'));
  EXPECT_EQ(Deliver(other).verdict(), DeliveryResult::VERDICT_DUPLICATE);
}

TEST_F(RedactedAgainTest, WhatDiffersInTheOpenIsAConflict) {
  const struct {
    std::string what;
    void (*change)(event::v1::Event&);
  } cases[] = {
      {"payload size", [](event::v1::Event& event) { event.set_reason("不同意变更"); }},
      {"type", [](event::v1::Event& event) { event.set_type("RequestWithdrawn"); }},
      {"subject", [](event::v1::Event& event) { event.set_subject("organizations/yunqi/requests/r8"); }},
      {"revision", [](event::v1::Event& event) { event.set_subject_revision(77); }},
      {"actor", [](event::v1::Event& event) { event.mutable_actor()->set_name("organizations/yunqi/people/qian"); }},
      {"time", [](event::v1::Event& event) { event.mutable_occur_time()->set_nanos(7000); }},
      {"outcome", [](event::v1::Event& event) { event.set_outcome(event::v1::OUTCOME_DENIED); }},
      {"systems", [](event::v1::Event& event) { event.add_systems("organizations/yunqi/systems/gate"); }},
  };
  for (const auto& one : cases) {
    event::v1::Event event = event_;
    event.set_event_id(NewEvent().event_id());
    event.set_source_sequence(0);
    const uint64_t first = Put({event});
    Redact({first});
    Relay();
    const uint64_t size = Size();
    event::v1::Event other = event;
    one.change(other);
    for (int i = 0; i < 2; ++i) {
      const DeliveryResult result = Deliver(other);
      EXPECT_EQ(result.verdict(), DeliveryResult::VERDICT_CONFLICT) << one.what;
      EXPECT_EQ(result.log_index(), static_cast<int64_t>(first)) << one.what;
    }
    EXPECT_EQ(Deliver(event).verdict(), DeliveryResult::VERDICT_DUPLICATE) << one.what;
    // Recorded once, with digests that tell nothing of either payload.
    ASSERT_EQ(Size(), size + 1) << one.what;
    const event::v1::IngestConflict conflict = ConflictAt(size);
    EXPECT_EQ(conflict.first_index(), static_cast<int64_t>(first));
    EXPECT_NE(conflict.first_sha256(), conflict.second_sha256());
    EXPECT_NE(conflict.second_sha256(), events::EventDigest(other));
    event::v1::Event told = other;
    told.set_reason(std::string(other.reason().size(), 'x'));
    EXPECT_EQ(Deliver(told).verdict(), DeliveryResult::VERDICT_CONFLICT);
    EXPECT_EQ(Size(), size + 1) << one.what << ": the digest depends on what the payload says";
  }
  EXPECT_THAT(CheckLog(), IsOk());
}

TEST_F(RedactedAgainTest, APersonsEventsAreToldApartAsWell) {
  Put({event_});
  Redact({}, "li-na");
  EXPECT_EQ(Deliver(event_).verdict(), DeliveryResult::VERDICT_DUPLICATE);
  event::v1::Event other = event_;
  other.set_method("docket.request.v1.RequestService/WithdrawRequest");
  EXPECT_EQ(Deliver(other).verdict(), DeliveryResult::VERDICT_CONFLICT);
}

TEST_F(RedactedAgainTest, WhatCouldNeverBeAnEntryIsRejectedAndHoldsBackNothing) {
  Put({event_});
  Redact({0});
  event::v1::Event huge = event_;
  huge.set_request_id(std::string(70'000, 'x'));
  const auto verdicts = replica_->log.appender.Append({huge, EventOf("wang-fang", "好")}, Soon());
  ASSERT_THAT(verdicts, IsOk());
  EXPECT_EQ(verdicts->at(0).verdict(), DeliveryResult::VERDICT_REJECTED);
  EXPECT_EQ(verdicts->at(1).verdict(), DeliveryResult::VERDICT_ACCEPTED);
}

// Entries from when content digests lay in the open are compared without them.
TEST_F(RedactedAgainTest, AnEntryOfTheFormerLayoutIsNoConflict) {
  Put({event_});
  Redact({0});
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(EntryAt(0).entry));
  entry.mutable_event()->set_before_sha256(event_.before_sha256());
  entry.mutable_event()->set_after_sha256(event_.after_sha256());
  entry.set_payload_size_bytes(entry.payload_size_bytes() - 68);
  db_.Run({absl::StrCat("UPDATE entry SET entry = UNHEX('", absl::BytesToHexString(entry.SerializeAsString()), "')")});
  EXPECT_EQ(Deliver(event_).verdict(), DeliveryResult::VERDICT_DUPLICATE);
  event::v1::Event other = event_;
  other.set_subject("organizations/yunqi/requests/r8");
  EXPECT_EQ(Deliver(other).verdict(), DeliveryResult::VERDICT_CONFLICT);
}

}  // namespace
}  // namespace docket::audit

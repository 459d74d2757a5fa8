#include "services/audit/log_entry.h"

#include <string>

#include "absl/strings/escaping.h"
#include "common/events/event_bytes.h"
#include "common/merkle/commitment.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::audit {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::IsOk;
using tests::StatusIs;

constexpr char kOrigin[] = "docket.example/audit";
const absl::Time kNow = absl::FromUnixMicros(1790000000123456);

event::v1::Event SomeEvent() {
  event::v1::Event event;
  event.set_event_id("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  event.set_source("services/request");
  event.set_type("RequestSubmitted");
  event.set_organization("organizations/yunqi");
  event.set_subject("organizations/yunqi/requests/r1");
  event.mutable_actor()->set_name("organizations/yunqi/people/li-na");
  event.mutable_actor()->set_display_name("李娜");
  event.mutable_actor()->set_client_ip("203.0.113.7");
  event.set_before_sha256(std::string(32, 'b'));
  event.set_after_sha256(std::string(32, 'a'));
  event.set_reason("访客记录经常丢失，业主投诉较多");
  event::v1::FieldChange* change = event.add_changes();
  change->set_field("title");
  change->set_before("门禁升级");
  change->set_after("门禁管理软件升级");
  event.mutable_payload()->PackFrom(event::v1::RequestSubmitted());
  return event;
}

TEST(LogEntryTest, SealedAndUnsealedIsTheEvent) {
  const auto sealed = SealEvent(SomeEvent(), kOrigin, kNow, NewSalt());
  ASSERT_THAT(sealed, IsOk());
  const auto event = UnsealEvent(sealed->entry, sealed->payload);
  ASSERT_THAT(event, IsOk());
  EXPECT_TRUE(MessageDifferencer::Equals(*event, SomeEvent())) << event->ShortDebugString();
}

TEST(LogEntryTest, WhatTellsAStoryIsNotInTheEntry) {
  const auto sealed = SealEvent(SomeEvent(), kOrigin, kNow, NewSalt());
  ASSERT_THAT(sealed, IsOk());
  for (const std::string& text :
       {std::string("李娜"), std::string("业主投诉"), std::string("门禁升级"), std::string("RequestSubmitted\x12"),
        std::string("203.0.113.7"), std::string(32, 'b'), std::string(32, 'a')}) {
    EXPECT_THAT(sealed->entry, Not(HasSubstr(text)));
  }
  EXPECT_THAT(sealed->payload, HasSubstr("李娜"));
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(sealed->entry));
  EXPECT_EQ(entry.version(), 1);
  EXPECT_EQ(entry.origin(), kOrigin);
  EXPECT_EQ(entry.receive_time().seconds(), 1790000000);
  EXPECT_EQ(entry.receive_time().nanos(), 123456000);
  EXPECT_EQ(entry.payload_size_bytes(), static_cast<int>(sealed->payload.size()));
  EXPECT_EQ(entry.payload_commitment(), merkle::PayloadCommitment(sealed->salt, sealed->payload));
  EXPECT_FALSE(entry.event().has_payload());
}

// The entry is put together from pieces; any implementation of Protocol Buffers must come to the same bytes.
TEST(LogEntryTest, TheEntryIsWhatSerialisingItWholeGives) {
  event::v1::Event bare;
  bare.set_event_id("6a1e8f0e-3f5b-7c55-8a4e-0d7b2f7f9a11");
  for (const event::v1::Event& event : {SomeEvent(), bare}) {
    const auto sealed = SealEvent(event, kOrigin, kNow, NewSalt());
    ASSERT_THAT(sealed, IsOk());
    v1::Entry entry;
    ASSERT_TRUE(entry.ParseFromString(sealed->entry));
    EXPECT_EQ(entry.SerializeAsString(), sealed->entry);
    EXPECT_EQ(entry.payload_size_bytes(), static_cast<int>(sealed->payload.size()));
  }
}

TEST(LogEntryTest, FieldsOfALaterContractAreKept) {
  event::v1::Event event = SomeEvent();
  event.GetReflection()->MutableUnknownFields(&event)->AddLengthDelimited(900, "后来才有的字段");
  const auto sealed = SealEvent(event, kOrigin, kNow, NewSalt());
  ASSERT_THAT(sealed, IsOk());
  EXPECT_THAT(sealed->entry, HasSubstr("后来才有的字段"));
  const auto read = UnsealEvent(sealed->entry, sealed->payload);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->SerializeAsString(), event.SerializeAsString());
}

TEST(LogEntryTest, SealingTwiceWithOneSaltGivesTheSameBytes) {
  const std::string salt = NewSalt();
  EXPECT_EQ(SealEvent(SomeEvent(), kOrigin, kNow, salt)->entry, SealEvent(SomeEvent(), kOrigin, kNow, salt)->entry);
}

TEST(LogEntryTest, EveryEntryHasItsOwnSalt) {
  EXPECT_EQ(NewSalt().size(), kSaltBytes);
  EXPECT_NE(NewSalt(), NewSalt());
  EXPECT_NE(SealEvent(SomeEvent(), kOrigin, kNow, NewSalt())->entry,
            SealEvent(SomeEvent(), kOrigin, kNow, NewSalt())->entry);
}

// RFC 4231, test case 2.
TEST(LogEntryTest, TheCommitmentIsHmacSha256) {
  EXPECT_EQ(absl::BytesToHexString(merkle::PayloadCommitment("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(LogEntryTest, ThePayloadHasALimit) {
  event::v1::Event event = SomeEvent();
  event.mutable_payload()->set_value(std::string(kMaxPayloadBytes - 400, 'x'));
  EXPECT_THAT(SealEvent(event, kOrigin, kNow, NewSalt()), IsOk());
  event.mutable_payload()->set_value(std::string(kMaxPayloadBytes, 'x'));
  EXPECT_THAT(SealEvent(event, kOrigin, kNow, NewSalt()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("payload")));
}

TEST(LogEntryTest, TheEntryHasALimit) {
  event::v1::Event event = SomeEvent();
  event.set_method(std::string(kMaxEntryBytes, 'x'));
  EXPECT_THAT(SealEvent(event, kOrigin, kNow, NewSalt()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("entry")));
}

TEST(LogEntryTest, BytesThatAreNoEntryCannotBeRead) {
  EXPECT_THAT(UnsealEvent("\xff\xff", ""), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(UnsealEvent("", "\xff\xff"), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(LogEntryTest, TheDigestIsTheSameBeforeAndAfterTheRelayNumberedTheEvent) {
  event::v1::Event numbered = SomeEvent();
  numbered.set_source_sequence(7);
  EXPECT_EQ(events::EventDigest(numbered), events::EventDigest(SomeEvent()));
  numbered.set_reason("另一个理由");
  EXPECT_NE(events::EventDigest(numbered), events::EventDigest(SomeEvent()));
}

}  // namespace
}  // namespace docket::audit

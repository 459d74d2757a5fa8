// The log with encrypted payloads, on a real database.
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/events/event_bytes.h"
#include "common/merkle/hash.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using event::v1::DeliveryResult;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::IsOk;
using tests::StatusIs;

class SealedLogTest : public PrivacyTest {
 protected:
  std::string Column(const std::string& sql) { return OrExit(db_.pool().Query(Soon(), sql), sql).at(0).Text(0); }
};

TEST_F(SealedLogTest, WhatLiesInTheDatabaseSaysNothingAndIsReadBack) {
  std::vector<event::v1::Event> events;
  for (int i = 0; i < 300; ++i) events.push_back(EventOf(i % 2 == 0 ? "li-na" : "wang-fang", "访客记录经常丢失"));
  Put(events);
  for (const char* table : {"payload", "payload_secret", "subject_key", "entry", "dedupe"}) {
    for (const mysql::Row& row : OrExit(db_.pool().Query(Soon(), absl::StrCat("SELECT * FROM ", table)), table)) {
      for (size_t column = 0; column < row.size(); ++column) {
        ASSERT_THAT(row.Text(column), Not(HasSubstr("访客记录"))) << table;
        ASSERT_THAT(row.Text(column), Not(HasSubstr("李娜"))) << table;
      }
    }
  }
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM payload WHERE format = 1 AND salt = ''"), 300);
  // Secrets cost a row per 256 entries and one per person.
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM payload_secret"), 2);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM subject_key"), 2);
  const auto event = UnsealEvent(EntryAt(299).entry, EntryAt(299).payload);
  ASSERT_THAT(event, IsOk());
  EXPECT_EQ(event->reason(), "访客记录经常丢失");
  EXPECT_EQ(event->actor().display_name(), "李娜");
  EXPECT_THAT(CheckLog(), IsOk());
  ExpectWholeTree(300);
}

TEST_F(SealedLogTest, NoStoredDigestLetsThePayloadBeGuessed) {
  const event::v1::Event event = EventOf("li-na", "同意");
  Put({event});
  EXPECT_NE(Column("SELECT content_sha256 FROM dedupe"), events::EventDigest(event));
  EXPECT_EQ(Column("SELECT content_sha256 FROM dedupe"),
            merkle::Sha256(absl::StrCat(EntryAt(0).salt, events::EventDigest(event))).ToBytes());
}

TEST_F(SealedLogTest, ContentDigestsLieInThePayload) {
  event::v1::Event event = EventOf("li-na", "");
  event.set_before_sha256(std::string(32, 'b'));
  event.set_after_sha256(std::string(32, 'a'));
  Put({event});
  EXPECT_THAT(EntryAt(0).entry, Not(HasSubstr(std::string(32, 'a'))));
  const auto read = UnsealEvent(EntryAt(0).entry, EntryAt(0).payload);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->before_sha256(), event.before_sha256());
  EXPECT_EQ(read->after_sha256(), event.after_sha256());
}

TEST_F(SealedLogTest, RepeatsAndConflictsAreToldApart) {
  const event::v1::Event event = EventOf("li-na", "同意");
  Put({event});
  event::v1::Event other = event;
  other.set_reason("不同意");
  const auto replica = NewReplica();
  for (Replica* one : {replica_.get(), replica.get()}) {
    const auto verdicts = one->log.appender.Append({event, other, event, other}, Soon());
    ASSERT_THAT(verdicts, IsOk());
    EXPECT_EQ(verdicts->at(0).verdict(), DeliveryResult::VERDICT_DUPLICATE);
    EXPECT_EQ(verdicts->at(1).verdict(), DeliveryResult::VERDICT_CONFLICT);
    EXPECT_EQ(verdicts->at(2).verdict(), DeliveryResult::VERDICT_DUPLICATE);
    EXPECT_EQ(verdicts->at(3).verdict(), DeliveryResult::VERDICT_CONFLICT);
  }
  // The conflict is an entry once, and its digests are of no use without the salt.
  EXPECT_EQ(Size(), 2u);
  const auto conflict = UnsealEvent(EntryAt(1).entry, EntryAt(1).payload);
  ASSERT_THAT(conflict, IsOk());
  event::v1::IngestConflict payload;
  ASSERT_TRUE(conflict->payload().UnpackTo(&payload));
  EXPECT_NE(payload.first_sha256(), payload.second_sha256());
  EXPECT_NE(payload.second_sha256(), events::EventDigest(other));
}

TEST_F(SealedLogTest, EntriesFromBeforeEncryptionKeepVerifying) {
  const auto before = NewProcess();
  Grow(*before, 100);
  Put(NewEvents(300));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM payload WHERE format = 0"), 100);
  EXPECT_THAT(CheckLog(), IsOk());
  ExpectWholeTree(400);
  // A program from before cannot read what is encrypted, and says so.
  EXPECT_THAT(before->store.ReadEntries(99, 100, Soon()), IsOk());
  EXPECT_THAT(before->store.ReadEntries(100, 101, Soon()), StatusIs(StatusCode::kInternal));
}

TEST_F(SealedLogTest, ReplicasAppendUnderTheSameKeys) {
  const auto replica = NewReplica();
  std::vector<std::vector<event::v1::Event>> calls;
  for (int i = 0; i < 60; ++i) {
    calls.push_back({EventOf(absl::StrCat("p", i % 3), "x"), NewEvent()});
    // Not numbered, because two senders of one source would look like gaps.
    for (event::v1::Event& event : calls.back()) event.set_source_sequence(0);
  }
  std::vector<std::thread> threads;
  for (size_t sender = 0; sender < 2; ++sender) {
    Replica* const one = sender == 0 ? replica_.get() : replica.get();
    threads.emplace_back([&, sender, one] {
      for (size_t i = sender; i < calls.size(); i += 2) {
        // Whoever lost the swap too often comes again, as a sender would.
        absl::Status appended = absl::AbortedError("");
        while (absl::IsAborted(appended)) appended = one->log.appender.Append(calls[i], Soon()).status();
        EXPECT_THAT(appended, IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectWholeTree(120);
  EXPECT_THAT(CheckLog(), IsOk());
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM subject_key"), 4);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM payload_secret"), 1);
}

TEST_F(SealedLogTest, WhatIsTamperedWithIsFound) {
  Put(NewEvents(260));
  const struct {
    std::string tamper;
    std::string undo;
  } cases[] = {
      {"UPDATE payload SET payload = CONCAT(payload, 'x') WHERE log_index = 3",
       "UPDATE payload SET payload = LEFT(payload, LENGTH(payload) - 1) WHERE log_index = 3"},
      {"UPDATE payload a, payload b SET a.payload = b.payload WHERE a.log_index = 3 AND b.log_index = 4", ""},
  };
  for (const auto& one : cases) {
    db_.Run({one.tamper});
    EXPECT_FALSE(EntryAt(3).redacted) << one.tamper;
    EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr("payload of entry 3 "))) << one.tamper;
    if (!one.undo.empty()) {
      db_.Run({one.undo});
      EXPECT_THAT(CheckLog(), IsOk());
    }
  }
}

TEST_F(SealedLogTest, SecretsOfAnotherBlockOrSubjectDoNotOpen) {
  Put(NewEvents(257));
  db_.Run({"UPDATE payload_secret a, payload_secret b SET a.secret = b.secret WHERE a.block = 0 AND b.block = 1"});
  EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr("payload of entry 0 ")));
  EXPECT_THAT(CheckEntry(EntryAt(256)), IsOk());
}

TEST_F(SealedLogTest, WithoutItsMasterKeyNothingIsReadOrTakenForRedacted) {
  Put(NewEvents(3));
  const auto stranger = NewReplica(MasterKeyLine("k9", 'f'));
  EXPECT_THAT(stranger->log.store.ReadEntries(0, 3, Soon()), StatusIs(StatusCode::kInternal, HasSubstr("k1")));
  EXPECT_THAT(stranger->log.appender.Append(NewEvents(1), Soon()), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(stranger->log.guard.CheckOpen(), IsOk());
  // One of that name that is another.
  const auto imposter = NewReplica(MasterKeyLine("k1", 'f'));
  const auto entries = imposter->log.store.ReadEntries(0, 3, Soon());
  ASSERT_THAT(entries, IsOk());
  EXPECT_FALSE(entries->at(0).redacted);
  EXPECT_EQ(entries->at(0).payload, "");
  Put(NewEvents(1));
  EXPECT_EQ(Size(), 4u);
}

TEST_F(SealedLogTest, TheMasterKeyIsRotatedByWrappingAnew) {
  Put(NewEvents(600));
  const auto rotated = NewReplica(MasterKeyLine("k2", 'b') + MasterKeyLine("k1", 'a'));
  EXPECT_EQ(rotated->log.store.ReadEntries(0, 10, Soon())->at(9).payload, EntryAt(9).payload);
  Put(NewEvents(300), rotated.get());
  int rounds = 0;
  while (OrExit(rotated->keys.secrets().Rewrap(db_.pool(), Soon(), 2), "rewrap") > 0) ++rounds;
  EXPECT_EQ(rounds, 3);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM payload_secret WHERE master_key_id <> 'k2'"), 0);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM subject_key WHERE master_key_id <> 'k2'"), 0);
  // The former key can go.
  const auto after = NewReplica(MasterKeyLine("k2", 'b'));
  for (uint64_t index : {0, 599, 899}) EXPECT_THAT(CheckEntry(EntryAt(index, after.get())), IsOk());
  EXPECT_NE(EntryAt(599, after.get()).payload, "");
}

TEST_F(SealedLogTest, ABatchThatAddsNothingLeavesNoSecret) {
  const event::v1::Event event = EventOf("li-na", "x");
  Put({event});
  const auto other = NewReplica();
  const auto verdicts = other->log.appender.Append({event}, Soon());
  ASSERT_THAT(verdicts, IsOk());
  EXPECT_EQ(verdicts->at(0).verdict(), DeliveryResult::VERDICT_DUPLICATE);
  EXPECT_EQ(other->keys.sealer()->remembered(), 0u);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM subject_key"), 1);
}

TEST_F(SealedLogTest, TheIndexOfARejectedEventGoesToAnotherPersonsEvent) {
  event::v1::Event bad = EventOf("somebody-else", "bad");
  bad.set_request_id(std::string(70'000, 'x'));
  const auto mixed = replica_->log.appender.Append({bad, EventOf("li-na", "good")}, Soon());
  ASSERT_THAT(mixed, IsOk());
  EXPECT_EQ(mixed->at(0).verdict(), DeliveryResult::VERDICT_REJECTED);
  EXPECT_EQ(mixed->at(1).verdict(), DeliveryResult::VERDICT_ACCEPTED);
  const StoredEntry good = EntryAt(static_cast<uint64_t>(mixed->at(1).log_index()));
  EXPECT_EQ(UnsealEvent(good.entry, good.payload)->reason(), "good");
  EXPECT_THAT(CheckLog(), IsOk());
}

}  // namespace
}  // namespace docket::audit

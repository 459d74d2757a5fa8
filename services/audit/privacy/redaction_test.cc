// Redactions by two persons, as clients see them, and what is left of the payloads.
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/merkle/commitment.h"
#include "common/merkle/proof.h"
#include "services/audit/privacy/entry_secret.h"
#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::IsOk;

class RedactionServiceTest : public PrivacyTest {
 protected:
  v1::ChangeTrail Trail(const std::string& change, Replica* replica = nullptr) {
    v1::GetChangeTrailRequest request;
    request.set_change("organizations/yunqi/requests/" + change);
    return OrExit(Call<v1::ChangeTrail>("LogService/GetChangeTrail", auditor_, request, replica), "trail");
  }
  // That every entry's leaf is in the signed tree, and its commitment holds wherever there is a payload.
  void ExpectProven(const v1::ChangeTrail& trail) {
    const auto root = merkle::Hash::FromBytes(trail.checkpoint().root_sha256());
    ASSERT_THAT(root, IsOk());
    for (int i = 0; i < trail.entries_size(); ++i) {
      const v1::LogEntry& entry = trail.entries(i);
      const auto hashes = merkle::HashesFromBytes(trail.proofs(i).hashes());
      ASSERT_THAT(hashes, IsOk());
      EXPECT_THAT(merkle::VerifyInclusion(merkle::LeafHash(entry.entry()), static_cast<uint64_t>(entry.index()),
                                          static_cast<uint64_t>(trail.checkpoint().size()), *hashes, *root),
                  IsOk());
      v1::Entry parsed;
      ASSERT_TRUE(parsed.ParseFromString(entry.entry()));
      EXPECT_EQ(entry.redacted(), entry.payload().empty());
      EXPECT_EQ(entry.redacted(), entry.salt().empty());
      if (!entry.redacted()) {
        EXPECT_EQ(merkle::PayloadCommitment(entry.salt(), entry.payload()), parsed.payload_commitment());
      }
    }
  }
};

TEST_F(RedactionServiceTest, TakesPayloadsAwayAndEveryProofStaysValid) {
  Put({EventOf("li-na", "门禁卡号 330102199001011234"), EventOf("wang-fang", "无异议"), EventOf("li-na", "补充")});
  const v1::ChangeTrail before = Trail("r1");
  ExpectProven(before);

  const auto proposed = Propose({0});
  ASSERT_THAT(proposed, IsOk());
  EXPECT_EQ(proposed->state(), v1::Redaction::STATE_PROPOSED);
  EXPECT_EQ(proposed->proposer(), data_admin_.name());
  EXPECT_EQ(proposed->etag(), "1");
  EXPECT_FALSE(EntryAt(0).redacted);
  const auto approved = Approve(proposed->name(), std::nullopt, "1");
  ASSERT_THAT(approved, IsOk());
  EXPECT_EQ(approved->decider(), executive_.name());
  const auto applied = Get(proposed->name());
  ASSERT_THAT(applied, IsOk());
  EXPECT_EQ(applied->state(), v1::Redaction::STATE_APPLIED);
  EXPECT_EQ(applied->redacted_count(), 1);
  EXPECT_EQ(applied->apply_time().seconds(), 1790000000);

  EXPECT_THAT(Relay(), ElementsAre("RedactionProposed", "RedactionApproved", "RedactionApplied"));
  const v1::ChangeTrail after = Trail("r1");
  ExpectProven(after);
  ASSERT_GE(after.entries_size(), 3);
  EXPECT_TRUE(after.entries(0).redacted());
  EXPECT_FALSE(after.entries(1).redacted());
  EXPECT_FALSE(after.entries(2).redacted());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(after.entries(i).entry(), before.entries(i).entry());
  EXPECT_EQ(after.entries(0).event().reason(), "");
  EXPECT_EQ(after.entries(0).event().actor().display_name(), "");
  EXPECT_EQ(after.entries(0).event().actor().name(), "organizations/yunqi/people/li-na");
  EXPECT_EQ(after.entries(2).event().reason(), "补充");
  EXPECT_THAT(CheckLog(), IsOk());
  // Evidence was not touched.
  ExpectWholeTree(Size());
}

TEST_F(RedactionServiceTest, APersonIsForgottenWithOneKeyAndBeginsAnewWithAnother) {
  std::vector<event::v1::Event> events;
  for (int i = 0; i < 40; ++i)
    events.push_back(EventOf(i % 4 == 0 ? "wang-fang" : "li-na", "内容", absl::StrCat("r", i)));
  Put(events);
  // A replica that remembers the key.
  const auto other = NewReplica();
  Put({EventOf("li-na", "经另一副本")}, other.get());
  EXPECT_EQ(other->keys.sealer()->remembered(), 1u);

  Redact({}, "li-na");
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM subject_key WHERE secret = '' AND live IS NULL"), 1);
  for (Replica* one : {replica_.get(), other.get()}) {
    for (uint64_t i = 0; i < 41; ++i) {
      EXPECT_EQ(EntryAt(i, one).redacted, i % 4 != 0 || i == 40) << i;
      EXPECT_THAT(CheckEntry(EntryAt(i, one)), IsOk());
    }
  }
  // Nobody appends under the key that is gone, whatever is remembered.
  const uint64_t next = Put({EventOf("li-na", "此后")}, other.get());
  EXPECT_FALSE(EntryAt(next).redacted);
  const uint64_t last = Put({EventOf("li-na", "再后")});
  EXPECT_FALSE(EntryAt(last, other.get()).redacted);
  Relay();
  EXPECT_THAT(CheckLog(), IsOk());
}

// An entry that comes while its person's key is destroyed is either under that key, and told of, or under the next one.
TEST_F(RedactionServiceTest, WhatIsAppendedMeanwhileIsNeverLostUnexplained) {
  Put({EventOf("li-na", "0")});
  const auto other = NewReplica();
  std::thread appending([&] {
    for (int i = 0; i < 40; ++i) {
      const std::vector<event::v1::Event> events = {EventOf("li-na", absl::StrCat(i)), EventOf("wang-fang", "x")};
      absl::Status appended = absl::AbortedError("");
      while (absl::IsAborted(appended)) appended = other->log.appender.Append(events, Soon()).status();
      EXPECT_THAT(appended, IsOk());
    }
  });
  for (int i = 0; i < 3; ++i) {
    // Refused where nothing new has come yet.
    const auto proposed = Propose({}, "li-na");
    if (!proposed.ok()) continue;
    EXPECT_THAT(Approve(proposed->name()), IsOk());
  }
  appending.join();
  EXPECT_THAT(replica_->room.RunOften(absl::Seconds(30)), IsOk());
  EXPECT_TRUE(EntryAt(0).redacted);
  Relay();
  EXPECT_THAT(CheckLog(), IsOk());
  const uint64_t last = Put({EventOf("li-na", "end")});
  EXPECT_FALSE(EntryAt(last).redacted);
}

TEST_F(RedactionServiceTest, AnIdleReplicaForgetsDestroyedKeys) {
  const auto other = NewReplica();
  Put({EventOf("li-na", "x")}, other.get());
  Redact({}, "li-na");
  EXPECT_EQ(other->keys.sealer()->remembered(), 1u);
  EXPECT_THAT(other->room.RunOften(absl::Seconds(20)), IsOk());
  EXPECT_EQ(other->keys.sealer()->remembered(), 0u);
}

TEST_F(RedactionServiceTest, NoReadShowsWhatIsGone) {
  Put({EventOf("li-na", "机密内容"), EventOf("wang-fang", "其他")});
  Redact({0});
  const auto other = NewReplica();
  for (Replica* one : {replica_.get(), other.get()}) {
    v1::GetEntryRequest get;
    get.set_parent("organizations/yunqi");
    const auto entry = Call<v1::LogEntry>("LogService/GetEntry", auditor_, get, one);
    ASSERT_THAT(entry, IsOk());
    EXPECT_TRUE(entry->redacted());
    EXPECT_THAT(entry->SerializeAsString(), Not(HasSubstr("机密内容")));

    v1::ListEntriesRequest list;
    list.set_parent("organizations/yunqi");
    list.set_order_by("index");
    const auto listed = Call<v1::ListEntriesResponse>("LogService/ListEntries", auditor_, list, one);
    ASSERT_THAT(listed, IsOk());
    EXPECT_TRUE(listed->entries(0).redacted());
    EXPECT_FALSE(listed->entries(1).redacted());
    EXPECT_THAT(listed->SerializeAsString(), Not(HasSubstr("机密内容")));

    v1::TailEntriesRequest tail;
    tail.set_parent("organizations/yunqi");
    const auto stream = one->server->Stream("docket.audit.v1.LogService/TailEntries", auditor_, tail);
    v1::TailEntriesResponse response;
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_GT(response.entries_size(), 1);
    EXPECT_TRUE(response.entries(0).redacted());
    EXPECT_THAT(response.SerializeAsString(), Not(HasSubstr("机密内容")));
    EXPECT_THAT(Trail("r1", one).SerializeAsString(), Not(HasSubstr("机密内容")));
  }
}

// A payload of few possibilities: whoever has the salt finds it by trying, whoever has everything else does not.
TEST_F(RedactionServiceTest, AShortPayloadCannotBeFoundByTrying) {
  event::v1::Event event = EventOf("li-na", "同意");
  Put({event});
  const auto guess = [&](const std::string& salt, bool* found) {
    *found = false;
    v1::Entry entry;
    ASSERT_TRUE(entry.ParseFromString(EntryAt(0).entry));
    for (const char* reason : {"不同意", "弃权", "同意"}) {
      event::v1::Event candidate = event;
      candidate.set_reason(reason);
      const auto sealed = SealEvent(candidate, kOrigin, absl::FromUnixMicros(EntryAt(0).receive_us), salt);
      ASSERT_THAT(sealed, IsOk());
      if (merkle::PayloadCommitment(salt, sealed->payload) == entry.payload_commitment()) *found = true;
    }
  };
  bool found = false;
  guess(EntryAt(0).salt, &found);
  EXPECT_TRUE(found);

  Redact({0});
  EXPECT_EQ(EntryAt(0).salt, "");
  guess(EntryAt(0).salt, &found);
  EXPECT_FALSE(found);
  // Everything that the database and the master keys still give: the subject's key and what is left of the block.
  const auto seeds = mysql::RunInTransaction(
      db_.pool(), Soon(), [&](mysql::Transaction& tx) { return replica_->keys.secrets().FindSeeds(tx, 0); });
  ASSERT_THAT(seeds, IsOk());
  EXPECT_FALSE((*seeds)->Find(0).has_value());
  const auto keys = mysql::RunInTransaction(db_.pool(), Soon(), [&](mysql::Transaction& tx) {
    return replica_->keys.secrets().FindKeys(tx, {{"yunqi", event.actor().name()}});
  });
  ASSERT_THAT(keys, IsOk());
  ASSERT_EQ(keys->size(), 1u);
  for (const std::string& seed : (*seeds)->All()) {
    guess(DeriveSecret((*keys)[0].key_id, (*keys)[0].key, 0, seed).salt, &found);
    EXPECT_FALSE(found);
  }
}

TEST_F(RedactionServiceTest, PayloadsFromBeforeEncryptionGoThemselves) {
  const auto before = NewProcess();
  ASSERT_THAT(before->appender.Append(
                  {EventOf("li-na", "旧内容"), EventOf("wang-fang", "旧"), EventOf("li-na", "旧二")}, Soon()),
              IsOk());
  Put({EventOf("li-na", "新")});
  Redact({1});
  EXPECT_TRUE(EntryAt(1).redacted);
  EXPECT_FALSE(EntryAt(0).redacted);
  EXPECT_EQ(Redact({}, "li-na").redacted_count(), 2);
  for (uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(EntryAt(i).redacted) << i;
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM payload"), 1);
  Relay();
  EXPECT_THAT(CheckLog(), IsOk());
}

// The process dies between the decision and its application, or before the decision: whoever comes next finishes what
// was decided and nothing else.
TEST_F(RedactionServiceTest, WhatWasApprovedIsAppliedAfterACrash) {
  Put({EventOf("li-na", "a"), EventOf("wang-fang", "b"), EventOf("li-na", "c")});
  const auto approved = Propose({0});
  const auto waiting = Propose({1});
  ASSERT_THAT(waiting, IsOk());
  // As the decision's transaction leaves it.
  ASSERT_THAT(mysql::RunInTransaction(db_.pool(), Soon(),
                                      [&](mysql::Transaction& tx) -> absl::Status {
                                        auto stored = RedactionStore::Lock(tx, approved->name());
                                        if (!stored.ok()) return stored.status();
                                        stored->redaction.set_state(v1::Redaction::STATE_APPROVED);
                                        stored->redaction.set_decider(executive_.name());
                                        return RedactionStore::Save(tx, *stored);
                                      }),
              IsOk());
  EXPECT_FALSE(EntryAt(0).redacted);
  const auto next = NewReplica();
  std::vector<std::thread> threads;
  for (Replica* one : {replica_.get(), next.get()}) {
    threads.emplace_back([one] { EXPECT_THAT(one->room.RunOften(absl::Seconds(30)), IsOk()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(EntryAt(0).redacted);
  EXPECT_FALSE(EntryAt(1).redacted);
  EXPECT_EQ(Get(approved->name())->state(), v1::Redaction::STATE_APPLIED);
  EXPECT_EQ(Get(waiting->name())->state(), v1::Redaction::STATE_PROPOSED);
  const auto types = Relay();
  EXPECT_EQ(std::count(types.begin(), types.end(), "RedactionApplied"), 1);
  EXPECT_THAT(CheckLog(), IsOk());
}

TEST_F(RedactionServiceTest, TwoRedactionsOfOneBlockAtOnceBothHold) {
  std::vector<event::v1::Event> events;
  for (int i = 0; i < 64; ++i) events.push_back(EventOf("li-na", "x"));
  Put(events);
  const auto other = NewReplica();
  std::vector<std::string> names;
  for (uint64_t i = 0; i < 8; ++i) names.push_back(Propose({i * 8, i * 8 + 1})->name());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < names.size(); ++i) {
    threads.emplace_back([&, i] {
      v1::ApproveRedactionRequest request;
      request.set_name(names[i]);
      request.set_request_id(FormatUuid(uuids_.Next()));
      EXPECT_THAT(Call<v1::Redaction>("PrivacyService/ApproveRedaction", executive_, request,
                                      i % 2 == 0 ? replica_.get() : other.get()),
                  IsOk());
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 20; ++i) EXPECT_THAT(other->log.appender.Append(NewEvents(1), Soon()), IsOk());
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(replica_->room.RunOften(absl::Seconds(30)), IsOk());
  for (uint64_t i = 0; i < 64; ++i) EXPECT_EQ(EntryAt(i).redacted, i % 8 < 2) << i;
  Relay();
  EXPECT_THAT(CheckLog(), IsOk());
}

}  // namespace
}  // namespace docket::audit

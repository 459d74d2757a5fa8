// What one lap of the scrubber makes of payloads that are gone, or there again: redactions pass, and nothing else.
#include "services/audit/scrub/redaction_check.h"

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/audit/scrub/testing/scrub_fixture.h"
#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;

class RedactionCheckTest : public PrivacyTest {
 protected:
  // What a process that knows nothing yet finds in one lap, as the program puts it together.
  absl::Status StatusAfterLap(ScrubLimits limits = {}) {
    const std::unique_ptr<Replica> replica = NewReplica();
    RedactionCheck redactions(db_.pool(), replica->log.store);
    ScrubProcess scrub(db_.pool(), replica->log, clock_, {&redactions}, limits, &redactions);
    scrub.RunLap(replica->log);
    const absl::Status open = replica->log.guard.CheckOpen();
    EXPECT_NE(open.ok(), !scrub.scrubber.report().last_lap.has_value()) << "the lap was not finished";
    return open;
  }
  // Six entries of two persons, of which li-na has the even ones.
  void PutSix() {
    std::vector<event::v1::Event> events;
    for (int i = 0; i < 6; ++i) events.push_back(EventOf(i % 2 == 0 ? "li-na" : "wang-fang", absl::StrCat("原因", i)));
    Put(events);
  }
  void Copy() {
    for (const char* table : {"payload_secret", "subject_key", "payload", "redaction_mark"}) {
      db_.Run({absl::StrCat("CREATE TABLE copy_of_", table, " LIKE ", table),
               absl::StrCat("INSERT INTO copy_of_", table, " SELECT * FROM ", table)});
    }
  }
  void PutBack(const std::string& table) {
    db_.Run(
        {absl::StrCat("DELETE FROM ", table), absl::StrCat("INSERT INTO ", table, " SELECT * FROM copy_of_", table)});
  }
};

TEST_F(RedactionCheckTest, RedactionsPassAtEveryStep) {
  PutSix();
  EXPECT_THAT(StatusAfterLap(), IsOk());
  // The event that tells of it waits in the outbox.
  Redact({1});
  EXPECT_TRUE(EntryAt(1).redacted);
  EXPECT_THAT(StatusAfterLap(), IsOk());
  Relay();
  EXPECT_THAT(StatusAfterLap(), IsOk());
  Redact({}, "li-na");
  EXPECT_TRUE(EntryAt(4).redacted);
  EXPECT_THAT(StatusAfterLap(), IsOk());
  Relay();
  EXPECT_THAT(StatusAfterLap(), IsOk());
  EXPECT_THAT(StatusAfterLap({.entries = 1, .bytes = 1}), IsOk());
}

TEST_F(RedactionCheckTest, RetentionPassesAndIsHeldToAsWell) {
  PutSix();
  Copy();
  ASSERT_NO_FATAL_FAILURE(TakeByRetention());
  EXPECT_TRUE(EntryAt(5).redacted);
  EXPECT_THAT(StatusAfterLap(), IsOk());
  Relay();
  EXPECT_THAT(StatusAfterLap(), IsOk());
  PutBack("payload_secret");
  PutBack("redaction_mark");
  ASSERT_FALSE(EntryAt(5).redacted);
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("tells that entry 0 was redacted, and no mark says so"));
}

TEST_F(RedactionCheckTest, RedactionsFarApartPass) {
  std::vector<event::v1::Event> events;
  for (int i = 0; i < 700; ++i) events.push_back(EventOf("li-na", "内容"));
  Put(events);
  Redact({0, 255, 256, 300, 301, 302, 699});
  Relay();
  EXPECT_THAT(StatusAfterLap(), IsOk());
  db_.Run({"DELETE FROM redaction_mark WHERE block = 1"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the payload of entry 256 is missing and no entry says"));
}

TEST_F(RedactionCheckTest, PayloadsFromBeforeEncryptionPassOnceRedacted) {
  const auto before = NewProcess();
  Grow(*before, 3);
  Redact({1});
  Relay();
  EXPECT_THAT(StatusAfterLap(), IsOk());
  db_.Run({"DELETE FROM payload WHERE log_index = 2"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the payload of entry 2 is missing and no entry says"));
}

// A payload that is gone, and nothing or the wrong thing says why.
TEST_F(RedactionCheckTest, FindsWhatIsGoneWithoutARedaction) {
  PutSix();
  Redact({1});
  Relay();
  const std::string mark_by_hand = absl::StrCat("INSERT INTO redaction_mark VALUES (0, UNHEX('", std::string(32, 'a'),
                                                "'), UNHEX('08", std::string(62, '0'), "'))");
  const struct {
    std::string what;
    std::vector<std::string> tamper;
    std::string found;
  } steps[] = {
      {"a payload's row",
       {"DELETE FROM payload WHERE log_index = 3"},
       "the payload of entry 3 is missing and no entry"},
      {"a mark by hand explains it", {mark_by_hand}, "the payload of entry 3 is gone, and no entry of the log tells"},
      {"a mark of a redaction of something else",
       {"DELETE FROM redaction_mark WHERE event_id = UNHEX(REPEAT('a', 32))",
        absl::StrCat("UPDATE redaction_mark SET bitmap = UNHEX('0a", std::string(62, '0'), "')")},
       "the payload of entry 3 is gone, and no entry of the log tells"},
  };
  for (const auto& step : steps) {
    ASSERT_NO_FATAL_FAILURE(db_.Run(step.tamper));
    EXPECT_THAT(StatusAfterLap(), IsFrozenFor(step.found)) << step.what;
    EXPECT_THAT(StatusAfterLap({.entries = 2, .bytes = 3000}), IsFrozenFor(step.found)) << step.what;
  }
}

TEST_F(RedactionCheckTest, FindsAKeyOrBlockThatIsGoneWithoutARedaction) {
  PutSix();
  Copy();
  db_.Run({"UPDATE payload_secret SET secret = ''"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the payload of entry 0 is missing and no entry says"));
  PutBack("payload_secret");
  ASSERT_THAT(StatusAfterLap(), IsOk());
  db_.Run(
      {"UPDATE subject_key SET live = NULL, secret = '', event_id = UNHEX(REPEAT('a', 32)) "
       "WHERE subject LIKE '%wang-fang'"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the payload of entry 1 is gone, and no entry of the log tells"));
}

// The redaction is on record, but its event never came into the log.
TEST_F(RedactionCheckTest, FindsARedactionWithoutItsEntry) {
  PutSix();
  Redact({1});
  Redact({}, "li-na");
  EXPECT_THAT(StatusAfterLap(), IsOk());
  db_.Run({"DELETE FROM outbox"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the payload of entry 0 is gone, and no entry of the log tells"));
}

TEST_F(RedactionCheckTest, FindsASecretThatIsThereAgain) {
  PutSix();
  Copy();
  Redact({1});
  Relay();
  ASSERT_THAT(StatusAfterLap(), IsOk());
  PutBack("payload_secret");
  ASSERT_FALSE(EntryAt(1).redacted);
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the payload of entry 1 is there again after its redaction"));
  // With its mark, too, as if it had never been redacted.
  PutBack("redaction_mark");
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("entry 8 tells that entry 1 was redacted, and no mark says so"));
  EXPECT_THAT(StatusAfterLap({.entries = 1, .bytes = 1}), IsFrozenFor("entry 8 tells that entry 1 was redacted"));
}

TEST_F(RedactionCheckTest, FindsAPersonsKeyThatIsThereAgain) {
  PutSix();
  Copy();
  Redact({}, "li-na");
  Relay();
  ASSERT_THAT(StatusAfterLap(), IsOk());
  // The secret alone.
  db_.Run(
      {"UPDATE subject_key k, copy_of_subject_key c SET k.secret = c.secret, k.master_key_id = c.master_key_id "
       "WHERE k.key_id = c.key_id"});
  ASSERT_FALSE(EntryAt(2).redacted);
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the payload of entry 0 is there again after its redaction"));
  // The whole row.
  db_.Run({"REPLACE INTO subject_key SELECT * FROM copy_of_subject_key"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the key that entry 8 tells to be destroyed is there again"));
}

TEST_F(RedactionCheckTest, FindsAPlainPayloadThatIsThereAgain) {
  const auto before = NewProcess();
  Grow(*before, 3);
  Copy();
  Redact({1});
  Relay();
  ASSERT_THAT(StatusAfterLap(), IsOk());
  db_.Run({"INSERT INTO payload SELECT * FROM copy_of_payload WHERE log_index = 1"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the payload of entry 1 is there again after its redaction"));
  db_.Run({"DELETE FROM redaction_mark"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("tells that entry 1 was redacted, and no mark says so"));
}

}  // namespace
}  // namespace docket::audit

// What tells a payload that was redacted from one that was lost or put back.
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "common/mysql/error_table.h"
#include "services/audit/grants.h"
#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

class RedactionRecordTest : public PrivacyTest {
 protected:
  RedactionCauses Find(uint64_t begin, uint64_t end) {
    return OrExit(replica_->room.record().Find(begin, end, Soon()), "record");
  }
};

TEST_F(RedactionRecordTest, NamesTheEntryThatTellsOfEachRedaction) {
  Put({EventOf("li-na", "a"), EventOf("wang-fang", "b"), EventOf("li-na", "c")});
  EXPECT_THAT(Find(0, 3), IsEmpty());
  Redact({1});
  // Under way.
  RedactionCauses causes = Find(0, 3);
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_FALSE(causes.at(1).log_index.has_value());
  EXPECT_EQ(causes.at(1).event_id.size(), 16u);
  EXPECT_THAT(CheckLog(), IsOk());
  Relay();
  EXPECT_EQ(Find(0, 3).at(1).log_index, 5u);
  Redact({}, "li-na");
  Relay();
  causes = Find(0, 9);
  EXPECT_EQ(causes.size(), 3u);
  EXPECT_EQ(causes.at(0).log_index, 8u);
  EXPECT_EQ(causes.at(2).log_index, 8u);
  EXPECT_NE(causes.at(0).key_id, 0u);
  EXPECT_THAT(Find(1, 1), IsEmpty());
  EXPECT_EQ(Find(1, 2).size(), 1u);
  EXPECT_THAT(CheckLog(), IsOk());
}

TEST_F(RedactionRecordTest, APayloadThatIsMerelyMissingIsAFault) {
  Put(NewEvents(4));
  const char* fault = "the payload of entry 2 is gone, and no entry of the log tells of its redaction";
  const struct {
    std::string what;
    std::vector<std::string> tamper;
  } cases[] = {
      {"its row is gone", {"DELETE FROM payload WHERE log_index = 2"}},
      {"a mark was added by hand",
       {absl::StrCat("INSERT INTO redaction_mark VALUES (0, UNHEX('", std::string(32, 'a'), "'), UNHEX('04",
                     std::string(62, '0'), "'))")}},
  };
  for (const auto& one : cases) {
    db_.Run(one.tamper);
    EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr(fault))) << one.what;
  }
}

TEST_F(RedactionRecordTest, ABlockOrKeyThatIsMerelyMissingIsAFault) {
  Put(NewEvents(3));
  db_.Run({"UPDATE payload_secret SET secret = ''"});
  EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr("the payload of entry 0 is gone")));
}

TEST_F(RedactionRecordTest, ADestroyedKeyThatNothingTellsOfIsAFault) {
  Put(NewEvents(3));
  db_.Run({absl::StrCat("UPDATE subject_key SET live = NULL, secret = '', event_id = UNHEX('", std::string(32, 'a'),
                        "')")});
  EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr("the payload of entry 0 is gone")));
}

// The mark names an entry that exists, but that tells of something else.
TEST_F(RedactionRecordTest, ARedactionOfSomethingElseExplainsNothing) {
  Put(NewEvents(4));
  Redact({1});
  Relay();
  EXPECT_THAT(CheckLog(), IsOk());
  db_.Run({absl::StrCat("UPDATE redaction_mark SET bitmap = UNHEX('06", std::string(62, '0'), "')"),
           "DELETE FROM payload WHERE log_index = 2"});
  EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr("the payload of entry 2 is gone")));
}

TEST_F(RedactionRecordTest, SecretsPutBackFromACopyAreAFault) {
  Put(NewEvents(4));
  db_.Run({"CREATE TABLE copy AS SELECT * FROM payload_secret"});
  Redact({2});
  Relay();
  EXPECT_THAT(CheckLog(), IsOk());
  db_.Run({"UPDATE payload_secret p, copy c SET p.secret = c.secret WHERE p.block = c.block"});
  EXPECT_FALSE(EntryAt(2).redacted);
  EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr("entry 2 is there again after its redaction")));
}

TEST_F(RedactionRecordTest, APersonsKeyPutBackFromACopyIsAFault) {
  Put(NewEvents(4));
  db_.Run({"CREATE TABLE copied AS SELECT * FROM subject_key"});
  Redact({}, "li-na");
  Relay();
  db_.Run(
      {"UPDATE subject_key k, copied c SET k.secret = c.secret, k.master_key_id = c.master_key_id "
       "WHERE k.key_id = c.key_id"});
  EXPECT_FALSE(EntryAt(1).redacted);
  EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr("entry 0 is there again after its redaction")));
}

TEST_F(RedactionRecordTest, APlainPayloadPutBackIsAFault) {
  const auto before = NewProcess();
  Grow(*before, 2);
  db_.Run({"CREATE TABLE copy AS SELECT * FROM payload"});
  Redact({1});
  Relay();
  EXPECT_THAT(CheckLog(), IsOk());
  db_.Run({"INSERT INTO payload SELECT * FROM copy WHERE log_index = 1"});
  EXPECT_THAT(CheckLog(), StatusIs(StatusCode::kDataLoss, HasSubstr("entry 1 is there again after its redaction")));
}

// All of it with the rights that the service's database user has, and no more.
TEST_F(RedactionRecordTest, TheServicesUserRedactsWithoutTouchingEvidence) {
  const auto before = NewProcess();
  Grow(*before, 2);
  const std::string user = absl::StrCat("p", absl::BytesToHexString(uuids_.Next().substr(10)));
  db_.Run({absl::StrCat("CREATE USER `", user, "`@`%` IDENTIFIED BY 'geheim'")});
  for (const process::TableGrant& grant : Grants()) {
    db_.Run({absl::StrCat("GRANT ", grant.rights, " ON `", db_.database().name(), "`.`", grant.table, "` TO `", user,
                          "`@`%`")});
  }
  {
    mysql::ConnectionOptions options = db_.database().options();
    options.user = user;
    options.password = "geheim";
    const auto pool = mysql::Pool::Create({.connection = options, .max_connections = 8});
    Replica served(*pool, clock_, uuids_, signer_, anchor_file(), page_tokens_, MasterKeyLine("k1", 'a'));
    Put({EventOf("li-na", "x"), EventOf("wang-fang", "y")}, &served);
    for (const auto& request : {Proposal({0, 3}), Proposal({}, "li-na")}) {
      const auto proposed = Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, request, &served);
      ASSERT_THAT(proposed, IsOk());
      v1::ApproveRedactionRequest approve;
      approve.set_name(proposed->name());
      approve.set_request_id(NewRequestId());
      EXPECT_THAT(Call<v1::Redaction>("PrivacyService/ApproveRedaction", executive_, approve, &served), IsOk());
    }
    v1::PlaceLegalHoldRequest place;
    place.set_parent("organizations/yunqi");
    place.mutable_legal_hold()->set_change("organizations/yunqi/requests/r7");
    place.mutable_legal_hold()->set_matter("m");
    place.mutable_legal_hold()->set_reason("r");
    place.set_request_id(NewRequestId());
    EXPECT_THAT(Call<v1::LegalHold>("PrivacyService/PlaceLegalHold", executive_, place, &served), IsOk());
    EXPECT_THAT(served.room.RunOften(absl::Seconds(30)), IsOk());
    EXPECT_THAT(served.room.retention().RunOnce(absl::Seconds(30)), IsOk());
    EXPECT_THAT(served.keys.secrets().Rewrap(*pool, Soon(), 10), IsOk());
    for (const char* sql :
         {"DELETE FROM payload", "UPDATE payload SET format = 0", "DELETE FROM payload_secret",
          "DELETE FROM subject_key", "DELETE FROM redaction_mark", "UPDATE redaction_mark SET bitmap = ''",
          "DELETE FROM redaction", "DELETE FROM legal_hold"}) {
      const auto error = mysql::GetDatabaseError(pool->Execute(Soon(), sql).status());
      ASSERT_TRUE(error.has_value()) << sql;
      EXPECT_EQ(error->number, 1142) << sql;
    }
    // Through the view go the ones from before encryption, and no others.
    EXPECT_THAT(pool->Execute(Soon(), "DELETE FROM plain_payload WHERE log_index >= 2"), IsOk());
    EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM payload WHERE log_index >= 2"), 2);
  }
  db_.Run({absl::StrCat("DROP USER `", user, "`@`%`")});
  for (uint64_t i : {0, 1, 2, 3}) EXPECT_TRUE(EntryAt(i).redacted) << i;
}

}  // namespace
}  // namespace docket::audit

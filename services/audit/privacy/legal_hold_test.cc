// Legal holds as clients see them: what they cover is neither redacted nor does it fall under retention.
#include <string>
#include <thread>
#include <vector>

#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using rpc::testing::Person;
using ::testing::Contains;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

class LegalHoldServiceTest : public PrivacyTest {
 protected:
  static v1::LegalHold OfChange(const std::string& change) {
    v1::LegalHold hold;
    hold.set_change("organizations/yunqi/requests/" + change);
    return hold;
  }
  static v1::LegalHold OfPerson(const std::string& person) {
    v1::LegalHold hold;
    hold.set_person("organizations/yunqi/people/" + person);
    return hold;
  }
  static v1::LegalHold OfTime(int64_t begin, int64_t end) {
    v1::LegalHold hold;
    if (begin != 0) hold.mutable_begin_time()->set_seconds(begin);
    if (end != 0) hold.mutable_end_time()->set_seconds(end);
    return hold;
  }
  static void ExpectHeld(const absl::Status& status, const std::string& hold) {
    EXPECT_THAT(status, StatusIs(StatusCode::kFailedPrecondition));
    ASSERT_EQ(GetReason(status), Reason::REASON_LEGAL_HOLD) << status;
    EXPECT_EQ(GetErrorInfo(status)->metadata().at("hold"), hold);
  }
};

TEST_F(LegalHoldServiceTest, WhatIsHeldIsNotRedactedAndTheAttemptIsRecorded) {
  // Taken in a day apart.
  Put({EventOf("li-na", "a", "r1")});
  clock_.Advance(absl::Hours(24));
  Put({EventOf("wang-fang", "b", "r2")});
  clock_.Advance(absl::Hours(24));
  Put({EventOf("li-na", "c", "r3")});
  const int64_t start = 1790000000;
  const struct {
    v1::LegalHold hold;
    std::vector<uint64_t> held;
    bool holds_li_na;
  } cases[] = {{OfChange("r1"), {0}, true},
               {OfChange("r2"), {1}, false},
               {OfPerson("li-na"), {0, 2}, true},
               {OfPerson("wang-fang"), {1}, false},
               {OfTime(start, start + 3600), {0}, true},
               {OfTime(start + 3600, start + 2 * 86400), {1}, false},
               {OfTime(start + 3600, 0), {1, 2}, true},
               {OfTime(0, start + 3600), {0}, true},
               {OfTime(start + 2 * 86400 + 1, start + 9 * 86400), {}, false}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.hold.ShortDebugString());
    const auto hold = Place(one.hold);
    ASSERT_THAT(hold, IsOk());
    Relay();
    for (uint64_t index = 0; index < 3; ++index) {
      const auto proposed = Propose({index});
      if (std::find(one.held.begin(), one.held.end(), index) != one.held.end()) {
        ExpectHeld(proposed.status(), hold->name());
        EXPECT_THAT(Relay(), ElementsAre("CallDenied"));
      } else {
        EXPECT_THAT(proposed, IsOk());
        Relay();
      }
    }
    const auto of_person = Propose({}, "li-na");
    if (one.holds_li_na) {
      ExpectHeld(of_person.status(), hold->name());
    } else {
      EXPECT_THAT(of_person, IsOk());
    }
    ASSERT_THAT(Release(hold->name(), executive_), IsOk());
    Relay();
  }
  EXPECT_THAT(Propose({0, 1, 2}), IsOk());
}

TEST_F(LegalHoldServiceTest, AHoldAfterTheProposalOrTheDecisionStillHolds) {
  Put({EventOf("li-na", "a"), EventOf("wang-fang", "b")});
  const auto redaction = Propose({0});
  const auto of_person = Propose({}, "li-na");
  ASSERT_THAT(of_person, IsOk());
  const auto hold = Place(OfPerson("li-na"));
  ASSERT_THAT(hold, IsOk());
  ExpectHeld(Approve(redaction->name()).status(), hold->name());
  ExpectHeld(Approve(of_person->name()).status(), hold->name());
  EXPECT_THAT(Relay(), Contains("CallDenied").Times(2));
  // As a process leaves it that died right after the decision, before the hold came.
  ASSERT_THAT(mysql::RunInTransaction(db_.pool(), Soon(),
                                      [&](mysql::Transaction& tx) -> absl::Status {
                                        auto stored = RedactionStore::Lock(tx, redaction->name());
                                        if (!stored.ok()) return stored.status();
                                        stored->redaction.set_state(v1::Redaction::STATE_APPROVED);
                                        return RedactionStore::Save(tx, *stored);
                                      }),
              IsOk());
  EXPECT_THAT(replica_->room.RunOften(absl::Seconds(30)), IsOk());
  EXPECT_THAT(replica_->room.RunOften(absl::Seconds(30)), IsOk());
  EXPECT_FALSE(EntryAt(0).redacted);
  EXPECT_EQ(Get(redaction->name())->state(), v1::Redaction::STATE_APPROVED);
  EXPECT_EQ(Get(redaction->name())->blocked_by(), hold->name());
  EXPECT_EQ(Get(redaction->name())->etag(), "3");
  // What it held back goes on.
  ASSERT_THAT(Release(hold->name(), executive_), IsOk());
  EXPECT_THAT(replica_->room.RunOften(absl::Seconds(30)), IsOk());
  EXPECT_TRUE(EntryAt(0).redacted);
  EXPECT_EQ(Get(redaction->name())->state(), v1::Redaction::STATE_APPLIED);
  EXPECT_EQ(Get(redaction->name())->blocked_by(), "");
}

TEST_F(LegalHoldServiceTest, AnotherPersonReleasesItOnce) {
  const auto hold = Place(OfChange("r1"));
  ASSERT_THAT(hold, IsOk());
  EXPECT_EQ(hold->state(), v1::LegalHold::STATE_ACTIVE);
  EXPECT_EQ(hold->placer(), director_.name());
  EXPECT_EQ(GetReason(Release(hold->name(), director_).status()), Reason::REASON_SEPARATION_OF_DUTIES);
  const auto released = Release(hold->name(), executive_);
  ASSERT_THAT(released, IsOk());
  EXPECT_EQ(released->state(), v1::LegalHold::STATE_RELEASED);
  EXPECT_EQ(released->release_reason(), "诉讼已结");
  EXPECT_EQ(GetReason(Release(hold->name(), executive_).status()), Reason::REASON_WRONG_STATE);
  const std::vector<std::string> told = {"LegalHoldPlaced", "CallDenied", "LegalHoldReleased", "CallDenied"};
  EXPECT_EQ(Relay(), told);
  EXPECT_EQ(EntryAt(0).redacted, false);
  v1::GetLegalHoldRequest get;
  get.set_name(hold->name());
  const auto read = Call<v1::LegalHold>("PrivacyService/GetLegalHold", auditor_, get);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->SerializeAsString(), released->SerializeAsString());
}

TEST_F(LegalHoldServiceTest, WhoMayPlace) {
  for (int role = 1; role <= common::v1::Role_MAX; ++role) {
    const bool places = role == common::v1::ROLE_EXECUTIVE || role == common::v1::ROLE_IT_DIRECTOR;
    const auto placed = Place(OfChange("r1"), Person("yunqi", "p", {static_cast<common::v1::Role>(role)}));
    EXPECT_EQ(placed.ok(), places) << role << placed.status();
  }
}

TEST_F(LegalHoldServiceTest, AHoldCoversOneThing) {
  EXPECT_THAT(FieldsOf(Place({}).status()), ElementsAre("legal_hold"));
  v1::LegalHold both = OfChange("r1");
  both.set_person("organizations/yunqi/people/li-na");
  EXPECT_THAT(FieldsOf(Place(both).status()), ElementsAre("legal_hold"));
  v1::LegalHold foreign;
  foreign.set_change("organizations/library/requests/r1");
  EXPECT_THAT(FieldsOf(Place(foreign).status()), ElementsAre("legal_hold.change"));
  EXPECT_THAT(FieldsOf(Place(OfTime(1790000000, 1790000000)).status()), ElementsAre("legal_hold.end_time"));
  EXPECT_THAT(Place(OfTime(-62135596800, 253402300799)), IsOk());
  v1::LegalHold far;
  far.mutable_begin_time()->set_seconds(-62135596801);
  EXPECT_THAT(FieldsOf(Place(far).status()), ElementsAre("legal_hold.begin_time"));
}

TEST_F(LegalHoldServiceTest, ListsByFilterAndPage) {
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) names.push_back(Place(OfChange(absl::StrCat("r", i)))->name());
  ASSERT_THAT(Release(names[1], executive_), IsOk());
  v1::ListLegalHoldsRequest request;
  request.set_parent("organizations/yunqi");
  request.set_filter("state = ACTIVE");
  request.set_page_size(1);
  const auto first = Call<v1::ListLegalHoldsResponse>("PrivacyService/ListLegalHolds", auditor_, request);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->legal_holds(0).name(), names[2]);
  request.set_page_token(first->next_page_token());
  const auto second = Call<v1::ListLegalHoldsResponse>("PrivacyService/ListLegalHolds", auditor_, request);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->legal_holds(0).name(), names[0]);
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(LegalHoldServiceTest, SoManyAreActiveAtMost) {
  ASSERT_THAT(Place(OfChange("r1")), IsOk());
  std::string rows =
      "INSERT INTO legal_hold SELECT 'yunqi', UNHEX(LPAD(HEX(seq), 32, '0')), 1, 'x', '', '', NULL, "
      "NULL, '', 0, '', 1 FROM seq_1_to_199";
  db_.Run({rows});
  const auto refused = Place(OfChange("r1"));
  EXPECT_EQ(GetReason(refused.status()), Reason::REASON_LIMIT_REACHED);
  db_.Run({"UPDATE legal_hold SET state = 2 WHERE change_name = 'x' LIMIT 1"});
  EXPECT_THAT(Place(OfChange("r1")), IsOk());
}

}  // namespace
}  // namespace docket::audit

// Redactions by two persons: who proposes, who decides, in which state, and what is refused.
#include <algorithm>
#include <string>
#include <vector>

#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using rpc::testing::Person;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

using RedactionDecisionTest = PrivacyTest;

TEST_F(RedactionDecisionTest, WhoMayProposeAndDecide) {
  Put({EventOf("li-na", "a"), EventOf("chen-min", "b")});
  using common::v1::Role;
  for (int role = 1; role <= common::v1::Role_MAX; ++role) {
    const auto person = Person("yunqi", "p", {static_cast<Role>(role)});
    const bool proposes = role == common::v1::ROLE_DATA_ADMIN || role == common::v1::ROLE_IT_DIRECTOR;
    const auto proposed = Call<v1::Redaction>("PrivacyService/ProposeRedaction", person, Proposal({0}));
    EXPECT_EQ(proposed.ok(), proposes) << role << proposed.status();
    const auto target = Propose({0});
    ASSERT_THAT(target, IsOk());
    v1::RejectRedactionRequest reject;
    reject.set_name(target->name());
    reject.set_reason("理由不足");
    reject.set_request_id(NewRequestId());
    const bool decides = role == common::v1::ROLE_EXECUTIVE || role == common::v1::ROLE_IT_DIRECTOR;
    const auto rejected = Call<v1::Redaction>("PrivacyService/RejectRedaction", person, reject);
    EXPECT_EQ(rejected.ok(), decides) << role << rejected.status();
    if (!decides) {
      EXPECT_EQ(GetReason(rejected.status()), Reason::REASON_ROLE_REQUIRED);
    }
  }
  const auto service = Approve(Propose({0})->name(), rpc::testing::DocketService("request"));
  EXPECT_THAT(service, StatusIs(StatusCode::kPermissionDenied));
  const auto stranger = Approve(Propose({0})->name(), Person("library", "x", {common::v1::ROLE_EXECUTIVE}));
  EXPECT_EQ(GetReason(stranger.status()), Reason::REASON_OTHER_ORGANIZATION);
}

TEST_F(RedactionDecisionTest, NeitherTheProposerNorTheSubjectDecides) {
  Put({EventOf("li-na", "a"), EventOf("chen-min", "b"), EventOf("zhao-lei", "c")});
  const auto own = Call<v1::Redaction>("PrivacyService/ProposeRedaction", director_, Proposal({0}));
  ASSERT_THAT(own, IsOk());
  EXPECT_EQ(GetReason(Approve(own->name(), director_).status()), Reason::REASON_SEPARATION_OF_DUTIES);
  // Of an entry in the list, and of all of them.
  const auto of_entry = Propose({0, 1});
  ASSERT_THAT(of_entry, IsOk());
  EXPECT_EQ(GetReason(Approve(of_entry->name(), director_).status()), Reason::REASON_SEPARATION_OF_DUTIES);
  const auto of_person = Propose({}, "zhao-lei");
  ASSERT_THAT(of_person, IsOk());
  EXPECT_EQ(GetReason(Approve(of_person->name(), executive_).status()), Reason::REASON_SEPARATION_OF_DUTIES);
  EXPECT_FALSE(EntryAt(2).redacted);
  // Each refusal is told of.
  const auto types = Relay();
  EXPECT_EQ(std::count(types.begin(), types.end(), "CallDenied"), 3);
  EXPECT_THAT(Approve(of_person->name(), director_), IsOk());
  EXPECT_TRUE(EntryAt(2).redacted);
}

TEST_F(RedactionDecisionTest, WhatIsDecidedStaysDecided) {
  Put({EventOf("li-na", "a"), EventOf("li-na", "b")});
  const auto redaction = Propose({0});
  ASSERT_THAT(redaction, IsOk());
  EXPECT_EQ(GetReason(Approve(redaction->name(), std::nullopt, "7").status()), Reason::REASON_STALE_ETAG);
  v1::RejectRedactionRequest reject;
  reject.set_name(redaction->name());
  reject.set_request_id(NewRequestId());
  EXPECT_THAT(FieldsOf(Call<v1::Redaction>("PrivacyService/RejectRedaction", executive_, reject).status()),
              ElementsAre("reason"));
  reject.set_reason("仍需作为证据");
  const auto rejected = Call<v1::Redaction>("PrivacyService/RejectRedaction", executive_, reject);
  ASSERT_THAT(rejected, IsOk());
  EXPECT_EQ(rejected->state(), v1::Redaction::STATE_REJECTED);
  EXPECT_EQ(rejected->decision_comment(), "仍需作为证据");
  // The same call again is answered as before; another is refused.
  const auto replayed = Call<v1::Redaction>("PrivacyService/RejectRedaction", executive_, reject);
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->SerializeAsString(), rejected->SerializeAsString());
  EXPECT_EQ(GetReason(Approve(redaction->name()).status()), Reason::REASON_WRONG_STATE);
  EXPECT_FALSE(EntryAt(0).redacted);

  const v1::Redaction applied = Redact({0});
  EXPECT_EQ(GetReason(Approve(applied.name(), director_).status()), Reason::REASON_WRONG_STATE);
  EXPECT_THAT(replica_->room.applier().Apply(applied.name(), Soon()), IsOk());
  EXPECT_EQ(Get(applied.name())->etag(), applied.etag());
}

TEST_F(RedactionDecisionTest, EveryMistakeOfAProposalIsNamed) {
  Put({EventOf("li-na", "a"), EventOf("li-na", "b")});
  event::v1::Event foreign = EventOf("li-na", "c");
  foreign.set_organization("organizations/library");
  Put({foreign});
  Redact({1});
  Relay();  // 3: proposed, 4: approved, 5: applied
  const auto wrong = Propose({0, 1, 2, 5, 99});
  EXPECT_EQ(GetReason(wrong.status()), Reason::REASON_INVALID_FIELDS);
  EXPECT_THAT(FieldsOf(wrong.status()), ElementsAre("redaction.indexes[1]", "redaction.indexes[2]",
                                                    "redaction.indexes[3]", "redaction.indexes[4]"));
  EXPECT_THAT(FieldsOf(Propose({0, 0}).status()), ElementsAre("redaction.indexes[1]"));
  EXPECT_THAT(FieldsOf(Propose({}).status()), ElementsAre("redaction.indexes"));
  EXPECT_THAT(FieldsOf(Propose({0}, "li-na").status()), ElementsAre("redaction.indexes"));
  EXPECT_THAT(FieldsOf(Propose({}, "nobody").status()), ElementsAre("redaction.data_subject"));
  auto request = Proposal({0});
  request.mutable_redaction()->clear_reason();
  request.mutable_redaction()->clear_legal_basis();
  EXPECT_THAT(FieldsOf(Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, request).status()),
              ElementsAre("redaction.legal_basis", "redaction.reason"));
  request = Proposal({0});
  request.mutable_redaction()->set_reason(std::string(2001, 'x'));
  EXPECT_THAT(FieldsOf(Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, request).status()),
              ElementsAre("redaction.reason"));
  request = Proposal({0});
  for (int i = 1; i <= 1000; ++i) request.mutable_redaction()->add_indexes(i);
  EXPECT_THAT(FieldsOf(Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, request).status()),
              ElementsAre("redaction.indexes"));
}

TEST_F(RedactionDecisionTest, TextsOfEveryKindAreKeptAsTheyAreOrRefusedByName) {
  Put({EventOf("li-na", "a")});
  for (const std::string& text : {std::string("😀 \u202eשלום"), std::string("末尾空格 "), std::string("一行\n二行")}) {
    auto request = Proposal({0});
    request.mutable_redaction()->set_reason(text);
    const auto proposed = Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, request);
    ASSERT_THAT(proposed, IsOk());
    EXPECT_EQ(Get(proposed->name())->reason(), text);
  }
  auto request = Proposal({0});
  request.mutable_redaction()->set_reason(std::string("a\0b", 3));
  EXPECT_THAT(FieldsOf(Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, request).status()),
              ElementsAre("redaction.reason"));
}

TEST_F(RedactionDecisionTest, TheSameProposalAgainIsTheSameRedaction) {
  Put({EventOf("li-na", "a")});
  const auto request = Proposal({0});
  const auto first = Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, request);
  const auto second = Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, request);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->name(), second->name());
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM redaction"), 1);
  auto other = request;
  other.mutable_redaction()->set_reason("其他");
  EXPECT_EQ(GetReason(Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, other).status()),
            Reason::REASON_REQUEST_ID_REUSED);
}

TEST_F(RedactionDecisionTest, ListsByFilterAndPage) {
  std::vector<std::string> names;
  Put({EventOf("li-na", "a"), EventOf("wang-fang", "b")});
  for (int i = 0; i < 5; ++i) {
    names.push_back(
        Propose(i % 2 == 0 ? std::vector<uint64_t>{0} : std::vector<uint64_t>(), i % 2 == 0 ? "" : "wang-fang")
            ->name());
  }
  const auto list = [&](const std::string& filter, const std::string& order, int size, const std::string& token) {
    v1::ListRedactionsRequest request;
    request.set_parent("organizations/yunqi");
    request.set_filter(filter);
    request.set_order_by(order);
    request.set_page_size(size);
    request.set_page_token(token);
    return Call<v1::ListRedactionsResponse>("PrivacyService/ListRedactions", auditor_, request);
  };
  std::vector<std::string> found;
  std::string token;
  do {
    const auto page = list("", "", 2, token);
    ASSERT_THAT(page, IsOk());
    for (const v1::Redaction& redaction : page->redactions()) found.insert(found.begin(), redaction.name());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(found, names);
  const auto of_person =
      list("data_subject = \"organizations/yunqi/people/wang-fang\" AND state = PROPOSED", "", 0, "");
  ASSERT_THAT(of_person, IsOk());
  EXPECT_EQ(of_person->redactions_size(), 2);
  EXPECT_EQ(list("", "propose_time", 1, "")->redactions(0).name(), names[0]);
  EXPECT_EQ(GetReason(list("colour = red", "", 0, "").status()), Reason::REASON_INVALID_FILTER);
  const std::string first = list("", "", 2, "")->next_page_token();
  EXPECT_EQ(GetReason(list("state = PROPOSED", "", 2, first).status()), Reason::REASON_INVALID_PAGE_TOKEN);
  for (const char* name :
       {"organizations/yunqi/redactions/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17", "organizations/yunqi/redactions/none"}) {
    EXPECT_THAT(Get(name), StatusIs(StatusCode::kNotFound));
  }
}

}  // namespace
}  // namespace docket::audit

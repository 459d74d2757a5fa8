#include "services/request/collection/round_service.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/testing/collection_fixture.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

constexpr char kDepartments[] = "organizations/yunqi/departments/";

class RoundServiceTest : public CollectionTest {
 protected:
  absl::StatusOr<v1::CollectionRound> Close(const common::v1::Principal& by, const std::string& name,
                                            const std::string& etag = "", const std::string& reason = "需求已齐") {
    return Act<v1::CloseCollectionRoundRequest, v1::CollectionRound>("CloseCollectionRound", by, name, [&](auto& call) {
      call.set_reason(reason);
      call.set_etag(etag);
    });
  }

  // Opened for everyone, on Monday, 21 September 2026, in the evening.
  v1::CollectionRound Opened() {
    const auto round = OpenRound(service_.director);
    EXPECT_THAT(round, IsOk());
    return round.value_or(v1::CollectionRound());
  }
};

TEST_F(RoundServiceTest, IsOpenedByHandByTheItDirector) {
  EXPECT_THAT(OpenRound(service_.head), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(OpenRound(service_.administrator), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  const auto round = OpenRound(service_.director, [](auto& call) {
    call.add_departments(absl::StrCat(kDepartments, "it"));
    call.add_departments(absl::StrCat(kDepartments, "engineering"));
  });
  ASSERT_THAT(round, IsOk());
  EXPECT_EQ(round->state(), v1::CollectionRound::STATE_OPEN);
  EXPECT_EQ(round->schedule(), "");
  EXPECT_EQ(round->opener(), service_.director.name());
  EXPECT_EQ(round->asked_count(), 2);
  // 22, 23, 24 September, then Mid-Autumn, then 28 and 29.
  EXPECT_EQ(Local("Asia/Shanghai", round->due_time()), "2026-09-29 18:00");
  ASSERT_EQ(round->answers_size(), 2);
  EXPECT_EQ(round->answers(0).department(), absl::StrCat(kDepartments, "engineering"));
  EXPECT_EQ(GetRound(round->name())->SerializeAsString(), round->SerializeAsString());
  EXPECT_EQ(service_.LastEvent("CollectionRoundOpened").actor().name(), service_.director.name());
  EXPECT_THAT(
      OpenRound(service_.director, [](auto& call) { call.add_departments(absl::StrCat(kDepartments, "nowhere")); }),
      StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(OpenRound(service_.director, [](auto& call) { call.set_parent("organizations/library"); }),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_THAT(OpenRound(service_.director, [](auto& call) { call.add_reminder_working_days(2); }),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(GetRound("organizations/yunqi/collectionRounds/not-a-uuid"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(GetRound("organizations/yunqi/collectionRounds/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17"),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(RoundServiceTest, AnOrganisationWithoutDepartmentsHasNobodyToAsk) {
  const auto librarian = PersonOf("library", "gu-guan", "", {common::v1::ROLE_IT_DIRECTOR});
  EXPECT_THAT(OpenRound(librarian, [](auto& call) { call.set_parent("organizations/library"); }),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
}

TEST_F(RoundServiceTest, DepartmentsAnswerForThemselves) {
  const v1::CollectionRound round = Opened();
  EXPECT_THAT(Answer(service_.director, round.name(), true),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Answer(service_.head, round.name(), true, "engineering"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  EXPECT_EQ(service_.Events().back().type(), "CallDenied");
  const auto answered = Answer(service_.head, round.name(), true, "", "本部门本季度无需求");
  ASSERT_THAT(answered, IsOk());
  EXPECT_EQ(answered->etag(), "2");
  EXPECT_EQ(answered->answered_count(), 1);
  EXPECT_EQ(answered->nil_return_count(), 1);
  EXPECT_THAT(answered->missing_departments(),
              ElementsAre(absl::StrCat(kDepartments, "engineering"), absl::StrCat(kDepartments, "it")));
  const v1::DepartmentAnswer& answer = answered->answers(0);
  EXPECT_EQ(answer.answerer(), service_.head.name());
  EXPECT_TRUE(answer.nil_return());
  EXPECT_EQ(answer.comment(), "本部门本季度无需求");
  // The department's staff may answer too, and answer again.
  ASSERT_THAT(Answer(service_.author, round.name(), false, "customer-service"), IsOk());
  const event::v1::Event event = service_.LastEvent("CollectionAnswerGiven");
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).field(), "answers.customer-service");
  EXPECT_EQ(event.changes(0).before(), "NIL_RETURN: 本部门本季度无需求");
  EXPECT_EQ(event.changes(0).after(), "DONE");
  EXPECT_EQ(event.subject_revision(), 3);
}

TEST_F(RoundServiceTest, ARepeatedAnswerIsAnsweredAsTheFirst) {
  const v1::CollectionRound round = Opened();
  v1::SubmitCollectionAnswerRequest call;
  call.set_name(round.name());
  call.set_nil_return(true);
  call.set_etag("1");
  call.set_request_id(service_.NewRequestId());
  const auto submit = [&] {
    return service_.Call<v1::CollectionRound>("CollectionService/SubmitCollectionAnswer", service_.head, call);
  };
  const auto first = submit();
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(submit()->SerializeAsString(), first->SerializeAsString());
  EXPECT_THAT(service_.EventsOf("CollectionAnswerGiven"), SizeIs(1));
  call.set_nil_return(false);
  EXPECT_THAT(submit(), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  call.set_request_id(service_.NewRequestId());
  EXPECT_THAT(submit(), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

TEST_F(RoundServiceTest, IsClosedEarlyWithAReason) {
  const v1::CollectionRound round = Opened();
  EXPECT_THAT(Close(service_.head, round.name()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Close(service_.director, round.name(), "", ""),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Close(service_.director, round.name(), "7"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  const auto closed = Close(service_.director, round.name(), "1");
  ASSERT_THAT(closed, IsOk());
  EXPECT_EQ(closed->state(), v1::CollectionRound::STATE_CLOSED);
  EXPECT_EQ(closed->closer(), service_.director.name());
  EXPECT_EQ(closed->close_reason(), "需求已齐");
  const event::v1::Event event = service_.LastEvent("CollectionRoundClosed");
  EXPECT_EQ(event.reason(), "需求已齐");
  EXPECT_TRUE(PayloadOf<event::v1::CollectionRoundClosed>(event).early());
  // Nothing comes of it any more: no answer, no reminder, no second closing.
  const auto late = Answer(service_.head, round.name(), true);
  EXPECT_THAT(late, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(std::string(late.status().message()), ::testing::HasSubstr("takes no more answers"));
  EXPECT_THAT(Close(service_.director, round.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  SetClock("Asia/Shanghai", absl::CivilSecond(2026, 12, 1, 9));
  const CollectionWork work = RunWorker();
  EXPECT_EQ(work.closed + work.reminded, 0);
}

TEST_F(RoundServiceTest, AnswersAfterTheDueTimeAreLate) {
  const v1::CollectionRound round = Opened();
  SetClock("Asia/Shanghai", absl::CivilSecond(2026, 9, 29, 18, 0, 1));
  const auto answered = Answer(service_.head, round.name(), true);
  ASSERT_THAT(answered, IsOk());
  EXPECT_TRUE(answered->answers(0).late());
  EXPECT_TRUE(PayloadOf<event::v1::CollectionAnswerGiven>(service_.LastEvent("CollectionAnswerGiven")).late());
  EXPECT_EQ(RunWorker().closed, 1);
  EXPECT_THAT(Summary(round.name())->late_departments(), ElementsAre(absl::StrCat(kDepartments, "customer-service")));
  EXPECT_THAT(Answer(service_.other_head, round.name(), true),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(RoundServiceTest, CountsTheRequestsThatComeOfIt) {
  const v1::CollectionRound round = Opened();
  const auto first = SubmitFrom(round.name());
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(SubmitFrom(round.name()), IsOk());
  // A department that needs something makes no nil return.
  const auto nil = Answer(service_.head, round.name(), true);
  EXPECT_THAT(nil, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(GetBadRequest(nil.status())->field_violations(0).field(), "nil_return");
  const auto done = Answer(service_.head, round.name(), false);
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->answers(0).request_count(), 2);
  ASSERT_THAT(Answer(service_.other_head, round.name(), true), IsOk());

  const auto summary = Summary(round.name());
  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->asked_count(), 3);
  EXPECT_EQ(summary->answered_count(), 2);
  EXPECT_EQ(summary->nil_return_count(), 1);
  EXPECT_THAT(summary->missing_departments(), ElementsAre(absl::StrCat(kDepartments, "it")));
  EXPECT_EQ(summary->requests().total(), 2);
  ASSERT_EQ(summary->requests().by_kind_size(), 1);
  EXPECT_EQ(summary->requests().by_kind(0).kind(), common::v1::CHANGE_KIND_NORMAL);
  EXPECT_EQ(summary->requests().by_kind(0).count(), 2);
  ASSERT_EQ(summary->requests().by_priority_size(), 1);
  EXPECT_EQ(summary->requests().by_priority(0).priority(), common::v1::LEVEL_HIGH);
  ASSERT_EQ(summary->departments_size(), 3);
  EXPECT_EQ(summary->departments(0).requests().total(), 2);
  EXPECT_EQ(summary->departments(1).requests().total(), 0);
  EXPECT_TRUE(summary->departments(1).answer().nil_return());

  // What is withdrawn counts no more.
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, first->name(),
                                                       [](auto& call) { call.set_reason("重复"); }),
              IsOk());
  EXPECT_EQ(Summary(round.name())->requests().total(), 1);
  ASSERT_THAT(Close(service_.director, round.name()), IsOk());
  EXPECT_EQ(PayloadOf<event::v1::CollectionRoundClosed>(service_.LastEvent("CollectionRoundClosed")).request_count(),
            1);
}

TEST_F(RoundServiceTest, ADepartmentThatWasNotAskedIsShownWithItsRequests) {
  const auto round =
      OpenRound(service_.director, [](auto& call) { call.add_departments(absl::StrCat(kDepartments, "it")); });
  ASSERT_THAT(round, IsOk());
  ASSERT_THAT(SubmitFrom(round->name()), IsOk());
  EXPECT_THAT(Answer(service_.head, round->name(), false),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  const auto summary = Summary(round->name());
  ASSERT_EQ(summary->departments_size(), 2);
  EXPECT_EQ(summary->departments(0).answer().department(), absl::StrCat(kDepartments, "customer-service"));
  EXPECT_FALSE(summary->departments(0).asked());
  EXPECT_EQ(summary->departments(0).requests().total(), 1);
  EXPECT_TRUE(summary->departments(1).asked());
}

TEST_F(RoundServiceTest, ARequestNamesARoundThatIsOpen) {
  const v1::CollectionRound round = Opened();
  for (const std::string& reference :
       {std::string("2026年第4季度需求收集"), round.name() + " ", "organizations/library" + round.name().substr(19),
        std::string("organizations/yunqi/collectionRounds/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17"),
        std::string("organizations/yunqi/collectionSchedules/quarterly")}) {
    EXPECT_THAT(SubmitFrom(reference), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE))
        << reference;
  }
  const auto returned = SubmitFrom(round.name());
  ASSERT_THAT(returned, IsOk());
  ASSERT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, returned->name(),
                                                     [](auto& call) { call.set_reason("请补充影响范围"); }),
              IsOk());
  ASSERT_THAT(Close(service_.director, round.name()), IsOk());
  EXPECT_THAT(SubmitFrom(round.name()), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  // What belonged to the round while it was open may come back to it.
  EXPECT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, returned->name()), IsOk());
  EXPECT_EQ(Summary(round.name())->requests().total(), 1);
}

TEST_F(RoundServiceTest, AnotherSourceIsNoneOfItsBusiness) {
  v1::Request form = WholeService::Form();
  form.set_source_reference("organizations/yunqi/collectionRounds/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  const v1::Request draft = service_.Create(service_.author, form);
  EXPECT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, draft.name()), IsOk());
}

TEST_F(RoundServiceTest, ManyAnswersAtOnceAreAllKept) {
  const v1::CollectionRound round = Opened();
  std::vector<common::v1::Principal> heads;
  for (const char* department : {"customer-service", "engineering", "it"}) {
    for (int i = 0; i < 4; ++i) {
      heads.push_back(
          PersonOf("yunqi", absl::StrCat("head-", department, i), department, {common::v1::ROLE_DEPARTMENT_HEAD}));
    }
  }
  std::vector<std::thread> callers;
  for (const auto& head : heads) {
    callers.emplace_back([&, head] { EXPECT_THAT(Answer(head, round.name(), true), IsOk()); });
  }
  for (std::thread& caller : callers) caller.join();
  const auto after = GetRound(round.name());
  EXPECT_EQ(after->answered_count(), 3);
  EXPECT_EQ(after->etag(), "13");
  EXPECT_THAT(service_.EventsOf("CollectionAnswerGiven"), SizeIs(12));
}

TEST_F(RoundServiceTest, ListsPageByPageWithWhoHasNotAnswered) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    names.push_back(Opened().name());
    service_.clock().Advance(absl::Hours(24));
  }
  ASSERT_THAT(Answer(service_.head, names[4], true), IsOk());
  ASSERT_THAT(Close(service_.director, names[0]), IsOk());
  const auto list = [&](int size, const std::string& token, const std::string& filter = "",
                        const std::string& order = "") {
    v1::ListCollectionRoundsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_page_size(size);
    call.set_page_token(token);
    call.set_filter(filter);
    call.set_order_by(order);
    return service_.Call<v1::ListCollectionRoundsResponse>("CollectionService/ListCollectionRounds", service_.author,
                                                           call);
  };
  const auto names_of = [](const v1::ListCollectionRoundsResponse& reply) {
    std::vector<std::string> found;
    for (const auto& round : reply.collection_rounds()) found.push_back(round.name());
    return found;
  };
  const auto first = list(2, "");
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(names_of(*first), ElementsAre(names[4], names[3]));
  EXPECT_EQ(first->collection_rounds(0).missing_departments_size(), 2);
  EXPECT_EQ(first->collection_rounds(0).answers_size(), 0);
  EXPECT_EQ(first->collection_rounds(1).missing_departments_size(), 3);
  const auto second = list(2, first->next_page_token());
  EXPECT_THAT(names_of(*second), ElementsAre(names[2], names[1]));
  const auto third = list(2, second->next_page_token());
  EXPECT_THAT(names_of(*third), ElementsAre(names[0]));
  EXPECT_EQ(third->next_page_token(), "");
  EXPECT_THAT(list(2, first->next_page_token(), "state = OPEN"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(names_of(*list(0, "", "state = CLOSED")), ElementsAre(names[0]));
  EXPECT_THAT(names_of(*list(0, "", "", "open_time")), ElementsAre(names[0], names[1], names[2], names[3], names[4]));
  // By due time, page by page, although some are due at the same time.
  std::vector<std::string> by_due;
  std::string token;
  do {
    const auto page = list(1, token, "", "due_time desc");
    ASSERT_THAT(page, IsOk());
    for (const std::string& name : names_of(*page)) by_due.push_back(name);
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(by_due, SizeIs(5));
  EXPECT_EQ(by_due.back(), names[0]);
  EXPECT_THAT(names_of(*list(0, "", "schedule = organizations/yunqi/collectionSchedules/x")), IsEmpty());
  EXPECT_THAT(list(0, "", "schedule = organizations/library/collectionSchedules/x"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(list(-1, ""), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(names_of(*list(0, "", "due_time < 2026-09-29T00:00:00Z AND title:\"%' OR\"")), IsEmpty());
}

}  // namespace
}  // namespace docket::request

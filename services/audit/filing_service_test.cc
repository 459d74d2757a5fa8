// The register's side of filings 报备, as a client sees it.
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/merkle/note.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/testing/register_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using rpc::testing::Person;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

using FilingTest = RegisterFixture;

TEST_F(FilingTest, FilesAnApprovedPlan) {
  const auto filing = File("p1");
  ASSERT_THAT(filing, IsOk());
  EXPECT_EQ(filing->name(), "organizations/yunqi/filings/bb-2026-000001");
  EXPECT_EQ(filing->number(), "BB-2026-000001");
  EXPECT_EQ(filing->state(), v1::Filing::STATE_FILED);
  EXPECT_EQ(filing->request(), "organizations/yunqi/requests/p1");
  EXPECT_EQ(filing->title(), "门禁管理软件 4.1.0 升级到 4.2.0");
  EXPECT_EQ(filing->plan_sha256(), std::string(64, 'a'));
  EXPECT_EQ(filing->filer(), director_.name());
  EXPECT_EQ(filing->targets(0).to_version(), "4.2.0");
  EXPECT_EQ(filing->documents(0).title(), "升级方案.pdf");
  EXPECT_EQ(filing->file_time().seconds(), 1794700800);
  EXPECT_EQ(filing->etag(), "1");
  const auto receipt = merkle::OpenNote(filing->receipt(), {signer_.verifier()});
  ASSERT_THAT(receipt, IsOk());
  EXPECT_THAT(receipt->text,
              HasSubstr("filing BB-2026-000001\norganizations/yunqi/requests/p1\n" + std::string(64, 'a')));

  v1::GetFilingRequest get;
  get.set_name(filing->name());
  const auto read = Call<v1::Filing>("RegisterService/GetFiling", auditor_, get);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->SerializeAsString(), filing->SerializeAsString());

  const std::vector<event::v1::Event> events = Events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type(), "ChangeFiled");
  EXPECT_EQ(events[0].subject(), filing->name());
  EXPECT_EQ(events[0].change(), filing->request());
  event::v1::ChangeFiled payload;
  ASSERT_TRUE(events[0].payload().UnpackTo(&payload));
  EXPECT_EQ(payload.number(), "BB-2026-000001");
  EXPECT_THAT(payload.plan_sha256(),
              ::testing::AnyOf(std::string(64, 'a'), absl::HexStringToBytes(std::string(64, 'a'))));
}

TEST_F(FilingTest, WhatAPersonSendsOfTheOutputIsIgnored) {
  v1::CreateFilingRequest request;
  request.set_parent("organizations/yunqi");
  request.mutable_filing()->set_plan(PlanName("p1"));
  request.mutable_filing()->set_number("BB-1999-000007");
  request.mutable_filing()->set_state(v1::Filing::STATE_ACKNOWLEDGED);
  request.mutable_filing()->set_filer(supervisor_.name());
  request.set_request_id(NewRequestId());
  const auto filing = Call<v1::Filing>("RegisterService/CreateFiling", director_, request);
  ASSERT_THAT(filing, IsOk());
  EXPECT_EQ(filing->number(), "BB-2026-000001");
  EXPECT_EQ(filing->state(), v1::Filing::STATE_FILED);
  EXPECT_EQ(filing->filer(), director_.name());
}

TEST_F(FilingTest, OnlyAnApprovedPlanIsFiledAndTheAttemptIsRecorded) {
  for (const auto state : {scheduling::v1::Plan::STATE_DRAFT, scheduling::v1::Plan::STATE_IMPLEMENTING,
                           scheduling::v1::Plan::STATE_IMPLEMENTED, scheduling::v1::Plan::STATE_ACCEPTED,
                           scheduling::v1::Plan::STATE_ROLLED_BACK}) {
    SetPlan("p1", state);
    EXPECT_THAT(File("p1"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  }
  const std::vector<event::v1::Event> events = Events();
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0].type(), "CallDenied");
  EXPECT_EQ(events[0].outcome(), event::v1::OUTCOME_DENIED);
  EXPECT_EQ(events[0].change(), "organizations/yunqi/requests/p1");
  EXPECT_EQ(events[0].actor().name(), director_.name());
}

TEST_F(FilingTest, OneContentIsFiledOnce) {
  ASSERT_THAT(File("p1"), IsOk());
  EXPECT_THAT(File("p1"), StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  SetPlan("p1", scheduling::v1::Plan::STATE_APPROVED, 'b');
  const auto again = File("p1");
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->number(), "BB-2026-000002") << "the refused filing must not use up a number";
}

TEST_F(FilingTest, FailsClosedWhileThePlanCannotBeAskedAbout) {
  sources_.Fail(Error(StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE, "scheduling does not answer"));
  EXPECT_THAT(File("p1"), StatusIs(StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE));
  EXPECT_THAT(Enter("p1"), StatusIs(StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE));
  sources_.Fail(absl::OkStatus());
  EXPECT_THAT(File("unknown"), StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM filing"), 0);
}

TEST_F(FilingTest, RolesAndOrganizations) {
  for (const auto role :
       {common::v1::ROLE_REQUESTER, common::v1::ROLE_DEPARTMENT_HEAD, common::v1::ROLE_DATA_ADMIN,
        common::v1::ROLE_FINANCE_MANAGER, common::v1::ROLE_ACCOUNTANT, common::v1::ROLE_EXECUTIVE,
        common::v1::ROLE_VENDOR, common::v1::ROLE_SUPERVISOR, common::v1::ROLE_AUDITOR, common::v1::ROLE_VIEWER}) {
    EXPECT_THAT(File("p1", "", Person("yunqi", "somebody", {role})),
                StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  }
  EXPECT_THAT(File("p1", "", Person("library", "qian-wei", {common::v1::ROLE_IT_DIRECTOR})),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  const auto filing = File("p1", "", Person("yunqi", "ma-chao", {common::v1::ROLE_SYSTEM_ADMIN}));
  ASSERT_THAT(filing, IsOk());
  EXPECT_THAT(Acknowledge(filing->name(), director_),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Acknowledge(filing->name(), Person("library", "x", {common::v1::ROLE_SUPERVISOR})),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  v1::GetFilingRequest get;
  get.set_name(filing->name());
  EXPECT_THAT(Call<v1::Filing>("RegisterService/GetFiling", library_auditor_, get),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  get.set_name("organizations/library/filings/bb-2026-000001");
  EXPECT_THAT(Call<v1::Filing>("RegisterService/GetFiling", library_auditor_, get), StatusIs(StatusCode::kNotFound));
}

TEST_F(FilingTest, APlanOfAnotherOrganizationIsNotFiled) {
  scheduling::v1::Plan foreign;
  foreign.set_name("organizations/library/plans/p9");
  foreign.set_state(scheduling::v1::Plan::STATE_APPROVED);
  foreign.set_content_sha256(std::string(64, 'c'));
  sources_.SetPlan(foreign);
  v1::CreateFilingRequest request;
  request.set_parent("organizations/yunqi");
  request.mutable_filing()->set_plan(foreign.name());
  request.set_request_id(NewRequestId());
  EXPECT_THAT(Call<v1::Filing>("RegisterService/CreateFiling", director_, request),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Enter("p1", "organizations/library/registrations/dj-2026-000001"),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(FilingTest, ARepeatedCallGetsTheFirstAnswer) {
  const std::string id = NewRequestId();
  const auto first = File("p1", id);
  ASSERT_THAT(first, IsOk());
  // Even when the plan has gone on meanwhile.
  SetPlan("p1", scheduling::v1::Plan::STATE_IMPLEMENTING);
  const auto again = File("p1", id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_THAT(File("p2", id), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_EQ(Events().size(), 1u);
  const auto next = File("p2");
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ(next->number(), "BB-2026-000002");
}

TEST_F(FilingTest, NumbersHaveNoGapsWhateverFailsBetween) {
  constexpr int kThreads = 16;
  constexpr int kEach = 8;
  for (int i = 0; i < kThreads * kEach; ++i) SetPlan(absl::StrCat("c", i), scheduling::v1::Plan::STATE_APPROVED);
  ASSERT_THAT(File("p1"), IsOk());
  std::atomic<int> failed{0};
  std::vector<std::string> numbers[kThreads];
  std::vector<std::string> failing_ids[kThreads];
  std::vector<std::vector<std::string>> ids(kThreads);
  for (auto& some : ids) {
    for (int i = 0; i < 2 * kEach; ++i) some.push_back(NewRequestId());
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        // A filing that is refused after its number was taken: the content is filed already.
        failed += File("p1", ids[static_cast<size_t>(t)][static_cast<size_t>(2 * i)]).ok() ? 0 : 1;
        absl::StatusOr<v1::Filing> filing = absl::UnknownError("not sent");
        const std::string plan = absl::StrCat("c", t * kEach + i);
        for (const absl::Time give_up = Soon(); !filing.ok() && absl::Now() < give_up;) {
          filing = File(plan, ids[static_cast<size_t>(t)][static_cast<size_t>(2 * i + 1)]);
        }
        ASSERT_THAT(filing, IsOk());
        numbers[t].push_back(filing->number());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, kThreads * kEach);
  std::set<std::string> all{"BB-2026-000001"};
  for (const auto& some : numbers) all.insert(some.begin(), some.end());
  ASSERT_EQ(all.size(), 129u);
  EXPECT_EQ(*all.begin(), "BB-2026-000001");
  EXPECT_EQ(*all.rbegin(), "BB-2026-000129");
  EXPECT_EQ(db_.Count("SELECT last FROM register_number WHERE series = 'BB'"), 129);
}

TEST_F(FilingTest, TheFirstNumbersOfAYearAreGivenOnce) {
  constexpr int kThreads = 16;
  std::vector<std::string> ids;
  for (int i = 0; i < kThreads; ++i) {
    SetPlan(absl::StrCat("c", i), scheduling::v1::Plan::STATE_APPROVED);
    ids.push_back(NewRequestId());
  }
  absl::Mutex mutex;
  std::set<std::string> numbers;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto filing = File(absl::StrCat("c", t), ids[static_cast<size_t>(t)]);
      ASSERT_THAT(filing, IsOk());
      absl::MutexLock lock(&mutex);
      numbers.insert(filing->number());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(numbers.size(), 16u);
  EXPECT_EQ(*numbers.rbegin(), "BB-2026-000016");
}

TEST_F(FilingTest, TheYearIsThatOfTheOrganization) {
  absl::Time new_year;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "2026-12-31T16:00:00Z", &new_year, nullptr));
  clock_.Set(new_year - absl::Microseconds(1));
  EXPECT_EQ(File("p1")->number(), "BB-2026-000001");
  clock_.Set(new_year);
  EXPECT_EQ(File("p2")->number(), "BB-2027-000001");
  sources_.SetTimeZone("UTC");
  EXPECT_EQ(File("p3")->number(), "BB-2026-000002");
}

TEST_F(FilingTest, TheSupervisorAcknowledgesOnce) {
  const auto filing = File("p1");
  ASSERT_THAT(filing, IsOk());
  clock_.Advance(absl::Hours(1));
  const std::string id = NewRequestId();
  const auto acknowledged = Acknowledge(filing->name(), supervisor_, "1", id);
  ASSERT_THAT(acknowledged, IsOk());
  EXPECT_EQ(acknowledged->state(), v1::Filing::STATE_ACKNOWLEDGED);
  EXPECT_EQ(acknowledged->acknowledger(), supervisor_.name());
  EXPECT_EQ(acknowledged->acknowledge_time().seconds(), 1794704400);
  EXPECT_EQ(acknowledged->etag(), "2");
  EXPECT_EQ(acknowledged->receipt(), filing->receipt());
  EXPECT_EQ(Acknowledge(filing->name(), supervisor_, "1", id)->SerializeAsString(), acknowledged->SerializeAsString());
  v1::GetFilingRequest get;
  get.set_name(filing->name());
  EXPECT_EQ(Call<v1::Filing>("RegisterService/GetFiling", auditor_, get)->SerializeAsString(),
            acknowledged->SerializeAsString());

  EXPECT_THAT(Acknowledge(filing->name(), supervisor_, "1"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  const auto refused = Acknowledge(filing->name(), supervisor_);
  EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Acknowledge("organizations/yunqi/filings/bb-2026-000009", supervisor_), StatusIs(StatusCode::kNotFound));

  const std::vector<event::v1::Event> events = Events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].type(), "FilingAcknowledged");
  EXPECT_EQ(events[1].reason(), "已阅");
  EXPECT_EQ(events[1].subject_revision(), 2);
  EXPECT_EQ(events[1].before_sha256(), events[0].after_sha256()) << "the history of one resource is a chain";
  EXPECT_NE(events[1].after_sha256(), events[1].before_sha256());
  EXPECT_EQ(events[1].changes(0).field(), "state");
  EXPECT_EQ(events[2].type(), "CallDenied");
  EXPECT_EQ(events[2].change(), "organizations/yunqi/requests/p1");
}

TEST_F(FilingTest, WhoFiledDoesNotAcknowledge) {
  common::v1::Principal both = director_;
  both.add_roles(common::v1::ROLE_SUPERVISOR);
  const auto filing = File("p1", "", both);
  ASSERT_THAT(filing, IsOk());
  EXPECT_THAT(Acknowledge(filing->name(), both),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  // Before anything else about the filing is said.
  EXPECT_THAT(Acknowledge(filing->name(), both, "99"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_EQ(Events().back().type(), "CallDenied");
  ASSERT_THAT(Acknowledge(filing->name(), supervisor_), IsOk());
  EXPECT_THAT(Acknowledge(filing->name(), both),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
}

TEST_F(FilingTest, AFilingIsAcknowledgedOnceByManyAtOnce) {
  const auto filing = File("p1");
  ASSERT_THAT(filing, IsOk());
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) ids.push_back(NewRequestId());
  std::atomic<int> acknowledged{0};
  std::vector<std::thread> threads;
  for (const std::string& id : ids) {
    threads.emplace_back([&, id] { acknowledged += Acknowledge(filing->name(), supervisor_, "", id).ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(acknowledged, 1);
}

TEST_F(FilingTest, ListsFilings) {
  for (int i = 0; i < 5; ++i) {
    SetPlan(absl::StrCat("c", i), scheduling::v1::Plan::STATE_APPROVED);
    ASSERT_THAT(File(absl::StrCat("c", i)), IsOk());
    clock_.Advance(absl::Hours(24));
  }
  ASSERT_THAT(Acknowledge("organizations/yunqi/filings/bb-2026-000002", supervisor_), IsOk());
  const auto first = ListFilings("", 3);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(NumbersOf(*first), ElementsAre("BB-2026-000005", "BB-2026-000004", "BB-2026-000003"));
  const auto second = ListFilings("", 3, first->next_page_token());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(NumbersOf(*second), ElementsAre("BB-2026-000002", "BB-2026-000001"));
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_EQ(second->filings(0).state(), v1::Filing::STATE_ACKNOWLEDGED);
  EXPECT_THAT(ListFilings("state = FILED", 3, first->next_page_token()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"state = ACKNOWLEDGED", {"BB-2026-000002"}},
      {"number = \"BB-2026-000003\"", {"BB-2026-000003"}},
      {"plan = \"organizations/yunqi/plans/c3\"", {"BB-2026-000004"}},
      {"request = \"organizations/yunqi/requests/c0\"", {"BB-2026-000001"}},
      {"title:\"4.3.0\"", {}},
      {"filer = \"organizations/yunqi/people/chen-min\" AND file_time >= \"2026-11-19T00:00:00Z\"",
       {"BB-2026-000005"}}};
  for (const auto& [filter, expected] : cases) {
    const auto list = ListFilings(filter);
    ASSERT_THAT(list, IsOk()) << filter;
    EXPECT_EQ(NumbersOf(*list), expected) << filter;
  }
  EXPECT_EQ(ListFilings("title:\"门禁*\"")->filings_size(), 5);
  EXPECT_THAT(ListFilings("document = \"x\""), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  v1::ListFilingsRequest other;
  other.set_parent("organizations/library");
  EXPECT_THAT(Call<v1::ListFilingsResponse>("RegisterService/ListFilings", library_auditor_, other)->filings(),
              IsEmpty());
  EXPECT_THAT(Call<v1::ListFilingsResponse>("RegisterService/ListFilings", auditor_, other),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  v1::ListFilingsRequest unordered;
  unordered.set_parent("organizations/yunqi");
  unordered.set_order_by("title");
  EXPECT_THAT(Call<v1::ListFilingsResponse>("RegisterService/ListFilings", auditor_, unordered),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

}  // namespace
}  // namespace docket::audit

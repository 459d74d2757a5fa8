#include "services/request/batch/request_batch_service.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "docket/common/v1/options.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/batch/testing/batch_fixture.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using tests::IsOk;
using tests::StatusIs;
using R = v1::Request;
using testing::Create;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::Endorse;
using testing::RequestBatchTest;
using testing::Said;
using ::testing::SizeIs;
using testing::Submit;
using testing::Triage;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

// ---- All four ----

// Who may call a batch may call the single method, about the same requests.
TEST_F(RequestBatchTest, IsOpenToWhomTheSingleCallsAre) {
  const auto* file = v1::BatchCreateRequestsRequest::descriptor()->file();
  const auto* single_file = v1::CreateRequestRequest::descriptor()->file();
  for (const auto& [batch, single] :
       {std::pair(Create::kMethod, Create::kSingle), std::pair(Submit::kMethod, Submit::kSingle),
        std::pair(Endorse::kMethod, Endorse::kSingle), std::pair(Triage::kMethod, Triage::kSingle)}) {
    const auto* method = file->FindServiceByName("RequestBatchService")->FindMethodByName(batch);
    const auto* of_one = single_file->FindServiceByName("RequestService")->FindMethodByName(single);
    ASSERT_NE(method, nullptr) << batch;
    ASSERT_NE(of_one, nullptr) << single;
    common::v1::MethodRules rules = method->options().GetExtension(common::v1::access);
    common::v1::MethodRules expected = of_one->options().GetExtension(common::v1::access);
    rules.clear_resource_field();
    expected.clear_resource_field();
    EXPECT_EQ(rules.DebugString(), expected.DebugString()) << batch;
  }
}

template <typename Of>
void CheckWhole(WholeService& service, const Principal& by) {
  const auto call = [&](const Principal& who, const typename Of::Call& batch) {
    return service.server().Call<typename Of::Reply>(absl::StrCat(testing::kBatchPath, Of::kMethod), who, batch);
  };
  typename Of::Call batch;
  batch.set_parent("organizations/yunqi");
  batch.set_request_id(service.NewRequestId());
  EXPECT_THAT(call(by, batch), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  for (int i = 0; i < 100; ++i) batch.add_requests();
  const auto hundred = call(by, batch);
  ASSERT_THAT(hundred, IsOk());
  EXPECT_THAT(hundred->results(), SizeIs(100));
  for (const v1::RequestResult& result : hundred->results()) {
    EXPECT_EQ(result.error().code(), static_cast<int>(StatusCode::kInvalidArgument));
  }
  EXPECT_LT(hundred->ByteSizeLong(), size_t{512} << 10);

  EXPECT_THAT(call(service.auditor, batch), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  Principal stranger = by;
  stranger.set_organization("organizations/library");
  stranger.set_name("organizations/library/people/li-na");
  EXPECT_THAT(call(stranger, batch), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  batch.add_requests();
  EXPECT_THAT(call(by, batch), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  batch.mutable_requests()->RemoveLast();
  batch.set_request_id("no-uuid");
  EXPECT_THAT(call(by, batch), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(service.CountEvents("CallDenied"), 0);
}

TEST_F(RequestBatchTest, TakesAHundredAndNoMore) {
  CheckWhole<Create>(service_, service_.author);
  CheckWhole<Submit>(service_, service_.author);
  CheckWhole<Endorse>(service_, service_.head);
  CheckWhole<Triage>(service_, service_.director);
}

TEST_F(RequestBatchTest, ElementsBelongToTheBatchsOrganizationAndBringNoIdOfTheirOwn) {
  v1::BatchCreateRequestsRequest creating = Forms(3);
  creating.mutable_requests(0)->set_parent("organizations/library");
  creating.mutable_requests(1)->set_parent("organizations/yunqi");
  creating.mutable_requests(1)->set_request_id(service_.NewRequestId());
  creating.mutable_requests(2)->mutable_request()->mutable_targets(0)->set_system("organizations/library/systems/opac");
  EXPECT_THAT(
      Said(Call<Create>(service_.author, creating)),
      ElementsAre("INVALID_FIELDS parent", "INVALID_FIELDS request_id", "INVALID_FIELDS request.targets[0].system"));
  const std::string other = "organizations/library/requests/" + service_.NewRequestId();
  const std::string own = "organizations/yunqi/requests/" + service_.NewRequestId();
  const auto check = [&]<typename Of>(Of, const Principal& by, typename Of::Call batch) {
    batch.mutable_requests(1)->set_request_id(service_.NewRequestId());
    EXPECT_THAT(Said(Call<Of>(by, batch)),
                ElementsAre("INVALID_FIELDS name", "INVALID_FIELDS request_id", "NOT_FOUND"));
  };
  check(Submit(), service_.author, About<Submit>({other, own, own}));
  check(Endorse(), service_.head, About<Endorse>({other, own, own}));
  check(Triage(), service_.director, Accepting({other, own, own}));
  EXPECT_EQ(CountRequests(), 0);
}

// ---- Creating ----

TEST_F(RequestBatchTest, CreatesWhatIsWellInOrder) {
  v1::BatchCreateRequestsRequest batch = Forms(4);
  batch.mutable_requests(1)->mutable_request()->set_title(std::string(1000, 'x'));
  batch.mutable_requests(1)->mutable_request()->mutable_targets(1)->clear_component();
  batch.mutable_requests(2)->mutable_request()->set_state(R::STATE_CLOSED);
  batch.mutable_requests(2)->mutable_request()->set_number("REQ-1");
  const auto reply = Call<Create>(service_.author, batch);
  EXPECT_THAT(Said(reply), ElementsAre("DRAFT", "INVALID_FIELDS request.title request.targets[1]", "DRAFT", "DRAFT"));
  EXPECT_EQ(reply->results(1).name(), "");
  EXPECT_EQ(reply->results(1).etag(), "");
  std::vector<std::string> names;
  for (const int i : {0, 2, 3}) {
    const v1::RequestResult& result = reply->results(i);
    const v1::Request request = service_.Get(result.name());
    EXPECT_EQ(request.title(), absl::StrCat(i + 1));
    EXPECT_EQ(request.requester(), service_.author.name());
    EXPECT_EQ(result.number(), "");
    EXPECT_EQ(result.etag(), request.etag());
    names.push_back(result.name());
  }
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  std::vector<std::string> reported;
  for (const event::v1::Event& event : service_.EventsOf("RequestCreated")) {
    reported.push_back(event.subject());
    EXPECT_EQ(event.actor().name(), service_.author.name());
  }
  EXPECT_THAT(reported, UnorderedElementsAreArray(names));
  EXPECT_LT(service_.requests().counts().FindDrift(absl::Now() + absl::Seconds(20), "yunqi")->size(), 1u);
}

TEST_F(RequestBatchTest, ElementsShareTransactions) {
  const mysql::GroupCommitStats before = service_.requests().submitter().stats();
  const std::vector<std::string> names = Drafts(100);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 100u);
  const auto submitted = Call<Submit>(service_.author, About<Submit>(names));
  EXPECT_THAT(Said(submitted), Each("SUBMITTED"));
  const mysql::GroupCommitStats after = service_.requests().submitter().stats();
  EXPECT_EQ(after.items - before.items, 100);
  EXPECT_LT(after.batches - before.batches, 50);
}

// ---- Submitting ----

TEST_F(RequestBatchTest, SubmitsWhatMayBe) {
  const std::vector<std::string> own = Drafts(4);
  const std::string hidden = Drafts(1, service_.head)[0];
  const std::string others = service_.Create(service_.head, WholeService::Form()).name();
  ASSERT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.head, others), IsOk());
  ASSERT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, own[1]), IsOk());
  v1::BatchSubmitRequestsRequest batch = About<Submit>({own[0], hidden, others, own[1], own[2], own[3]});
  batch.mutable_requests(4)->set_etag("7");
  const auto reply = Call<Submit>(service_.author, batch);
  EXPECT_THAT(Said(reply),
              ElementsAre("SUBMITTED", "NOT_FOUND", "NOT_CREATOR", "WRONG_STATE", "STALE_ETAG", "SUBMITTED"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(reply->results(i).name(), batch.requests(i).name());
  const v1::Request first = service_.Get(own[0]);
  EXPECT_EQ(reply->results(0).number(), first.number());
  EXPECT_EQ(reply->results(0).etag(), first.etag());
  // Others' errors took no number.
  std::set<std::string> numbers = {first.number(), service_.Get(own[3]).number()};
  EXPECT_THAT(numbers, ElementsAre("REQ-2026-000003", "REQ-2026-000004"));
  EXPECT_THAT(Denied(), UnorderedElementsAre(others, own[1]));
}

// ---- Endorsing and deciding ----

TEST_F(RequestBatchTest, EndorsesWhatTheDepartmentMay) {
  const std::vector<std::string> names = Submitted(2);
  const std::string own = service_.Create(service_.head, WholeService::Form()).name();
  ASSERT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.head, own), IsOk());
  const std::string draft = Drafts(1)[0];
  v1::BatchEndorseRequestsRequest batch = About<Endorse>({names[0], own, draft, names[1], names[1]});
  batch.mutable_requests(0)->set_comment("同意");
  batch.mutable_requests(4)->set_comment(std::string(2001, 'x'));
  EXPECT_THAT(Said(Call<Endorse>(service_.other_head, About<Endorse>({names[0]}))), ElementsAre("OTHER_DEPARTMENT"));
  const auto reply = Call<Endorse>(service_.head, batch);
  EXPECT_THAT(Said(reply),
              ElementsAre("ENDORSED", "SEPARATION_OF_DUTIES", "NOT_FOUND", "ENDORSED", "INVALID_FIELDS comment"));
  EXPECT_THAT(Denied(), ElementsAre(names[0], own));
  ASSERT_EQ(service_.CountEvents("RequestEndorsed"), 2);
  EXPECT_EQ(service_.EventsOf("RequestEndorsed")[0].reason(), "同意");
  EXPECT_EQ(service_.Get(names[0]).endorser(), service_.head.name());
  // Again: what was done is answered from its record, what was refused is refused.
  EXPECT_THAT(Said(Call<Endorse>(service_.head, batch)),
              ElementsAre("ENDORSED", "SEPARATION_OF_DUTIES", "NOT_FOUND", "ENDORSED", "INVALID_FIELDS comment"));
  EXPECT_EQ(service_.CountEvents("RequestEndorsed"), 2);
  EXPECT_EQ(service_.Get(names[0]).etag(), reply->results(0).etag());
}

TEST_F(RequestBatchTest, DecidesInOrder) {
  const std::vector<std::string> names = Endorsed(4);
  v1::BatchTriageRequestsRequest batch = Accepting({names[0], names[1], names[2], names[3], names[0]});
  batch.mutable_requests(1)->set_outcome(v1::TRIAGE_OUTCOME_MERGE);
  batch.mutable_requests(1)->set_merge_into(names[0]);
  batch.mutable_requests(2)->set_outcome(v1::TRIAGE_OUTCOME_DECLINE);
  // Into one that was declined a moment ago.
  batch.mutable_requests(3)->set_outcome(v1::TRIAGE_OUTCOME_MERGE);
  batch.mutable_requests(3)->set_merge_into(names[2]);
  const auto reply = Call<Triage>(service_.director, batch);
  const std::vector<std::string> said = Said(reply);
  ASSERT_THAT(said, SizeIs(5));
  EXPECT_EQ(said[0], "ACCEPTED");
  EXPECT_EQ(said[1], "MERGED");
  EXPECT_EQ(said[2], "DECLINED");
  EXPECT_TRUE(reply->results(3).has_error()) << said[3];
  EXPECT_EQ(said[4], "WRONG_STATE");
  EXPECT_THAT(Denied(), ElementsAre(names[3], names[0]));
  EXPECT_EQ(service_.Get(names[1]).merged_into(), names[0]);
  EXPECT_EQ(Said(Call<Triage>(service_.director, batch)), said);
  EXPECT_EQ(service_.CountEvents("RequestAccepted"), 1);
}

}  // namespace
}  // namespace docket::request

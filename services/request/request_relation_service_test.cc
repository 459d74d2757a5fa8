// Relations and merges through the real server and database.
#include "services/request/request_relation_service.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/status/error.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;
using Kind = v1::RequestRelation;

class RequestRelationServiceTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::Request> Add(const common::v1::Principal& by, const std::string& name,
                                  v1::RequestRelation::Kind kind, const std::string& other,
                                  const std::string& request_id = "", const std::string& etag = "") {
    v1::AddRequestRelationRequest call;
    call.set_name(name);
    call.set_kind(kind);
    call.set_related_request(other);
    call.set_reason("同一问题");
    call.set_etag(etag);
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::Request>("RequestService/AddRequestRelation", by, call);
  }

  absl::StatusOr<v1::Request> Remove(const std::string& name, v1::RequestRelation::Kind kind,
                                     const std::string& other) {
    v1::RemoveRequestRelationRequest call;
    call.set_name(name);
    call.set_kind(kind);
    call.set_related_request(other);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Request>("RequestService/RemoveRequestRelation", service_.director, call);
  }

  absl::StatusOr<v1::Request> Merge(const std::string& name, const std::string& into) {
    return service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, name,
                                                  [&](v1::TriageRequestRequest& call) {
                                                    call.set_outcome(v1::TRIAGE_OUTCOME_MERGE);
                                                    call.set_reason("内容重复");
                                                    call.set_merge_into(into);
                                                  });
  }

  WholeService service_;
};

TEST_F(RequestRelationServiceTest, BothEndsShowItAndReportIt) {
  const v1::Request a = service_.Submitted(), b = service_.Submitted();
  const std::string id = service_.NewRequestId();
  const absl::StatusOr<v1::Request> added = Add(service_.author, a.name(), Kind::KIND_CAUSED_BY, b.name(), id);
  ASSERT_THAT(added, IsOk());
  ASSERT_EQ(added->relations_size(), 1);
  EXPECT_EQ(added->relations(0).kind(), Kind::KIND_CAUSED_BY);
  EXPECT_EQ(added->relations(0).request(), b.name());
  EXPECT_EQ(added->etag(), "3");
  EXPECT_EQ(service_.Get(a.name()).SerializeAsString(), added->SerializeAsString());
  const v1::Request other = service_.Get(b.name());
  ASSERT_EQ(other.relations_size(), 1);
  EXPECT_EQ(other.relations(0).kind(), Kind::KIND_CAUSES);
  EXPECT_EQ(other.relations(0).request(), a.name());
  EXPECT_EQ(other.etag(), "3");
  const event::v1::Event event = service_.LastEvent("RequestRelationAdded");
  EXPECT_EQ(event.subject(), b.name());
  EXPECT_EQ(event.reason(), "同一问题");
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).field(), "relations");
  event::v1::RequestRelationAdded payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.kind(), "CAUSES");
  EXPECT_EQ(payload.related_request(), a.name());

  // Again, and with another body.
  EXPECT_EQ(Add(service_.author, a.name(), Kind::KIND_CAUSED_BY, b.name(), id)->SerializeAsString(),
            added->SerializeAsString());
  EXPECT_THAT(Add(service_.author, a.name(), Kind::KIND_RELATED, b.name(), id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_THAT(Add(service_.author, a.name(), Kind::KIND_CAUSED_BY, b.name()), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(Add(service_.author, a.name(), Kind::KIND_RELATED, b.name(), "", "2"),
              StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));

  // Lists show relations too, and find by them.
  v1::ListRequestsRequest list;
  list.set_parent("organizations/yunqi");
  list.set_filter("relation = CAUSES");
  auto listed = service_.Call<v1::ListRequestsResponse>("RequestService/ListRequests", service_.auditor, list);
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->requests_size(), 1);
  EXPECT_EQ(listed->requests(0).SerializeAsString(), other.SerializeAsString());
  list.set_filter("related_request = \"" + b.name() + "\"");
  listed = service_.Call<v1::ListRequestsResponse>("RequestService/ListRequests", service_.auditor, list);
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->requests_size(), 1);
  EXPECT_EQ(listed->requests(0).name(), a.name());

  ASSERT_THAT(Remove(b.name(), Kind::KIND_CAUSES, a.name()), IsOk());
  EXPECT_EQ(service_.Get(a.name()).relations_size(), 0);
  EXPECT_EQ(service_.Get(b.name()).relations_size(), 0);
  EXPECT_THAT(Remove(b.name(), Kind::KIND_CAUSES, a.name()), StatusIs(StatusCode::kNotFound));
}

TEST_F(RequestRelationServiceTest, Refusals) {
  const v1::Request a = service_.Submitted(), b = service_.Submitted();
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  const auto related = [&](const common::v1::Principal& by, const std::string& name, const std::string& other) {
    return Add(by, name, Kind::KIND_RELATED, other);
  };
  EXPECT_THAT(related(service_.director, a.name(), a.name()), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(related(service_.director, a.name(), draft.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(related(service_.author, a.name(), draft.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(related(service_.director, draft.name(), a.name()), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(related(service_.director, a.name(), "organizations/library/requests/" + service_.NewRequestId()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(related(service_.director, a.name(), "organizations/yunqi/requests/none"),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(related(service_.other_head, a.name(), b.name()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  EXPECT_THAT(related(service_.auditor, a.name(), b.name()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(related(service_.head, a.name(), b.name()), IsOk());
}

TEST_F(RequestRelationServiceTest, NobodyBecomesTheOwnAncestor) {
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) names.push_back(service_.Submitted().name());
  for (int i = 0; i + 1 < 4; ++i) {
    ASSERT_THAT(Add(service_.director, names[i], Kind::KIND_PARENT, names[i + 1]), IsOk());
  }
  const absl::StatusOr<v1::Request> cycle = Add(service_.director, names[3], Kind::KIND_PARENT, names[0]);
  ASSERT_THAT(cycle, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
  EXPECT_EQ(GetErrorInfo(cycle.status())->metadata().at("cycle"),
            names[3] + " " + names[0] + " " + names[1] + " " + names[2] + " " + names[3]);
  EXPECT_THAT(Add(service_.director, names[0], Kind::KIND_CHILD, names[3]),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
  EXPECT_EQ(service_.Get(names[3]).relations_size(), 1);
}

TEST_F(RequestRelationServiceTest, ConcurrentParentsCloseNoCycle) {
  constexpr int kRing = 6;
  std::vector<std::string> names;
  for (int i = 0; i < kRing; ++i) names.push_back(service_.Submitted().name());
  std::vector<std::thread> threads;
  std::vector<absl::Status> results(kRing);
  for (int i = 0; i < kRing; ++i) {
    threads.emplace_back(
        [&, i] { results[i] = Add(service_.director, names[i], Kind::KIND_PARENT, names[(i + 1) % kRing]).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  int refused = 0;
  for (const absl::Status& result : results) {
    if (result.ok()) continue;
    ++refused;
    EXPECT_THAT(result, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
  }
  EXPECT_EQ(refused, 1);
}

TEST_F(RequestRelationServiceTest, AMergeKeepsBothNumbersAndMakesNoChain) {
  const v1::Request kept = service_.Submitted();
  const v1::Request folded = service_.Endorsed();
  const absl::StatusOr<v1::Request> merged = Merge(folded.name(), kept.name());
  ASSERT_THAT(merged, IsOk());
  EXPECT_EQ(merged->number(), folded.number());
  EXPECT_EQ(merged->merged_into(), kept.name());
  ASSERT_EQ(merged->relations_size(), 1);
  EXPECT_EQ(merged->relations(0).kind(), Kind::KIND_DUPLICATE_OF);
  EXPECT_EQ(service_.Get(folded.name()).SerializeAsString(), merged->SerializeAsString());
  v1::Request target = service_.Get(kept.name());
  EXPECT_EQ(target.number(), kept.number());
  ASSERT_EQ(target.relations_size(), 1);
  EXPECT_EQ(target.relations(0).kind(), Kind::KIND_DUPLICATED_BY);
  EXPECT_EQ(target.relations(0).request(), folded.name());
  EXPECT_EQ(service_.LastEvent("RequestRelationAdded").subject(), kept.name());
  EXPECT_THAT(Remove(folded.name(), Kind::KIND_DUPLICATE_OF, kept.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));

  // Nothing is merged into what was merged, and what others were merged into is not merged further.
  EXPECT_THAT(Merge(service_.Endorsed().name(), folded.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, kept.name()), IsOk());
  EXPECT_THAT(Merge(kept.name(), service_.Submitted().name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  const v1::Request withdrawn = service_.Submitted();
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, withdrawn.name()), IsOk());
  EXPECT_THAT(Merge(service_.Endorsed().name(), withdrawn.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(RequestRelationServiceTest, TwoMergesAtOnceMakeNoChain) {
  for (int round = 0; round < 5; ++round) {
    const std::string a = service_.Endorsed().name(), b = service_.Endorsed().name(), c = service_.Endorsed().name();
    absl::Status first, second;
    std::thread one([&] { first = Merge(a, b).status(); });
    std::thread two([&] { second = Merge(b, c).status(); });
    one.join();
    two.join();
    EXPECT_NE(first.ok(), second.ok()) << first << second;
  }
}

}  // namespace
}  // namespace docket::request

// WorkOrderService as clients see it, on a real database.
#include "services/scheduling/work_order_service.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduling/testing/scheduling_harness.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class WorkOrderServiceTest : public ::testing::Test {
 protected:
  using H = testing::SchedulingHarness;
  testing::SchedulingHarness h_;
};

TEST_F(WorkOrderServiceTest, CreateAndGet) {
  const std::string plan = h_.DraftPlan("r1");
  const absl::StatusOr<v1::WorkOrder> first = h_.AddWorkOrder(plan, "备份数据库", H::DataAdmin());
  ASSERT_THAT(first, IsOk());
  const absl::StatusOr<v1::WorkOrder> second = h_.AddWorkOrder(plan, "升级服务端", H::SystemAdmin(), {first->name()});
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->state(), v1::WorkOrder::STATE_PENDING);
  EXPECT_THAT(second->dependencies(), ElementsAre(first->name()));
  EXPECT_EQ(second->etag(), "1");
  v1::GetWorkOrderRequest request;
  request.set_name(second->name());
  const auto read = h_.Call<v1::WorkOrder>("WorkOrderService/GetWorkOrder", H::Requester(), request);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->SerializeAsString(), second->SerializeAsString());
  request.set_name(plan + "/workOrders/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  EXPECT_THAT(h_.Call<v1::WorkOrder>("WorkOrderService/GetWorkOrder", H::Requester(), request),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  request.set_name(plan + "/workOrders/no-uuid");
  EXPECT_THAT(h_.Call<v1::WorkOrder>("WorkOrderService/GetWorkOrder", H::Requester(), request),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_EQ(h_.LastEvent("WorkOrderCreated").subject(), second->name());
}

TEST_F(WorkOrderServiceTest, DependenciesLieInTheSamePlan) {
  const std::string plan = h_.DraftPlan("r1");
  const std::string other = h_.DraftPlan("r2");
  const absl::StatusOr<v1::WorkOrder> elsewhere = h_.AddWorkOrder(other, "别处");
  ASSERT_THAT(elsewhere, IsOk());
  EXPECT_THAT(h_.AddWorkOrder(plan, "升级", H::SystemAdmin(), {elsewhere->name()}),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(
      h_.AddWorkOrder(plan, "升级", H::SystemAdmin(), {plan + "/workOrders/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17"}),
      StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(h_.WorkOrders(plan), ElementsAre());
  EXPECT_THAT(h_.AddWorkOrder("organizations/wuye/plans/none", "升级"),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

TEST_F(WorkOrderServiceTest, ListPagesInOrderOfCreation) {
  const std::string plan = h_.DraftPlan("r1");
  for (int i = 0; i < 7; ++i) ASSERT_THAT(h_.AddWorkOrder(plan, absl::StrCat("步骤", i)), IsOk());
  v1::ListWorkOrdersRequest request;
  request.set_parent(plan);
  request.set_page_size(3);
  std::vector<std::string> titles;
  do {
    const auto page = h_.Call<v1::ListWorkOrdersResponse>("WorkOrderService/ListWorkOrders", H::Requester(), request);
    ASSERT_THAT(page, IsOk());
    for (const v1::WorkOrder& order : page->work_orders()) titles.push_back(order.title());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(titles, ElementsAre("步骤0", "步骤1", "步骤2", "步骤3", "步骤4", "步骤5", "步骤6"));
  request.set_parent("organizations/wuye/plans/none");
  EXPECT_THAT(h_.Call<v1::ListWorkOrdersResponse>("WorkOrderService/ListWorkOrders", H::Requester(), request),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

TEST_F(WorkOrderServiceTest, OnlyTheAssigneeAndOnlyInOrder) {
  const std::string plan = h_.Complete("r1");
  const std::string server = h_.WorkOrders(plan)[0].name();
  const absl::StatusOr<v1::WorkOrder> client = h_.AddWorkOrder(plan, "升级客户端", H::SystemAdmin("chen"), {server});
  ASSERT_THAT(client, IsOk());
  ASSERT_THAT(h_.Approve(plan), IsOk());
  EXPECT_THAT(h_.MoveWorkOrder("Start", server),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  h_.RecordAllEvidence(plan);
  ASSERT_THAT(h_.Start(plan), IsOk());

  EXPECT_THAT(h_.MoveWorkOrder("Start", server, H::SystemAdmin("chen")),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_ASSIGNEE));
  EXPECT_THAT(h_.MoveWorkOrder("Start", client->name(), H::SystemAdmin("chen")),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_THAT(h_.MoveWorkOrder("Complete", server),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(h_.MoveWorkOrder("Start", server), IsOk());
  EXPECT_THAT(h_.MoveWorkOrder("Start", server),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  h_.clock().Advance(absl::Minutes(20));
  const absl::StatusOr<v1::WorkOrder> done = h_.MoveWorkOrder("Complete", server);
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->state(), v1::WorkOrder::STATE_DONE);
  EXPECT_EQ(done->result(), "已执行");
  EXPECT_EQ(done->actual_end_time().seconds() - done->actual_start_time().seconds(), 20 * 60);
  EXPECT_EQ(done->revision(), 3);
  EXPECT_EQ(h_.Get(plan).state(), v1::Plan::STATE_IMPLEMENTING);
  ASSERT_THAT(h_.MoveWorkOrder("Start", client->name(), H::SystemAdmin("chen")), IsOk());
  ASSERT_THAT(h_.MoveWorkOrder("Complete", client->name(), H::SystemAdmin("chen")), IsOk());
  const v1::Plan implemented = h_.Get(plan);
  EXPECT_EQ(implemented.state(), v1::Plan::STATE_IMPLEMENTED);
  EXPECT_THAT(implemented.implementers(),
              UnorderedElementsAre(H::SystemAdmin("chen").name(), H::SystemAdmin("zhao").name()));
  EXPECT_EQ(h_.LastEvent("ImplementationCompleted").subject(), plan);
}

TEST_F(WorkOrderServiceTest, StaleEtag) {
  const std::string plan = h_.Implementing("r1");
  v1::StartWorkOrderRequest request;
  request.set_name(h_.WorkOrders(plan)[0].name());
  request.set_etag("9");
  request.set_request_id(h_.NewRequestId());
  EXPECT_THAT(h_.Call<v1::WorkOrder>("WorkOrderService/StartWorkOrder", H::SystemAdmin(), request),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  request.set_etag("1");
  EXPECT_THAT(h_.Call<v1::WorkOrder>("WorkOrderService/StartWorkOrder", H::SystemAdmin(), request), IsOk());
}

TEST_F(WorkOrderServiceTest, TheLastOfManyThatEndTogetherCompletesTheImplementation) {
  constexpr int kOrders = 6;
  const std::string plan = h_.Complete("r1");
  for (int i = 1; i < kOrders; ++i) ASSERT_THAT(h_.AddWorkOrder(plan, absl::StrCat("步骤", i)), IsOk());
  ASSERT_THAT(h_.Approve(plan), IsOk());
  h_.RecordAllEvidence(plan);
  ASSERT_THAT(h_.Start(plan), IsOk());
  const std::vector<v1::WorkOrder> orders = h_.WorkOrders(plan);
  ASSERT_EQ(orders.size(), static_cast<size_t>(kOrders));
  std::vector<absl::Status> results(kOrders);
  std::vector<std::thread> threads;
  for (int i = 0; i < kOrders; ++i) {
    threads.emplace_back([&, i] {
      results[i] = h_.MoveWorkOrder("Start", orders[i].name()).status();
      if (results[i].ok()) results[i] = h_.MoveWorkOrder("Complete", orders[i].name()).status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& result : results) EXPECT_THAT(result, IsOk());
  EXPECT_EQ(h_.Get(plan).state(), v1::Plan::STATE_IMPLEMENTED);
  int completed = 0;
  for (const std::string& type : h_.EventTypes()) completed += type == "ImplementationCompleted" ? 1 : 0;
  EXPECT_EQ(completed, 1);
}

}  // namespace
}  // namespace docket::scheduling

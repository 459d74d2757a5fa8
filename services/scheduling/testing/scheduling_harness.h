// The scheduling service in a test: real tables, real handlers behind a real gRPC connection, a clock that stands, and
// other services that answer the gate as they are told.
//
//   SchedulingHarness harness;
//   harness.DraftPlan("r1");
//   const v1::Plan plan = harness.Approved("r1");
//   EXPECT_THAT(harness.Start(plan.name()), StatusIs(absl::StatusCode::kFailedPrecondition,
//   Reason::REASON_GATE_DENIED));
//
// The organisation is `organizations/wuye`; people are named by what they are (Director(), SystemAdmin("zhao")).
#ifndef DOCKET_SERVICES_SCHEDULING_TESTING_SCHEDULING_HARNESS_H_
#define DOCKET_SERVICES_SCHEDULING_TESTING_SCHEDULING_HARNESS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/event_receiver.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/testing/test_server.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "docket/scheduling/v1/evidence_service.pb.h"
#include "docket/scheduling/v1/execution_service.pb.h"
#include "docket/scheduling/v1/plan_service.pb.h"
#include "docket/scheduling/v1/work_order_service.pb.h"
#include "services/scheduling/evidence_service.h"
#include "services/scheduling/execution_service.h"
#include "services/scheduling/gate_sources.h"
#include "services/scheduling/plan_service.h"
#include "services/scheduling/plan_store.h"
#include "services/scheduling/scheduling_service.h"
#include "services/scheduling/work_order_service.h"
#include "tests/support/mariadb.h"

namespace docket::scheduling::testing {

// Answers as it is told; out of the box, what was asked about is approved, and filed and acknowledged at its present
// content.
class FakeGateSources final : public GateSources {
 public:
  absl::StatusOr<EvaluationApproval> AskEvaluation(const rpc::CallContext& context, const Plan& plan) override;
  absl::StatusOr<Preauthorization> AskPreauthorization(const rpc::CallContext& context, const Plan& plan) override;
  absl::StatusOr<std::optional<LatestFiling>> AskRegister(const rpc::CallContext& context, const Plan& plan) override;

  std::function<absl::StatusOr<EvaluationApproval>(const Plan&)> evaluation;
  std::function<absl::StatusOr<Preauthorization>(const Plan&)> preauthorization;
  std::function<absl::StatusOr<std::optional<LatestFiling>>(const Plan&)> filing;
};

class SchedulingHarness {
 public:
  static constexpr absl::string_view kOrganization = "organizations/wuye";
  static constexpr absl::string_view kDepartment = "organizations/wuye/departments/anbao";

  SchedulingHarness();
  ~SchedulingHarness();
  SchedulingHarness(const SchedulingHarness&) = delete;
  SchedulingHarness& operator=(const SchedulingHarness&) = delete;

  // People, each with one role. Requester and head belong to the department that asks for the changes.
  static common::v1::Principal Requester(absl::string_view id = "li");
  static common::v1::Principal Head(absl::string_view id = "sun", absl::string_view department = kDepartment);
  static common::v1::Principal Director(absl::string_view id = "wang");
  static common::v1::Principal SystemAdmin(absl::string_view id = "zhao");
  static common::v1::Principal DataAdmin(absl::string_view id = "qian");
  static common::v1::Principal Pipeline();

  // Calls as a client would; `method` is `PlanService/GetPlan`.
  template <typename Reply>
  absl::StatusOr<Reply> Call(absl::string_view method, const common::v1::Principal& caller,
                             const google::protobuf::Message& request) {
    return server_->Call<Reply>("docket.scheduling.v1." + std::string(method), caller, request);
  }

  // The event that drafts a plan for these systems (`menjin`), each from 1.0 to 2.0, as evaluation sends it.
  event::v1::Event EvaluationApproved(absl::string_view id, const std::vector<std::string>& systems = {"menjin"});
  // The event that drafts the plan of a standard change of `menjin`, as the request service sends it.
  event::v1::Event RequestPreauthorized(absl::string_view id);
  absl::StatusOr<event::v1::DeliverEventsResponse> Deliver(const std::vector<event::v1::Event>& events);
  // Delivers it. Returns the plan's name.
  std::string DraftPlan(absl::string_view id, const std::vector<std::string>& systems = {"menjin"});

  v1::Plan Get(const std::string& plan);
  absl::StatusOr<v1::Plan> Fill(const std::string& plan, v1::SectionKind kind, const std::string& text,
                                bool waive = false, const common::v1::Principal& caller = SystemAdmin());
  absl::StatusOr<v1::Plan> Reserve(const std::string& plan, absl::Time start, absl::Time end);
  absl::StatusOr<v1::WorkOrder> AddWorkOrder(const std::string& plan, const std::string& title,
                                             const common::v1::Principal& assignee = SystemAdmin(),
                                             const std::vector<std::string>& dependencies = {});
  absl::StatusOr<v1::Plan> Approve(const std::string& plan, const common::v1::Principal& caller = Director());
  absl::StatusOr<v1::Evidence> Record(const std::string& plan, const common::v1::Principal& caller,
                                      const v1::Evidence& evidence);
  absl::StatusOr<v1::Plan> Start(const std::string& plan, const common::v1::Principal& caller = SystemAdmin());
  absl::StatusOr<v1::GateDecision> Check(const std::string& plan, const std::string& system = "",
                                         const std::string& version = "");
  // `verb`: Start, Complete or Fail.
  absl::StatusOr<v1::WorkOrder> MoveWorkOrder(absl::string_view verb, const std::string& order,
                                              const common::v1::Principal& caller = SystemAdmin());

  // Completes a drafted plan.
  void CompletePlan(const std::string& plan);
  // Complete: all sections, a slot from now for four hours, one work order for zhao.
  std::string Complete(absl::string_view id, const std::vector<std::string>& systems = {"menjin"});
  // Complete and approved.
  std::string Approved(absl::string_view id, const std::vector<std::string>& systems = {"menjin"});
  // Every kind of evidence that the gate asks for.
  void RecordAllEvidence(const std::string& plan);
  // Approved, proven and started; names of its work orders by ListWorkOrders.
  std::string Implementing(absl::string_view id, const std::vector<std::string>& systems = {"menjin"});
  std::vector<v1::WorkOrder> WorkOrders(const std::string& plan);

  // Everything that this service has said, in order; `types` are the names alone.
  std::vector<event::v1::Event> Events();
  std::vector<std::string> EventTypes();
  // The newest event of the type.
  event::v1::Event LastEvent(absl::string_view type);

  std::string NewRequestId() { return FormatUuid(uuids_.Next()); }

  FakeClock& clock() { return clock_; }
  absl::Time now() { return clock_.Now(); }
  mysql::Pool& pool() { return *pool_; }
  FakeGateSources& sources() { return sources_; }
  const Environment& environment() const { return environment_; }

 private:
  FakeClock clock_{absl::FromUnixSeconds(1'774'000'000)};  // 2026-03-20T09:46:40Z
  UuidGenerator uuids_{clock_};
  Logger logger_;
  tests::TestDatabase database_;
  std::unique_ptr<mysql::Pool> pool_;
  PageTokenCodec page_tokens_;
  Mutations mutations_;
  Environment environment_;
  FakeGateSources sources_;
  PlanStore plans_;
  PlanService plan_service_;
  WorkOrderService work_order_service_;
  EvidenceService evidence_service_;
  ExecutionService execution_service_;
  events::EventReceiver receiver_;
  std::unique_ptr<rpc::testing::TestServer> server_;
};

// Pieces of evidence as each kind looks at its best.
v1::Evidence BackupAt(absl::Time time);
v1::Evidence DrillOf(const std::string& backup, absl::Time time, bool succeeded = true);
v1::Evidence RunOf(v1::TestCategory category, bool passed = true);
v1::Evidence Signature(bool satisfied = true);

}  // namespace docket::scheduling::testing

#endif  // DOCKET_SERVICES_SCHEDULING_TESTING_SCHEDULING_HARNESS_H_

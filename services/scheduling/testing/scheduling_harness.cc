#include "services/scheduling/testing/scheduling_harness.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/change_hold/hold_store.h"
#include "common/change_hold/schema.h"
#include "common/events/schema.h"
#include "common/events/testing/event_tables.h"
#include "common/mutation/schema.h"
#include "common/resource_name/resource_name.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "gtest/gtest.h"
#include "services/scheduling/evaluation_events.h"
#include "services/scheduling/grants.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/preauthorization_events.h"
#include "services/scheduling/schema.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling::testing {
namespace {

using ::docket::tests::IsOk;

common::v1::Principal Person(absl::string_view id, common::v1::Role role, absl::string_view department = "") {
  common::v1::Principal principal = rpc::testing::Person("wuye", id, {role});
  principal.set_department(std::string(department));
  return principal;
}

PageTokenCodec MakeCodec() { return *PageTokenCodec::Create(std::string(32, 'k')); }

void Migrate(tests::TestDatabase& database) {
  events::testing::Migrate(database, "events", events::Schema());
  events::testing::Migrate(database, "mutation", mutation::Schema());
  events::testing::Migrate(database, "change_hold", change_hold::Schema());
  events::testing::Migrate(database, "scheduling", Schema());
}

// The user of the service itself, who may do what grants.h lists and no more: a statement beyond it fails here first.
std::unique_ptr<mysql::Pool> MigratedPool(tests::TestDatabase& database) {
  Migrate(database);
  std::vector<std::string> statements = {absl::StrCat("CREATE USER `", database.name(), "`@`%`")};
  for (const process::TableGrant& grant : Grants()) {
    statements.push_back(absl::StrCat("GRANT ", grant.rights, " ON `", database.name(), "`.`", grant.table, "` TO `",
                                      database.name(), "`@`%`"));
  }
  database.Run(statements);
  mysql::ConnectionOptions connection = database.options();
  connection.user = database.name();
  connection.password.clear();
  return mysql::Pool::Create({.connection = std::move(connection), .max_connections = 16});
}

// A test that goes on after its scenery failed would only say so less clearly.
template <typename T>
T Must(absl::StatusOr<T> value) {
  EXPECT_THAT(value, IsOk());
  return value.ok() ? *std::move(value) : T();
}

}  // namespace

absl::StatusOr<EvaluationApproval> FakeGateSources::AskEvaluation(const rpc::CallContext&, const Plan& plan) {
  if (evaluation) return evaluation(plan);
  return EvaluationApproval{.approved = true, .content_sha256 = plan.evaluation_sha256};
}

absl::StatusOr<Preauthorization> FakeGateSources::AskPreauthorization(const rpc::CallContext&, const Plan& plan) {
  if (preauthorization) return preauthorization(plan);
  return Preauthorization{
      .standing = true, .template_name = plan.template_name, .template_sha256 = plan.template_sha256};
}

absl::StatusOr<std::optional<LatestFiling>> FakeGateSources::AskRegister(const rpc::CallContext&, const Plan& plan) {
  if (filing) return filing(plan);
  return std::optional<LatestFiling>(
      LatestFiling{.number = "BB-2026-000001", .acknowledged = true, .plan_sha256 = plan.content_sha256});
}

SchedulingHarness::SchedulingHarness()
    : logger_(STDERR_FILENO, Severity::kError, "scheduling", clock_),
      pool_(MigratedPool(database_)),
      page_tokens_(MakeCodec()),
      mutations_(*pool_, clock_, uuids_, logger_, std::string(kSource), [] {}),
      environment_{*pool_, mutations_, clock_, uuids_, page_tokens_, [] {}},
      plan_service_(environment_),
      work_order_service_(environment_),
      evidence_service_(environment_),
      execution_service_(environment_, sources_),
      receiver_(*pool_, clock_, uuids_, logger_, std::string(kSource)) {
  SubscribeTo(receiver_, plans_, clock_);
  SubscribeToPreauthorizations(receiver_, plans_, clock_);
  SubscribeToHolds(receiver_);
  rpc::MethodTable table;
  plan_service_.Register(table);
  work_order_service_.Register(table);
  evidence_service_.Register(table);
  execution_service_.Register(table);
  receiver_.Register(table);
  server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
}

SchedulingHarness::~SchedulingHarness() {
  server_.reset();
  pool_.reset();
  database_.Run({absl::StrCat("DROP USER `", database_.name(), "`@`%`")});
}

common::v1::Principal SchedulingHarness::Requester(absl::string_view id) {
  return Person(id, common::v1::ROLE_REQUESTER, kDepartment);
}
common::v1::Principal SchedulingHarness::Head(absl::string_view id, absl::string_view department) {
  return Person(id, common::v1::ROLE_DEPARTMENT_HEAD, department);
}
common::v1::Principal SchedulingHarness::Director(absl::string_view id) {
  return Person(id, common::v1::ROLE_IT_DIRECTOR);
}
common::v1::Principal SchedulingHarness::SystemAdmin(absl::string_view id) {
  return Person(id, common::v1::ROLE_SYSTEM_ADMIN);
}
common::v1::Principal SchedulingHarness::DataAdmin(absl::string_view id) {
  return Person(id, common::v1::ROLE_DATA_ADMIN);
}
common::v1::Principal SchedulingHarness::Pipeline() { return Person("liushuixian", common::v1::ROLE_SERVICE); }

event::v1::Event SchedulingHarness::EvaluationApproved(absl::string_view id, const std::vector<std::string>& systems) {
  event::v1::EvaluationApproved payload;
  event::v1::RequestSnapshot& request = *payload.mutable_request();
  request.set_name(absl::StrCat(kOrganization, "/requests/", id));
  request.set_number(absl::StrCat("REQ-2026-", id));
  request.set_title("门禁管理软件升级");
  request.set_kind(common::v1::CHANGE_KIND_NORMAL);
  request.set_requester(absl::StrCat(kOrganization, "/people/li"));
  request.set_department(std::string(kDepartment));
  request.set_need("升级到新版本");
  request.set_problem("刷卡响应慢");
  for (const std::string& system : systems) {
    common::v1::VersionChange& target = *request.add_targets();
    target.set_system(absl::StrCat(kOrganization, "/systems/", system));
    target.set_from_version("1.0");
    target.set_to_version("2.0");
  }
  payload.set_recommended_option("a");
  payload.set_option_title("原厂升级");
  payload.set_implementation_proposal("夜间停机升级，保留旧版本以备回退");
  payload.mutable_budget()->set_currency_code("CNY");
  payload.mutable_budget()->set_minor_units(1'234'507);
  payload.set_content_sha256(std::string(32, '\x5e'));

  event::v1::Event event;
  event.set_event_id(FormatUuid(uuids_.Next()));
  event.set_source("services/evaluation");
  event.set_source_sequence(1);
  event.set_type("EvaluationApproved");
  event.set_subject(absl::StrCat(kOrganization, "/evaluations/", id));
  event.set_subject_revision(9);
  event.set_change(request.name());
  event.set_organization(std::string(kOrganization));
  event.mutable_actor()->set_name(absl::StrCat(kOrganization, "/people/zong"));
  *event.mutable_occur_time() = ToProto(now());
  event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
  event.mutable_payload()->PackFrom(payload);
  return event;
}

event::v1::Event SchedulingHarness::RequestPreauthorized(absl::string_view id) {
  event::v1::Event event = EvaluationApproved(id);
  event::v1::EvaluationApproved approved;
  EXPECT_TRUE(event.payload().UnpackTo(&approved));
  event::v1::RequestPreauthorized payload;
  *payload.mutable_request() = approved.request();
  payload.mutable_request()->set_kind(common::v1::CHANGE_KIND_STANDARD);
  payload.set_template_(absl::StrCat(kOrganization, "/changeTemplates/signature-update/versions/3"));
  payload.mutable_request()->set_template_(payload.template_());
  payload.set_template_sha256(std::string(32, '\x7e'));
  event::v1::ChangeTemplateContent& content = *payload.mutable_content();
  content.set_title("门禁特征库月度更新");
  content.add_procedure("备份特征库");
  content.add_procedure("导入新特征库并重启服务");
  event::v1::ChangeTemplateContent::Risk& risk = *content.add_risks();
  risk.set_risk("导入失败");
  risk.set_response("恢复备份");
  content.set_rollback_procedure("停止服务，恢复备份的特征库");
  content.add_test_requirements("抽测 20 张门卡");
  content.set_proposer(absl::StrCat(kOrganization, "/people/zhou"));
  content.set_approver(absl::StrCat(kOrganization, "/people/wang"));
  event.set_source("services/request");
  event.set_type("RequestPreauthorized");
  event.set_subject(approved.request().name());
  event.mutable_payload()->PackFrom(payload);
  return event;
}

absl::StatusOr<event::v1::DeliverEventsResponse> SchedulingHarness::Deliver(
    const std::vector<event::v1::Event>& events) {
  event::v1::DeliverEventsRequest request;
  for (const event::v1::Event& event : events) *request.add_events() = event;
  return server_->Call<event::v1::DeliverEventsResponse>("docket.event.v1.EventSinkService/DeliverEvents",
                                                         rpc::testing::DocketService(LastId(events.at(0).source())),
                                                         request);
}

std::string SchedulingHarness::DraftPlan(absl::string_view id, const std::vector<std::string>& systems) {
  const event::v1::DeliverEventsResponse response = Must(Deliver({EvaluationApproved(id, systems)}));
  EXPECT_EQ(response.results_size(), 1);
  for (const event::v1::DeliveryResult& result : response.results()) {
    EXPECT_EQ(result.verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED) << result.reason();
  }
  return absl::StrCat(kOrganization, "/plans/", id);
}

v1::Plan SchedulingHarness::Get(const std::string& plan) {
  v1::GetPlanRequest request;
  request.set_name(plan);
  return Must(Call<v1::Plan>("PlanService/GetPlan", Director(), request));
}

absl::StatusOr<v1::Plan> SchedulingHarness::Fill(const std::string& plan, v1::SectionKind kind, const std::string& text,
                                                 bool waive, const common::v1::Principal& caller) {
  v1::FillSectionRequest request;
  request.set_name(plan);
  request.set_request_id(NewRequestId());
  request.set_kind(kind);
  request.set_text(text);
  request.set_waive(waive);
  return Call<v1::Plan>("PlanService/FillSection", caller, request);
}

absl::StatusOr<v1::Plan> SchedulingHarness::Reserve(const std::string& plan, absl::Time start, absl::Time end) {
  v1::ReserveSlotRequest request;
  request.set_name(plan);
  request.set_request_id(NewRequestId());
  *request.mutable_slot() = ToProto(Slot{.start = start, .end = end});
  return Call<v1::Plan>("PlanService/ReserveSlot", SystemAdmin(), request);
}

absl::StatusOr<v1::WorkOrder> SchedulingHarness::AddWorkOrder(const std::string& plan, const std::string& title,
                                                              const common::v1::Principal& assignee,
                                                              const std::vector<std::string>& dependencies) {
  v1::CreateWorkOrderRequest request;
  request.set_parent(plan);
  request.set_request_id(NewRequestId());
  request.mutable_work_order()->set_title(title);
  request.mutable_work_order()->set_instructions("按步骤执行");
  request.mutable_work_order()->set_assignee(assignee.name());
  for (const std::string& dependency : dependencies) request.mutable_work_order()->add_dependencies(dependency);
  return Call<v1::WorkOrder>("WorkOrderService/CreateWorkOrder", SystemAdmin(), request);
}

absl::StatusOr<v1::Plan> SchedulingHarness::Approve(const std::string& plan, const common::v1::Principal& caller) {
  v1::ApprovePlanRequest request;
  request.set_name(plan);
  request.set_request_id(NewRequestId());
  request.set_content_sha256(Get(plan).content_sha256());
  return Call<v1::Plan>("PlanService/ApprovePlan", caller, request);
}

absl::StatusOr<v1::Evidence> SchedulingHarness::Record(const std::string& plan, const common::v1::Principal& caller,
                                                       const v1::Evidence& evidence) {
  v1::CreateEvidenceRequest request;
  request.set_parent(plan);
  request.set_request_id(NewRequestId());
  *request.mutable_evidence() = evidence;
  return Call<v1::Evidence>("EvidenceService/CreateEvidence", caller, request);
}

absl::StatusOr<v1::Plan> SchedulingHarness::Start(const std::string& plan, const common::v1::Principal& caller) {
  v1::StartImplementationRequest request;
  request.set_name(plan);
  request.set_request_id(NewRequestId());
  return Call<v1::Plan>("ExecutionService/StartImplementation", caller, request);
}

absl::StatusOr<v1::GateDecision> SchedulingHarness::Check(const std::string& plan, const std::string& system,
                                                          const std::string& version) {
  v1::CheckDeploymentRequest request;
  request.set_plan(plan);
  request.set_system(system);
  request.set_version(version);
  return Call<v1::GateDecision>("ExecutionService/CheckDeployment", Pipeline(), request);
}

absl::StatusOr<v1::WorkOrder> SchedulingHarness::MoveWorkOrder(absl::string_view verb, const std::string& order,
                                                               const common::v1::Principal& caller) {
  const std::string method = absl::StrCat("WorkOrderService/", verb, "WorkOrder");
  if (verb == "Start") {
    v1::StartWorkOrderRequest request;
    request.set_name(order);
    request.set_request_id(NewRequestId());
    return Call<v1::WorkOrder>(method, caller, request);
  }
  // Complete and Fail take the same fields.
  v1::CompleteWorkOrderRequest complete;
  complete.set_name(order);
  complete.set_request_id(NewRequestId());
  complete.set_result("已执行");
  v1::FailWorkOrderRequest fail;
  fail.ParseFromString(complete.SerializeAsString());
  if (verb == "Complete") return Call<v1::WorkOrder>(method, caller, complete);
  return Call<v1::WorkOrder>(method, caller, fail);
}

std::string SchedulingHarness::Complete(absl::string_view id, const std::vector<std::string>& systems) {
  const std::string plan = DraftPlan(id, systems);
  CompletePlan(plan);
  return plan;
}

void SchedulingHarness::CompletePlan(const std::string& plan) {
  for (const SectionKind kind : kSectionKinds) {
    EXPECT_THAT(Fill(plan, static_cast<v1::SectionKind>(kind), absl::StrCat("内容 ", SectionKindName(kind))), IsOk());
  }
  EXPECT_THAT(Reserve(plan, now(), now() + absl::Hours(4)), IsOk());
  EXPECT_THAT(AddWorkOrder(plan, "升级服务端"), IsOk());
}

std::string SchedulingHarness::Approved(absl::string_view id, const std::vector<std::string>& systems) {
  const std::string plan = Complete(id, systems);
  EXPECT_THAT(Approve(plan), IsOk());
  return plan;
}

void SchedulingHarness::RecordAllEvidence(const std::string& plan) {
  const v1::Evidence backup = Must(Record(plan, DataAdmin(), BackupAt(now())));
  EXPECT_THAT(Record(plan, DataAdmin(), DrillOf(backup.name(), now())), IsOk());
  for (const v1::TestCategory category : {v1::TEST_CATEGORY_FUNCTIONAL, v1::TEST_CATEGORY_PERFORMANCE,
                                          v1::TEST_CATEGORY_COMPATIBILITY, v1::TEST_CATEGORY_SECURITY}) {
    EXPECT_THAT(Record(plan, SystemAdmin(), RunOf(category)), IsOk());
  }
  EXPECT_THAT(Record(plan, Head(), Signature()), IsOk());
}

std::string SchedulingHarness::Implementing(absl::string_view id, const std::vector<std::string>& systems) {
  const std::string plan = Approved(id, systems);
  RecordAllEvidence(plan);
  EXPECT_THAT(Start(plan), IsOk());
  return plan;
}

std::vector<v1::WorkOrder> SchedulingHarness::WorkOrders(const std::string& plan) {
  v1::ListWorkOrdersRequest request;
  request.set_parent(plan);
  const v1::ListWorkOrdersResponse response =
      Must(Call<v1::ListWorkOrdersResponse>("WorkOrderService/ListWorkOrders", Director(), request));
  return {response.work_orders().begin(), response.work_orders().end()};
}

std::vector<event::v1::Event> SchedulingHarness::Events() {
  const std::vector<mysql::Row> rows =
      Must(pool_->Query(absl::InfiniteFuture(), "SELECT envelope FROM outbox ORDER BY event_id"));
  std::vector<event::v1::Event> events;
  for (const mysql::Row& row : rows) EXPECT_TRUE(events.emplace_back().ParseFromString(row.Text(0)));
  return events;
}

std::vector<std::string> SchedulingHarness::EventTypes() {
  std::vector<std::string> types;
  for (const event::v1::Event& event : Events()) types.push_back(event.type());
  return types;
}

event::v1::Event SchedulingHarness::LastEvent(absl::string_view type) {
  event::v1::Event last;
  for (event::v1::Event& event : Events()) {
    if (event.type() == type) last = std::move(event);
  }
  EXPECT_EQ(last.type(), type);
  return last;
}

v1::Evidence BackupAt(absl::Time time) {
  v1::Evidence evidence;
  v1::Backup& backup = *evidence.mutable_backup();
  backup.set_location("nas-02:/backup/menjin/20260320.dump");
  backup.set_sha256(std::string(64, 'b'));
  backup.set_size_bytes(7'340'032);
  *backup.mutable_backup_time() = ToProto(time);
  backup.set_verifier("organizations/wuye/people/qian");
  backup.set_restore_plan("停止服务，导入备份，核对记录数");
  return evidence;
}

v1::Evidence DrillOf(const std::string& backup, absl::Time time, bool succeeded) {
  v1::Evidence evidence;
  evidence.mutable_restore_drill()->set_backup(backup);
  evidence.mutable_restore_drill()->set_succeeded(succeeded);
  *evidence.mutable_restore_drill()->mutable_drill_time() = ToProto(time);
  return evidence;
}

v1::Evidence RunOf(v1::TestCategory category, bool passed) {
  v1::Evidence evidence;
  evidence.mutable_test_run()->set_category(category);
  evidence.mutable_test_run()->set_environment("测试环境");
  v1::TestCase& test_case = *evidence.mutable_test_run()->add_cases();
  test_case.set_title("刷卡开门");
  test_case.set_passed(passed);
  if (!passed) test_case.set_defect("超过两秒");
  return evidence;
}

v1::Evidence Signature(bool satisfied) {
  v1::Evidence evidence;
  evidence.mutable_user_acceptance()->set_satisfied(satisfied);
  evidence.mutable_user_acceptance()->set_comment("试用一周，符合要求");
  return evidence;
}

}  // namespace docket::scheduling::testing

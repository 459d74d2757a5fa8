// The evaluation service as its callers meet it: real gRPC, real MariaDB, real event tables. For tests.
#ifndef DOCKET_SERVICES_EVALUATION_TESTING_SERVICE_FIXTURE_H_
#define DOCKET_SERVICES_EVALUATION_TESTING_SERVICE_FIXTURE_H_

#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/change_hold/hold_store.h"
#include "common/change_hold/schema.h"
#include "common/clock/clock.h"
#include "common/events/event_receiver.h"
#include "common/events/schema.h"
#include "common/events/testing/event_tables.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mutation/schema.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/testing/test_server.h"
#include "docket/common/v1/role.pb.h"
#include "docket/evaluation/v1/evaluation_service.pb.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "gtest/gtest.h"
#include "services/evaluation/approval_policy_store.h"
#include "services/evaluation/evaluation_events.h"
#include "services/evaluation/evaluation_proto.h"
#include "services/evaluation/evaluation_service.h"
#include "services/evaluation/evaluation_store.h"
#include "services/evaluation/grants.h"
#include "services/evaluation/schema.h"
#include "services/evaluation/testing/sample_evaluation.h"
#include "tests/support/mariadb.h"

namespace docket::evaluation {

inline constexpr char kMethods[] = "docket.evaluation.v1.EvaluationService/";

class ServiceFixture : public ::testing::Test {
 protected:
  ServiceFixture() {
    events::testing::Migrate(database_, "events", events::Schema());
    events::testing::Migrate(database_, "mutation", mutation::Schema());
    events::testing::Migrate(database_, "change_hold", change_hold::Schema());
    events::testing::Migrate(database_, "evaluation", Schema());
    admin_pool_ = mysql::Pool::Create({.connection = database_.options(), .max_connections = 2});
    pool_ = mysql::Pool::Create({.connection = ServiceUser(), .max_connections = 8});
    mutations_ = std::make_unique<Mutations>(*pool_, clock_, uuids_, logger_, "services/evaluation", nullptr);
    store_ = std::make_unique<EvaluationStore>(*pool_);
    service_ = std::make_unique<EvaluationService>(*store_, policies_, *mutations_, *page_tokens_, clock_);
    opener_ = std::make_unique<EvaluationOpener>(*store_, clock_);
    receiver_ = std::make_unique<events::EventReceiver>(*pool_, clock_, uuids_, logger_, "services/evaluation");
    opener_->Register(*receiver_);
    SubscribeToHolds(*receiver_);
    rpc::MethodTable table;
    service_->Register(table);
    receiver_->Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  ~ServiceFixture() override { database_.Run({absl::StrCat("DROP USER '", user_, "'@'localhost'")}); }

  // Makes the database user that the service works as, with the rights that it has in production and no others.
  mysql::ConnectionOptions ServiceUser() {
    database_.Run({absl::StrCat("CREATE USER '", user_, "'@'localhost' IDENTIFIED BY 'evaluation'")});
    for (const process::TableGrant& grant : Grants()) {
      database_.Run({absl::StrCat("GRANT ", grant.rights, " ON `", database_.name(), "`.`", grant.table, "` TO '",
                                  user_, "'@'localhost'")});
    }
    mysql::ConnectionOptions options = database_.options();
    options.user = user_;
    options.password = "evaluation";
    return options;
  }

  static absl::Time Deadline() { return absl::Now() + absl::Seconds(30); }
  static std::string Name(absl::string_view id = kSampleRequestId) {
    return absl::StrCat("organizations/jinxiu/evaluations/", id);
  }
  std::string NewRequestId() { return FormatUuid(uuids_.Next()); }

  static common::v1::Principal Person(absl::string_view id, std::initializer_list<common::v1::Role> roles) {
    return rpc::testing::Person("jinxiu", id, roles);
  }
  static common::v1::Principal Director() { return Person("li-zhiqiang", {common::v1::ROLE_IT_DIRECTOR}); }
  static common::v1::Principal Business() { return Person("zhao-jianguo", {common::v1::ROLE_DEPARTMENT_HEAD}); }
  static common::v1::Principal Finance() { return Person("qian-fang", {common::v1::ROLE_FINANCE_MANAGER}); }
  static common::v1::Principal It() { return Person("sun-lei", {common::v1::ROLE_SYSTEM_ADMIN}); }
  static common::v1::Principal Vendor() { return Person("gongyingshang", {common::v1::ROLE_VENDOR}); }
  static common::v1::Principal Executive() { return Person("chen-zong", {common::v1::ROLE_EXECUTIVE}); }
  static common::v1::Principal Requester() { return Person("wang-xiaoyan", {common::v1::ROLE_REQUESTER}); }

  template <typename Reply, typename Call>
  absl::StatusOr<Reply> As(const common::v1::Principal& who, absl::string_view method, const Call& call) {
    return server_->Call<Reply>(absl::StrCat(kMethods, method), who, call);
  }

  // A call of a mutating method with name and a fresh request_id.
  template <typename Call>
  Call Mutating(absl::string_view id = kSampleRequestId) {
    Call call;
    call.set_name(Name(id));
    call.set_request_id(NewRequestId());
    return call;
  }

  // The event of an accepted request, as the request service sends it.
  event::v1::Event Accepted(absl::string_view id = kSampleRequestId) {
    event::v1::RequestAccepted payload;
    *payload.mutable_request() = ToProto(SampleRequest(id));
    event::v1::Event event;
    event.set_event_id(FormatUuid(uuids_.Next()));
    event.set_source("services/request");
    event.set_source_sequence(1);
    event.set_type("RequestAccepted");
    event.set_subject(payload.request().name());
    event.set_subject_revision(5);
    event.set_change(payload.request().name());
    event.set_organization("organizations/jinxiu");
    event.mutable_actor()->set_name(SamplePerson("li-zhiqiang"));
    event.mutable_occur_time()->set_seconds(1'772'000'000);
    event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
    event.set_trace_id("4bf92f3577b34da6a3ce929d0e0e4736");
    event.mutable_payload()->PackFrom(payload);
    return event;
  }

  absl::StatusOr<event::v1::DeliverEventsResponse> Deliver(const std::vector<event::v1::Event>& events,
                                                           absl::string_view from = "request") {
    event::v1::DeliverEventsRequest call;
    for (const event::v1::Event& event : events) *call.add_events() = event;
    return server_->Call<event::v1::DeliverEventsResponse>("docket.event.v1.EventSinkService/DeliverEvents",
                                                           rpc::testing::DocketService(from), call);
  }

  // Everything that the service has told so far, oldest first.
  std::vector<event::v1::Event> Outbox() {
    const auto rows = pool_->Query(Deadline(), "SELECT envelope FROM outbox ORDER BY event_id");
    std::vector<event::v1::Event> events;
    if (!rows.ok()) ADD_FAILURE() << rows.status();
    for (const mysql::Row& row : *rows) {
      events.emplace_back();
      EXPECT_TRUE(events.back().ParseFromString(row.Text(0)));
    }
    return events;
  }
  std::vector<std::string> OutboxTypes() {
    std::vector<std::string> types;
    for (const event::v1::Event& event : Outbox()) types.push_back(event.type());
    return types;
  }

  v1::SetPanelRequest Panel() {
    auto call = Mutating<v1::SetPanelRequest>();
    for (const Seat& seat : SampleSeats()) {
      v1::Seat* to = call.add_seats();
      to->set_person(seat.person);
      to->set_role(static_cast<v1::SeatRole>(seat.role));
    }
    return call;
  }
  v1::SetOptionsRequest Options() {
    auto call = Mutating<v1::SetOptionsRequest>();
    for (const Option& option : SampleOptions()) *call.add_options() = ToProto(option);
    return call;
  }
  v1::SubmitScoresRequest Scores(int upgrade_points, int replace_points) {
    auto call = Mutating<v1::SubmitScoresRequest>();
    for (int kind = 1; kind <= kCriterionKinds; ++kind) {
      for (const auto& [option, points] :
           {std::pair{"upgrade", upgrade_points}, std::pair{"replace", replace_points}}) {
        v1::Score* score = call.add_scores();
        score->set_option(option);
        score->set_criterion(static_cast<v1::CriterionKind>(kind));
        score->set_points(points);
        score->set_rationale("综合评估意见");
      }
    }
    return call;
  }
  v1::ConfirmBudgetRequest BudgetOf(int64_t minor_units) {
    auto call = Mutating<v1::ConfirmBudgetRequest>();
    *call.mutable_budget() = ToProto(SampleBudget(minor_units));
    return call;
  }
  v1::GenerateReportRequest ReportOf(bool feasible) {
    auto call = Mutating<v1::GenerateReportRequest>();
    call.set_feasible(feasible);
    call.set_conclusion("需求可行,建议采用升级方案。");
    return call;
  }
  v1::CastVoteRequest VoteOn(const std::string& content_sha256, v1::Vote::Decision decision, std::string reason = "") {
    auto call = Mutating<v1::CastVoteRequest>();
    call.set_decision(decision);
    call.set_reason(std::move(reason));
    call.set_content_sha256(content_sha256);
    return call;
  }

  // Brings the sample evaluation to a state by the calls that lead there; the evaluation as the last of them returned
  // it.
  absl::StatusOr<v1::Evaluation> Reach(State state) {
    const auto delivered = Deliver({Accepted()});
    if (!delivered.ok()) return delivered.status();
    v1::GetEvaluationRequest get;
    get.set_name(Name());
    absl::StatusOr<v1::Evaluation> now = As<v1::Evaluation>(Director(), "GetEvaluation", get);
    const auto step = [&](const common::v1::Principal& who, absl::string_view method, const auto& call) {
      if (now.ok()) now = As<v1::Evaluation>(who, method, call);
    };
    if (state == State::kOpen) return now;
    step(Director(), "SetPanel", Panel());
    step(It(), "SetOptions", Options());
    step(Director(), "StartScoring", Mutating<v1::StartScoringRequest>());
    if (state == State::kScoring) return now;
    step(Business(), "SubmitScores", Scores(8, 5));
    step(Finance(), "SubmitScores", Scores(7, 6));
    step(It(), "SubmitScores", Scores(9, 4));
    if (state == State::kScored) return now;
    step(Finance(), "ConfirmBudget", BudgetOf(5'000'000));
    if (!now.ok()) return now;
    const auto report = As<v1::Report>(Director(), "GenerateReport", ReportOf(true));
    if (!report.ok()) return report.status();
    now = As<v1::Evaluation>(Director(), "GetEvaluation", get);
    if (state == State::kReported) return now;
    step(Director(), "RequestApproval", Mutating<v1::RequestApprovalRequest>());
    if (state == State::kApproving) return now;
    const bool approve = state == State::kApproved;
    step(Executive(), "CastVote",
         VoteOn(report->content_sha256(), approve ? v1::Vote::DECISION_APPROVE : v1::Vote::DECISION_REJECT,
                approve ? "" : "预算不足"));
    return now;
  }

  tests::TestDatabase database_;
  // At most 32 characters, as MySQL has it.
  const std::string user_ = absl::StrCat("u_", database_.name()).substr(0, 32);
  // May do everything: what an operator does.
  std::unique_ptr<mysql::Pool> admin_pool_;
  // May do what the service may do.
  std::unique_ptr<mysql::Pool> pool_;
  FakeClock clock_{kSampleNow};
  UuidGenerator uuids_{clock_};
  Logger logger_{STDERR_FILENO, Severity::kError, "evaluation", clock_};
  absl::StatusOr<PageTokenCodec> page_tokens_ = PageTokenCodec::Create(std::string(32, 'k'));
  std::unique_ptr<Mutations> mutations_;
  std::unique_ptr<EvaluationStore> store_;
  ApprovalPolicyStore policies_;
  std::unique_ptr<EvaluationService> service_;
  std::unique_ptr<EvaluationOpener> opener_;
  std::unique_ptr<events::EventReceiver> receiver_;
  std::unique_ptr<rpc::testing::TestServer> server_;
};

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_TESTING_SERVICE_FIXTURE_H_

// For tests: the register with three approved plans, and the steps that a change takes through it.
#ifndef DOCKET_SERVICES_AUDIT_TESTING_REGISTER_FIXTURE_H_
#define DOCKET_SERVICES_AUDIT_TESTING_REGISTER_FIXTURE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/audit/testing/audit_service_fixture.h"

namespace docket::audit {

class RegisterFixture : public AuditServiceTest {
 protected:
  RegisterFixture() {
    sources_.SetTimeZone("Asia/Shanghai");
    // 15 November 2026.
    clock_.Set(absl::FromUnixSeconds(1794700800));
    for (const char* id : {"p1", "p2", "p3"}) SetPlan(id, scheduling::v1::Plan::STATE_APPROVED);
  }

  static std::string PlanName(const std::string& id) { return "organizations/yunqi/plans/" + id; }
  void SetPlan(const std::string& id, scheduling::v1::Plan::State state, char content = 'a') {
    scheduling::v1::Plan plan;
    plan.set_name(PlanName(id));
    plan.set_request("organizations/yunqi/requests/" + id);
    plan.set_state(state);
    plan.set_title("门禁管理软件 4.1.0 升级到 4.2.0");
    plan.set_content_sha256(std::string(64, content));
    common::v1::VersionChange* target = plan.add_targets();
    target->set_system("organizations/yunqi/systems/access-control");
    target->set_from_version("4.1.0");
    target->set_to_version("4.2.0");
    sources_.SetPlan(std::move(plan));
  }
  std::string NewRequestId() { return FormatUuid(uuids_.Next()); }

  absl::StatusOr<v1::Filing> File(const std::string& plan, const std::string& request_id = "",
                                  const std::optional<common::v1::Principal>& by = std::nullopt) {
    v1::CreateFilingRequest request;
    request.set_parent("organizations/yunqi");
    request.mutable_filing()->set_plan(PlanName(plan));
    common::v1::Document* document = request.mutable_filing()->add_documents();
    document->set_title("升级方案.pdf");
    document->set_sha256(std::string(64, 'f'));
    request.set_request_id(request_id.empty() ? NewRequestId() : request_id);
    return Call<v1::Filing>("RegisterService/CreateFiling", by.value_or(director_), request);
  }
  absl::StatusOr<v1::Filing> Acknowledge(const std::string& name, const common::v1::Principal& by,
                                         const std::string& etag = "", const std::string& request_id = "") {
    v1::AcknowledgeFilingRequest request;
    request.set_name(name);
    request.set_etag(etag);
    request.set_comment("已阅");
    request.set_request_id(request_id.empty() ? NewRequestId() : request_id);
    return Call<v1::Filing>("RegisterService/AcknowledgeFiling", by, request);
  }
  absl::StatusOr<v1::Registration> Enter(const std::string& plan, const std::string& corrects = "",
                                         const std::string& remarks = "", const std::string& request_id = "") {
    v1::CreateRegistrationRequest request;
    request.set_parent("organizations/yunqi");
    request.mutable_registration()->set_plan(PlanName(plan));
    request.mutable_registration()->set_corrects(corrects);
    request.mutable_registration()->set_remarks(remarks);
    request.set_request_id(request_id.empty() ? NewRequestId() : request_id);
    return Call<v1::Registration>("RegisterService/CreateRegistration", director_, request);
  }
  // Filed, acknowledged and carried out.
  void Finish(const std::string& plan, scheduling::v1::Plan::State state) {
    const auto filing = File(plan);
    ASSERT_THAT(filing, tests::IsOk());
    ASSERT_THAT(Acknowledge(filing->name(), supervisor_), tests::IsOk());
    SetPlan(plan, state);
  }
  absl::StatusOr<v1::ListFilingsResponse> ListFilings(const std::string& filter, int page_size = 0,
                                                      const std::string& token = "") {
    v1::ListFilingsRequest request;
    request.set_parent("organizations/yunqi");
    request.set_filter(filter);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call<v1::ListFilingsResponse>("RegisterService/ListFilings", auditor_, request);
  }
  static std::vector<std::string> NumbersOf(const v1::ListFilingsResponse& list) {
    std::vector<std::string> numbers;
    for (const v1::Filing& filing : list.filings()) numbers.push_back(filing.number());
    return numbers;
  }
  std::vector<event::v1::Event> Events() {
    std::vector<event::v1::Event> events;
    const auto rows = OrExit(db_.pool().Query(Soon(), "SELECT envelope FROM outbox ORDER BY event_id"), "outbox");
    for (const mysql::Row& row : rows) EXPECT_TRUE(events.emplace_back().ParseFromString(row.Text(0)));
    return events;
  }
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TESTING_REGISTER_FIXTURE_H_

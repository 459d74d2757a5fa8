#include "services/request/testing/whole_service.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/events/schema.h"
#include "common/migration/migrator.h"
#include "common/mutation/schema.h"
#include "services/request/schema.h"

namespace docket::request {
namespace {

[[noreturn]] void Fail(absl::string_view what, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", std::string(what).c_str(), status.ToString().c_str());
  std::abort();
}

template <typename T>
T OrExit(absl::StatusOr<T> value, absl::string_view what) {
  if (!value.ok()) Fail(what, value.status());
  return *std::move(value);
}

void Migrate(const mysql::ConnectionOptions& connection, const std::string& track,
             std::vector<migration::Migration> migrations) {
  migration::Migrator migrator({.connection = connection, .track = track, .owner = "test"}, std::move(migrations));
  OrExit(migrator.Run(absl::Now() + absl::Minutes(1)), track);
}

}  // namespace

MigratedDatabase::MigratedDatabase() {
  Migrate(database_.options(), "events", events::Schema());
  Migrate(database_.options(), "mutation", mutation::Schema());
  Migrate(database_.options(), "request", Schema());
  pool_ = mysql::Pool::Create({.connection = database_.options(), .max_connections = 8});
}

common::v1::Principal PersonOf(absl::string_view organization, absl::string_view person, absl::string_view department,
                               std::initializer_list<common::v1::Role> roles) {
  common::v1::Principal principal = rpc::testing::Person(organization, person, roles);
  if (!department.empty()) {
    principal.set_department(absl::StrCat("organizations/", organization, "/departments/", department));
  }
  principal.set_display_name(std::string(person));
  return principal;
}

namespace {

common::v1::Principal PlatformAdministrator() {
  common::v1::Principal principal = rpc::testing::DocketService("setup");
  principal.clear_roles();
  principal.add_roles(common::v1::ROLE_ADMINISTRATOR);
  return principal;
}

}  // namespace

WholeService::WholeService()
    : administrator(PlatformAdministrator()),
      author(PersonOf("yunqi", "li-na", "customer-service", {common::v1::ROLE_REQUESTER})),
      head(PersonOf("yunqi", "wang-qiang", "customer-service", {common::v1::ROLE_DEPARTMENT_HEAD})),
      other_head(PersonOf("yunqi", "zhao-lei", "engineering", {common::v1::ROLE_DEPARTMENT_HEAD})),
      director(PersonOf("yunqi", "chen-min", "it", {common::v1::ROLE_IT_DIRECTOR})),
      auditor(PersonOf("yunqi", "sun-yu", "", {common::v1::ROLE_AUDITOR})),
      executive(PersonOf("yunqi", "liu-zong", "", {common::v1::ROLE_EXECUTIVE})),
      clock_(absl::FromUnixSeconds(1790000000)),
      uuids_(clock_),
      logger_(STDERR_FILENO, Severity::kError, "request", clock_),
      page_tokens_(OrExit(PageTokenCodec::Create(std::string(32, 'k')), "page tokens")),
      rooms_({.pool = database_.pool(),
              .clock = clock_,
              .uuids = uuids_,
              .logger = logger_,
              .page_tokens = page_tokens_,
              .source = "services/request",
              .wake_relay = nullptr}) {
  rpc::MethodTable table;
  rooms_.Register(table);
  server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  SetUpOrganizations();
}

void WholeService::SetUpOrganizations() {
  for (const auto& [id, title] : {std::pair("yunqi", "云栖物业服务有限公司"), std::pair("library", "江城市图书馆")}) {
    v1::CreateOrganizationRequest organization;
    organization.set_organization_id(id);
    organization.mutable_organization()->set_title(title);
    organization.mutable_organization()->set_time_zone("Asia/Shanghai");
    organization.mutable_organization()->set_language_code("zh-CN");
    organization.set_request_id(NewRequestId());
    OrExit(Call<v1::Organization>("DirectoryService/CreateOrganization", administrator, organization), id);
  }
  for (const auto& [id, title] :
       {std::pair("customer-service", "客户服务部"), std::pair("engineering", "工程部"), std::pair("it", "信息部")}) {
    v1::CreateDepartmentRequest department;
    department.set_parent("organizations/yunqi");
    department.set_department_id(id);
    department.mutable_department()->set_title(title);
    department.set_request_id(NewRequestId());
    OrExit(Call<v1::Department>("DirectoryService/CreateDepartment", administrator, department), id);
  }
  v1::CreateSystemRequest system;
  system.set_parent("organizations/yunqi");
  system.set_system_id("access-control");
  system.mutable_system()->set_title("门禁管理软件");
  system.mutable_system()->set_owner_department("organizations/yunqi/departments/engineering");
  system.mutable_system()->set_criticality(common::v1::LEVEL_HIGH);
  system.mutable_system()->set_installed_version("4.1.0");
  v1::System::Component* component = system.mutable_system()->add_components();
  component->set_id("face-engine");
  component->set_title("人脸引擎");
  component->set_installed_version("2.0");
  system.set_request_id(NewRequestId());
  OrExit(Call<v1::System>("CatalogService/CreateSystem", administrator, system), "access-control");
}

v1::Request WholeService::Form() {
  v1::Request form;
  form.set_title("门禁管理软件升级到4.2");
  form.set_kind(common::v1::CHANGE_KIND_NORMAL);
  form.set_source(v1::Request::SOURCE_FORM);
  form.set_need("支持人脸识别离线比对");
  form.set_problem("断网时业主无法进门");
  form.set_business_impact("影响全部住宅楼栋出入");
  form.set_urgency(common::v1::LEVEL_HIGH);
  form.set_impact(common::v1::LEVEL_HIGH);
  form.set_necessity_ground(v1::Request::NECESSITY_GROUND_BUSINESS_NEED);
  common::v1::VersionChange* whole = form.add_targets();
  whole->set_system("organizations/yunqi/systems/access-control");
  whole->set_from_version("4.1.0");
  whole->set_to_version("4.2.0");
  common::v1::VersionChange* part = form.add_targets();
  *part = *whole;
  part->set_component("face-engine");
  part->set_from_version("2.0");
  part->set_to_version("2.1");
  common::v1::Document* document = form.add_documents();
  document->set_title("需求说明.pdf");
  document->set_sha256(std::string(64, 'a'));
  document->set_size_bytes(1024);
  return form;
}

v1::Request WholeService::Create(const common::v1::Principal& by, const v1::Request& form) {
  v1::CreateRequestRequest call;
  call.set_parent(by.organization());
  *call.mutable_request() = form;
  call.set_request_id(NewRequestId());
  return OrExit(Call<v1::Request>("RequestService/CreateRequest", by, call), "CreateRequest");
}

v1::Request WholeService::Submitted() {
  const std::string name = Create(author, Form()).name();
  return OrExit(Act<v1::SubmitRequestRequest>("SubmitRequest", author, name), "SubmitRequest");
}

v1::Request WholeService::Endorsed() {
  return OrExit(Act<v1::EndorseRequestRequest>("EndorseRequest", head, Submitted().name()), "EndorseRequest");
}

v1::Request WholeService::Accepted() {
  return OrExit(Act<v1::TriageRequestRequest>("TriageRequest", director, Endorsed().name(),
                                              [](v1::TriageRequestRequest& call) {
                                                call.set_outcome(v1::TRIAGE_OUTCOME_ACCEPT);
                                                call.set_reason("需求合理，予以受理");
                                              }),
                "TriageRequest");
}

v1::Request WholeService::Get(const std::string& name) {
  v1::GetRequestRequest call;
  call.set_name(name);
  return OrExit(Call<v1::Request>("RequestService/GetRequest", author, call), "GetRequest");
}

event::v1::Event WholeService::EventOf(absl::string_view source, const std::string& change,
                                       const google::protobuf::Message& payload) {
  event::v1::Event event;
  event.set_event_id(NewRequestId());
  event.set_source(absl::StrCat("services/", source));
  event.set_type(payload.GetDescriptor()->name());
  event.set_subject(change);
  event.set_change(change);
  event.set_organization("organizations/yunqi");
  event.mutable_actor()->set_name("organizations/yunqi/people/chen-min");
  event.mutable_occur_time()->set_seconds(1790000000);
  event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
  event.mutable_payload()->PackFrom(payload);
  return event;
}

event::v1::DeliveryResult WholeService::Deliver(const event::v1::Event& event) {
  event::v1::DeliverEventsRequest call;
  *call.add_events() = event;
  const std::string service = event.source().substr(event.source().rfind('/') + 1);
  return OrExit(server_->Call<event::v1::DeliverEventsResponse>("docket.event.v1.EventSinkService/DeliverEvents",
                                                                rpc::testing::DocketService(service), call),
                "DeliverEvents")
      .results(0);
}

std::vector<event::v1::Event> WholeService::Events() {
  std::vector<event::v1::Event> events;
  for (const mysql::Row& row :
       OrExit(database_.pool().Query(absl::Now() + absl::Seconds(10), "SELECT envelope FROM outbox ORDER BY event_id"),
              "outbox")) {
    if (!events.emplace_back().ParseFromString(row.Text(0))) std::abort();
  }
  return events;
}

event::v1::Event WholeService::LastEvent(absl::string_view type) {
  std::vector<event::v1::Event> events = Events();
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (event->type() == type) return *event;
  }
  Fail(type, absl::NotFoundError("no such event"));
}

std::vector<event::v1::Event> WholeService::EventsOf(absl::string_view type) {
  std::vector<event::v1::Event> events = Events();
  events.erase(std::remove_if(events.begin(), events.end(),
                              [type](const event::v1::Event& event) { return event.type() != type; }),
               events.end());
  return events;
}

void WholeService::Return(const std::string& name) {
  OrExit(Act<v1::ReturnRequestRequest>("ReturnRequest", head, name, [](auto& call) { call.set_reason("请补充"); }),
         "ReturnRequest");
}

void WholeService::GiveSource(const std::string& name, v1::Request::Source source, const std::string& reference) {
  v1::UpdateRequestRequest call;
  *call.mutable_request() = Get(name);
  call.mutable_request()->set_source(source);
  call.mutable_request()->set_source_reference(reference);
  call.mutable_update_mask()->add_paths("source");
  call.mutable_update_mask()->add_paths("source_reference");
  call.set_request_id(NewRequestId());
  OrExit(Call<v1::Request>("RequestService/UpdateRequest", author, call), "UpdateRequest");
}

void WholeService::AwaitLockWait() {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (absl::Now() < deadline) {
    // The server looks anew at most ten times a second, and only for who has not asked meanwhile.
    absl::SleepFor(absl::Milliseconds(150));
    const auto rows =
        OrExit(pool().Query(deadline,
                            "SELECT 1 FROM information_schema.INNODB_TRX JOIN information_schema.PROCESSLIST"
                            " ON PROCESSLIST.ID = INNODB_TRX.trx_mysql_thread_id"
                            " WHERE PROCESSLIST.DB = DATABASE() AND INNODB_TRX.trx_state = 'LOCK WAIT'"),
               "INNODB_TRX");
    if (!rows.empty()) return;
  }
  Fail("AwaitLockWait", absl::DeadlineExceededError("nobody waits for a row"));
}

}  // namespace docket::request

#include "services/request/directory_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/events/event_recorder.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/request/directory_proto.h"
#include "services/request/identifier_page.h"
#include "services/request/request_events.h"

namespace docket::request {
namespace {

template <typename T>
auto ProtoOr404(absl::StatusOr<std::optional<T>> found, const std::string& name)
    -> absl::StatusOr<decltype(ToProto(**found))> {
  if (!found.ok()) return found.status();
  if (!found->has_value()) return NotFoundError(name);
  return ToProto(**found);
}

// Reports a new record and shows it.
template <typename T>
auto Created(events::EventRecorder& recorder, const google::protobuf::Message& payload, const T& record) {
  auto proto = ToProto(record);
  recorder.Add(payload, {.subject = proto.name(), .revision = record.revision, .after_sha256 = ContentSha256(proto)});
  return proto;
}

}  // namespace

void DirectoryService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.DirectoryService");
  table.Unary("docket.request.v1.DirectoryService/CreateOrganization", this, &DirectoryService::CreateOrganization);
  table.Unary("docket.request.v1.DirectoryService/GetOrganization", this, &DirectoryService::GetOrganization);
  table.Unary("docket.request.v1.DirectoryService/CreateDepartment", this, &DirectoryService::CreateDepartment);
  table.Unary("docket.request.v1.DirectoryService/GetDepartment", this, &DirectoryService::GetDepartment);
  table.Unary("docket.request.v1.DirectoryService/ListDepartments", this, &DirectoryService::ListDepartments);
  table.Unary("docket.request.v1.DirectoryService/CreateVendor", this, &DirectoryService::CreateVendor);
  table.Unary("docket.request.v1.DirectoryService/GetVendor", this, &DirectoryService::GetVendor);
  table.Unary("docket.request.v1.DirectoryService/ListVendors", this, &DirectoryService::ListVendors);
  table.Unary("docket.request.v1.DirectoryService/CreatePerson", this, &DirectoryService::CreatePerson);
  table.Unary("docket.request.v1.DirectoryService/GetPerson", this, &DirectoryService::GetPerson);
  table.Unary("docket.request.v1.DirectoryService/ListPeople", this, &DirectoryService::ListPeople);
}

absl::StatusOr<v1::Organization> DirectoryService::CreateOrganization(const rpc::CallContext& context,
                                                                      const v1::CreateOrganizationRequest& call) {
  const std::string name = OrganizationName(call.organization_id());
  return mutations_.Run<v1::Organization>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Organization> {
        // The method belongs to no organisation, so any administrator's role opens it; only the platform's may go on.
        if (context.principal().organization() != "organizations/-") {
          return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION,
                       "only an administrator of organizations/- sets organisations up", {{"resource", name}});
        }
        DOCKET_RETURN_IF_ERROR(LoadZone(call.organization().time_zone()).status());
        const Organization organization = OrganizationFromProto(call.organization_id(), call.organization(), Now());
        DOCKET_RETURN_IF_ERROR(store_.Insert(tx, organization));
        event::v1::OrganizationCreated payload;
        payload.set_title(organization.title);
        payload.set_time_zone(organization.time_zone);
        return Created(recorder, payload, organization);
      });
}

absl::StatusOr<v1::Organization> DirectoryService::GetOrganization(const rpc::CallContext& context,
                                                                   const v1::GetOrganizationRequest& call) {
  return ProtoOr404(store_.FindOrganization(context.deadline(), OrganizationId(call.name())), call.name());
}

absl::StatusOr<v1::Department> DirectoryService::CreateDepartment(const rpc::CallContext& context,
                                                                  const v1::CreateDepartmentRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  return mutations_.Run<v1::Department>(
      context, {.resource = DepartmentName(organization_id, call.department_id())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Department> {
        DOCKET_RETURN_IF_ERROR(store_.RequireOrganization(tx, organization_id).status());
        const Department department =
            DepartmentFromProto(organization_id, call.department_id(), call.department(), Now());
        DOCKET_RETURN_IF_ERROR(store_.Insert(tx, department));
        event::v1::DepartmentCreated payload;
        payload.set_title(department.title);
        return Created(recorder, payload, department);
      });
}

absl::StatusOr<v1::Department> DirectoryService::GetDepartment(const rpc::CallContext& context,
                                                               const v1::GetDepartmentRequest& call) {
  return ProtoOr404(store_.FindDepartment(context.deadline(), OrganizationId(call.name()), LastId(call.name())),
                    call.name());
}

absl::StatusOr<v1::ListDepartmentsResponse> DirectoryService::ListDepartments(const rpc::CallContext& context,
                                                                              const v1::ListDepartmentsRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const IdentifierPage page, IdentifierPage::Read("ListDepartments", call, page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(
      std::vector<Department> found,
      store_.ListDepartments(context.deadline(), OrganizationId(call.parent()), page.after, page.limit()));
  v1::ListDepartmentsResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_));
  for (const Department& department : found) *reply.add_departments() = ToProto(department);
  return reply;
}

absl::StatusOr<v1::Vendor> DirectoryService::CreateVendor(const rpc::CallContext& context,
                                                          const v1::CreateVendorRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  return mutations_.Run<v1::Vendor>(
      context, {.resource = VendorName(organization_id, call.vendor_id())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Vendor> {
        DOCKET_RETURN_IF_ERROR(store_.RequireOrganization(tx, organization_id).status());
        const Vendor vendor = VendorFromProto(organization_id, call.vendor_id(), call.vendor(), Now());
        DOCKET_RETURN_IF_ERROR(store_.Insert(tx, vendor));
        event::v1::VendorCreated payload;
        payload.set_title(vendor.title);
        return Created(recorder, payload, vendor);
      });
}

absl::StatusOr<v1::Vendor> DirectoryService::GetVendor(const rpc::CallContext& context,
                                                       const v1::GetVendorRequest& call) {
  return ProtoOr404(store_.FindVendor(context.deadline(), OrganizationId(call.name()), LastId(call.name())),
                    call.name());
}

absl::StatusOr<v1::ListVendorsResponse> DirectoryService::ListVendors(const rpc::CallContext& context,
                                                                      const v1::ListVendorsRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const IdentifierPage page, IdentifierPage::Read("ListVendors", call, page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(
      std::vector<Vendor> found,
      store_.ListVendors(context.deadline(), OrganizationId(call.parent()), page.after, page.limit()));
  v1::ListVendorsResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_));
  for (const Vendor& vendor : found) *reply.add_vendors() = ToProto(vendor);
  return reply;
}

absl::StatusOr<v1::Person> DirectoryService::CreatePerson(const rpc::CallContext& context,
                                                          const v1::CreatePersonRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  return mutations_.Run<v1::Person>(
      context, {.resource = PersonName(organization_id, call.person_id())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Person> {
        DOCKET_RETURN_IF_ERROR(store_.RequireOrganization(tx, organization_id).status());
        Person person = PersonFromProto(organization_id, call.person_id(), call.person(), Now());
        DOCKET_RETURN_IF_ERROR(PreparePerson(person));
        DOCKET_RETURN_IF_ERROR(store_.RequireDepartment(tx, organization_id, person.department_id));
        DOCKET_RETURN_IF_ERROR(store_.RequireVendor(tx, organization_id, person.vendor_id));
        DOCKET_RETURN_IF_ERROR(store_.Insert(tx, person));
        event::v1::PersonCreated payload;
        payload.set_display_name(person.display_name);
        payload.set_department(call.person().department());
        return Created(recorder, payload, person);
      });
}

absl::StatusOr<v1::Person> DirectoryService::GetPerson(const rpc::CallContext& context,
                                                       const v1::GetPersonRequest& call) {
  return ProtoOr404(store_.FindPerson(context.deadline(), OrganizationId(call.name()), LastId(call.name())),
                    call.name());
}

absl::StatusOr<v1::ListPeopleResponse> DirectoryService::ListPeople(const rpc::CallContext& context,
                                                                    const v1::ListPeopleRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const IdentifierPage page, IdentifierPage::Read("ListPeople", call, page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(
      std::vector<Person> found,
      store_.ListPeople(context.deadline(), OrganizationId(call.parent()), page.after, page.limit()));
  v1::ListPeopleResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_));
  for (const Person& person : found) *reply.add_people() = ToProto(person);
  return reply;
}

}  // namespace docket::request

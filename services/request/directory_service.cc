#include "services/request/directory_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/events/event_recorder.h"
#include "common/listing/list_page.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/directory_list_service.h"
#include "services/request/directory_proto.h"
#include "services/request/field_edit_proto.h"
#include "services/request/vendor_view_service.h"

namespace docket::request {
namespace {

constexpr char kPlatform[] = "organizations/-";

template <typename T>
auto ProtoOr404(absl::StatusOr<std::optional<T>> found, const std::string& name)
    -> absl::StatusOr<decltype(ToProto(**found))> {
  if (!found.ok()) return found.status();
  if (!found->has_value()) return NotFoundError(name);
  return ToProto(**found);
}

}  // namespace

void DirectoryService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.DirectoryService");
  table.Unary("docket.request.v1.DirectoryService/CreateOrganization", this, &DirectoryService::CreateOrganization);
  table.Unary("docket.request.v1.DirectoryService/GetOrganization", this, &DirectoryService::GetOrganization);
  table.Unary("docket.request.v1.DirectoryService/ListOrganizations", this, &DirectoryService::ListOrganizations);
  table.Unary("docket.request.v1.DirectoryService/UpdateOrganization", this, &DirectoryService::UpdateOrganization);
  table.Unary("docket.request.v1.DirectoryService/CreateDepartment", this, &DirectoryService::CreateDepartment);
  table.Unary("docket.request.v1.DirectoryService/GetDepartment", this, &DirectoryService::GetDepartment);
  table.Unary("docket.request.v1.DirectoryService/UpdateDepartment", this, &DirectoryService::UpdateDepartment);
  table.Unary("docket.request.v1.DirectoryService/ListDepartments", this, &DirectoryService::ListDepartments);
  table.Unary("docket.request.v1.DirectoryService/RetireDepartment", this, &DirectoryService::RetireDepartment);
  table.Unary("docket.request.v1.DirectoryService/ReinstateDepartment", this, &DirectoryService::ReinstateDepartment);
  table.Unary("docket.request.v1.DirectoryService/CreateVendor", this, &DirectoryService::CreateVendor);
  table.Unary("docket.request.v1.DirectoryService/GetVendor", this, &DirectoryService::GetVendor);
  table.Unary("docket.request.v1.DirectoryService/UpdateVendor", this, &DirectoryService::UpdateVendor);
  table.Unary("docket.request.v1.DirectoryService/ListVendors", this, &DirectoryService::ListVendors);
  table.Unary("docket.request.v1.DirectoryService/RetireVendor", this, &DirectoryService::RetireVendor);
  table.Unary("docket.request.v1.DirectoryService/ReinstateVendor", this, &DirectoryService::ReinstateVendor);
  table.Unary("docket.request.v1.DirectoryService/CreatePerson", this, &DirectoryService::CreatePerson);
  table.Unary("docket.request.v1.DirectoryService/GetPerson", this, &DirectoryService::GetPerson);
  table.Unary("docket.request.v1.DirectoryService/UpdatePerson", this, &DirectoryService::UpdatePerson);
  table.Unary("docket.request.v1.DirectoryService/ListPeople", this, &DirectoryService::ListPeople);
  table.Unary("docket.request.v1.DirectoryService/RetirePerson", this, &DirectoryService::RetirePerson);
  table.Unary("docket.request.v1.DirectoryService/ReinstatePerson", this, &DirectoryService::ReinstatePerson);
}

// Such a method belongs to no organisation, so any administrator's role opens it; only the platform's may go on.
absl::Status DirectoryService::RequirePlatform(const rpc::CallContext& context, const std::string& resource) {
  if (context.principal().organization() == kPlatform) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION,
               "only an administrator of organizations/- sets organisations up and sees them all",
               {{"resource", resource}});
}

absl::StatusOr<v1::Organization> DirectoryService::CreateOrganization(const rpc::CallContext& context,
                                                                      const v1::CreateOrganizationRequest& call) {
  const std::string name = OrganizationName(call.organization_id());
  return mutations_.Run<v1::Organization>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Organization> {
        DOCKET_RETURN_IF_ERROR(RequirePlatform(context, name));
        DOCKET_ASSIGN_OR_RETURN(
            const Organization organization,
            edits_.Enter(tx, recorder, OrganizationFromProto(call.organization_id(), call.organization(), Now())));
        return ToProto(organization);
      });
}

absl::StatusOr<v1::Organization> DirectoryService::GetOrganization(const rpc::CallContext& context,
                                                                   const v1::GetOrganizationRequest& call) {
  return ProtoOr404(store_.FindOrganization(context.deadline(), OrganizationId(call.name())), call.name());
}

absl::StatusOr<v1::ListOrganizationsResponse> DirectoryService::ListOrganizations(
    const rpc::CallContext& context, const v1::ListOrganizationsRequest& call) {
  if (const absl::Status refused = RequirePlatform(context, kPlatform); !refused.ok()) {
    mutations_.RecordDenial(context, {.resource = context.organization()}, refused);
    return refused;
  }
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadOrganizationsPage(call, page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(std::vector<Organization> found, store_.ListOrganizations(context.deadline(), page));
  v1::ListOrganizationsResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_, OrganizationKey));
  for (const Organization& organization : found) *reply.add_organizations() = ToProto(organization);
  return reply;
}

absl::StatusOr<v1::Department> DirectoryService::CreateDepartment(const rpc::CallContext& context,
                                                                  const v1::CreateDepartmentRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  return mutations_.Run<v1::Department>(
      context, {.resource = DepartmentName(organization_id, call.department_id())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Department> {
        DOCKET_ASSIGN_OR_RETURN(
            const Department department,
            edits_.Enter(tx, recorder,
                         DepartmentFromProto(organization_id, call.department_id(), call.department(), Now())));
        return ToProto(department);
      });
}

absl::StatusOr<v1::Department> DirectoryService::GetDepartment(const rpc::CallContext& context,
                                                               const v1::GetDepartmentRequest& call) {
  return ProtoOr404(store_.FindDepartment(context.deadline(), OrganizationId(call.name()), LastId(call.name())),
                    call.name());
}

absl::StatusOr<v1::ListDepartmentsResponse> DirectoryService::ListDepartments(const rpc::CallContext& context,
                                                                              const v1::ListDepartmentsRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadDepartmentsPage(call, page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(std::vector<Department> found,
                          store_.ListDepartments(context.deadline(), organization_id, page));
  v1::ListDepartmentsResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_, DepartmentKey));
  for (const Department& department : found) *reply.add_departments() = ToProto(department);
  return reply;
}

absl::StatusOr<v1::Vendor> DirectoryService::CreateVendor(const rpc::CallContext& context,
                                                          const v1::CreateVendorRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  return mutations_.Run<v1::Vendor>(
      context, {.resource = VendorName(organization_id, call.vendor_id())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Vendor> {
        DOCKET_ASSIGN_OR_RETURN(
            const Vendor vendor,
            edits_.Enter(tx, recorder, VendorFromProto(organization_id, call.vendor_id(), call.vendor(), Now())));
        return ToProto(vendor);
      });
}

absl::StatusOr<v1::Vendor> DirectoryService::GetVendor(const rpc::CallContext& context,
                                                       const v1::GetVendorRequest& call) {
  const std::string organization_id = OrganizationId(call.name());
  const std::string id = LastId(call.name());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> acting, ActingVendor(context, store_, organization_id));
  if (acting.has_value() && *acting != id) return NotFoundError(call.name());
  return ProtoOr404(store_.FindVendor(context.deadline(), organization_id, id), call.name());
}

absl::StatusOr<v1::ListVendorsResponse> DirectoryService::ListVendors(const rpc::CallContext& context,
                                                                      const v1::ListVendorsRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> acting, ActingVendor(context, store_, organization_id));
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadVendorsPage(call, acting.value_or(""), page_tokens_));
  v1::ListVendorsResponse reply;
  if (acting == "") return reply;
  DOCKET_ASSIGN_OR_RETURN(std::vector<Vendor> found, store_.ListVendors(context.deadline(), organization_id, page));
  reply.set_next_page_token(page.Trim(found, page_tokens_, VendorKey));
  for (const Vendor& vendor : found) *reply.add_vendors() = ToProto(vendor);
  return reply;
}

absl::StatusOr<v1::Person> DirectoryService::CreatePerson(const rpc::CallContext& context,
                                                          const v1::CreatePersonRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  return mutations_.Run<v1::Person>(
      context, {.resource = PersonName(organization_id, call.person_id())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Person> {
        DOCKET_ASSIGN_OR_RETURN(
            const Person person,
            edits_.Enter(tx, recorder, PersonFromProto(organization_id, call.person_id(), call.person(), Now())));
        return ToProto(person);
      });
}

absl::StatusOr<v1::Person> DirectoryService::GetPerson(const rpc::CallContext& context,
                                                       const v1::GetPersonRequest& call) {
  return ProtoOr404(store_.FindPerson(context.deadline(), OrganizationId(call.name()), LastId(call.name())),
                    call.name());
}

absl::StatusOr<v1::ListPeopleResponse> DirectoryService::ListPeople(const rpc::CallContext& context,
                                                                    const v1::ListPeopleRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadPeoplePage(call, page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(std::vector<Person> found, store_.ListPeople(context.deadline(), organization_id, page));
  v1::ListPeopleResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_, PersonKey));
  for (const Person& person : found) *reply.add_people() = ToProto(person);
  return reply;
}

template <typename Proto, typename FromProto>
absl::StatusOr<Proto> DirectoryService::Update(const rpc::CallContext& context, absl::string_view field,
                                               const Proto& update, const google::protobuf::FieldMask& mask,
                                               FromProto from_proto) {
  DOCKET_RETURN_IF_ERROR(RequireEtag(update.etag(), absl::StrCat(field, ".etag")));
  // Of a new record only the identifier counts.
  auto key = from_proto(OrganizationId(update.name()), LastId(update.name()), update);
  const auto edit = [&](const auto& current) {
    Proto proto = ToProto(current);
    ApplyUpdate(update, mask, &proto);
    return from_proto(current.organization_id, current.id, proto);
  };
  return mutations_.Run<Proto>(context, {.resource = update.name()},
                               [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<Proto> {
                                 DOCKET_ASSIGN_OR_RETURN(
                                     const auto edited,
                                     edits_.Update<decltype(key)>(tx, recorder, key, update.etag(), edit));
                                 return ToProto(edited.record);
                               });
}

template <typename T, typename Proto, typename Call>
absl::StatusOr<Proto> DirectoryService::Move(const rpc::CallContext& context, const Call& call,
                                             absl::StatusOr<T> (DirectoryEdits::*move)(mysql::Transaction&,
                                                                                       events::EventRecorder&, const T&,
                                                                                       absl::string_view,
                                                                                       absl::string_view)) {
  T key;
  key.organization_id = OrganizationId(call.name());
  key.id = LastId(call.name());
  return mutations_.Run<Proto>(context, {.resource = call.name()},
                               [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<Proto> {
                                 DOCKET_ASSIGN_OR_RETURN(const T record,
                                                         (edits_.*move)(tx, recorder, key, call.etag(), call.reason()));
                                 return ToProto(record);
                               });
}

absl::StatusOr<v1::Department> DirectoryService::RetireDepartment(const rpc::CallContext& context,
                                                                  const v1::RetireDepartmentRequest& call) {
  return Move<Department, v1::Department>(context, call, &DirectoryEdits::Retire<Department>);
}

absl::StatusOr<v1::Department> DirectoryService::ReinstateDepartment(const rpc::CallContext& context,
                                                                     const v1::ReinstateDepartmentRequest& call) {
  return Move<Department, v1::Department>(context, call, &DirectoryEdits::Reinstate<Department>);
}

absl::StatusOr<v1::Vendor> DirectoryService::RetireVendor(const rpc::CallContext& context,
                                                          const v1::RetireVendorRequest& call) {
  return Move<Vendor, v1::Vendor>(context, call, &DirectoryEdits::Retire<Vendor>);
}

absl::StatusOr<v1::Vendor> DirectoryService::ReinstateVendor(const rpc::CallContext& context,
                                                             const v1::ReinstateVendorRequest& call) {
  return Move<Vendor, v1::Vendor>(context, call, &DirectoryEdits::Reinstate<Vendor>);
}

absl::StatusOr<v1::Person> DirectoryService::RetirePerson(const rpc::CallContext& context,
                                                          const v1::RetirePersonRequest& call) {
  return Move<Person, v1::Person>(context, call, &DirectoryEdits::Retire<Person>);
}

absl::StatusOr<v1::Person> DirectoryService::ReinstatePerson(const rpc::CallContext& context,
                                                             const v1::ReinstatePersonRequest& call) {
  return Move<Person, v1::Person>(context, call, &DirectoryEdits::Reinstate<Person>);
}

absl::StatusOr<v1::Organization> DirectoryService::UpdateOrganization(const rpc::CallContext& context,
                                                                      const v1::UpdateOrganizationRequest& call) {
  return Update(context, "organization", call.organization(), call.update_mask(),
                [this](absl::string_view, absl::string_view id, const v1::Organization& proto) {
                  return OrganizationFromProto(id, proto, Now());
                });
}

absl::StatusOr<v1::Department> DirectoryService::UpdateDepartment(const rpc::CallContext& context,
                                                                  const v1::UpdateDepartmentRequest& call) {
  return Update(context, "department", call.department(), call.update_mask(),
                [this](absl::string_view organization_id, absl::string_view id, const v1::Department& proto) {
                  return DepartmentFromProto(organization_id, id, proto, Now());
                });
}

absl::StatusOr<v1::Vendor> DirectoryService::UpdateVendor(const rpc::CallContext& context,
                                                          const v1::UpdateVendorRequest& call) {
  return Update(context, "vendor", call.vendor(), call.update_mask(),
                [this](absl::string_view organization_id, absl::string_view id, const v1::Vendor& proto) {
                  return VendorFromProto(organization_id, id, proto, Now());
                });
}

absl::StatusOr<v1::Person> DirectoryService::UpdatePerson(const rpc::CallContext& context,
                                                          const v1::UpdatePersonRequest& call) {
  return Update(context, "person", call.person(), call.update_mask(),
                [this](absl::string_view organization_id, absl::string_view id, const v1::Person& proto) {
                  return PersonFromProto(organization_id, id, proto, Now());
                });
}

}  // namespace docket::request

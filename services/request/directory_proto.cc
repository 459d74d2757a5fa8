#include "services/request/directory_proto.h"

#include <string>

#include "common/resource_name/resource_name.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

static_assert(static_cast<int>(PersonRole::kAdministrator) == common::v1::ROLE_ADMINISTRATOR);
static_assert(static_cast<int>(PersonRole::kVendor) == common::v1::ROLE_VENDOR);
static_assert(static_cast<int>(RecordState::kRetired) == v1::Department::STATE_RETIRED);
static_assert(static_cast<int>(RecordState::kRetired) == v1::Vendor::STATE_RETIRED);
static_assert(static_cast<int>(RecordState::kRetired) == v1::Person::STATE_RETIRED);

// What every record shows alike.
template <typename Proto>
Proto Begin(const Record& record, const std::string& name) {
  Proto proto;
  proto.set_name(name);
  *proto.mutable_create_time() = ToTimestamp(record.create_time);
  *proto.mutable_update_time() = ToTimestamp(record.update_time);
  proto.set_etag(EtagOf(record.revision));
  return proto;
}

template <typename Proto>
Proto BeginRetirable(const RetirableRecord& record, const std::string& name) {
  auto proto = Begin<Proto>(record, name);
  proto.set_state(static_cast<typename Proto::State>(record.state));
  proto.set_state_reason(record.state_reason);
  return proto;
}

template <typename T>
T New(absl::string_view organization_id, absl::string_view id, absl::Time now) {
  T record;
  record.organization_id = std::string(organization_id);
  record.id = std::string(id);
  record.create_time = record.update_time = now;
  return record;
}

}  // namespace

v1::Organization ToProto(const Organization& organization) {
  auto proto = Begin<v1::Organization>(organization, organization.Name());
  proto.set_title(organization.title);
  proto.set_time_zone(organization.time_zone);
  proto.set_language_code(organization.language_code);
  return proto;
}

Organization OrganizationFromProto(absl::string_view id, const v1::Organization& proto, absl::Time now) {
  auto organization = New<Organization>(id, id, now);
  organization.title = proto.title();
  organization.time_zone = proto.time_zone();
  organization.language_code = proto.language_code();
  return organization;
}

v1::Department ToProto(const Department& department) {
  auto proto = BeginRetirable<v1::Department>(department, department.Name());
  proto.set_title(department.title);
  return proto;
}

Department DepartmentFromProto(absl::string_view organization_id, absl::string_view id, const v1::Department& proto,
                               absl::Time now) {
  auto department = New<Department>(organization_id, id, now);
  department.title = proto.title();
  return department;
}

v1::Vendor ToProto(const Vendor& vendor) {
  auto proto = BeginRetirable<v1::Vendor>(vendor, vendor.Name());
  proto.set_title(vendor.title);
  proto.set_contract_reference(vendor.contract_reference);
  if (vendor.support_end.has_value()) *proto.mutable_support_end_time() = ToTimestamp(*vendor.support_end);
  return proto;
}

Vendor VendorFromProto(absl::string_view organization_id, absl::string_view id, const v1::Vendor& proto,
                       absl::Time now) {
  auto vendor = New<Vendor>(organization_id, id, now);
  vendor.title = proto.title();
  vendor.contract_reference = proto.contract_reference();
  if (proto.has_support_end_time()) vendor.support_end = FromTimestamp(proto.support_end_time());
  return vendor;
}

v1::Person ToProto(const Person& person) {
  auto proto = BeginRetirable<v1::Person>(person, person.Name());
  proto.set_display_name(person.display_name);
  if (!person.department_id.empty()) proto.set_department(DepartmentName(person.organization_id, person.department_id));
  if (!person.vendor_id.empty()) proto.set_vendor(VendorName(person.organization_id, person.vendor_id));
  for (const PersonRole role : person.roles) proto.add_roles(static_cast<common::v1::Role>(role));
  proto.set_email(person.email);
  return proto;
}

Person PersonFromProto(absl::string_view organization_id, absl::string_view id, const v1::Person& proto,
                       absl::Time now) {
  auto person = New<Person>(organization_id, id, now);
  person.display_name = proto.display_name();
  person.department_id = LastId(proto.department());
  person.vendor_id = LastId(proto.vendor());
  for (const int role : proto.roles()) person.roles.push_back(static_cast<PersonRole>(role));
  person.email = proto.email();
  return person;
}

}  // namespace docket::request

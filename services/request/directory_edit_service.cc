#include "services/request/directory_edit_service.h"

#include <optional>
#include <type_traits>
#include <utility>

#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/request/directory_proto.h"
#include "services/request/field_edit_proto.h"
#include "services/request/request_events.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

event::v1::OrganizationCreated CreatedPayload(const v1::Organization& organization) {
  event::v1::OrganizationCreated payload;
  payload.set_title(organization.title());
  payload.set_time_zone(organization.time_zone());
  return payload;
}

event::v1::DepartmentCreated CreatedPayload(const v1::Department& department) {
  event::v1::DepartmentCreated payload;
  payload.set_title(department.title());
  return payload;
}

event::v1::VendorCreated CreatedPayload(const v1::Vendor& vendor) {
  event::v1::VendorCreated payload;
  payload.set_title(vendor.title());
  return payload;
}

event::v1::PersonCreated CreatedPayload(const v1::Person& person) {
  event::v1::PersonCreated payload;
  payload.set_display_name(person.display_name());
  payload.set_department(person.department());
  return payload;
}

event::v1::OrganizationUpdated UpdatedPayload(const v1::Organization& organization) {
  event::v1::OrganizationUpdated payload;
  payload.set_title(organization.title());
  return payload;
}

event::v1::DepartmentUpdated UpdatedPayload(const v1::Department& department) {
  event::v1::DepartmentUpdated payload;
  payload.set_title(department.title());
  return payload;
}

event::v1::VendorUpdated UpdatedPayload(const v1::Vendor& vendor) {
  event::v1::VendorUpdated payload;
  payload.set_title(vendor.title());
  return payload;
}

event::v1::PersonUpdated UpdatedPayload(const v1::Person& person) {
  event::v1::PersonUpdated payload;
  payload.set_display_name(person.display_name());
  return payload;
}

}  // namespace

absl::Status DirectoryEdits::Check(mysql::Transaction&, const Organization*, Organization& organization) {
  return LoadZone(organization.time_zone).status();
}

absl::Status DirectoryEdits::Check(mysql::Transaction&, const Department*, Department&) { return absl::OkStatus(); }

absl::Status DirectoryEdits::Check(mysql::Transaction&, const Vendor*, Vendor&) { return absl::OkStatus(); }

absl::Status DirectoryEdits::Check(mysql::Transaction& tx, const Person* before, Person& person) {
  DOCKET_RETURN_IF_ERROR(PreparePerson(person));
  if (before == nullptr || before->department_id != person.department_id) {
    DOCKET_RETURN_IF_ERROR(store_.JoinDepartment(tx, person.organization_id, person.department_id));
  }
  if (before != nullptr && before->vendor_id == person.vendor_id) return absl::OkStatus();
  return store_.JoinVendor(tx, person.organization_id, person.vendor_id);
}

template <typename T>
absl::StatusOr<T> DirectoryEdits::Enter(mysql::Transaction& tx, events::EventRecorder& recorder, T record) {
  if constexpr (!std::is_same_v<T, Organization>) {
    DOCKET_RETURN_IF_ERROR(store_.RequireOrganization(tx, record.organization_id).status());
  }
  DOCKET_RETURN_IF_ERROR(Check(tx, nullptr, record));
  DOCKET_RETURN_IF_ERROR(store_.Insert(tx, record));
  const auto proto = ToProto(record);
  recorder.Add(CreatedPayload(proto),
               {.subject = proto.name(), .revision = record.revision, .after_sha256 = ContentSha256(proto)});
  return record;
}

template <typename T>
absl::StatusOr<Edited<T>> DirectoryEdits::Update(mysql::Transaction& tx, events::EventRecorder& recorder, const T& key,
                                                 absl::string_view etag, absl::FunctionRef<T(const T&)> edit) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<T> before, store_.Load(tx, key));
  if (!before.has_value()) return NotFoundError(key.Name());
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, before->revision));
  T edited = edit(*before);
  DOCKET_RETURN_IF_ERROR(Check(tx, &*before, edited));
  T record = *before;
  if (!TakeEdit(record, std::move(edited), absl::FromUnixMicros(clock_.NowMicros()))) {
    return Edited<T>{.record = *before, .changed = false};
  }
  DOCKET_RETURN_IF_ERROR(store_.Save(tx, record, before->revision));
  const auto old_proto = ToProto(*before), new_proto = ToProto(record);
  recorder.Add(UpdatedPayload(new_proto), {.subject = new_proto.name(),
                                           .revision = record.revision,
                                           .before_sha256 = ContentSha256(old_proto),
                                           .after_sha256 = ContentSha256(new_proto),
                                           .changes = FieldChanges(old_proto, new_proto)});
  return Edited<T>{.record = std::move(record), .changed = true};
}

template absl::StatusOr<Organization> DirectoryEdits::Enter(mysql::Transaction&, events::EventRecorder&, Organization);
template absl::StatusOr<Department> DirectoryEdits::Enter(mysql::Transaction&, events::EventRecorder&, Department);
template absl::StatusOr<Vendor> DirectoryEdits::Enter(mysql::Transaction&, events::EventRecorder&, Vendor);
template absl::StatusOr<Person> DirectoryEdits::Enter(mysql::Transaction&, events::EventRecorder&, Person);
template absl::StatusOr<Edited<Organization>> DirectoryEdits::Update(
    mysql::Transaction&, events::EventRecorder&, const Organization&, absl::string_view,
    absl::FunctionRef<Organization(const Organization&)>);
template absl::StatusOr<Edited<Department>> DirectoryEdits::Update(mysql::Transaction&, events::EventRecorder&,
                                                                   const Department&, absl::string_view,
                                                                   absl::FunctionRef<Department(const Department&)>);
template absl::StatusOr<Edited<Vendor>> DirectoryEdits::Update(mysql::Transaction&, events::EventRecorder&,
                                                               const Vendor&, absl::string_view,
                                                               absl::FunctionRef<Vendor(const Vendor&)>);
template absl::StatusOr<Edited<Person>> DirectoryEdits::Update(mysql::Transaction&, events::EventRecorder&,
                                                               const Person&, absl::string_view,
                                                               absl::FunctionRef<Person(const Person&)>);

}  // namespace docket::request

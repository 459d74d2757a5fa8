#include "services/request/transfer/catalog_import_service.h"

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/catalog_proto.h"
#include "services/request/directory_proto.h"

namespace docket::request {
namespace {

// The history says why a system left or entered service; here nobody said.
constexpr char kReason[] = "catalogue import";

// The resource's name and etag, whichever it is.
struct Stated {
  absl::string_view kind;
  std::string name;
  std::string etag;
};

template <typename Resource>
Stated StatedIn(absl::string_view kind, const Resource& resource) {
  return {.kind = kind, .name = resource.name(), .etag = resource.etag()};
}

Stated StatedOf(const v1::CatalogItem& item) {
  switch (item.resource_case()) {
    case v1::CatalogItem::kDepartment:
      return StatedIn("department", item.department());
    case v1::CatalogItem::kVendor:
      return StatedIn("vendor", item.vendor());
    case v1::CatalogItem::kPerson:
      return StatedIn("person", item.person());
    case v1::CatalogItem::kSystem:
      return StatedIn("system", item.system());
    case v1::CatalogItem::RESOURCE_NOT_SET:
      break;
  }
  return {};
}

absl::Status CheckItem(absl::string_view organization_id, const v1::CatalogItem& item, const Stated& stated) {
  FieldViolations violations;
  violations.Require(!stated.kind.empty(), "resource", "must be a department, a vendor, a person or a system");
  violations.Require(!item.retired() || item.has_system(), "retired", "goes with systems only");
  violations.Require(stated.name.empty() || stated.name == NameOf(organization_id, item),
                     absl::StrCat(stated.kind, ".name"), "is not the name that parent and id make; leave it out");
  return violations.ToStatus();
}

}  // namespace

std::string NameOf(absl::string_view organization_id, const v1::CatalogItem& item) {
  switch (item.resource_case()) {
    case v1::CatalogItem::kDepartment:
      return DepartmentName(organization_id, item.id());
    case v1::CatalogItem::kVendor:
      return VendorName(organization_id, item.id());
    case v1::CatalogItem::kPerson:
      return PersonName(organization_id, item.id());
    case v1::CatalogItem::kSystem:
      return SystemName(organization_id, item.id());
    case v1::CatalogItem::RESOURCE_NOT_SET:
      break;
  }
  return "";
}

absl::StatusOr<v1::ImportOutcome> CatalogImport::Apply(mysql::Transaction& tx, events::EventRecorder& recorder,
                                                       const std::string& organization_id,
                                                       const v1::CatalogItem& item) {
  const Stated stated = StatedOf(item);
  DOCKET_RETURN_IF_ERROR(CheckItem(organization_id, item, stated));
  const absl::Time now = absl::FromUnixMicros(clock_.NowMicros());
  switch (item.resource_case()) {
    case v1::CatalogItem::kDepartment:
      return ApplyRecord(tx, recorder, DepartmentFromProto(organization_id, item.id(), item.department(), now),
                         stated.etag);
    case v1::CatalogItem::kVendor:
      return ApplyRecord(tx, recorder, VendorFromProto(organization_id, item.id(), item.vendor(), now), stated.etag);
    case v1::CatalogItem::kPerson:
      return ApplyRecord(tx, recorder, PersonFromProto(organization_id, item.id(), item.person(), now), stated.etag);
    default: {
      System system = SystemFromProto(organization_id, item.id(), item.system(), now);
      system.state = item.retired() ? SystemState::kRetired : SystemState::kActive;
      return ApplySystem(tx, recorder, system, stated.etag);
    }
  }
}

template <typename T>
absl::StatusOr<v1::ImportOutcome> CatalogImport::ApplyRecord(mysql::Transaction& tx, events::EventRecorder& recorder,
                                                             const T& record, const std::string& etag) {
  const absl::StatusOr<Edited<T>> edited =
      directory_.Update<T>(tx, recorder, record, etag, [&](const T&) { return record; });
  if (edited.ok()) return edited->changed ? v1::IMPORT_OUTCOME_UPDATED : v1::IMPORT_OUTCOME_UNCHANGED;
  // What has an etag was there once, and is not to be made anew.
  if (!absl::IsNotFound(edited.status()) || !etag.empty()) return edited.status();
  DOCKET_RETURN_IF_ERROR(directory_.Enter(tx, recorder, record).status());
  return v1::IMPORT_OUTCOME_CREATED;
}

absl::StatusOr<v1::ImportOutcome> CatalogImport::ApplySystem(mysql::Transaction& tx, events::EventRecorder& recorder,
                                                             const System& wanted, const std::string& etag) {
  const std::string name = wanted.Name();
  const absl::StatusOr<Edited<System>> edited =
      catalog_.Update(tx, recorder, name, etag, /*moves_dependencies=*/true, [&](const System&) { return wanted; });
  if (!edited.ok()) {
    if (!absl::IsNotFound(edited.status()) || !etag.empty()) return edited.status();
    DOCKET_RETURN_IF_ERROR(catalog_.Enter(tx, recorder, wanted).status());
    return v1::IMPORT_OUTCOME_CREATED;
  }
  if (edited->record.state != wanted.state) {
    DOCKET_RETURN_IF_ERROR((wanted.state == SystemState::kRetired ? catalog_.Retire(tx, recorder, name, "", kReason)
                                                                  : catalog_.Reinstate(tx, recorder, name, "", kReason))
                               .status());
    return v1::IMPORT_OUTCOME_UPDATED;
  }
  return edited->changed ? v1::IMPORT_OUTCOME_UPDATED : v1::IMPORT_OUTCOME_UNCHANGED;
}

}  // namespace docket::request

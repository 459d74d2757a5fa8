// The part of DirectoryEdits that takes records out of use and back into it.
#include <optional>
#include <string>
#include <vector>

#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "services/request/directory_edit_service.h"
#include "services/request/directory_proto.h"
#include "services/request/in_use.h"
#include "services/request/request_events.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

template <typename Retired, typename Reinstated>
void ReportTitled(events::EventRecorder& recorder, RecordState state, const std::string& title,
                  const events::EventFacts& facts) {
  const auto add = [&](auto payload) {
    payload.set_title(title);
    recorder.Add(payload, facts);
  };
  if (state == RecordState::kRetired) return add(Retired());
  add(Reinstated());
}

void ReportMove(events::EventRecorder& recorder, const Department& department, const events::EventFacts& facts) {
  ReportTitled<event::v1::DepartmentRetired, event::v1::DepartmentReinstated>(recorder, department.state,
                                                                              department.title, facts);
}

void ReportMove(events::EventRecorder& recorder, const Vendor& vendor, const events::EventFacts& facts) {
  ReportTitled<event::v1::VendorRetired, event::v1::VendorReinstated>(recorder, vendor.state, vendor.title, facts);
}

void ReportMove(events::EventRecorder& recorder, const Person& person, const events::EventFacts& facts) {
  const auto add = [&](auto payload) {
    payload.set_display_name(person.display_name);
    recorder.Add(payload, facts);
  };
  if (person.state == RecordState::kRetired) return add(event::v1::PersonRetired());
  add(event::v1::PersonReinstated());
}

}  // namespace

template <typename T>
absl::Status DirectoryEdits::CheckMoved(mysql::Transaction& tx, const T& owner) {
  if (owner.state != RecordState::kRetired) return absl::OkStatus();
  std::vector<std::string> users;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> systems, catalog_.LoadActiveOf(tx, owner, kMaxUsersListed));
  for (const std::string& id : systems) users.push_back(SystemName(owner.organization_id, id));
  const int left = kMaxUsersListed - static_cast<int>(users.size());
  DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> people, store_.LoadActivePeople(tx, owner, left));
  for (const std::string& id : people) users.push_back(PersonName(owner.organization_id, id));
  if (users.empty()) return absl::OkStatus();
  return InUse("active systems or people belong to it; move or retire them first", users);
}

absl::Status DirectoryEdits::CheckMoved(mysql::Transaction& tx, const Person& person) {
  if (person.state != RecordState::kActive) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(store_.JoinDepartment(tx, person.organization_id, person.department_id));
  return store_.JoinVendor(tx, person.organization_id, person.vendor_id);
}

template <typename T>
absl::StatusOr<T> DirectoryEdits::Move(mysql::Transaction& tx, events::EventRecorder& recorder, const T& key,
                                       absl::string_view etag, RecordState state, absl::string_view reason) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<T> before, store_.Load(tx, key));
  if (!before.has_value()) return NotFoundError(key.Name());
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, before->revision));
  T record = *before;
  DOCKET_RETURN_IF_ERROR(MoveTo(state, key.Name(), reason, absl::FromUnixMicros(clock_.NowMicros()), record));
  // The row is held, so that nothing comes to belong to it meanwhile.
  DOCKET_RETURN_IF_ERROR(CheckMoved(tx, record));
  DOCKET_RETURN_IF_ERROR(store_.Save(tx, record, before->revision));
  const auto old_proto = ToProto(*before), new_proto = ToProto(record);
  events::EventFacts facts{
      .subject = new_proto.name(),
      .revision = record.revision,
      .reason = std::string(reason),
      .before_sha256 = ContentSha256(old_proto),
      .after_sha256 = ContentSha256(new_proto),
      .changes = {{"state", old_proto.State_Name(old_proto.state()), new_proto.State_Name(new_proto.state())}}};
  if (before->state_reason != record.state_reason) {
    facts.changes.push_back({"state_reason", before->state_reason, record.state_reason});
  }
  ReportMove(recorder, record, facts);
  return record;
}

template <typename T>
absl::StatusOr<T> DirectoryEdits::Retire(mysql::Transaction& tx, events::EventRecorder& recorder, const T& key,
                                         absl::string_view etag, absl::string_view reason) {
  return Move(tx, recorder, key, etag, RecordState::kRetired, reason);
}

template <typename T>
absl::StatusOr<T> DirectoryEdits::Reinstate(mysql::Transaction& tx, events::EventRecorder& recorder, const T& key,
                                            absl::string_view etag, absl::string_view reason) {
  return Move(tx, recorder, key, etag, RecordState::kActive, reason);
}

template absl::StatusOr<Department> DirectoryEdits::Retire(mysql::Transaction&, events::EventRecorder&,
                                                           const Department&, absl::string_view, absl::string_view);
template absl::StatusOr<Vendor> DirectoryEdits::Retire(mysql::Transaction&, events::EventRecorder&, const Vendor&,
                                                       absl::string_view, absl::string_view);
template absl::StatusOr<Person> DirectoryEdits::Retire(mysql::Transaction&, events::EventRecorder&, const Person&,
                                                       absl::string_view, absl::string_view);
template absl::StatusOr<Department> DirectoryEdits::Reinstate(mysql::Transaction&, events::EventRecorder&,
                                                              const Department&, absl::string_view, absl::string_view);
template absl::StatusOr<Vendor> DirectoryEdits::Reinstate(mysql::Transaction&, events::EventRecorder&, const Vendor&,
                                                          absl::string_view, absl::string_view);
template absl::StatusOr<Person> DirectoryEdits::Reinstate(mysql::Transaction&, events::EventRecorder&, const Person&,
                                                          absl::string_view, absl::string_view);

}  // namespace docket::request

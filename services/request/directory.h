// Organisations and what they are made of: departments, vendors, people. Plain records; what binds them together is
// here.
#ifndef DOCKET_SERVICES_REQUEST_DIRECTORY_H_
#define DOCKET_SERVICES_REQUEST_DIRECTORY_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace docket::request {

// What every record carries. The ids are the last parts of names: `acme` of `organizations/acme`.
struct Record {
  std::string organization_id;
  std::string id;
  absl::Time create_time;
  absl::Time update_time;
  int64_t revision = 1;

  friend bool operator==(const Record&, const Record&) = default;
};

// The numbers are those of the contract and of the tables.
enum class RecordState { kUnspecified = 0, kActive = 1, kRetired = 2 };

// What can go out of use and come back, but never away: others refer to it.
struct RetirableRecord : Record {
  RecordState state = RecordState::kActive;
  // Why it was retired, or reinstated last.
  std::string state_reason;

  friend bool operator==(const RetirableRecord&, const RetirableRecord&) = default;
};

// Its own id stands in both organization_id and id.
struct Organization : Record {
  std::string title;
  // IANA name, e.g. `Asia/Shanghai`.
  std::string time_zone;
  // `zh-CN` or `en`.
  std::string language_code;

  std::string Name() const;

  friend bool operator==(const Organization&, const Organization&) = default;
};

struct Department : RetirableRecord {
  std::string title;

  std::string Name() const;

  friend bool operator==(const Department&, const Department&) = default;
};

struct Vendor : RetirableRecord {
  std::string title;
  std::string contract_reference;
  std::optional<absl::Time> support_end;

  std::string Name() const;

  friend bool operator==(const Vendor&, const Vendor&) = default;
};

// The numbers are those of the contract and of the tables.
enum class PersonRole {
  kUnspecified = 0,
  kRequester = 1,
  kDepartmentHead = 2,
  kItDirector = 3,
  kSystemAdmin = 4,
  kDataAdmin = 5,
  kFinanceManager = 6,
  kAccountant = 7,
  kExecutive = 8,
  kVendor = 9,
  kSupervisor = 10,
  kAuditor = 11,
  kViewer = 12,
  kService = 13,
  kAdministrator = 14,
};

// Who someone is to the organisation. The roles are for display and for choosing people; what a caller may do follows
// from the identity that the gateway verified.
struct Person : RetirableRecord {
  std::string display_name;
  // Empty: none.
  std::string department_id;
  // Of people of a vendor, who have no department. Empty: none.
  std::string vendor_id;
  // Ascending, each once.
  std::vector<PersonRole> roles;
  std::string email;

  std::string Name() const;

  friend bool operator==(const Person&, const Person&) = default;
};

// Takes over what people may change from `edited`, which PreparePerson and the like have passed. False where that makes
// no difference.
template <typename T>
bool TakeEdit(T& record, T edited, absl::Time now) {
  // What is not the editor's stays, so that the rest can be compared and taken over whole.
  if constexpr (std::derived_from<T, RetirableRecord>) {
    static_cast<RetirableRecord&>(edited) = record;
  } else {
    static_cast<Record&>(edited) = record;
  }
  if (edited == record) return false;
  record = std::move(edited);
  record.update_time = now;
  ++record.revision;
  return true;
}

// Takes a record out of use, or back into it, which `state` says. `name` is its own. FAILED_PRECONDITION / WRONG_STATE
// where it is in that state already.
absl::Status MoveTo(RecordState state, absl::string_view name, absl::string_view reason, absl::Time now,
                    RetirableRecord& record);

// The zone of an organisation. INVALID_ARGUMENT / INVALID_FIELDS on `organization.time_zone` for a zone that the system
// does not know.
absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view time_zone);

// Sorts the roles and checks what belongs together: people of a vendor hold ROLE_VENDOR and nothing else, have no
// department, and nobody else holds it; who raises or endorses requests has a department; a machine that acts for the
// organisation, such as its pipeline, holds ROLE_SERVICE and nothing else. INVALID_ARGUMENT / INVALID_FIELDS.
absl::Status PreparePerson(Person& person);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DIRECTORY_H_

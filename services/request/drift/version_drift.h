// A version that runs although the catalogue shows another and no change explains it, and how an observation is judged.
//
// OPEN until the catalogue shows the observed version, because a change was accepted, or its own request was rejected
// or rolled back: then RESOLVED, and the version seen again is another drift. An observation of what the catalogue
// shows does not end it, because other places may still run the other version.
#ifndef DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_H_
#define DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/application_form.h"
#include "services/request/catalog.h"
#include "services/request/version.h"

namespace docket::request {

// What a scanner saw.
struct Observation {
  std::string system_id;
  // Empty: the system as a whole.
  std::string component;
  std::string version;
  absl::Time time;
  std::string source;
};

struct Judgement {
  enum class Outcome { kMatches, kExplained, kDrift, kOutdated };
  Outcome outcome = Outcome::kMatches;
  // What the catalogue shows.
  std::string installed_version;
  // With kExplained: the request that goes to this version, 16 raw bytes.
  std::string request_id;
};

// What can be known at the time of judging.
struct Knowledge {
  // nullptr: there is no such system.
  const System* system = nullptr;
  // Since when the catalogue shows what it shows of the component.
  absl::Time shown_since = absl::InfinitePast();
  // What is being implemented, of this system or others.
  const std::vector<RequestedChange>* implemented = nullptr;
  absl::Time now;
};

// NOT_FOUND for an unknown system or component, FAILED_PRECONDITION / BROKEN_REFERENCE for a retired system,
// INVALID_ARGUMENT / INVALID_FIELDS on `observe_time` for a time more than five minutes in the future.
absl::StatusOr<Judgement> Judge(absl::string_view organization_id, const Observation& observation,
                                const Knowledge& known);

// The numbers of these two are those of the contract and of the tables.
enum class DriftState { kOpen = 1, kResolved = 2 };
enum class DriftDirection { kUpgraded = 1, kDowngraded = 2 };

struct VersionDrift {
  std::string organization_id;
  // UUIDv7, 16 raw bytes.
  std::string id;
  std::string system_id;
  std::string component;
  // What the catalogue showed when it was first observed.
  std::string installed_version;
  std::string observed_version;
  DriftDirection direction = DriftDirection::kUpgraded;
  DriftState state = DriftState::kOpen;
  // The retrospective request, 16 raw bytes.
  std::string request_id;
  // Who observed it first.
  std::string source;
  absl::Time first_observed;
  absl::Time last_observed;
  int64_t observations = 1;
  absl::Time create_time;
  std::optional<absl::Time> resolve_time;

  // The first observation of it.
  static VersionDrift Open(std::string organization_id, std::string id, const Observation& observation,
                           absl::string_view installed_version, std::string request_id, absl::Time now);

  // `organizations/acme/versionDrifts/0194…`.
  std::string Name() const;
};

// The form of the request that a drift opens, in the organisation's language (`zh-CN` or `en`). It is of the kind that
// is approved after the fact and must be reviewed.
ApplicationForm RetrospectiveForm(const System& system, const VersionDrift& drift, absl::string_view language_code);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_H_

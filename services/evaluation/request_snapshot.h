// What the evaluation knows of the request that it belongs to: the request as triage accepted it.
#ifndef DOCKET_SERVICES_EVALUATION_REQUEST_SNAPSHOT_H_
#define DOCKET_SERVICES_EVALUATION_REQUEST_SNAPSHOT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace docket::evaluation {

// Numbers are those of the contract, and are stored.
enum class ChangeKind { kUnspecified = 0, kNormal = 1, kStandard = 2, kEmergency = 3 };
enum class Level { kUnspecified = 0, kLow = 1, kMedium = 2, kHigh = 3, kCritical = 4 };

// One component moving from one version to another.
struct VersionChange {
  // `organizations/{org}/systems/{system}`.
  std::string system;
  // Empty: the system as a whole.
  std::string component;
  std::string from_version;
  std::string to_version;
};

// Arrives whole with the event that opens the evaluation and never changes afterwards.
struct RequestSnapshot {
  // `organizations/{org}/requests/{request}`.
  std::string name;
  std::string number;
  std::string title;
  ChangeKind kind = ChangeKind::kUnspecified;
  std::string requester;
  std::string department;
  std::vector<VersionChange> targets;
  std::string need;
  std::string problem;
  std::string business_impact;
  Level urgency = Level::kUnspecified;
  Level impact = Level::kUnspecified;
  Level priority = Level::kUnspecified;
  std::string endorser;
  std::string triager;
  // InfinitePast: not known.
  absl::Time submit_time = absl::InfinitePast();
  // Name of the request's state when it was accepted.
  std::string state;
};

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_REQUEST_SNAPSHOT_H_

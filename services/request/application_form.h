// The application form 软件升级需求申请表: what its author fills in.
#ifndef DOCKET_SERVICES_REQUEST_APPLICATION_FORM_H_
#define DOCKET_SERVICES_REQUEST_APPLICATION_FORM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/status/error.h"
#include "services/request/level.h"
#include "services/request/version.h"

namespace docket::request {

// The numbers of these three are those of the contract and of the tables.

// Which path the change takes.
enum class ChangeKind { kUnspecified = 0, kNormal = 1, kStandard = 2, kEmergency = 3 };

// Where the need came from.
enum class Source {
  kUnspecified = 0,
  kForm = 1,
  kCollectionRound = 2,
  kVendorNotice = 3,
  kEndUserFeedback = 4,
  kSecurityAdvisory = 5,
  kIndustryWatch = 6,
  kObservedDrift = 7,
};

// Why the upgrade is necessary.
enum class NecessityGround { kUnspecified = 0, kBusinessNeed = 1, kTechnology = 2, kSecurityFix = 3 };

// A document that lies elsewhere, pinned by its digest.
struct Document {
  std::string title;
  std::string uri;
  // Lower-case hexadecimal.
  std::string sha256;
  int64_t size_bytes = 0;

  friend bool operator==(const Document&, const Document&) = default;
};

struct ApplicationForm {
  std::string title;
  ChangeKind kind = ChangeKind::kUnspecified;
  Source source = Source::kUnspecified;
  std::string source_reference;
  std::string need;
  std::string problem;
  std::string business_impact;
  Level urgency = Level::kUnspecified;
  Level impact = Level::kUnspecified;
  NecessityGround necessity_ground = NecessityGround::kUnspecified;
  std::string necessity_rationale;
  std::vector<VersionChange> targets;
  std::vector<Document> documents;
  // Full name of the template version that a standard change is an instance of; empty for the other kinds.
  std::string template_name;

  friend bool operator==(const ApplicationForm&, const ApplicationForm&) = default;
};

// Of its texts and documents, which are most of what a request takes on the wire.
size_t TextBytes(const ApplicationForm& form);

// What the contract's field rules cannot say: no target twice, every target moves to another version, and that version
// is one the catalogue can show; a reference with every source but SOURCE_FORM; a template with a standard change, and
// with no other. Adds every violation, under `request.targets[i]`, `request.source_reference` and `request.template`.
// What is empty and must not be is the contract's to say.
void CheckForm(const ApplicationForm& form, FieldViolations& violations);
// The same as INVALID_ARGUMENT / INVALID_FIELDS.
absl::Status CheckForm(const ApplicationForm& form);

// Which drift a retrospective request answers for is the service's to say: no caller enters SOURCE_OBSERVED_DRIFT,
// edits it away or names another drift. Adds violations under `request.source` and `request.source_reference`. Before a
// new form there was an empty one.
void CheckDriftSource(const ApplicationForm& before, const ApplicationForm& edited, FieldViolations& violations);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_APPLICATION_FORM_H_

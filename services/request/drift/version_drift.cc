#include "services/request/drift/version_drift.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::request {
namespace {

// Clocks of scanners may be a little ahead.
constexpr absl::Duration kClockTolerance = absl::Minutes(5);
// What a form takes of a system's title beside two versions and a component.
constexpr int kMaxTitle = 60;

bool IsSameVersion(absl::string_view a, absl::string_view b) { return CompareVersions(a, b) == 0; }

std::string FirstCharacters(absl::string_view text, int count) {
  size_t end = 0;
  for (; end < text.size(); ++end) {
    const bool begins_character = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins_character && count-- == 0) break;
  }
  return std::string(text.substr(0, end));
}

}  // namespace

absl::StatusOr<Judgement> Judge(absl::string_view organization_id, const Observation& observation,
                                const Knowledge& known) {
  const std::string name = SystemName(organization_id, observation.system_id);
  if (known.system == nullptr) return NotFoundError(name);
  if (known.system->state != SystemState::kActive) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                 absl::StrCat(name, " is retired"), {{"resource", name}});
  }
  std::optional<std::string> installed = known.system->InstalledVersionOf(observation.component);
  if (!installed.has_value()) return NotFoundError(absl::StrCat(name, "/components/", observation.component));
  FieldViolations violations;
  violations.Require(observation.time <= known.now + kClockTolerance, "observe_time", "must not lie in the future");
  const absl::Status status = violations.ToStatus();
  if (!status.ok()) return status;

  Judgement judgement{.installed_version = *std::move(installed)};
  if (IsSameVersion(observation.version, judgement.installed_version)) return judgement;
  if (observation.time < known.shown_since) {
    judgement.outcome = Judgement::Outcome::kOutdated;
    return judgement;
  }
  for (const RequestedChange& one : *known.implemented) {
    if (one.change.system_id == observation.system_id && one.change.component == observation.component &&
        IsSameVersion(one.change.to_version, observation.version)) {
      judgement.outcome = Judgement::Outcome::kExplained;
      judgement.request_id = one.request_id;
      return judgement;
    }
  }
  judgement.outcome = Judgement::Outcome::kDrift;
  return judgement;
}

VersionDrift VersionDrift::Open(std::string organization_id, std::string id, const Observation& observation,
                                absl::string_view installed_version, std::string request_id, absl::Time now) {
  VersionDrift drift;
  drift.organization_id = std::move(organization_id);
  drift.id = std::move(id);
  drift.system_id = observation.system_id;
  drift.component = observation.component;
  drift.installed_version = std::string(installed_version);
  drift.observed_version = observation.version;
  drift.direction = CompareVersions(observation.version, installed_version) < 0 ? DriftDirection::kDowngraded
                                                                                : DriftDirection::kUpgraded;
  drift.request_id = std::move(request_id);
  drift.source = observation.source;
  drift.first_observed = drift.last_observed = observation.time;
  drift.create_time = now;
  return drift;
}

std::string VersionDrift::Name() const {
  return ChildName(OrganizationName(organization_id), "versionDrifts", FormatUuid(id));
}

ApplicationForm RetrospectiveForm(const System& system, const VersionDrift& drift, absl::string_view language_code) {
  const std::string what = drift.component.empty() ? FirstCharacters(system.title, kMaxTitle)
                                                   : absl::StrCat(FirstCharacters(system.title, kMaxTitle), " ",
                                                                  FirstCharacters(drift.component, kMaxTitle));
  const std::string from = drift.installed_version, to = drift.observed_version;
  const std::string when = absl::FormatTime(absl::RFC3339_sec, drift.first_observed, absl::UTCTimeZone());
  ApplicationForm form;
  form.kind = ChangeKind::kEmergency;
  form.source = Source::kObservedDrift;
  form.source_reference = drift.Name();
  form.urgency = Level::kHigh;
  form.impact = system.criticality;
  form.necessity_ground = NecessityGround::kTechnology;
  form.targets = {{.system_id = drift.system_id, .component = drift.component, .from_version = from, .to_version = to}};
  if (language_code == "en") {
    form.title = absl::StrCat("Unauthorised change of ", what, ": ", FirstCharacters(to, 32));
    form.need = absl::StrCat("Review the change of ", what, " from ", from, " to ", to, " after the fact.");
    form.problem = absl::StrCat(drift.source, " observed version ", to, " at ", when, ". The catalogue shows ", from,
                                ", and no change explains the difference.");
    form.business_impact = "Not assessed: the change was carried out without a request. Its owner is to state it.";
    form.necessity_rationale = "Opened by the comparison of observed versions with the catalogue.";
  } else {
    form.title = absl::StrCat("发现未经审批的版本变更：", what, " ", FirstCharacters(to, 32));
    form.need = absl::StrCat("对", what, "由", from, "变更为", to, "进行事后审查。");
    form.problem = absl::StrCat(drift.source, "于", when, "发现版本", to, "，软件目录登记的版本为", from,
                                "，没有任何变更可以说明这一差异。");
    form.business_impact = "尚未评估：该变更未经申请即已实施，请系统归口部门补充说明。";
    form.necessity_rationale = "由实际版本与软件目录的比对发起。";
  }
  return form;
}

}  // namespace docket::request

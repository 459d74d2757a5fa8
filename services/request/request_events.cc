#include "services/request/request_events.h"

#include <utility>

#include "common/canonical_digest/canonical_digest.h"
#include "common/canonical_digest/message_bytes.h"
#include "common/resource_name/resource_name.h"
#include "services/request/catalog_proto.h"
#include "services/request/request_proto.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

std::vector<std::string> SystemsOf(const Request& request) {
  std::vector<std::string> systems;
  for (const VersionChange& target : request.form.targets) {
    systems.push_back(SystemName(request.organization_id, target.system_id));
  }
  return systems;
}

}  // namespace

event::v1::RequestSnapshot SnapshotOf(const Request& request) {
  event::v1::RequestSnapshot snapshot;
  const ApplicationForm& form = request.form;
  snapshot.set_name(request.Name());
  snapshot.set_number(request.number);
  snapshot.set_title(form.title);
  snapshot.set_kind(static_cast<common::v1::ChangeKind>(form.kind));
  snapshot.set_requester(request.requester);
  if (!request.department_id.empty()) {
    snapshot.set_department(DepartmentName(request.organization_id, request.department_id));
  }
  for (const VersionChange& target : form.targets) *snapshot.add_targets() = ToProto(request.organization_id, target);
  snapshot.set_need(form.need);
  snapshot.set_problem(form.problem);
  snapshot.set_business_impact(form.business_impact);
  snapshot.set_urgency(static_cast<common::v1::Level>(form.urgency));
  snapshot.set_impact(static_cast<common::v1::Level>(form.impact));
  snapshot.set_priority(static_cast<common::v1::Level>(request.priority));
  snapshot.set_endorser(request.endorser);
  snapshot.set_triager(request.triager);
  if (request.submit_time.has_value()) *snapshot.mutable_submit_time() = ToTimestamp(*request.submit_time);
  snapshot.set_state(std::string(RequestStateName(request.state)));
  snapshot.set_retrospective(request.retrospective);
  snapshot.set_held(request.held);
  snapshot.set_template_(form.template_name);
  return snapshot;
}

std::string ContentSha256(const google::protobuf::Message& resource) { return Sha256(MessageBytes(resource)); }

void ReportMessage(events::EventRecorder& recorder, const google::protobuf::Message& payload,
                   const RequestReport& report) {
  const v1::Request made = report.after_message == nullptr ? ToProto(report.after) : v1::Request();
  const v1::Request& after = report.after_message == nullptr ? made : *report.after_message;
  events::EventFacts facts{.subject = after.name(),
                           .revision = report.after.revision,
                           .change = after.name(),
                           .reason = report.reason,
                           .after_sha256 = ContentSha256(after),
                           .systems = SystemsOf(report.after)};
  if (report.before != nullptr) {
    const v1::Request before = ToProto(*report.before);
    // What it was about and is no longer concerns those systems too.
    for (std::string& system : SystemsOf(*report.before)) facts.systems.push_back(std::move(system));
    facts.before_sha256 = ContentSha256(before);
    facts.changes = ChangesBetween(before, after);
    if (before.state() != after.state()) {
      facts.changes.push_back({"state", std::string(RequestStateName(report.before->state)),
                               std::string(RequestStateName(report.after.state))});
    }
  }
  recorder.Add(payload, facts);
}

void ReportInstalled(events::EventRecorder& recorder, const System& before, const System& after,
                     const VersionChange& version_change, const std::string& change) {
  event::v1::InstalledVersionAdvanced payload;
  *payload.mutable_version_change() = ToProto(after.organization_id, version_change);
  recorder.Add(payload, {.subject = after.Name(),
                         .revision = after.revision,
                         .change = change,
                         .before_sha256 = ContentSha256(ToProto(before)),
                         .after_sha256 = ContentSha256(ToProto(after)),
                         .changes = {{"installed_version", version_change.from_version, version_change.to_version}},
                         .systems = {after.Name()}});
}

}  // namespace docket::request

#include "services/request/notice/vendor_notice_events.h"

#include <string>
#include <utility>
#include <vector>

#include "common/resource_name/resource_name.h"
#include "services/request/notice/vendor_notice_proto.h"
#include "services/request/request_events.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

// The count says how many requests name the notice; it is no content of the notice.
std::string DigestOf(v1::VendorNotice notice) {
  notice.clear_linked_request_count();
  return ContentSha256(notice);
}

std::vector<std::string> SystemsOf(const VendorNotice& notice) {
  std::vector<std::string> systems;
  for (const AffectedSystem& system : notice.text.systems) {
    systems.push_back(SystemName(notice.organization_id, system.system_id));
  }
  return systems;
}

}  // namespace

event::v1::VendorNoticeSnapshot SnapshotOf(const VendorNotice& notice) {
  event::v1::VendorNoticeSnapshot snapshot;
  snapshot.set_vendor(VendorName(notice.organization_id, notice.vendor_id));
  snapshot.set_kind(std::string(NoticeKindName(notice.text.kind)));
  snapshot.set_title(notice.text.title);
  snapshot.set_state(std::string(NoticeStateName(notice.state)));
  for (std::string& system : SystemsOf(notice)) snapshot.add_systems(std::move(system));
  if (notice.text.support_end.has_value()) {
    *snapshot.mutable_support_end_time() = ToTimestamp(*notice.text.support_end);
  }
  return snapshot;
}

void ReportMessage(events::EventRecorder& recorder, const google::protobuf::Message& payload,
                   const NoticeReport& report) {
  const v1::VendorNotice after = ToProto(report.after);
  events::EventFacts facts{.subject = after.name(),
                           .revision = report.after.revision,
                           .change = report.change,
                           .reason = report.reason,
                           .after_sha256 = DigestOf(after),
                           .systems = SystemsOf(report.after)};
  if (report.before != nullptr) {
    const v1::VendorNotice before = ToProto(*report.before);
    for (std::string& system : SystemsOf(*report.before)) facts.systems.push_back(std::move(system));
    facts.before_sha256 = DigestOf(before);
    facts.changes = ChangesBetween(before, after);
    if (before.state() != after.state()) {
      facts.changes.push_back({"state", std::string(NoticeStateName(report.before->state)),
                               std::string(NoticeStateName(report.after.state))});
    }
  }
  recorder.Add(payload, facts);
}

}  // namespace docket::request

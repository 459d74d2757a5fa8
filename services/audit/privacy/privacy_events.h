// What this room reports.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_EVENTS_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_EVENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/events/event_recorder.h"
#include "docket/audit/v1/legal_hold.pb.h"
#include "docket/audit/v1/redaction.pb.h"
#include "docket/audit/v1/retention_policy.pb.h"
#include "services/audit/privacy/redaction.h"
#include "services/audit/privacy/retention.h"

namespace docket::audit {

void ReportProposed(events::EventRecorder& recorder, const v1::Redaction& redaction, const IndexRanges& ranges);
// Approved or rejected: `after` says which.
void ReportDecided(events::EventRecorder& recorder, const v1::Redaction& before, const v1::Redaction& after,
                   int64_t revision);
// One step of applying. Returns the event's id, 16 bytes.
std::string ReportApplied(events::EventRecorder& recorder, const v1::Redaction& before, const v1::Redaction& after,
                          int64_t revision, const std::vector<uint64_t>& indexes, std::optional<uint64_t> key_id);
// The id of the event, 16 bytes.
std::string ReportRetention(events::EventRecorder& recorder, const std::string& organization, const RetentionTask& task,
                            const std::vector<uint64_t>& indexes, int64_t held);
void ReportPolicy(events::EventRecorder& recorder, const v1::RetentionPolicy& before, const v1::RetentionPolicy& after,
                  int64_t revision);
void ReportPlaced(events::EventRecorder& recorder, const v1::LegalHold& hold);
void ReportReleased(events::EventRecorder& recorder, const v1::LegalHold& before, const v1::LegalHold& after,
                    int64_t revision);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_EVENTS_H_

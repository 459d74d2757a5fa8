#include "services/audit/privacy/retention_worker.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "common/events/outbox.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/data_subject.h"
#include "services/audit/privacy/privacy_events.h"

namespace docket::audit {
namespace {

constexpr int kEntriesPerBatch = 500;
constexpr int kBatchesPerTask = 40;
constexpr int kOrganizationsAtATime = 100;

// Whether the policy's rule for this type, or its default, is the task.
bool IsOf(const RetentionTask& task, const v1::RetentionPolicy& policy, const std::string& type) {
  if (IsAlwaysKept(type)) return false;
  if (!task.event_type.empty()) return task.event_type == type;
  return std::none_of(policy.rules().begin(), policy.rules().end(),
                      [&](const v1::RetentionPolicy::Rule& rule) { return rule.event_type() == type; });
}

}  // namespace

absl::StatusOr<RetentionWorker::Batch> RetentionWorker::RunBatch(const std::string& organization_id,
                                                                 const RetentionTask& task,
                                                                 const v1::RetentionPolicy& policy,
                                                                 absl::Time deadline) const {
  const std::string organization = OrganizationName(organization_id);
  events::EventRecorder recorder(parts_.source, events::Origin::FromWorker(parts_.source, organization), parts_.clock,
                                 parts_.uuids);
  const int64_t cutoff_us = absl::ToUnixMicros(CutoffOf(parts_.clock.Now(), task.months));
  const auto run = [&](mysql::Transaction& tx) -> absl::StatusOr<Batch> {
    recorder.Clear();
    DOCKET_RETURN_IF_ERROR(HoldStore::TakeTurn(tx, organization_id));
    // The policy that was read may be another by now; a longer one must win.
    DOCKET_ASSIGN_OR_RETURN(const v1::RetentionPolicy current, RetentionStore::Lock(tx, organization_id));
    if (current.etag() != policy.etag()) return Batch();
    DOCKET_ASSIGN_OR_RETURN(const std::vector<HoldScope> holds, HoldStore::ListActive(tx, organization_id));
    DOCKET_ASSIGN_OR_RETURN(const uint64_t begin, RetentionStore::LockProgress(tx, organization_id, task.event_type));
    DOCKET_ASSIGN_OR_RETURN(
        const std::vector<EntryFacts> entries,
        RetentionStore::SelectEntries(tx, organization_id, task.event_type, begin, kEntriesPerBatch));
    Batch batch{.more = entries.size() == static_cast<size_t>(kEntriesPerBatch)};
    std::vector<uint64_t> due;
    uint64_t next = begin;
    int64_t held = 0;
    for (const EntryFacts& entry : entries) {
      if (entry.receive_us >= cutoff_us) {
        batch.more = false;
        break;
      }
      next = entry.index + 1;
      if (!IsOf(task, policy, entry.type)) continue;
      if (FindHold(holds, entry) != nullptr) {
        ++held;
      } else {
        due.push_back(entry.index);
      }
    }
    if (next == begin) return Batch();
    DOCKET_ASSIGN_OR_RETURN(const std::vector<uint64_t> taken, parts_.erasure.TakeOut(tx, due));
    if (!taken.empty()) {
      DOCKET_RETURN_IF_ERROR(ErasureStore::Mark(tx, taken, ReportRetention(recorder, organization, task, taken, held)));
      DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, recorder.events()));
    }
    DOCKET_RETURN_IF_ERROR(RetentionStore::SaveProgress(tx, organization_id, task.event_type, next));
    batch.redacted = static_cast<int64_t>(taken.size());
    return batch;
  };
  return mysql::RunInTransaction(parts_.pool, deadline, run);
}

absl::StatusOr<int64_t> RetentionWorker::RunOrganization(const std::string& organization_id,
                                                         absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const v1::RetentionPolicy policy, parts_.retention.Get(organization_id, deadline));
  int64_t redacted = 0;
  for (const RetentionTask& task : TasksOf(policy)) {
    bool more = true;
    for (int i = 0; i < kBatchesPerTask && more; ++i) {
      DOCKET_ASSIGN_OR_RETURN(const Batch batch, RunBatch(organization_id, task, policy, deadline));
      redacted += batch.redacted;
      if (batch.redacted > 0 && parts_.payloads_gone) parts_.payloads_gone();
      more = batch.more;
    }
  }
  return redacted;
}

absl::StatusOr<int64_t> RetentionWorker::RunOnce(absl::Duration time_limit) const {
  const absl::Time deadline = absl::Now() + time_limit;
  int64_t redacted = 0;
  absl::Status first;
  std::string after;
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> organizations,
                            parts_.retention.ListOrganizations(after, kOrganizationsAtATime, deadline));
    for (const std::string& organization_id : organizations) {
      const absl::StatusOr<int64_t> done = RunOrganization(organization_id, deadline);
      if (done.ok()) {
        redacted += *done;
        continue;
      }
      parts_.logger.Error("cannot apply retention",
                          {{"organization", organization_id}, {"error", done.status().ToString()}});
      if (first.ok()) first = done.status();
    }
    if (organizations.size() < static_cast<size_t>(kOrganizationsAtATime)) break;
    after = organizations.back();
  }
  if (redacted > 0 && parts_.wake_relay) parts_.wake_relay();
  if (!first.ok()) return first;
  return redacted;
}

}  // namespace docket::audit

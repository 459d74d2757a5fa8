#include "services/audit/privacy/redaction_applier.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "common/events/outbox.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/privacy_events.h"
#include "services/audit/privacy/stored_time.h"

namespace docket::audit {
namespace {

// Unencrypted payloads of one person that one step deletes.
constexpr int kPlainAtATime = 1000;
constexpr int kRedactionsAtATime = 100;

}  // namespace

std::vector<uint64_t> IndexesOf(const v1::Redaction& redaction) {
  std::vector<uint64_t> indexes;
  for (const int64_t index : redaction.indexes()) indexes.push_back(static_cast<uint64_t>(index));
  std::sort(indexes.begin(), indexes.end());
  return indexes;
}

absl::StatusOr<const HoldScope*> FindHoldOn(mysql::Transaction& tx, const v1::Redaction& redaction,
                                            const std::map<uint64_t, EntryFacts>& facts,
                                            const std::vector<HoldScope>& holds) {
  if (!redaction.data_subject().empty()) {
    return ErasureStore::FindHoldOf(tx, OrganizationId(redaction.name()), redaction.data_subject(), holds);
  }
  for (const auto& [index, entry] : facts) {
    if (const HoldScope* hold = FindHold(holds, entry); hold != nullptr) return hold;
  }
  return nullptr;
}

absl::Status RedactionApplier::Apply(const std::string& name, absl::Time deadline) const {
  events::EventRecorder recorder(parts_.source, events::Origin::FromWorker(parts_.source, OrganizationOf(name)),
                                 parts_.clock, parts_.uuids);
  bool more = true;
  while (more) {
    DOCKET_ASSIGN_OR_RETURN(
        more, mysql::RunInTransaction(parts_.pool, deadline, [&](mysql::Transaction& tx) -> absl::StatusOr<bool> {
          recorder.Clear();
          DOCKET_ASSIGN_OR_RETURN(const bool further, Step(name, tx, recorder));
          if (!recorder.events().empty()) DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, recorder.events()));
          return further;
        }));
    if (recorder.events().empty()) continue;
    if (parts_.payloads_gone) parts_.payloads_gone();
    if (parts_.wake_relay) parts_.wake_relay();
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> RedactionApplier::Step(const std::string& name, mysql::Transaction& tx,
                                            events::EventRecorder& recorder) const {
  const std::string organization_id = OrganizationId(name);
  DOCKET_RETURN_IF_ERROR(HoldStore::TakeTurn(tx, organization_id));
  DOCKET_ASSIGN_OR_RETURN(StoredRedaction stored, RedactionStore::Lock(tx, name));
  v1::Redaction& redaction = stored.redaction;
  if (redaction.state() != v1::Redaction::STATE_APPROVED) return false;

  const std::vector<uint64_t> indexes = IndexesOf(redaction);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<HoldScope> holds, HoldStore::ListActive(tx, organization_id));
  DOCKET_ASSIGN_OR_RETURN(const auto facts, parts_.erasure.FindFacts(tx, organization_id, indexes));
  DOCKET_ASSIGN_OR_RETURN(const HoldScope* const hold, FindHoldOn(tx, redaction, facts, holds));
  if (hold != nullptr) {
    if (redaction.blocked_by() == hold->name) return false;
    redaction.set_blocked_by(hold->name);
    DOCKET_RETURN_IF_ERROR(RedactionStore::Save(tx, stored));
    return false;
  }
  redaction.clear_blocked_by();
  if (!redaction.data_subject().empty()) return StepOfSubject(stored, tx, recorder);

  const v1::Redaction before = redaction;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<uint64_t> taken, parts_.erasure.TakeOut(tx, indexes));
  redaction.set_state(v1::Redaction::STATE_APPLIED);
  *redaction.mutable_apply_time() = TimestampOf(parts_.clock.NowMicros());
  redaction.set_redacted_count(static_cast<int64_t>(taken.size()));
  const std::string event_id = ReportApplied(recorder, before, redaction, stored.revision + 1, taken, std::nullopt);
  DOCKET_RETURN_IF_ERROR(ErasureStore::Mark(tx, taken, event_id));
  DOCKET_RETURN_IF_ERROR(RedactionStore::Save(tx, stored));
  return false;
}

absl::StatusOr<bool> RedactionApplier::StepOfSubject(StoredRedaction& stored, mysql::Transaction& tx,
                                                     events::EventRecorder& recorder) const {
  v1::Redaction& redaction = stored.redaction;
  const v1::Redaction before = redaction;
  const std::string organization_id = OrganizationId(redaction.name());
  DOCKET_ASSIGN_OR_RETURN(const std::vector<uint64_t> plain,
                          ErasureStore::FindPlainOf(tx, organization_id, redaction.data_subject(), kPlainAtATime));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<uint64_t> taken, parts_.erasure.TakeOut(tx, plain));
  redaction.set_redacted_count(redaction.redacted_count() + static_cast<int64_t>(taken.size()));
  // The key goes with the last step.
  const bool more = plain.size() == static_cast<size_t>(kPlainAtATime);
  std::optional<uint64_t> key_id;
  if (!more) {
    DOCKET_ASSIGN_OR_RETURN(key_id, parts_.secrets.LockKey(tx, {organization_id, redaction.data_subject()}));
    redaction.set_state(v1::Redaction::STATE_APPLIED);
    *redaction.mutable_apply_time() = TimestampOf(parts_.clock.NowMicros());
  }
  const std::string event_id = ReportApplied(recorder, before, redaction, stored.revision + 1, taken, key_id);
  DOCKET_RETURN_IF_ERROR(ErasureStore::Mark(tx, taken, event_id));
  DOCKET_RETURN_IF_ERROR(RedactionStore::Save(tx, stored));
  // Last, because from here on nothing is appended until this transaction ends.
  if (key_id.has_value()) {
    DOCKET_RETURN_IF_ERROR(parts_.secrets.DestroyKey(tx, *key_id, event_id, parts_.clock.NowMicros()));
  }
  return more;
}

absl::Status RedactionApplier::RunOnce(absl::Duration time_limit) const {
  const absl::Time deadline = absl::Now() + time_limit;
  absl::Status first;
  std::string after;
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                            parts_.redactions.ListApproved(after, kRedactionsAtATime, deadline));
    for (const std::string& name : names) {
      const absl::Status applied = Apply(name, deadline);
      if (applied.ok()) continue;
      parts_.logger.Error("cannot apply a redaction", {{"redaction", name}, {"error", applied.ToString()}});
      if (first.ok()) first = applied;
    }
    if (names.size() < static_cast<size_t>(kRedactionsAtATime)) return first;
    after = names.back();
  }
}

}  // namespace docket::audit

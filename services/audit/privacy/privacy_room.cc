#include "services/audit/privacy/privacy_room.h"

#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr absl::Duration kOften = absl::Seconds(5);
constexpr absl::Duration kRetentionInterval = absl::Minutes(10);
constexpr absl::Duration kTimeLimit = absl::Seconds(30);
constexpr int kRewrapAtATime = 200;

}  // namespace

PrivacyRoom::PrivacyRoom(const Parts& parts)
    : log_(parts.log),
      keys_(parts.keys),
      erasure_(parts.keys.secrets()),
      redactions_(parts.pool),
      holds_(parts.pool),
      retention_(parts.pool),
      parts_{.pool = parts.pool,
             .secrets = parts.keys.secrets(),
             .erasure = erasure_,
             .redactions = redactions_,
             .holds = holds_,
             .retention = retention_,
             .mutations = parts.mutations,
             .page_tokens = parts.page_tokens,
             .clock = parts.clock,
             .uuids = parts.uuids,
             .logger = parts.logger,
             .source = parts.source,
             .wake_relay = parts.wake_relay,
             .payloads_gone = parts.payloads_gone},
      applier_(parts_),
      retention_worker_(parts_),
      record_(parts.pool, parts.log),
      redaction_service_(parts_, applier_),
      hold_service_(parts_),
      retention_service_(parts_),
      often_task_(
          {.name = "apply redactions", .interval = kOften}, [this] { return RunOften(kTimeLimit); }, parts.clock,
          parts.logger),
      retention_task_(
          {.name = "apply retention", .interval = kRetentionInterval},
          [this] { return retention_worker_.RunOnce(kTimeLimit).status(); }, parts.clock, parts.logger) {}

void PrivacyRoom::Register(rpc::MethodTable& table) {
  table.Service("docket.audit.v1.PrivacyService");
  redaction_service_.Register(table);
  hold_service_.Register(table);
  retention_service_.Register(table);
}

absl::Status PrivacyRoom::RunOften(absl::Duration time_limit) {
  const absl::Time deadline = absl::Now() + time_limit;
  absl::Status first = applier_.RunOnce(time_limit);
  const absl::StatusOr<TreeState> tree = log_.ReadTreeState(deadline);
  if (tree.ok()) keys_.sealer()->ForgetUnlessOf(tree->secret_epoch);
  first.Update(keys_.secrets().Rewrap(parts_.pool, deadline, kRewrapAtATime).status());
  return first;
}

void PrivacyRoom::StartWorkers() {
  often_task_.Start();
  retention_task_.Start();
}

void PrivacyRoom::StopWorkers() {
  often_task_.Stop();
  retention_task_.Stop();
}

}  // namespace docket::audit

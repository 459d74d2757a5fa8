#include "services/audit/scrub/scrub_room.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(250);
// A step that finds the database slow gives up and comes again.
constexpr absl::Duration kStepLimit = absl::Seconds(10);

absl::Duration DurationOf(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

ScrubLimits LimitsOf(const process::v1::ScrubPace& pace) {
  ScrubLimits limits;
  if (pace.entries_per_step() > 0) limits.entries = pace.entries_per_step();
  if (pace.bytes_per_step() > 0) limits.bytes = static_cast<size_t>(pace.bytes_per_step());
  return limits;
}

ScrubberOptions OptionsOf(const process::v1::ScrubPace& pace) {
  ScrubberOptions options;
  if (pace.has_shortest_lap()) options.shortest_lap = DurationOf(pace.shortest_lap());
  return options;
}

PeriodicTaskOptions TaskOptionsOf(const process::v1::ScrubPace& pace) {
  const absl::Duration interval = pace.has_interval() ? DurationOf(pace.interval()) : kInterval;
  return {.name = "verify the log", .interval = std::max(interval, absl::Milliseconds(1))};
}

}  // namespace

absl::StatusOr<std::vector<merkle::NoteVerifier>> OtherKeys(const process::v1::AuditLog& settings) {
  std::vector<merkle::NoteVerifier> keys;
  for (const std::string& text : settings.other_verifier_keys()) {
    absl::StatusOr<merkle::NoteVerifier> key = merkle::NoteVerifier::Parse(text);
    if (!key.ok() || key->name() != settings.origin()) {
      return absl::InvalidArgumentError(
          absl::StrCat("audit_log.other_verifier_keys: ", text, " is no key of ", settings.origin()));
    }
    keys.push_back(*std::move(key));
  }
  return keys;
}

ScrubRoom::ScrubRoom(Parts parts, const process::v1::ScrubPace& pace)
    : parts_(std::move(parts)),
      schema_check_(*parts_.pool, parts_.schema),
      store_(*parts_.pool),
      scrubber_(
          [&] {
            LapParts lap = MakeLapParts();
            lap.limits = LimitsOf(pace);
            return lap;
          }(),
          *parts_.guard, *parts_.clock, OptionsOf(pace)),
      service_(scrubber_, *parts_.guard, *parts_.checkpointer),
      task_(
          TaskOptionsOf(pace), [this] { return scrubber_.Step(absl::Now() + kStepLimit); }, *parts_.clock,
          *parts_.logger) {
  if (parts_.metrics != nullptr) ObserveMetrics(*parts_.metrics);
}

LapParts ScrubRoom::MakeLapParts() {
  LapParts lap{.log = parts_.store,
               .store = &store_,
               .checkpointer = parts_.checkpointer,
               .absence = parts_.absence != nullptr ? parts_.absence : &no_absence_,
               .checks = {&schema_check_}};
  lap.checks.insert(lap.checks.end(), parts_.checks.begin(), parts_.checks.end());
  return lap;
}

absl::Status ScrubRoom::VerifyAtStart(absl::Time deadline) {
  const absl::Status schema = schema_check_.Run(deadline);
  if (schema.code() == absl::StatusCode::kDataLoss) {
    parts_.guard->Freeze(schema.message());
    // The evidence is not read through keys and columns that may not be there.
    return absl::OkStatus();
  }
  DOCKET_RETURN_IF_ERROR(schema);
  DOCKET_RETURN_IF_ERROR(scrubber_.Recall(deadline));
  return parts_.checkpointer->VerifyAtStart(deadline);
}

void ScrubRoom::ObserveMetrics(Metrics& metrics) {
  const auto observe = [&](const std::string& name, const std::string& help, std::function<double()> read) {
    observations_.push_back(metrics.Observe(name, help, {}, std::move(read)));
  };
  observe("docket_audit_log_frozen", "1 where the log's evidence does not verify.",
          [this] { return parts_.guard->reason().empty() ? 0.0 : 1.0; });
  observe("docket_audit_scrub_lap", "The lap of verifying the whole log that is under way.",
          [this] { return static_cast<double>(scrubber_.report().lap); });
  observe("docket_audit_scrub_position", "Entries verified in the lap under way.",
          [this] { return static_cast<double>(scrubber_.report().position); });
  observe("docket_audit_scrub_lap_entries", "Entries that the lap under way covers.",
          [this] { return static_cast<double>(scrubber_.report().lap_size); });
  observe("docket_audit_scrub_last_lap_seconds", "How long the last finished lap took; 0 before the first.", [this] {
    const std::optional<FinishedLap> last = scrubber_.report().last_lap;
    return last.has_value() ? absl::ToDoubleSeconds(last->end - last->start) : 0.0;
  });
  observe("docket_audit_scrub_oldest_unverified_seconds",
          "For how long the evidence that has waited longest was not looked at.",
          [this] { return absl::ToDoubleSeconds(parts_.clock->Now() - scrubber_.report().oldest_unverified); });
}

}  // namespace docket::audit

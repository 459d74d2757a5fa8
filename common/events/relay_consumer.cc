#include "common/events/relay_consumer.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/events/event_bytes.h"
#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::events {
namespace {

using event::v1::DeliveryResult;

constexpr absl::string_view kDeliverEvents = "docket.event.v1.EventSinkService/DeliverEvents";
constexpr absl::Duration kDeliveryTime = absl::Seconds(10);
constexpr int64_t kMaxBatchBytes = kMaxEventBytes;
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kMaxPause = absl::Seconds(5);
constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kMaxRetry = absl::Minutes(5);
constexpr absl::Duration kLookInterval = absl::Seconds(1);
// A consumer that refuses this many events is no longer sent new ones: something is wrong with it, not with the events.
constexpr int64_t kMaxQuarantined = 10000;
constexpr int kFailuresAlone = 3;
constexpr size_t kMaxReason = 1000;

absl::Duration Doubled(absl::Duration first, int times, absl::Duration most) {
  for (int i = 0; i < times && first < most; ++i) first *= 2;
  return std::min(first, most);
}

// At most kMaxReason bytes, cut at a code point's border.
std::string CutReason(std::string reason) {
  if (reason.size() <= kMaxReason) return reason;
  size_t end = kMaxReason;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0) == 0x80) --end;
  reason.resize(end);
  return reason;
}

// What a call's failure says about the batch.
enum class Blame {
  // Nothing: the consumer is away, busy or does not let us in.
  kConsumer,
  // Something in it can never be taken.
  kContent,
  // Perhaps something in it.
  kPerhaps,
};

Blame BlameFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Blame::kContent;
    case absl::StatusCode::kResourceExhausted:
      // Docket's services always say when to come back; gRPC, whose limit is the size of a message, does not.
      return GetRetryDelay(status).has_value() && !absl::StrContains(status.message(), "larger than max")
                 ? Blame::kConsumer
                 : Blame::kContent;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kDeadlineExceeded:
      return Blame::kPerhaps;
    default:
      return Blame::kConsumer;
  }
}

bool IsFinal(QuarantineVerdict verdict) {
  return verdict == QuarantineVerdict::kRejected || verdict == QuarantineVerdict::kConflict;
}

common::v1::Principal ServicePrincipal(const std::string& source) {
  common::v1::Principal principal;
  principal.set_name(source);
  principal.set_organization("organizations/-");
  principal.add_roles(common::v1::ROLE_SERVICE);
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
  return principal;
}

}  // namespace

RelayConsumer::RelayConsumer(std::string name, std::shared_ptr<rpc::Channel> channel, std::set<std::string> types,
                             Dependencies dependencies)
    : name_(std::move(name)),
      channel_(std::move(channel)),
      types_(std::move(types)),
      deps_(std::move(dependencies)),
      limit_(deps_.batch_size),
      quarantine_size_(deps_.metrics->GetGauge("docket_relay_quarantined", "Events in a consumer's quarantine.",
                                               {{"consumer", name_}})) {
  for (const char* result : {"accepted", "duplicate", "conflict", "rejected", "retry", "failed_call"}) {
    counters_[result] = &deps_.metrics->GetCounter("docket_relay_deliveries_total",
                                                   "Events delivered, by what the consumer made of them.",
                                                   {{"consumer", name_}, {"result", result}});
  }
}

void RelayConsumer::Count(const std::string& result, double n) { counters_.at(result)->Increment(n); }

absl::Duration RelayConsumer::pause() {
  const absl::Duration longest = Doubled(kFirstPause, std::max(failures_ - 1, 0), kMaxPause);
  return std::max(longest * absl::Uniform(random_, 0.5, 1.0), std::min(asked_pause_, kMaxPause));
}

absl::Status RelayConsumer::Load(int64_t epoch) {
  DOCKET_ASSIGN_OR_RETURN(const RelayPosition position, deps_.store->LoadPosition(name_));
  next_sequence_ = position.next_sequence;
  position_unwritten_ = false;
  quarantined_ = position.quarantined;
  quarantine_size_.Set(static_cast<double>(quarantined_));
  next_look_ = absl::InfinitePast();
  epoch_ = epoch;
  return absl::OkStatus();
}

absl::StatusOr<RelayConsumer::Outcome> RelayConsumer::Step(int64_t epoch, const std::function<bool()>& still_leading) {
  if (epoch_ != epoch) DOCKET_RETURN_IF_ERROR(Load(epoch));
  if (quarantined_ > 0 && (look_into_quarantine_.exchange(false) || deps_.clock->Now() >= next_look_)) {
    DOCKET_ASSIGN_OR_RETURN(const Outcome outcome, DeliverQuarantined(still_leading));
    if (outcome != Outcome::kIdle) return outcome;
    // An operator may have taken something out.
    DOCKET_RETURN_IF_ERROR(Load(epoch));
    next_look_ = deps_.clock->Now() + kLookInterval;
  }
  return DeliverClaimed(still_leading);
}

absl::StatusOr<RelayConsumer::Outcome> RelayConsumer::DeliverQuarantined(const std::function<bool()>& still_leading) {
  Batch batch;
  DOCKET_ASSIGN_OR_RETURN(batch.events, deps_.store->ReadDue(name_, deps_.clock->NowMicros(), limit_, kMaxBatchBytes));
  if (batch.events.empty()) return Outcome::kIdle;
  RelayProgress progress;
  Outcome outcome = Outcome::kProgress;
  if (!still_leading()) return Outcome::kIdle;
  if (!Deliver(batch, true, progress, outcome)) return outcome;
  DOCKET_RETURN_IF_ERROR(Write(progress));
  // What followed a settled event is due now.
  look_into_quarantine_ = true;
  return outcome;
}

absl::StatusOr<RelayConsumer::Outcome> RelayConsumer::DeliverClaimed(const std::function<bool()>& still_leading) {
  if (quarantined_ >= kMaxQuarantined) {
    deps_.logger->Error("quarantine is full, no new events are delivered",
                        {{"consumer", name_}, {"quarantined", quarantined_}});
    ++failures_;
    return Outcome::kUnavailable;
  }
  DOCKET_ASSIGN_OR_RETURN(const Claimed claimed, NextClaimed());
  if (claimed.empty()) return Outcome::kIdle;
  bool wanted = false;
  std::vector<std::string> subjects;
  for (const auto& kept : claimed) {
    wanted = wanted || types_.empty() || types_.contains(kept->event.type);
    if (!kept->event.subject.empty()) subjects.push_back(kept->event.subject);
  }
  RelayProgress progress;
  progress.next_sequence = claimed.back()->event.sequence + 1;
  if (!wanted) {
    next_sequence_ = *progress.next_sequence;
    position_unwritten_ = true;
    return Outcome::kProgress;
  }
  std::set<std::string> blocked;
  if (quarantined_ > 0) {
    DOCKET_ASSIGN_OR_RETURN(blocked, deps_.store->QuarantinedSubjects(name_, subjects));
  }
  DOCKET_ASSIGN_OR_RETURN(std::vector<std::string> envelopes, EnvelopesOf(claimed));

  Batch batch;
  for (size_t i = 0; i < claimed.size(); ++i) {
    QuarantinedEvent event{.event = claimed[i]->event, .envelope = std::move(envelopes[i])};
    if (!types_.empty() && !types_.contains(event.event.type)) continue;
    const bool waits = blocked.contains(event.event.subject);
    if (waits) {
      event.reason = "waits behind an earlier event of its subject";
      progress.quarantine.push_back(std::move(event));
    } else {
      batch.events.push_back(std::move(event));
    }
  }
  Outcome outcome = Outcome::kProgress;
  if (!still_leading()) return Outcome::kIdle;
  if (!batch.events.empty() && !Deliver(batch, false, progress, outcome)) return outcome;
  DOCKET_RETURN_IF_ERROR(Write(progress));
  return outcome;
}

absl::StatusOr<RelayConsumer::Claimed> RelayConsumer::NextClaimed() {
  Claimed claimed;
  if (auto known = deps_.window->Read(epoch_, next_sequence_, limit_); known.has_value()) {
    claimed = *std::move(known);
  } else {
    DOCKET_ASSIGN_OR_RETURN(std::vector<ClaimedEvent> read, deps_.store->ReadClaimed(next_sequence_, limit_));
    for (ClaimedEvent& event : read)
      claimed.push_back(std::make_shared<const KeptEvent>(KeptEvent{.event = std::move(event)}));
  }
  // What the consumer does not want counts too, since it is read with the rest.
  int64_t bytes = 0;
  size_t n = 0;
  while (n < claimed.size() && (n == 0 || bytes + claimed[n]->event.envelope_bytes <= kMaxBatchBytes)) {
    bytes += claimed[n]->event.envelope_bytes;
    ++n;
  }
  claimed.resize(n);
  return claimed;
}

absl::StatusOr<std::vector<std::string>> RelayConsumer::EnvelopesOf(const Claimed& claimed) {
  std::vector<std::string> envelopes;
  for (const auto& kept : claimed) {
    if (!kept->envelope.has_value()) break;
    envelopes.push_back(*kept->envelope);
  }
  if (envelopes.size() == claimed.size()) return envelopes;
  DOCKET_ASSIGN_OR_RETURN(envelopes,
                          deps_.store->ReadEnvelopes(claimed.front()->event.sequence, claimed.back()->event.sequence));
  if (envelopes.size() != claimed.size()) return InternalError("the outbox lost events that were not delivered");
  return envelopes;
}

bool RelayConsumer::Deliver(Batch& batch, bool from_quarantine, RelayProgress& progress, Outcome& outcome) {
  std::vector<QuarantinedEvent> readable;
  for (QuarantinedEvent& event : batch.events) {
    event::v1::Event* const message = batch.request.add_events();
    if (message->ParseFromString(event.envelope)) {
      message->set_source_sequence(event.event.sequence);
      readable.push_back(std::move(event));
    } else {
      batch.request.mutable_events()->RemoveLast();
      SetAside(std::move(event), QuarantineVerdict::kRejected, "the outbox holds no readable event", from_quarantine,
               progress);
    }
  }
  batch.events = std::move(readable);
  if (batch.events.empty()) return true;

  rpc::CallOptions call = rpc::CallOptions::After(kDeliveryTime);
  call.principal = ServicePrincipal(deps_.source);
  const absl::StatusOr<event::v1::DeliverEventsResponse> response =
      rpc::Call<event::v1::DeliverEventsResponse>(*channel_, kDeliverEvents, call, batch.request);
  if (!response.ok()) return CallFailed(batch, response.status(), from_quarantine, progress, outcome);
  if (response->results_size() != batch.request.events_size()) {
    return CallFailed(batch, absl::InternalError("the consumer did not answer every event"), from_quarantine, progress,
                      outcome);
  }
  failures_ = 0;
  failures_alone_ = 0;
  limit_ = std::min(limit_ * 2, deps_.batch_size);
  return Settle(batch, *response, from_quarantine, progress);
}

bool RelayConsumer::Settle(Batch& batch, const event::v1::DeliverEventsResponse& response, bool from_quarantine,
                           RelayProgress& progress) {
  std::set<std::string> held_back;
  for (int i = 0; i < response.results_size(); ++i) {
    const DeliveryResult& result = response.results(i);
    QuarantinedEvent& event = batch.events[i];
    const std::string& subject = event.event.subject;
    switch (result.verdict()) {
      case DeliveryResult::VERDICT_ACCEPTED:
      case DeliveryResult::VERDICT_DUPLICATE:
        Count(result.verdict() == DeliveryResult::VERDICT_ACCEPTED ? "accepted" : "duplicate");
        ++delivered_;
        if (from_quarantine) progress.settle.push_back(event.event.sequence);
        continue;
      case DeliveryResult::VERDICT_CONFLICT:
        Count("conflict");
        SetAside(std::move(event), QuarantineVerdict::kConflict, result.reason(), from_quarantine, progress);
        break;
      case DeliveryResult::VERDICT_REJECTED:
        Count("rejected");
        SetAside(std::move(event), QuarantineVerdict::kRejected, result.reason(), from_quarantine, progress);
        break;
      default:
        Count("retry");
        // Put off together with an earlier event of its subject: that one's pause is enough.
        if (held_back.contains(subject)) {
          event.reason = result.reason();
          if (!from_quarantine) progress.quarantine.push_back(std::move(event));
          continue;
        }
        SetAside(std::move(event), QuarantineVerdict::kRetry, result.reason(), from_quarantine, progress);
        break;
    }
    if (!subject.empty()) held_back.insert(subject);
  }
  return true;
}

bool RelayConsumer::CallFailed(Batch& batch, const absl::Status& status, bool from_quarantine, RelayProgress& progress,
                               Outcome& outcome) {
  Count("failed_call");
  const Blame blame = BlameFor(status);
  deps_.logger->Warning("events could not be delivered",
                        {{"consumer", name_}, {"events", batch.events.size()}, {"error", status.ToString()}});
  const bool alone = batch.events.size() == 1;
  if (blame != Blame::kConsumer && !alone)
    limit_ = std::max(1, static_cast<int>(std::min<size_t>(limit_, batch.events.size()) / 2));
  if (blame == Blame::kContent) {
    if (!alone) return false;
    SetAside(std::move(batch.events[0]), QuarantineVerdict::kRejected, std::string(status.message()), from_quarantine,
             progress);
    return true;
  }
  if (blame == Blame::kPerhaps && alone && (from_quarantine || ++failures_alone_ >= kFailuresAlone)) {
    failures_alone_ = 0;
    SetAside(std::move(batch.events[0]), QuarantineVerdict::kRetry, std::string(status.message()), from_quarantine,
             progress);
    return true;
  }
  ++failures_;
  asked_pause_ = GetRetryDelay(status).value_or(absl::ZeroDuration());
  outcome = Outcome::kUnavailable;
  return false;
}

void RelayConsumer::SetAside(QuarantinedEvent event, QuarantineVerdict verdict, std::string reason,
                             bool from_quarantine, RelayProgress& progress) {
  event.verdict = verdict;
  event.reason = CutReason(std::move(reason));
  ++event.attempts;
  const absl::Duration wait = Doubled(kFirstRetry, event.attempts - 1, kMaxRetry) * absl::Uniform(random_, 0.5, 1.0);
  event.next_try_us = IsFinal(verdict) ? 0 : absl::ToUnixMicros(deps_.clock->Now() + wait);
  deps_.logger->Log(IsFinal(verdict) ? Severity::kError : Severity::kWarning, "event set aside in quarantine",
                    {{"consumer", name_},
                     {"event_id", FormatUuid(event.event.event_id)},
                     {"type", event.event.type},
                     {"subject", event.event.subject},
                     {"sequence", event.event.sequence},
                     {"verdict", VerdictName(verdict)},
                     {"attempts", event.attempts},
                     {"reason", event.reason}});
  (from_quarantine ? progress.keep : progress.quarantine).push_back(std::move(event));
}

absl::Status RelayConsumer::WritePosition() {
  if (epoch_ == 0 || !position_unwritten_) return absl::OkStatus();
  RelayProgress progress;
  progress.next_sequence = next_sequence_;
  return Write(progress);
}

absl::Status RelayConsumer::Write(const RelayProgress& progress) {
  const absl::Status written = deps_.store->Write(name_, epoch_, deps_.clock->NowMicros(), progress);
  if (!written.ok()) {
    // Whether it was written may be unknown: the database is asked before anything else is done.
    epoch_ = 0;
    return written;
  }
  if (progress.next_sequence.has_value()) {
    next_sequence_ = *progress.next_sequence;
    position_unwritten_ = false;
  }
  quarantined_ += static_cast<int64_t>(progress.quarantine.size()) - static_cast<int64_t>(progress.settle.size());
  quarantine_size_.Set(static_cast<double>(quarantined_));
  return absl::OkStatus();
}

}  // namespace docket::events

#include "common/events/event_receiver.h"

#include <cstdint>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/events/event_bytes.h"
#include "common/events/outbox.h"
#include "common/mysql/error_table.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::events {
namespace {

using event::v1::DeliveryResult;
using event::v1::Event;

constexpr absl::string_view kDeliverEvents = "docket.event.v1.EventSinkService/DeliverEvents";
constexpr int kMaxEvents = 1000;
constexpr absl::Duration kKeepInbox = absl::Hours(24 * 30);

constexpr absl::string_view kInsertInbox =
    "INSERT INTO inbox (source, event_id, content_sha256, received_us) VALUES (?, ?, ?, ?)";
constexpr absl::string_view kReadInbox = "SELECT content_sha256 FROM inbox WHERE source = ? AND event_id = ?";
constexpr absl::string_view kPruneInbox = "DELETE FROM inbox WHERE received_us < ? ORDER BY received_us LIMIT ?";

DeliveryResult Result(DeliveryResult::Verdict verdict, absl::string_view reason = "") {
  DeliveryResult result;
  result.set_verdict(verdict);
  result.set_reason(std::string(reason));
  return result;
}

bool MayComeAgain(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

// The receiver itself cannot work now; the event has no part in it.
bool ConcernsAllEvents(const absl::Status& status) {
  switch (GetReason(status)) {
    case Reason::REASON_DATABASE_UNAVAILABLE:
    case Reason::REASON_OVERLOADED:
    case Reason::REASON_SHUTTING_DOWN:
    case Reason::REASON_DEADLINE_EXCEEDED:
    case Reason::REASON_CANCELLED:
      return true;
    default:
      return false;
  }
}

bool Taken(const DeliveryResult& result) {
  return result.verdict() == DeliveryResult::VERDICT_ACCEPTED || result.verdict() == DeliveryResult::VERDICT_DUPLICATE;
}

}  // namespace

EventReceiver::EventReceiver(mysql::Pool& pool, Clock& clock, UuidGenerator& uuids, Logger& logger, std::string source)
    : pool_(pool),
      clock_(clock),
      uuids_(uuids),
      logger_(logger),
      source_(std::move(source)),
      validator_(Validator::Compile(Event::descriptor())) {}

void EventReceiver::Register(rpc::MethodTable& table) {
  table.Unary(kDeliverEvents, this, &EventReceiver::DeliverEvents);
  // One event that breaks a rule must not refuse its neighbours.
  table.LeaveValidationToHandler(kDeliverEvents);
}

std::vector<std::string> EventReceiver::subscribed_types() const {
  std::vector<std::string> types;
  for (const auto& [type, handler] : handlers_) types.push_back(type);
  return types;
}

absl::StatusOr<event::v1::DeliverEventsResponse> EventReceiver::DeliverEvents(
    const rpc::CallContext& context, const event::v1::DeliverEventsRequest& request) {
  FieldViolations violations;
  violations.Require(request.events_size() > 0, "events", "must not be empty");
  violations.Require(request.events_size() <= kMaxEvents, "events",
                     absl::StrCat("must have at most ", kMaxEvents, " elements"));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  event::v1::DeliverEventsResponse response;
  std::set<std::string> held_back;
  for (const Event& event : request.events()) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DeliveryResult result = Result(DeliveryResult::VERDICT_RETRY, "waits behind an earlier event of its subject");
    if (!held_back.contains(event.subject())) {
      DOCKET_ASSIGN_OR_RETURN(result, Deliver(context, event));
    }
    if (!Taken(result) && !event.subject().empty()) held_back.insert(event.subject());
    result.set_event_id(event.event_id());
    *response.add_results() = std::move(result);
  }
  return response;
}

absl::Status EventReceiver::Check(const rpc::CallContext& context, const Event& event) const {
  if (event.source() != context.principal().name()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the source must be the calling service, ", context.principal().name()));
  }
  if (!validator_.ok()) return validator_.status();
  DOCKET_RETURN_IF_ERROR(validator_->Validate(event));
  const absl::string_view url = event.payload().type_url();
  if (!absl::EndsWith(url, absl::StrCat("/docket.event.v1.", event.type()))) {
    return absl::InvalidArgumentError(
        absl::StrCat("the payload is ", url, ", not what the type ", event.type(), " says"));
  }
  return absl::OkStatus();
}

absl::StatusOr<DeliveryResult> EventReceiver::Deliver(const rpc::CallContext& context, const Event& event) {
  absl::StatusOr<DeliveryResult> result = Result(DeliveryResult::VERDICT_ACCEPTED);
  if (const absl::Status checked = Check(context, event); !checked.ok()) {
    result = Result(DeliveryResult::VERDICT_REJECTED, checked.message());
  } else if (const auto handler = handlers_.find(event.type()); handler != handlers_.end()) {
    result = ActOn(context, event, handler->second);
    if (!result.ok()) return result;
  }
  if (!Taken(*result)) {
    logger_.Warning("event refused", {{"event_id", event.event_id()},
                                      {"source", event.source()},
                                      {"type", event.type()},
                                      {"subject", event.subject()},
                                      {"verdict", DeliveryResult::Verdict_Name(result->verdict())},
                                      {"reason", result->reason()},
                                      TraceId(event.trace_id())});
  }
  return result;
}

absl::StatusOr<DeliveryResult> EventReceiver::ActOn(const rpc::CallContext& context, const Event& event,
                                                    const Handler& handler) {
  const std::optional<std::string> event_id = ParseUuid(event.event_id());
  if (!event_id.has_value()) return Result(DeliveryResult::VERDICT_REJECTED, "event_id is not a UUID");
  const std::string digest = EventDigest(event);
  EventRecorder recorder(source_, Origin::FromEvent(event, source_), clock_, uuids_);
  DeliveryResult::Verdict known = DeliveryResult::VERDICT_UNSPECIFIED;
  const absl::Status status =
      mysql::RunInTransaction(pool_, context.deadline(), [&](mysql::Transaction& transaction) -> absl::Status {
        recorder.Clear();
        known = DeliveryResult::VERDICT_UNSPECIFIED;
        const absl::Status inserted =
            transaction.Execute(kInsertInbox, {event.source(), *event_id, digest, clock_.NowMicros()}).status();
        if (mysql::IsDuplicateKey(inserted)) {
          DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                                  transaction.Query(kReadInbox, {event.source(), *event_id}));
          if (rows.empty()) return InternalError("an inbox row vanished");
          known = rows[0].Text(0) == digest ? DeliveryResult::VERDICT_DUPLICATE : DeliveryResult::VERDICT_CONFLICT;
          return absl::OkStatus();
        }
        DOCKET_RETURN_IF_ERROR(inserted);
        DOCKET_RETURN_IF_ERROR(handler(transaction, event, recorder));
        return AppendToOutbox(transaction, recorder.events());
      });
  if (!status.ok()) {
    if (ConcernsAllEvents(status)) return status;
    return Result(MayComeAgain(status) ? DeliveryResult::VERDICT_RETRY : DeliveryResult::VERDICT_REJECTED,
                  absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message()));
  }
  if (known == DeliveryResult::VERDICT_CONFLICT)
    return Result(known, "this event_id arrived before with other content");
  if (known == DeliveryResult::VERDICT_DUPLICATE) return Result(known);
  if (!recorder.events().empty() && wake_) wake_();
  return Result(DeliveryResult::VERDICT_ACCEPTED);
}

absl::StatusOr<int64_t> EventReceiver::PruneInbox(absl::Time deadline, int limit) {
  return pool_.Execute(deadline, kPruneInbox, {absl::ToUnixMicros(clock_.Now() - kKeepInbox), limit});
}

}  // namespace docket::events

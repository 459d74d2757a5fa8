#include "services/audit/log_service.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/merkle/proof.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/entry_query.h"
#include "services/audit/log_proofs.h"
#include "services/audit/log_proto.h"
#include "services/audit/log_tiles.h"
#include "services/audit/trail_reader.h"

namespace docket::audit {
namespace {

constexpr int kMaxTrailEntries = 5000;
constexpr size_t kMaxTrailBytes = size_t{3} << 20;
constexpr int kTailBatch = 256;
constexpr int kMaxDelivered = 1000;
constexpr absl::Duration kHeartbeat = absl::Seconds(3);
// How soon a tail notices that its caller is gone.
constexpr absl::Duration kTailPatience = absl::Milliseconds(500);
constexpr absl::Duration kTailReadLimit = absl::Seconds(10);

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  FieldViolations violations;
  violations.Add(field, description);
  return violations.ToStatus();
}

absl::Status TrailTooLong() {
  return Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
               absl::StrCat("the trail has more than ", kMaxTrailEntries, " entries or ", kMaxTrailBytes >> 20,
                            " MiB; StreamChangeTrail has no such limit"));
}

absl::Status TooManyTails() {
  return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
                              "as many as can follow the log do so already"),
                        absl::Seconds(5));
}

void LogRefusal(const rpc::CallContext& context, const event::v1::Event& event,
                const event::v1::DeliveryResult& result) {
  using event::v1::DeliveryResult;
  if (result.verdict() == DeliveryResult::VERDICT_ACCEPTED || result.verdict() == DeliveryResult::VERDICT_DUPLICATE)
    return;
  context.logger().Warning("event refused", {{"event_id", event.event_id()},
                                             {"caller", context.principal().name()},
                                             {"source", event.source()},
                                             {"type", event.type()},
                                             {"verdict", DeliveryResult::Verdict_Name(result.verdict())},
                                             {"reason", result.reason()},
                                             TraceId(event.trace_id())});
}

}  // namespace

LogService::LogService(Parts parts)
    : parts_(std::move(parts)),
      view_(*parts_.store, *parts_.guard),
      follower_(*parts_.store, view_, *parts_.growth, parts_.follower_limits),
      event_rules_(Validator::Compile(event::v1::Event::descriptor())) {}

void LogService::Register(rpc::MethodTable& table) {
  table.Unary("docket.event.v1.EventSinkService/DeliverEvents", this, &LogService::DeliverEvents);
  // One event that breaks a rule must not refuse its neighbours.
  table.LeaveValidationToHandler("docket.event.v1.EventSinkService/DeliverEvents");
  table.Unary("docket.audit.v1.LogService/GetCheckpoint", this, &LogService::GetCheckpoint);
  table.Unary("docket.audit.v1.LogService/GetEntry", this, &LogService::GetEntry);
  table.Unary("docket.audit.v1.LogService/ListEntries", this, &LogService::ListEntries);
  table.Unary("docket.audit.v1.LogService/GetChangeTrail", this, &LogService::GetChangeTrail);
  table.Unary("docket.audit.v1.LogService/GetInclusionProof", this, &LogService::GetInclusionProof);
  table.Unary("docket.audit.v1.LogService/GetConsistencyProof", this, &LogService::GetConsistencyProof);
  table.ServerStreaming("docket.audit.v1.LogService/TailEntries", this, &LogService::TailEntries);
}

absl::StatusOr<event::v1::DeliverEventsResponse> LogService::DeliverEvents(
    const rpc::CallContext& context, const event::v1::DeliverEventsRequest& request) {
  FieldViolations violations;
  violations.Require(request.events_size() > 0, "events", "must not be empty");
  violations.Require(request.events_size() <= kMaxDelivered, "events",
                     absl::StrCat("must have at most ", kMaxDelivered, " elements"));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  Delivery delivery{.source = context.principal().name()};
  for (const event::v1::Event& event : request.events()) {
    delivery.events.push_back(&event);
    delivery.refusals.emplace_back(CheckDelivered(context, event).message());
  }
  DOCKET_ASSIGN_OR_RETURN(LogAppender::Verdicts verdicts,
                          parts_.appender->Append(std::move(delivery), context.deadline()));
  event::v1::DeliverEventsResponse response;
  for (event::v1::DeliveryResult& verdict : verdicts) *response.add_results() = std::move(verdict);
  for (int i = 0; i < response.results_size(); ++i) LogRefusal(context, request.events(i), response.results(i));
  return response;
}

absl::Status LogService::CheckDelivered(const rpc::CallContext& context, const event::v1::Event& event) const {
  if (event.source() != context.principal().name()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the source must be the calling service, ", context.principal().name()));
  }
  DOCKET_RETURN_IF_ERROR(event_rules_.status());
  return event_rules_->Validate(event);
}

absl::StatusOr<v1::Checkpoint> LogService::GetCheckpoint(const rpc::CallContext& context,
                                                         const v1::GetCheckpointRequest&) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  return view_.Show(checkpoint, parts_.show_cosigned, context.deadline());
}

absl::StatusOr<v1::LogEntry> LogService::GetEntry(const rpc::CallContext& context, const v1::GetEntryRequest& request) {
  const uint64_t index = static_cast<uint64_t>(request.index());
  DOCKET_ASSIGN_OR_RETURN(const LogStore::Selected selected,
                          parts_.store->SelectEntries({.organization_id = OrganizationId(request.parent()),
                                                       .begin = index,
                                                       .end = index + 1,
                                                       .limit = 1,
                                                       .condition = {.where = "TRUE"}},
                                                      context.deadline()));
  // An entry of another organisation does not exist for this one.
  if (selected.entries.empty()) return NotFoundError(absl::StrCat(request.parent(), "/entries/", index));
  DOCKET_RETURN_IF_ERROR(parts_.reads->Record(context, request, request.parent(), ""));
  return view_.Show(selected.entries[0]);
}

absl::StatusOr<v1::ListEntriesResponse> LogService::ListEntries(const rpc::CallContext& context,
                                                                const v1::ListEntriesRequest& request) {
  FieldViolations violations;
  const int page_size = PageSize(request.page_size(), violations);
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_ASSIGN_OR_RETURN(const EntryQuery query, ParseEntryQuery(request.filter(), request.order_by()));
  const std::string organization_id = OrganizationId(request.parent());
  PageToken token{.fingerprint =
                      QueryFingerprint({"ListEntries", request.parent(), request.filter(), request.order_by()})};
  EntryPosition position;
  if (request.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(token.snapshot, view_.ReadSize(context.deadline()));
    DOCKET_ASSIGN_OR_RETURN(position,
                            BeginQuery(*parts_.store, query, organization_id, token.snapshot, context.deadline()));
  } else {
    DOCKET_ASSIGN_OR_RETURN(token, parts_.page_tokens->Decode(request.page_token(), token.fingerprint));
    const std::optional<EntryPosition> decoded = DecodePosition(token.key);
    if (!decoded.has_value()) return InvalidField("page_token", "is damaged");
    position = *decoded;
  }
  DOCKET_ASSIGN_OR_RETURN(const EntryPage page,
                          ReadPage(*parts_.store, query, organization_id, position, page_size, context.deadline()));
  v1::ListEntriesResponse response;
  response.set_log_size(static_cast<int64_t>(token.snapshot));
  for (const StoredEntry& entry : page.entries) *response.add_entries() = view_.Show(entry);
  if (page.more) {
    token.key = EncodePosition(page.next);
    response.set_next_page_token(parts_.page_tokens->Encode(token));
  }
  DOCKET_RETURN_IF_ERROR(parts_.reads->Record(context, request, request.parent(), ""));
  return response;
}

absl::StatusOr<v1::ChangeTrail> LogService::GetChangeTrail(const rpc::CallContext& context,
                                                           const v1::GetChangeTrailRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  const uint64_t size = checkpoint.checkpoint.size;
  v1::ChangeTrail trail;
  trail.set_change(request.change());
  DOCKET_ASSIGN_OR_RETURN(*trail.mutable_checkpoint(),
                          view_.Show(checkpoint, parts_.show_cosigned, context.deadline()));
  trail.set_verifier_key(parts_.checkpointer->signer().verifier().ToText());
  TrailReader reader(*parts_.store, view_, request.change(), size);
  size_t bytes = 0;
  while (!reader.done()) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(TrailReader::Stretch stretch, reader.Next(context.deadline()));
    for (size_t i = 0; i < stretch.entries.size(); ++i) {
      bytes += stretch.entries[i].ByteSizeLong() + stretch.proofs[i].ByteSizeLong();
      *trail.add_entries() = std::move(stretch.entries[i]);
      *trail.add_proofs() = std::move(stretch.proofs[i]);
    }
    if (trail.entries_size() > kMaxTrailEntries || bytes > kMaxTrailBytes) return TrailTooLong();
  }
  if (trail.entries().empty()) return NotFoundError(request.change());
  DOCKET_ASSIGN_OR_RETURN(const std::vector<v1::MissingFact> missing, reader.Missing(context.deadline()));
  for (const v1::MissingFact& fact : missing) *trail.add_missing() = fact;
  DOCKET_RETURN_IF_ERROR(parts_.reads->Record(context, request, request.change(), request.change()));
  return trail;
}

absl::StatusOr<v1::InclusionProof> LogService::GetInclusionProof(const rpc::CallContext& context,
                                                                 const v1::GetInclusionProofRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->ForProofs(context.deadline()));
  const uint64_t size = request.size() == 0 ? checkpoint.checkpoint.size : static_cast<uint64_t>(request.size());
  const uint64_t index = static_cast<uint64_t>(request.index());
  if (size > checkpoint.checkpoint.size) return Beyond("size", checkpoint.checkpoint.size);
  if (index >= size) return InvalidField("index", absl::StrCat("must be below ", size));
  absl::StatusOr<v1::InclusionProof> proof =
      ProveInclusion(*parts_.store, checkpoint.checkpoint, index, size, context.deadline());
  if (!proof.ok()) return view_.Distrust(proof.status());
  return proof;
}

absl::StatusOr<v1::ConsistencyProof> LogService::GetConsistencyProof(const rpc::CallContext& context,
                                                                     const v1::GetConsistencyProofRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->ForProofs(context.deadline()));
  const uint64_t first = static_cast<uint64_t>(request.first_size());
  const uint64_t second =
      request.second_size() == 0 ? checkpoint.checkpoint.size : static_cast<uint64_t>(request.second_size());
  if (second > checkpoint.checkpoint.size) return Beyond("second_size", checkpoint.checkpoint.size);
  if (first > second) return InvalidField("first_size", absl::StrCat("must not be above second_size, ", second));
  absl::StatusOr<v1::ConsistencyProof> proof =
      ProveConsistency(*parts_.store, checkpoint.checkpoint, first, second, context.deadline());
  if (!proof.ok()) return view_.Distrust(proof.status());
  return proof;
}

absl::Status LogService::Beyond(absl::string_view field, uint64_t size) const {
  const absl::Status open = parts_.guard->CheckOpen();
  return open.ok() ? InvalidField(field, absl::StrCat("the log has ", size, " entries")) : open;
}

absl::Status LogService::TailEntries(const rpc::CallContext& context, const v1::TailEntriesRequest& request,
                                     rpc::StreamWriter<v1::TailEntriesResponse>& writer) {
  DOCKET_ASSIGN_OR_RETURN(const EntryQuery query, ParseEntryQuery(request.filter(), "index"));
  DOCKET_ASSIGN_OR_RETURN(const EntryMatcher matcher, EntryMatcher::Compile(request.filter()));
  // Exports and trails stream too, and find room whatever the number of those who follow.
  absl::Cleanup leave = [this] { tails_.fetch_sub(1, std::memory_order_relaxed); };
  if (tails_.fetch_add(1, std::memory_order_relaxed) >= parts_.max_tails) return TooManyTails();
  DOCKET_RETURN_IF_ERROR(parts_.reads->Record(context, request, request.parent(), ""));
  DOCKET_ASSIGN_OR_RETURN(const uint64_t size, view_.ReadSize(context.deadline()));
  Tail tail{.organization_id = OrganizationId(request.parent()),
            .next = request.start_index() < 0 ? size : static_cast<uint64_t>(request.start_index()),
            .size = size};
  absl::Time heartbeat = absl::InfinitePast();
  while (true) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    v1::TailEntriesResponse response;
    DOCKET_RETURN_IF_ERROR(Advance(query, matcher, tail, response));
    if (!response.entries().empty() || absl::Now() >= heartbeat) {
      response.set_next_index(static_cast<int64_t>(tail.next));
      response.set_log_size(static_cast<int64_t>(tail.size));
      // Blocks while the caller is slow; meanwhile this tail holds the one answer and nothing else.
      if (!writer.Write(response)) return absl::OkStatus();
      heartbeat = absl::Now() + kHeartbeat;
    }
    if (tail.next >= tail.size)
      tail.size = follower_.Await(tail.next, tail.size, std::min(kTailPatience, heartbeat - absl::Now()));
  }
}

absl::Status LogService::Advance(const EntryQuery& query, const EntryMatcher& matcher, Tail& tail,
                                 v1::TailEntriesResponse& response) {
  if (const auto followed = follower_.Take(tail.next, kTailBatch); followed.has_value() && !followed->empty()) {
    size_t bytes = 0;
    for (const auto& entry : *followed) {
      if (bytes >= kMaxSelectedBytes) break;
      tail.next = entry->index + 1;
      if (entry->found_by.organization_id != tail.organization_id || !matcher.Matches(entry->index, entry->found_by))
        continue;
      *response.add_entries() = entry->shown;
      bytes += entry->bytes;
    }
  } else if (tail.next < tail.size) {
    // One commit makes all its entries visible at once and in the order of the log, so nothing can appear below
    // `size` later.
    const LogFollower::CatchUp turn(follower_);
    DOCKET_ASSIGN_OR_RETURN(const EntryPage page,
                            ReadPage(*parts_.store, query, tail.organization_id, {.begin = tail.next, .end = tail.size},
                                     kTailBatch, absl::Now() + kTailReadLimit));
    for (const StoredEntry& entry : page.entries) *response.add_entries() = view_.Show(entry);
    tail.next = page.more ? page.next.begin : tail.size;
  }
  tail.size = std::max(tail.size, std::min(tail.next, follower_.end()));
  return absl::OkStatus();
}

}  // namespace docket::audit

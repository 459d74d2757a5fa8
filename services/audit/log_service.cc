#include "services/audit/log_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/filter/translate.h"
#include "common/merkle/proof.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/log_evidence.h"
#include "services/audit/log_proto.h"
#include "services/audit/log_tiles.h"
#include "services/audit/read_recorder.h"

namespace docket::audit {
namespace {

constexpr int kMaxTrailEntries = 5000;
constexpr size_t kMaxTrailBytes = size_t{3} << 20;
constexpr int kTailBatch = 256;
constexpr int kMaxDelivered = 1000;
constexpr absl::Duration kHeartbeat = absl::Seconds(3);
// How soon a tail notices that its caller is gone.
constexpr absl::Duration kTailPatience = absl::Milliseconds(200);
constexpr absl::Duration kTailReadLimit = absl::Seconds(10);

filter::Schema EntrySchema() {
  return filter::Schema()
      .Int("index", {.sql = "e.log_index"})
      .Timestamp("time", {.sql = "e.occur_us"})
      .String("type", {.sql = "e.type"})
      .String("subject", {.sql = "e.subject"})
      .String("change", {.sql = "e.change_name"})
      .String("actor", {.sql = "e.actor"})
      .String("method", {.sql = "e.method"})
      .Enum("outcome", {.sql = "e.outcome"}, filter::EnumValues(*event::v1::Outcome_descriptor()))
      .String("source", {.sql = "e.source"})
      .String("trace_id", {.sql = "e.trace_id"});
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  FieldViolations violations;
  violations.Add(field, description);
  return violations.ToStatus();
}

absl::Status TrailTooLong() {
  return Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
               absl::StrCat("the trail has more than ", kMaxTrailEntries, " entries or ", kMaxTrailBytes >> 20,
                            " MiB; page through it with ListEntries"));
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
      schema_(EntrySchema()),
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
  event::v1::DeliverEventsResponse response;
  std::vector<event::v1::Event> sound;
  std::vector<int> places;
  for (const event::v1::Event& event : request.events()) {
    event::v1::DeliveryResult& result = *response.add_results();
    const absl::Status checked = CheckDelivered(context, event);
    if (checked.ok()) {
      places.push_back(response.results_size() - 1);
      sound.push_back(event);
      continue;
    }
    result.set_event_id(event.event_id());
    result.set_verdict(event::v1::DeliveryResult::VERDICT_REJECTED);
    result.set_reason(std::string(checked.message()));
  }
  DOCKET_ASSIGN_OR_RETURN(LogAppender::Verdicts verdicts,
                          parts_.appender->Append(std::move(sound), context.deadline()));
  for (size_t i = 0; i < verdicts.size(); ++i) *response.mutable_results(places[i]) = std::move(verdicts[i]);
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
  return ShowCheckpoint(checkpoint, context.deadline());
}

absl::StatusOr<v1::Checkpoint> LogService::ShowCheckpoint(const SignedCheckpoint& checkpoint,
                                                          absl::Time deadline) const {
  v1::Checkpoint shown = ToProto(checkpoint);
  if (!parts_.show_cosigned) return shown;
  if (const absl::Status added = parts_.show_cosigned(deadline, shown); !added.ok()) return Distrust(added);
  return shown;
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
  DOCKET_RETURN_IF_ERROR(RecordRead(context, request, request.parent(), ""));
  return Show(selected.entries[0]);
}

v1::LogEntry LogService::Show(const StoredEntry& entry) const {
  const absl::Status sound = CheckEntry(entry);
  if (!sound.ok()) parts_.guard->Freeze(sound.message());
  v1::LogEntry shown = ToProto(entry);
  // The bytes are evidence as they lie; what they say is not to be believed.
  if (!sound.ok()) shown.clear_event();
  return shown;
}

absl::StatusOr<uint64_t> LogService::ReadSize(absl::Time deadline) const {
  const absl::StatusOr<TreeState> tree = parts_.store->ReadTreeState(deadline);
  if (tree.ok()) return tree->size;
  if (tree.status().code() != absl::StatusCode::kDataLoss) return tree.status();
  // Reading goes on where the tree is broken.
  parts_.guard->Freeze(tree.status().message());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<uint64_t> last, parts_.store->LastIndex(deadline));
  return last.has_value() ? *last + 1 : 0;
}

absl::StatusOr<v1::ListEntriesResponse> LogService::ListEntries(const rpc::CallContext& context,
                                                                const v1::ListEntriesRequest& request) {
  FieldViolations violations;
  const int page_size = PageSize(request.page_size(), violations);
  violations.Require(request.order_by().empty() || request.order_by() == "index" || request.order_by() == "index desc",
                     "order_by", "write index or index desc");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_ASSIGN_OR_RETURN(filter::Condition condition, filter::Translate(request.filter(), schema_));
  const bool newest_first = request.order_by() != "index";
  PageToken token{.fingerprint = QueryFingerprint(
                      {"ListEntries", request.parent(), request.filter(), newest_first ? "desc" : "asc"})};
  uint64_t begin = 0;
  uint64_t end = 0;
  if (request.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(token.snapshot, ReadSize(context.deadline()));
    end = token.snapshot;
  } else {
    DOCKET_ASSIGN_OR_RETURN(token, parts_.page_tokens->Decode(request.page_token(), token.fingerprint));
    uint64_t position = 0;
    if (token.key.size() != 1 || !absl::SimpleAtoi(token.key[0], &position))
      return InvalidField("page_token", "is damaged");
    begin = newest_first ? 0 : position + 1;
    end = newest_first ? position : token.snapshot;
  }
  DOCKET_ASSIGN_OR_RETURN(const LogStore::Selected selected,
                          parts_.store->SelectEntries({.organization_id = OrganizationId(request.parent()),
                                                       .begin = begin,
                                                       .end = end,
                                                       .newest_first = newest_first,
                                                       .limit = page_size,
                                                       .condition = std::move(condition)},
                                                      context.deadline()));
  v1::ListEntriesResponse response;
  response.set_log_size(static_cast<int64_t>(token.snapshot));
  for (const StoredEntry& entry : selected.entries) *response.add_entries() = Show(entry);
  if (selected.more) {
    token.key = {absl::StrCat(selected.entries.back().index)};
    response.set_next_page_token(parts_.page_tokens->Encode(token));
  }
  DOCKET_RETURN_IF_ERROR(RecordRead(context, request, request.parent(), ""));
  return response;
}

absl::StatusOr<v1::ChangeTrail> LogService::GetChangeTrail(const rpc::CallContext& context,
                                                           const v1::GetChangeTrailRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  const uint64_t size = checkpoint.checkpoint.size;
  v1::ChangeTrail trail;
  trail.set_change(request.change());
  DOCKET_ASSIGN_OR_RETURN(*trail.mutable_checkpoint(), ShowCheckpoint(checkpoint, context.deadline()));
  trail.set_verifier_key(parts_.checkpointer->signer().verifier().ToText());
  LogTiles tiles(*parts_.store, size, context.deadline());
  merkle::TileNodeReader nodes(tiles, size);
  size_t bytes = 0;
  LogStore::Selected selected{.more = true};
  for (uint64_t begin = 0; selected.more;) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(selected, parts_.store->SelectEntries(
                                          {.organization_id = OrganizationId(request.change()),
                                           .begin = begin,
                                           .end = size,
                                           .newest_first = false,
                                           .limit = kTailBatch,
                                           .condition = {.where = "e.change_name = ?", .params = {request.change()}}},
                                          context.deadline()));
    for (const StoredEntry& entry : selected.entries) {
      *trail.add_entries() = Show(entry);
      const auto hashes = merkle::InclusionProof(nodes, entry.index, size);
      if (!hashes.ok()) return Distrust(hashes.status());
      *trail.add_proofs() = ToProto(entry.index, size, entry.leaf_hash, *hashes);
      bytes += trail.entries().rbegin()->ByteSizeLong() + trail.proofs().rbegin()->ByteSizeLong();
    }
    if (trail.entries_size() > kMaxTrailEntries || bytes > kMaxTrailBytes) return TrailTooLong();
    if (selected.more) begin = selected.entries.back().index + 1;
  }
  if (trail.entries().empty()) return NotFoundError(request.change());
  DOCKET_RETURN_IF_ERROR(RecordRead(context, request, request.change(), request.change()));
  return trail;
}

absl::StatusOr<v1::InclusionProof> LogService::GetInclusionProof(const rpc::CallContext& context,
                                                                 const v1::GetInclusionProofRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  const uint64_t size = request.size() == 0 ? checkpoint.checkpoint.size : static_cast<uint64_t>(request.size());
  const uint64_t index = static_cast<uint64_t>(request.index());
  if (size > checkpoint.checkpoint.size)
    return InvalidField("size", absl::StrCat("the log has ", checkpoint.checkpoint.size, " entries"));
  if (index >= size) return InvalidField("index", absl::StrCat("must be below ", size));
  const auto leaves = parts_.store->ReadLeafHashes(index, index + 1, context.deadline());
  if (!leaves.ok()) return Distrust(leaves.status());
  LogTiles tiles(*parts_.store, checkpoint.checkpoint.size, context.deadline());
  merkle::TileNodeReader nodes(tiles, checkpoint.checkpoint.size);
  const auto hashes = merkle::InclusionProof(nodes, index, size);
  if (!hashes.ok()) return Distrust(hashes.status());
  return ToProto(index, size, leaves->front(), *hashes);
}

absl::StatusOr<v1::ConsistencyProof> LogService::GetConsistencyProof(const rpc::CallContext& context,
                                                                     const v1::GetConsistencyProofRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  const uint64_t first = static_cast<uint64_t>(request.first_size());
  const uint64_t second =
      request.second_size() == 0 ? checkpoint.checkpoint.size : static_cast<uint64_t>(request.second_size());
  if (second > checkpoint.checkpoint.size) {
    return InvalidField("second_size", absl::StrCat("the log has ", checkpoint.checkpoint.size, " entries"));
  }
  if (first > second) return InvalidField("first_size", absl::StrCat("must not be above second_size, ", second));
  LogTiles tiles(*parts_.store, checkpoint.checkpoint.size, context.deadline());
  merkle::TileNodeReader nodes(tiles, checkpoint.checkpoint.size);
  v1::ConsistencyProof proof;
  proof.set_first_size(static_cast<int64_t>(first));
  proof.set_second_size(static_cast<int64_t>(second));
  const auto first_root = merkle::RootAt(nodes, first);
  const auto second_root = merkle::RootAt(nodes, second);
  const auto hashes = merkle::ConsistencyProof(nodes, first, second);
  for (const absl::Status& status : {first_root.status(), second_root.status(), hashes.status()}) {
    if (!status.ok()) return Distrust(status);
  }
  proof.set_first_root_sha256(first_root->ToBytes());
  proof.set_second_root_sha256(second_root->ToBytes());
  for (const merkle::Hash& hash : *hashes) proof.add_hashes(hash.ToBytes());
  return proof;
}

absl::Status LogService::Distrust(const absl::Status& status) const {
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  parts_.guard->Freeze(status.message());
  return parts_.guard->CheckOpen();
}

absl::Status LogService::TailEntries(const rpc::CallContext& context, const v1::TailEntriesRequest& request,
                                     rpc::StreamWriter<v1::TailEntriesResponse>& writer) {
  DOCKET_ASSIGN_OR_RETURN(const filter::Condition condition, filter::Translate(request.filter(), schema_));
  DOCKET_RETURN_IF_ERROR(RecordRead(context, request, request.parent(), ""));
  DOCKET_ASSIGN_OR_RETURN(uint64_t size, ReadSize(context.deadline()));
  uint64_t next = request.start_index() < 0 ? size : static_cast<uint64_t>(request.start_index());
  uint64_t announced = size;
  while (true) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    v1::TailEntriesResponse response;
    if (next < size) {
      // One commit makes all its entries visible at once and in the order of the log, so nothing can appear below
      // `size` later.
      DOCKET_ASSIGN_OR_RETURN(const LogStore::Selected selected,
                              parts_.store->SelectEntries({.organization_id = OrganizationId(request.parent()),
                                                           .begin = next,
                                                           .end = size,
                                                           .newest_first = false,
                                                           .limit = kTailBatch,
                                                           .condition = condition},
                                                          absl::Now() + kTailReadLimit));
      for (const StoredEntry& entry : selected.entries) *response.add_entries() = Show(entry);
      next = selected.more ? selected.entries.back().index + 1 : size;
    }
    response.set_next_index(static_cast<int64_t>(next));
    response.set_log_size(static_cast<int64_t>(size));
    if (!writer.Write(response)) return absl::OkStatus();
    if (next < size) continue;
    announced = AwaitGrowth(context, std::max(size, announced));
    // Another process may have appended: the database knows.
    DOCKET_ASSIGN_OR_RETURN(const uint64_t now, ReadSize(absl::Now() + kTailReadLimit));
    size = std::max(size, now);
  }
}

uint64_t LogService::AwaitGrowth(const rpc::CallContext& context, uint64_t size) const {
  uint64_t announced = size;
  const absl::Time end = absl::Now() + kHeartbeat;
  while (announced <= size && absl::Now() < end && context.CheckAlive().ok()) {
    announced = std::max(size, parts_.growth->WaitBeyond(size, std::min(kTailPatience, end - absl::Now())));
  }
  return announced;
}

absl::Status LogService::RecordRead(const rpc::CallContext& context, const google::protobuf::Message& request,
                                    absl::string_view subject, absl::string_view change) {
  return ReadRecorder(*parts_.appender, *parts_.clock, *parts_.uuids).Record(context, request, subject, change);
}

}  // namespace docket::audit

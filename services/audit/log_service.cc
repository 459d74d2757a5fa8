#include "services/audit/log_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/events/event_recorder.h"
#include "common/filter/translate.h"
#include "common/merkle/proof.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/platform_events.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/audit/log_proto.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

constexpr char kSource[] = "services/audit";
constexpr int kMaxTrailEntries = 5000;
constexpr int kTailBatch = 256;
constexpr absl::Duration kHeartbeat = absl::Seconds(3);
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

}  // namespace

LogService::LogService(Parts parts) : parts_(parts), schema_(EntrySchema()) {}

void LogService::Register(rpc::MethodTable& table) {
  table.Unary("docket.event.v1.EventSinkService/DeliverEvents", this, &LogService::DeliverEvents);
  table.Unary("docket.audit.v1.LogService/GetCheckpoint", this, &LogService::GetCheckpoint);
  table.Unary("docket.audit.v1.LogService/GetEntry", this, &LogService::GetEntry);
  table.Unary("docket.audit.v1.LogService/ListEntries", this, &LogService::ListEntries);
  table.Unary("docket.audit.v1.LogService/GetChangeTrail", this, &LogService::GetChangeTrail);
  table.Unary("docket.audit.v1.LogService/GetInclusionProof", this, &LogService::GetInclusionProof);
  table.Unary("docket.audit.v1.LogService/GetConsistencyProof", this, &LogService::GetConsistencyProof);
  table.ServerStreaming("docket.audit.v1.LogService/TailEntries", this, &LogService::TailEntries);
}

absl::StatusOr<event::v1::DeliverEventsResponse> LogService::DeliverEvents(const rpc::CallContext& context,
                                                                           const event::v1::DeliverEventsRequest& request) {
  // A service speaks for itself only: what claims another source is refused, its neighbours are not.
  std::vector<event::v1::Event> own;
  for (const event::v1::Event& event : request.events()) {
    if (event.source() == context.principal().name()) own.push_back(event);
  }
  DOCKET_ASSIGN_OR_RETURN(LogAppender::Verdicts verdicts, parts_.appender->Append(std::move(own), context.deadline()));
  event::v1::DeliverEventsResponse response;
  size_t next = 0;
  for (const event::v1::Event& event : request.events()) {
    if (event.source() == context.principal().name()) {
      *response.add_results() = std::move(verdicts[next++]);
    } else {
      event::v1::DeliveryResult& refused = *response.add_results();
      refused.set_event_id(event.event_id());
      refused.set_verdict(event::v1::DeliveryResult::VERDICT_REJECTED);
      refused.set_reason(absl::StrCat("the source is not the caller, ", context.principal().name()));
    }
  }
  return response;
}

absl::StatusOr<v1::Checkpoint> LogService::GetCheckpoint(const rpc::CallContext& context, const v1::GetCheckpointRequest&) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  return ToProto(checkpoint);
}

absl::StatusOr<v1::LogEntry> LogService::GetEntry(const rpc::CallContext& context, const v1::GetEntryRequest& request) {
  const uint64_t index = static_cast<uint64_t>(request.index());
  DOCKET_ASSIGN_OR_RETURN(const auto entries,
                          parts_.store->SelectEntries({.organization_id = OrganizationId(request.parent()),
                                                       .begin = index,
                                                       .end = index + 1,
                                                       .limit = 1,
                                                       .condition = {.where = "TRUE"}},
                                                      context.deadline()));
  // An entry of another organisation does not exist for this one.
  if (entries.empty()) return NotFoundError(absl::StrCat(request.parent(), "/entries/", index));
  DOCKET_RETURN_IF_ERROR(RecordRead(context, request, request.parent(), ""));
  return ToProto(entries[0]);
}

absl::StatusOr<v1::ListEntriesResponse> LogService::ListEntries(const rpc::CallContext& context, const v1::ListEntriesRequest& request) {
  FieldViolations violations;
  const int page_size = PageSize(request.page_size(), violations);
  violations.Require(request.order_by().empty() || request.order_by() == "index" || request.order_by() == "index desc", "order_by",
                     "write index or index desc");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_ASSIGN_OR_RETURN(filter::Condition condition, filter::Translate(request.filter(), schema_));
  const bool newest_first = request.order_by() != "index";
  PageToken token{.fingerprint = QueryFingerprint({"ListEntries", request.parent(), request.filter(), newest_first ? "desc" : "asc"})};
  uint64_t begin = 0;
  uint64_t end = 0;
  if (request.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(const TreeState tree, parts_.store->ReadTreeState(context.deadline()));
    token.snapshot = end = tree.size;
  } else {
    DOCKET_ASSIGN_OR_RETURN(token, parts_.page_tokens->Decode(request.page_token(), token.fingerprint));
    uint64_t position = 0;
    if (token.key.size() != 1 || !absl::SimpleAtoi(token.key[0], &position)) return InvalidField("page_token", "is damaged");
    begin = newest_first ? 0 : position + 1;
    end = newest_first ? position : token.snapshot;
  }
  DOCKET_ASSIGN_OR_RETURN(const auto entries, parts_.store->SelectEntries({.organization_id = OrganizationId(request.parent()),
                                                                           .begin = begin,
                                                                           .end = end,
                                                                           .newest_first = newest_first,
                                                                           .limit = page_size + 1,
                                                                           .condition = std::move(condition)},
                                                                          context.deadline()));
  v1::ListEntriesResponse response;
  response.set_log_size(static_cast<int64_t>(token.snapshot));
  const size_t shown = std::min<size_t>(entries.size(), static_cast<size_t>(page_size));
  for (size_t i = 0; i < shown; ++i) {
    DOCKET_ASSIGN_OR_RETURN(*response.add_entries(), ToProto(entries[i]));
  }
  if (entries.size() > shown) {
    token.key = {absl::StrCat(entries[shown - 1].index)};
    response.set_next_page_token(parts_.page_tokens->Encode(token));
  }
  DOCKET_RETURN_IF_ERROR(RecordRead(context, request, request.parent(), ""));
  return response;
}

absl::StatusOr<v1::ChangeTrail> LogService::GetChangeTrail(const rpc::CallContext& context, const v1::GetChangeTrailRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  const uint64_t size = checkpoint.checkpoint.size;
  DOCKET_ASSIGN_OR_RETURN(const auto entries,
                          parts_.store->SelectEntries({.organization_id = OrganizationId(request.change()),
                                                       .end = size,
                                                       .newest_first = false,
                                                       .limit = kMaxTrailEntries + 1,
                                                       .condition = {.where = "e.change_name = ?", .params = {request.change()}}},
                                                      context.deadline()));
  if (entries.empty()) return NotFoundError(request.change());
  if (entries.size() > kMaxTrailEntries) {
    return Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
                 absl::StrCat("the trail has more than ", kMaxTrailEntries, " entries; page through it with ListEntries"));
  }
  v1::ChangeTrail trail;
  trail.set_change(request.change());
  *trail.mutable_checkpoint() = ToProto(checkpoint);
  trail.set_verifier_key(parts_.checkpointer->signer().verifier().ToText());
  LogTiles tiles(*parts_.store, size, context.deadline());
  merkle::TileNodeReader nodes(tiles, size);
  for (const StoredEntry& entry : entries) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(*trail.add_entries(), ToProto(entry));
    DOCKET_ASSIGN_OR_RETURN(const auto hashes, merkle::InclusionProof(nodes, entry.index, size));
    *trail.add_proofs() = ToProto(entry.index, size, entry.leaf_hash, hashes);
  }
  DOCKET_RETURN_IF_ERROR(RecordRead(context, request, request.change(), request.change()));
  return trail;
}

absl::StatusOr<v1::InclusionProof> LogService::GetInclusionProof(const rpc::CallContext& context,
                                                                 const v1::GetInclusionProofRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  const uint64_t size = request.size() == 0 ? checkpoint.checkpoint.size : static_cast<uint64_t>(request.size());
  const uint64_t index = static_cast<uint64_t>(request.index());
  if (size > checkpoint.checkpoint.size) return InvalidField("size", absl::StrCat("the log has ", checkpoint.checkpoint.size, " entries"));
  if (index >= size) return InvalidField("index", absl::StrCat("must be below ", size));
  DOCKET_ASSIGN_OR_RETURN(const auto leaves, parts_.store->ReadLeafHashes(index, index + 1, context.deadline()));
  LogTiles tiles(*parts_.store, checkpoint.checkpoint.size, context.deadline());
  merkle::TileNodeReader nodes(tiles, checkpoint.checkpoint.size);
  DOCKET_ASSIGN_OR_RETURN(const auto hashes, merkle::InclusionProof(nodes, index, size));
  return ToProto(index, size, leaves[0], hashes);
}

absl::StatusOr<v1::ConsistencyProof> LogService::GetConsistencyProof(const rpc::CallContext& context,
                                                                     const v1::GetConsistencyProofRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  const uint64_t first = static_cast<uint64_t>(request.first_size());
  const uint64_t second = request.second_size() == 0 ? checkpoint.checkpoint.size : static_cast<uint64_t>(request.second_size());
  if (second > checkpoint.checkpoint.size) {
    return InvalidField("second_size", absl::StrCat("the log has ", checkpoint.checkpoint.size, " entries"));
  }
  if (first > second) return InvalidField("first_size", absl::StrCat("must not be above second_size, ", second));
  LogTiles tiles(*parts_.store, checkpoint.checkpoint.size, context.deadline());
  merkle::TileNodeReader nodes(tiles, checkpoint.checkpoint.size);
  v1::ConsistencyProof proof;
  proof.set_first_size(static_cast<int64_t>(first));
  proof.set_second_size(static_cast<int64_t>(second));
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash first_root, merkle::RootAt(nodes, first));
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash second_root, merkle::RootAt(nodes, second));
  proof.set_first_root_sha256(first_root.ToBytes());
  proof.set_second_root_sha256(second_root.ToBytes());
  DOCKET_ASSIGN_OR_RETURN(const auto hashes, merkle::ConsistencyProof(nodes, first, second));
  for (const merkle::Hash& hash : hashes) proof.add_hashes(hash.ToBytes());
  return proof;
}

absl::Status LogService::TailEntries(const rpc::CallContext& context, const v1::TailEntriesRequest& request,
                                     rpc::StreamWriter<v1::TailEntriesResponse>& writer) {
  DOCKET_ASSIGN_OR_RETURN(const filter::Condition condition, filter::Translate(request.filter(), schema_));
  DOCKET_RETURN_IF_ERROR(RecordRead(context, request, request.parent(), ""));
  DOCKET_ASSIGN_OR_RETURN(TreeState tree, parts_.store->ReadTreeState(context.deadline()));
  uint64_t next = request.start_index() < 0 ? tree.size : static_cast<uint64_t>(request.start_index());
  uint64_t size = tree.size;
  while (true) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    v1::TailEntriesResponse response;
    if (next < size) {
      // One commit makes all its entries visible at once and in the order of the log, so nothing can appear below `size` later.
      DOCKET_ASSIGN_OR_RETURN(const auto entries, parts_.store->SelectEntries({.organization_id = OrganizationId(request.parent()),
                                                                               .begin = next,
                                                                               .end = size,
                                                                               .newest_first = false,
                                                                               .limit = kTailBatch,
                                                                               .condition = condition},
                                                                              parts_.clock->Now() + kTailReadLimit));
      for (const StoredEntry& entry : entries) {
        DOCKET_ASSIGN_OR_RETURN(*response.add_entries(), ToProto(entry));
      }
      next = entries.size() == kTailBatch ? entries.back().index + 1 : size;
    }
    response.set_next_index(static_cast<int64_t>(next));
    response.set_log_size(static_cast<int64_t>(size));
    if (!writer.Write(response)) return absl::OkStatus();
    if (next < size) continue;
    parts_.growth->WaitBeyond(size, kHeartbeat);
    // Another process may have appended: the database knows.
    DOCKET_ASSIGN_OR_RETURN(tree, parts_.store->ReadTreeState(parts_.clock->Now() + kTailReadLimit));
    size = std::max(size, tree.size);
  }
}

absl::Status LogService::RecordRead(const rpc::CallContext& context, const google::protobuf::Message& request, absl::string_view subject,
                                    absl::string_view change) {
  // Docket's own services read on behalf of no one, and would record their own records.
  if (absl::StartsWith(context.principal().name(), "services/")) return absl::OkStatus();
  event::v1::EvidenceRead read;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  static_cast<void>(google::protobuf::util::MessageToJsonString(request, read.mutable_query(), options));
  events::EventRecorder recorder(kSource, events::Origin::FromCall(context), *parts_.clock, *parts_.uuids);
  recorder.Add(read, {.subject = std::string(subject), .change = std::string(change)});
  DOCKET_ASSIGN_OR_RETURN(const LogAppender::Verdicts verdicts, parts_.appender->Append(recorder.events(), context.deadline()));
  if (verdicts[0].verdict() == event::v1::DeliveryResult::VERDICT_ACCEPTED) return absl::OkStatus();
  return InternalError(absl::StrCat("reading evidence could not be recorded: ", verdicts[0].reason()));
}

}  // namespace docket::audit

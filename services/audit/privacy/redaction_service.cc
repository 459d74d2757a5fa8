#include "services/audit/privacy/redaction_service.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/listing/list_page.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/data_subject.h"
#include "services/audit/privacy/privacy_events.h"
#include "services/audit/privacy/redaction.h"
#include "services/audit/privacy/stored_time.h"

namespace docket::audit {
namespace {

// A redaction has up to 25 KB of indexes and texts, and a reply has to stay below 4 MiB.
constexpr int kMaxPage = 100;

filter::Schema FilterSchema() {
  return filter::Schema()
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Redaction::State_descriptor()))
      .String("data_subject", {.sql = "data_subject"})
      .Enum("legal_basis", {.sql = "legal_basis"}, filter::EnumValues(*v1::Redaction::LegalBasis_descriptor()))
      .String("proposer", {.sql = "proposer"})
      .String("decider", {.sql = "decider"})
      .Timestamp("propose_time", {.sql = "propose_us"});
}

// Identifiers are UUIDv7, so their order is that of proposing, and the primary key serves it.
filter::Schema OrderSchema() {
  return filter::Schema().Uuid("propose_time", {.sql = "redaction_id", .sortable = true}).Unique("propose_time");
}

absl::Status CheckForm(const v1::Redaction& redaction) {
  FieldViolations violations;
  violations.Require((redaction.indexes_size() > 0) != !redaction.data_subject().empty(), "redaction.indexes",
                     "give either these or data_subject");
  std::set<int64_t> seen;
  for (int i = 0; i < redaction.indexes_size(); ++i) {
    violations.Require(seen.insert(redaction.indexes(i)).second, absl::StrCat("redaction.indexes[", i, "]"),
                       "stands twice");
  }
  return violations.ToStatus();
}

}  // namespace

RedactionService::RedactionService(const PrivacyParts& parts, const RedactionApplier& applier)
    : parts_(parts), applier_(applier), filter_schema_(FilterSchema()), order_schema_(OrderSchema()) {}

void RedactionService::Register(rpc::MethodTable& table) {
  table.Unary("docket.audit.v1.PrivacyService/ProposeRedaction", this, &RedactionService::ProposeRedaction);
  table.Unary("docket.audit.v1.PrivacyService/ApproveRedaction", this, &RedactionService::ApproveRedaction);
  table.Unary("docket.audit.v1.PrivacyService/RejectRedaction", this, &RedactionService::RejectRedaction);
  table.Unary("docket.audit.v1.PrivacyService/GetRedaction", this, &RedactionService::GetRedaction);
  table.Unary("docket.audit.v1.PrivacyService/ListRedactions", this, &RedactionService::ListRedactions);
}

absl::Status RedactionService::CheckTarget(mysql::Transaction& tx, const v1::Redaction& redaction) const {
  const std::string organization_id = OrganizationId(redaction.name());
  const std::vector<uint64_t> indexes = IndexesOf(redaction);
  DOCKET_ASSIGN_OR_RETURN(const auto facts, parts_.erasure.FindFacts(tx, organization_id, indexes));
  DOCKET_ASSIGN_OR_RETURN(const std::set<uint64_t> redacted, parts_.erasure.FindRedacted(tx, indexes));
  FieldViolations violations;
  for (int i = 0; i < redaction.indexes_size(); ++i) {
    const auto index = static_cast<uint64_t>(redaction.indexes(i));
    const std::string field = absl::StrCat("redaction.indexes[", i, "]");
    const auto entry = facts.find(index);
    // An entry of another organisation does not exist for this one.
    if (entry == facts.end()) {
      violations.Add(field, absl::StrCat("no entry of ", OrganizationOf(redaction.name()), " has the index ", index));
    } else if (IsAlwaysKept(entry->second.type)) {
      violations.Add(field, "tells of a redaction, retention or legal hold, and is always kept");
    } else if (redacted.contains(index)) {
      violations.Add(field, "is redacted already");
    }
  }
  if (!redaction.data_subject().empty()) {
    DOCKET_ASSIGN_OR_RETURN(const auto key, parts_.secrets.LockKey(tx, {organization_id, redaction.data_subject()}));
    DOCKET_ASSIGN_OR_RETURN(const auto plain,
                            ErasureStore::FindPlainOf(tx, organization_id, redaction.data_subject(), 1));
    violations.Require(key.has_value() || !plain.empty(), "redaction.data_subject",
                       "the log has no payload of this person's doing that is not redacted");
  }
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_ASSIGN_OR_RETURN(const std::vector<HoldScope> holds, HoldStore::ListActive(tx, organization_id));
  DOCKET_ASSIGN_OR_RETURN(const HoldScope* const hold, FindHoldOn(tx, redaction, facts, holds));
  return hold == nullptr ? absl::OkStatus() : HeldBy(*hold);
}

absl::StatusOr<v1::Redaction> RedactionService::ProposeRedaction(const rpc::CallContext& context,
                                                                 const v1::ProposeRedactionRequest& request) {
  DOCKET_RETURN_IF_ERROR(CheckForm(request.redaction()));
  v1::Redaction redaction = request.redaction();
  redaction.clear_etag();
  redaction.set_name(RedactionName(OrganizationId(request.parent()), parts_.uuids.Next()));
  redaction.set_state(v1::Redaction::STATE_PROPOSED);
  redaction.set_proposer(context.principal().name());
  *redaction.mutable_propose_time() = TimestampOf(parts_.clock.NowMicros());
  return parts_.mutations.Run<v1::Redaction>(
      context, {.resource = request.parent()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Redaction> {
        DOCKET_RETURN_IF_ERROR(CheckTarget(tx, redaction));
        DOCKET_RETURN_IF_ERROR(RedactionStore::Insert(tx, redaction));
        ReportProposed(recorder, redaction, RangesOf(IndexesOf(redaction)));
        v1::Redaction reply = redaction;
        reply.set_etag("1");
        return reply;
      });
}

absl::StatusOr<v1::Redaction> RedactionService::Decide(const rpc::CallContext& context, const std::string& name,
                                                       const std::string& etag, v1::Redaction::State state,
                                                       const std::string& comment) {
  return parts_.mutations.Run<v1::Redaction>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Redaction> {
        DOCKET_RETURN_IF_ERROR(HoldStore::TakeTurn(tx, OrganizationId(name)));
        DOCKET_ASSIGN_OR_RETURN(StoredRedaction stored, RedactionStore::Lock(tx, name));
        v1::Redaction& redaction = stored.redaction;
        const v1::Redaction before = redaction;
        DOCKET_ASSIGN_OR_RETURN(const auto facts_of_entries,
                                parts_.erasure.FindFacts(tx, OrganizationId(name), IndexesOf(redaction)));
        RedactionFacts facts{.state = static_cast<RedactionState>(redaction.state()),
                             .proposer = redaction.proposer(),
                             .data_subjects = {redaction.data_subject()},
                             .revision = stored.revision};
        for (const auto& [index, entry] : facts_of_entries) facts.data_subjects.insert(entry.actor);
        DOCKET_RETURN_IF_ERROR(CheckMayDecide(facts, context.principal().name(), etag));
        if (state == v1::Redaction::STATE_APPROVED) {
          DOCKET_ASSIGN_OR_RETURN(const auto holds, HoldStore::ListActive(tx, OrganizationId(name)));
          DOCKET_ASSIGN_OR_RETURN(const HoldScope* const hold, FindHoldOn(tx, redaction, facts_of_entries, holds));
          if (hold != nullptr) return HeldBy(*hold);
        }
        redaction.set_state(state);
        redaction.set_decider(context.principal().name());
        *redaction.mutable_decide_time() = TimestampOf(parts_.clock.NowMicros());
        redaction.set_decision_comment(comment);
        DOCKET_RETURN_IF_ERROR(RedactionStore::Save(tx, stored));
        ReportDecided(recorder, before, redaction, stored.revision);
        return redaction;
      });
}

absl::StatusOr<v1::Redaction> RedactionService::ApproveRedaction(const rpc::CallContext& context,
                                                                 const v1::ApproveRedactionRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(v1::Redaction redaction, Decide(context, request.name(), request.etag(),
                                                          v1::Redaction::STATE_APPROVED, request.comment()));
  // The decision stands; what does not succeed now the worker does.
  const absl::Status applied = applier_.Apply(request.name(), context.deadline());
  if (!applied.ok()) {
    context.logger().Warning("an approved redaction waits to be applied",
                             {{"redaction", request.name()}, {"error", applied.ToString()}});
  }
  return redaction;
}

absl::StatusOr<v1::Redaction> RedactionService::RejectRedaction(const rpc::CallContext& context,
                                                                const v1::RejectRedactionRequest& request) {
  return Decide(context, request.name(), request.etag(), v1::Redaction::STATE_REJECTED, request.reason());
}

absl::StatusOr<v1::Redaction> RedactionService::GetRedaction(const rpc::CallContext& context,
                                                             const v1::GetRedactionRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(StoredRedaction stored, parts_.redactions.Get(request.name(), context.deadline()));
  return std::move(stored.redaction);
}

absl::StatusOr<v1::ListRedactionsResponse> RedactionService::ListRedactions(const rpc::CallContext& context,
                                                                            const v1::ListRedactionsRequest& request) {
  ListCall call = ListCallOf("ListRedactions", request);
  call.page_size = std::min(call.page_size, kMaxPage);
  DOCKET_ASSIGN_OR_RETURN(const ListPage page,
                          ListPage::Read(call, filter_schema_, order_schema_, "propose_time desc", parts_.page_tokens));
  DOCKET_ASSIGN_OR_RETURN(auto found,
                          parts_.redactions.List(OrganizationId(request.parent()), page, context.deadline()));
  v1::ListRedactionsResponse response;
  response.set_next_page_token(page.Trim(found, parts_.page_tokens, [](absl::string_view, const StoredRedaction& row) {
    return filter::FilterValue(row.id);
  }));
  for (StoredRedaction& stored : found) *response.add_redactions() = std::move(stored.redaction);
  return response;
}

}  // namespace docket::audit

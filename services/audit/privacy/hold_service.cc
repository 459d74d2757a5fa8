#include "services/audit/privacy/hold_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/listing/list_page.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/privacy_events.h"
#include "services/audit/privacy/stored_time.h"

namespace docket::audit {
namespace {

// A hold has up to 17 KB of texts, and a reply has to stay below 4 MiB.
constexpr int kMaxPage = 100;

filter::Schema FilterSchema() {
  return filter::Schema()
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::LegalHold::State_descriptor()))
      .String("change", {.sql = "change_name"})
      .String("person", {.sql = "person"})
      .String("matter", {.sql = "matter"})
      .String("placer", {.sql = "placer"})
      .Timestamp("place_time", {.sql = "place_us"});
}

// Identifiers are UUIDv7, so their order is that of placing, and the primary key serves it.
filter::Schema OrderSchema() {
  return filter::Schema().Uuid("place_time", {.sql = "hold_id", .sortable = true}).Unique("place_time");
}

absl::Status CheckScope(const v1::LegalHold& hold, const std::string& parent) {
  FieldViolations violations;
  const bool by_time = hold.has_begin_time() || hold.has_end_time();
  violations.Require(!hold.change().empty() + !hold.person().empty() + by_time == 1, "legal_hold",
                     "give exactly one of change, person and begin_time or end_time");
  violations.Require(hold.change().empty() || OrganizationOf(hold.change()) == parent, "legal_hold.change",
                     absl::StrCat("must be a change of ", parent));
  violations.Require(
      !hold.has_begin_time() || !hold.has_end_time() || MicrosOf(hold.begin_time()) < MicrosOf(hold.end_time()),
      "legal_hold.end_time", "must be after begin_time");
  return violations.ToStatus();
}

}  // namespace

HoldService::HoldService(const PrivacyParts& parts)
    : parts_(parts), filter_schema_(FilterSchema()), order_schema_(OrderSchema()) {}

void HoldService::Register(rpc::MethodTable& table) {
  table.Unary("docket.audit.v1.PrivacyService/PlaceLegalHold", this, &HoldService::PlaceLegalHold);
  table.Unary("docket.audit.v1.PrivacyService/ReleaseLegalHold", this, &HoldService::ReleaseLegalHold);
  table.Unary("docket.audit.v1.PrivacyService/GetLegalHold", this, &HoldService::GetLegalHold);
  table.Unary("docket.audit.v1.PrivacyService/ListLegalHolds", this, &HoldService::ListLegalHolds);
}

absl::StatusOr<v1::LegalHold> HoldService::PlaceLegalHold(const rpc::CallContext& context,
                                                          const v1::PlaceLegalHoldRequest& request) {
  DOCKET_RETURN_IF_ERROR(CheckScope(request.legal_hold(), request.parent()));
  const std::string organization_id = OrganizationId(request.parent());
  v1::LegalHold hold = request.legal_hold();
  hold.clear_etag();
  hold.set_name(HoldName(organization_id, parts_.uuids.Next()));
  hold.set_state(v1::LegalHold::STATE_ACTIVE);
  hold.set_placer(context.principal().name());
  *hold.mutable_place_time() = TimestampOf(parts_.clock.NowMicros());
  return parts_.mutations.Run<v1::LegalHold>(
      context, {.resource = request.parent(), .change = hold.change()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::LegalHold> {
        DOCKET_RETURN_IF_ERROR(HoldStore::TakeTurn(tx, organization_id));
        DOCKET_ASSIGN_OR_RETURN(const auto active, HoldStore::ListActive(tx, organization_id));
        if (active.size() >= static_cast<size_t>(kMaxActiveHolds)) {
          return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
                       absl::StrCat("at most ", kMaxActiveHolds, " legal holds are active in one organisation"),
                       {{"limit", absl::StrCat(kMaxActiveHolds)}});
        }
        DOCKET_RETURN_IF_ERROR(HoldStore::Insert(tx, hold));
        ReportPlaced(recorder, hold);
        v1::LegalHold reply = hold;
        reply.set_etag("1");
        return reply;
      });
}

absl::StatusOr<v1::LegalHold> HoldService::ReleaseLegalHold(const rpc::CallContext& context,
                                                            const v1::ReleaseLegalHoldRequest& request) {
  // What a refusal is about is not known before it is read.
  DOCKET_ASSIGN_OR_RETURN(const StoredHold known, parts_.holds.Get(request.name(), context.deadline()));
  const std::string organization_id = OrganizationId(request.name());
  return parts_.mutations.Run<v1::LegalHold>(
      context, {.resource = request.name(), .change = known.hold.change()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::LegalHold> {
        DOCKET_RETURN_IF_ERROR(HoldStore::TakeTurn(tx, organization_id));
        DOCKET_ASSIGN_OR_RETURN(StoredHold stored, HoldStore::Lock(tx, request.name()));
        v1::LegalHold& hold = stored.hold;
        DOCKET_RETURN_IF_ERROR(CheckMayRelease(static_cast<HoldState>(hold.state()), hold.placer(),
                                               context.principal().name(), request.etag(), stored.revision));
        const v1::LegalHold before = hold;
        hold.set_state(v1::LegalHold::STATE_RELEASED);
        hold.set_releaser(context.principal().name());
        *hold.mutable_release_time() = TimestampOf(parts_.clock.NowMicros());
        hold.set_release_reason(request.reason());
        DOCKET_RETURN_IF_ERROR(HoldStore::Save(tx, stored));
        // Retention passed over what was held.
        DOCKET_RETURN_IF_ERROR(RetentionStore::ResetProgress(tx, organization_id));
        ReportReleased(recorder, before, hold, stored.revision);
        return hold;
      });
}

absl::StatusOr<v1::LegalHold> HoldService::GetLegalHold(const rpc::CallContext& context,
                                                        const v1::GetLegalHoldRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(StoredHold stored, parts_.holds.Get(request.name(), context.deadline()));
  return std::move(stored.hold);
}

absl::StatusOr<v1::ListLegalHoldsResponse> HoldService::ListLegalHolds(const rpc::CallContext& context,
                                                                       const v1::ListLegalHoldsRequest& request) {
  ListCall call = ListCallOf("ListLegalHolds", request);
  call.page_size = std::min(call.page_size, kMaxPage);
  DOCKET_ASSIGN_OR_RETURN(const ListPage page,
                          ListPage::Read(call, filter_schema_, order_schema_, "place_time desc", parts_.page_tokens));
  DOCKET_ASSIGN_OR_RETURN(auto found, parts_.holds.List(OrganizationId(request.parent()), page, context.deadline()));
  v1::ListLegalHoldsResponse response;
  response.set_next_page_token(page.Trim(
      found, parts_.page_tokens, [](absl::string_view, const StoredHold& row) { return filter::FilterValue(row.id); }));
  for (StoredHold& stored : found) *response.add_legal_holds() = std::move(stored.hold);
  return response;
}

}  // namespace docket::audit

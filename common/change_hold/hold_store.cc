#include "common/change_hold/hold_store.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"

namespace docket {
namespace {

constexpr absl::string_view kRequestService = "services/request";

constexpr absl::string_view kSelect =
    "SELECT holder, reason, hold_time_us FROM change_hold WHERE organization_id = ? AND change_name = ? AND held = 1";
// A row to update, where there is none yet. Whoever comes second finds it there.
constexpr absl::string_view kInsert =
    "INSERT INTO change_hold (organization_id, change_name, held, holder, reason, hold_time_us, request_revision) "
    "VALUES (?, ?, 0, '', '', 0, 0) ON DUPLICATE KEY UPDATE change_name = change_name";
constexpr absl::string_view kUpdate =
    "UPDATE change_hold SET held = ?, holder = ?, reason = ?, hold_time_us = ?, request_revision = ? "
    "WHERE organization_id = ? AND change_name = ? AND request_revision < ?";

// The row after a request's revision at which it was held, or not any more.
absl::Status TakeIn(mysql::Transaction& transaction, const event::v1::Event& event, absl::string_view change,
                    bool held) {
  if (event.source() != kRequestService) {
    return absl::InvalidArgumentError(absl::StrCat("requests are held by ", kRequestService, ", not ", event.source()));
  }
  if (change.empty() || OrganizationOf(change) != event.organization()) {
    return absl::InvalidArgumentError("the event names no request of its organisation");
  }
  const std::string organization = OrganizationId(change);
  const std::string holder = held ? event.actor().name() : "";
  const std::string reason = held ? event.reason() : "";
  const int64_t since_us = held ? event.occur_time().seconds() * 1'000'000 + event.occur_time().nanos() / 1000 : 0;
  const int64_t revision = event.subject_revision();
  DOCKET_RETURN_IF_ERROR(transaction.Execute(kInsert, {organization, change}).status());
  // Where the row is of a later revision already, this changes nothing.
  return transaction.Execute(kUpdate, {held, holder, reason, since_us, revision, organization, change, revision})
      .status();
}

absl::StatusOr<std::optional<ChangeHold>> HoldOf(const absl::StatusOr<std::vector<mysql::Row>>& rows) {
  DOCKET_RETURN_IF_ERROR(rows.status());
  if (rows->empty()) return std::nullopt;
  const mysql::Row& row = rows->front();
  return std::optional<ChangeHold>(
      ChangeHold{.holder = row.Text(0), .reason = row.Text(1), .since = absl::FromUnixMicros(row.Int(2))});
}

}  // namespace

void SubscribeToHolds(events::EventReceiver& receiver) {
  receiver.On<event::v1::RequestHeld>(
      [](mysql::Transaction& transaction, const event::v1::Event& event, const event::v1::RequestHeld& payload,
         events::EventRecorder&) { return TakeIn(transaction, event, payload.request().name(), true); });
  receiver.On<event::v1::RequestResumed>(
      [](mysql::Transaction& transaction, const event::v1::Event& event, const event::v1::RequestResumed& payload,
         events::EventRecorder&) { return TakeIn(transaction, event, payload.request().name(), false); });
}

absl::StatusOr<std::optional<ChangeHold>> FindHold(mysql::Pool& pool, absl::Time deadline, absl::string_view change) {
  return HoldOf(pool.Query(deadline, kSelect, {OrganizationId(change), change}));
}

absl::Status CheckNotHeld(mysql::Transaction& transaction, absl::string_view change) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<ChangeHold> hold,
                          HoldOf(transaction.Query(kSelect, {OrganizationId(change), change})));
  if (!hold.has_value()) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD,
               absl::StrCat("the change is on hold: ", hold->reason), {{"holder", hold->holder}});
}

}  // namespace docket

#include "services/scheduling/slot_store.h"

#include <string>
#include <utility>

#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"

namespace docket::scheduling {
namespace {

// Creating and taking in one statement. It always writes, which is what makes the lock hold across the nodes of a
// cluster.
constexpr char kLockSystem[] =
    "INSERT INTO system_lock (organization_id, system_id, turns) VALUES (?, ?, 1) "
    "ON DUPLICATE KEY UPDATE turns = turns + 1";

// No slot is longer than 14 days, so none that began earlier than that before the wanted start can reach it: the second
// bound of start_us lets the primary key find the few rows in question.
constexpr char kSelectOverlaps[] =
    "SELECT plan_id, start_us, end_us FROM slot_reservation WHERE organization_id = ? AND system_id = ? "
    "AND start_us < ? AND start_us > ? AND end_us > ? AND plan_id <> ? ORDER BY start_us, plan_id LIMIT 100";

constexpr char kSelectHolders[] =
    "SELECT slot_reservation.plan_id, slot_reservation.start_us, slot_reservation.end_us "
    "FROM slot_reservation JOIN plan ON plan.organization_id = slot_reservation.organization_id "
    "AND plan.plan_id = slot_reservation.plan_id "
    "WHERE slot_reservation.organization_id = ? AND slot_reservation.system_id = ? "
    "AND slot_reservation.start_us <= ? AND slot_reservation.plan_id <> ? "
    "AND (slot_reservation.end_us > ? OR plan.state = ?) "
    "ORDER BY slot_reservation.start_us, slot_reservation.plan_id LIMIT 100";

constexpr char kInsertReservation[] =
    "INSERT INTO slot_reservation (organization_id, system_id, start_us, plan_id, end_us) VALUES (?, ?, ?, ?, ?)";

constexpr char kDeleteReservations[] = "DELETE FROM slot_reservation WHERE organization_id = ? AND plan_id = ?";

SlotConflict ConflictFromRow(const mysql::Row& row, const Plan& plan, const std::string& system) {
  return {.plan = PlanName(plan.organization_id, row.Text(0)),
          .system = system,
          .slot = {.start = absl::FromUnixMicros(row.Int(1)), .end = absl::FromUnixMicros(row.Int(2))}};
}

// `query` runs one statement, in a transaction or outside.
template <typename Query>
absl::StatusOr<std::vector<SlotConflict>> Holders(const Plan& plan, absl::Time now, Query query) {
  const int64_t now_us = absl::ToUnixMicros(now);
  std::vector<SlotConflict> conflicts;
  for (const std::string& system : plan.Systems()) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                            query(mysql::Params{plan.organization_id, LastId(system), now_us, plan.id, now_us,
                                                static_cast<int>(PlanState::kImplementing)}));
    for (const mysql::Row& row : rows) conflicts.push_back(ConflictFromRow(row, plan, system));
  }
  return conflicts;
}

}  // namespace

absl::Status SlotStore::LockSystems(mysql::Transaction& transaction, const Plan& plan) const {
  for (const std::string& system : plan.Systems()) {
    DOCKET_RETURN_IF_ERROR(
        transaction.Execute(kLockSystem, mysql::Params{plan.organization_id, LastId(system)}).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SlotConflict>> SlotStore::FindOverlaps(mysql::Transaction& transaction,
                                                                  const Plan& plan) const {
  std::vector<SlotConflict> conflicts;
  if (!plan.slot.has_value()) return conflicts;
  const int64_t start_us = absl::ToUnixMicros(plan.slot->start);
  const int64_t end_us = absl::ToUnixMicros(plan.slot->end);
  const int64_t earliest_us = absl::ToUnixMicros(plan.slot->start - kMaxSlotLength);
  for (const std::string& system : plan.Systems()) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                            transaction.Query(kSelectOverlaps, mysql::Params{plan.organization_id, LastId(system),
                                                                             end_us, earliest_us, start_us, plan.id}));
    for (const mysql::Row& row : rows) conflicts.push_back(ConflictFromRow(row, plan, system));
  }
  return conflicts;
}

absl::StatusOr<std::vector<SlotConflict>> SlotStore::FindHolders(mysql::Pool& pool, absl::Time deadline,
                                                                 const Plan& plan, absl::Time now) const {
  return Holders(plan, now, [&](const mysql::Params& params) { return pool.Query(deadline, kSelectHolders, params); });
}

absl::StatusOr<std::vector<SlotConflict>> SlotStore::FindHolders(mysql::Transaction& transaction, const Plan& plan,
                                                                 absl::Time now) const {
  return Holders(plan, now, [&](const mysql::Params& params) { return transaction.Query(kSelectHolders, params); });
}

absl::Status SlotStore::Replace(mysql::Transaction& transaction, const Plan& plan) const {
  DOCKET_RETURN_IF_ERROR(Release(transaction, plan));
  if (!plan.slot.has_value()) return absl::OkStatus();
  for (const std::string& system : plan.Systems()) {
    DOCKET_RETURN_IF_ERROR(transaction
                               .Execute(kInsertReservation, mysql::Params{plan.organization_id, LastId(system),
                                                                          absl::ToUnixMicros(plan.slot->start), plan.id,
                                                                          absl::ToUnixMicros(plan.slot->end)})
                               .status());
  }
  return absl::OkStatus();
}

absl::Status SlotStore::Release(mysql::Transaction& transaction, const Plan& plan) const {
  return transaction.Execute(kDeleteReservations, mysql::Params{plan.organization_id, plan.id}).status();
}

}  // namespace docket::scheduling

#include "services/scheduling/evidence_store.h"

#include <string>
#include <utility>

#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/scheduling/evidence_proto.h"

namespace docket::scheduling {
namespace {

constexpr char kInsert[] =
    "INSERT INTO evidence (organization_id, plan_id, evidence_id, sequence, kind, category, passed, author, "
    "record_time_us, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr char kSelect[] =
    "SELECT organization_id, plan_id, evidence_id, sequence, author, record_time_us, content FROM evidence "
    "WHERE organization_id = ? AND plan_id = ? AND evidence_id = ?";

constexpr char kList[] =
    "SELECT organization_id, plan_id, evidence_id, sequence, author, record_time_us, content FROM evidence "
    "WHERE organization_id = ? AND plan_id = ? AND sequence > ? ORDER BY sequence LIMIT ?";

constexpr char kOutlines[] =
    "SELECT kind, category, passed FROM evidence WHERE organization_id = ? AND plan_id = ? ORDER BY sequence";

absl::StatusOr<Evidence> EvidenceFromRow(const mysql::Row& row) {
  Evidence evidence;
  evidence.organization_id = row.Text(0);
  evidence.plan_id = row.Text(1);
  evidence.id = FormatUuid(row.Text(2));
  evidence.sequence = static_cast<int>(row.Int(3));
  evidence.author = row.Text(4);
  evidence.record_time = absl::FromUnixMicros(row.Int(5));
  DOCKET_RETURN_IF_ERROR(DecodeContent(row.Text(6), evidence));
  return evidence;
}

}  // namespace

absl::Status EvidenceStore::Insert(mysql::Transaction& transaction, const Evidence& evidence) const {
  const std::optional<std::string> id = ParseUuid(evidence.id);
  if (!id.has_value()) return InternalError("the identifier of evidence is a UUID");
  mysql::Value category;
  if (const auto* run = std::get_if<TestRun>(&evidence.content)) category = static_cast<int>(run->category);
  return transaction
      .Execute(kInsert, mysql::Params{evidence.organization_id, evidence.plan_id, *id, evidence.sequence,
                                      static_cast<int>(evidence.kind()), category, evidence.Passed(), evidence.author,
                                      absl::ToUnixMicros(evidence.record_time), EncodeContent(evidence)})
      .status();
}

absl::StatusOr<std::optional<Evidence>> EvidenceStore::Find(mysql::Transaction& transaction, const PlanKey& plan,
                                                            absl::string_view id) const {
  const std::optional<std::string> raw = ParseUuid(id);
  if (!raw.has_value()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          transaction.Query(kSelect, mysql::Params{plan.organization_id, plan.plan_id, *raw}));
  if (rows.empty()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(Evidence evidence, EvidenceFromRow(rows.front()));
  return std::optional<Evidence>(std::move(evidence));
}

absl::StatusOr<std::vector<EvidenceOutline>> EvidenceStore::Outlines(mysql::Pool& pool, absl::Time deadline,
                                                                     const PlanKey& plan) const {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          pool.Query(deadline, kOutlines, mysql::Params{plan.organization_id, plan.plan_id}));
  std::vector<EvidenceOutline> outlines;
  outlines.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    EvidenceOutline outline;
    outline.kind = static_cast<EvidenceKind>(row.Int(0));
    if (!row.IsNull(1)) outline.category = static_cast<TestCategory>(row.Int(1));
    outline.passed = row.Bool(2);
    outlines.push_back(outline);
  }
  return outlines;
}

absl::StatusOr<std::vector<Evidence>> EvidenceStore::List(mysql::Pool& pool, absl::Time deadline, const PlanKey& plan,
                                                          int after_sequence, int limit) const {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<mysql::Row> rows,
      pool.Query(deadline, kList, mysql::Params{plan.organization_id, plan.plan_id, after_sequence, limit}));
  std::vector<Evidence> evidence;
  evidence.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(Evidence one, EvidenceFromRow(row));
    evidence.push_back(std::move(one));
  }
  return evidence;
}

}  // namespace docket::scheduling

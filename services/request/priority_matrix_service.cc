#include "services/request/priority_matrix_service.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/events/event_recorder.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "services/request/request_events.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

constexpr char kCells[] = "priority_matrix.cells";

std::string NameOf(absl::string_view organization_id) {
  return absl::StrCat(OrganizationName(organization_id), "/priorityMatrix");
}

// "HIGH".
std::string LevelText(Level level) {
  return std::string(absl::StripPrefix(common::v1::Level_Name(static_cast<common::v1::Level>(level)), "LEVEL_"));
}

// Calls `visit` with each combination, lowest first.
template <typename F>
void ForEachCell(F visit) {
  for (int impact = 1; impact <= kLevels; ++impact) {
    for (int urgency = 1; urgency <= kLevels; ++urgency) {
      visit(static_cast<Level>(impact), static_cast<Level>(urgency));
    }
  }
}

template <typename Message>
void AddCells(const PriorityMatrix& matrix, Message& message) {
  ForEachCell([&](Level impact, Level urgency) {
    auto* cell = message.add_cells();
    cell->set_impact(static_cast<common::v1::Level>(impact));
    cell->set_urgency(static_cast<common::v1::Level>(urgency));
    cell->set_priority(static_cast<common::v1::Level>(matrix.Of(impact, urgency)));
  });
}

v1::PriorityMatrix ToProto(absl::string_view organization_id, const VersionedMatrix& found) {
  v1::PriorityMatrix proto;
  proto.set_name(NameOf(organization_id));
  AddCells(found.matrix, proto);
  if (found.update_time.has_value()) *proto.mutable_update_time() = ToTimestamp(*found.update_time);
  proto.set_etag(EtagOf(found.revision));
  return proto;
}

absl::StatusOr<PriorityMatrix> FromProto(const v1::PriorityMatrix& proto) {
  PriorityMatrix matrix;
  FieldViolations violations;
  violations.Require(!proto.name().empty(), "priority_matrix.name", "must be given");
  violations.Require(!proto.etag().empty(), "priority_matrix.etag", "must be the etag of the version that was edited");
  std::set<std::pair<Level, Level>> seen;
  for (int i = 0; i < proto.cells_size(); ++i) {
    const auto impact = static_cast<Level>(proto.cells(i).impact());
    const auto urgency = static_cast<Level>(proto.cells(i).urgency());
    violations.Require(seen.emplace(impact, urgency).second, absl::StrCat(kCells, "[", i, "]"),
                       "gives the same combination as an earlier one");
    matrix.Set(impact, urgency, static_cast<Level>(proto.cells(i).priority()));
  }
  ForEachCell([&](Level impact, Level urgency) {
    violations.Require(seen.contains({impact, urgency}), kCells,
                       absl::StrCat("lacks impact ", LevelText(impact), " with urgency ", LevelText(urgency)));
  });
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  return matrix;
}

void ReportUpdate(events::EventRecorder& recorder, absl::string_view organization_id, const VersionedMatrix& before,
                  const VersionedMatrix& after) {
  events::EventFacts facts{.subject = NameOf(organization_id),
                           .revision = after.revision,
                           .before_sha256 = ContentSha256(ToProto(organization_id, before)),
                           .after_sha256 = ContentSha256(ToProto(organization_id, after))};
  ForEachCell([&](Level impact, Level urgency) {
    const Level was = before.matrix.Of(impact, urgency), is = after.matrix.Of(impact, urgency);
    if (was == is) return;
    facts.changes.push_back(
        {absl::StrCat("cells[", LevelText(impact), ",", LevelText(urgency), "]"), LevelText(was), LevelText(is)});
  });
  event::v1::PriorityMatrixUpdated payload;
  AddCells(after.matrix, payload);
  recorder.Add(payload, facts);
}

}  // namespace

void PriorityMatrixService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.PriorityMatrixService");
  table.Unary("docket.request.v1.PriorityMatrixService/GetPriorityMatrix", this,
              &PriorityMatrixService::GetPriorityMatrix);
  table.Unary("docket.request.v1.PriorityMatrixService/UpdatePriorityMatrix", this,
              &PriorityMatrixService::UpdatePriorityMatrix);
}

absl::StatusOr<v1::PriorityMatrix> PriorityMatrixService::GetPriorityMatrix(const rpc::CallContext& context,
                                                                            const v1::GetPriorityMatrixRequest& call) {
  const std::string organization_id = OrganizationId(call.name());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<VersionedMatrix> found, store_.Find(context.deadline(), organization_id));
  if (!found.has_value()) return NotFoundError(call.name());
  return ToProto(organization_id, *found);
}

absl::StatusOr<v1::PriorityMatrix> PriorityMatrixService::UpdatePriorityMatrix(
    const rpc::CallContext& context, const v1::UpdatePriorityMatrixRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const PriorityMatrix matrix, FromProto(call.priority_matrix()));
  const std::string name = call.priority_matrix().name();
  const std::string organization_id = OrganizationId(name);
  return mutations_.Run<v1::PriorityMatrix>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::PriorityMatrix> {
        DOCKET_ASSIGN_OR_RETURN(const std::optional<VersionedMatrix> before, store_.LoadForUpdate(tx, organization_id));
        if (!before.has_value()) return NotFoundError(name);
        DOCKET_RETURN_IF_ERROR(CheckEtag(call.priority_matrix().etag(), before->revision));
        const VersionedMatrix after = {.matrix = matrix,
                                       .revision = before->revision + 1,
                                       .update_time = absl::FromUnixMicros(clock_.NowMicros())};
        DOCKET_RETURN_IF_ERROR(store_.Save(tx, organization_id, after));
        ReportUpdate(recorder, organization_id, *before, after);
        return ToProto(organization_id, after);
      });
}

}  // namespace docket::request

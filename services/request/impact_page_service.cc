#include "services/request/impact_page_service.h"

#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

// Paths can be long and purposes wordy: a page ends before it outgrows what a client takes.
constexpr size_t kMaxPageBytes = size_t{1} << 20;

}  // namespace

v1::ImpactedSystem ToProto(absl::string_view organization_id, const Impact& impact, const ImpactedSystem& system) {
  v1::ImpactedSystem proto;
  proto.set_system(SystemName(organization_id, system.system_id));
  proto.set_title(system.facts.title);
  proto.set_owner_department(DepartmentName(organization_id, system.facts.owner_department_id));
  proto.set_criticality(static_cast<common::v1::Level>(system.facts.criticality));
  proto.set_distance(system.distance);
  for (const ImpactStep& step : impact.PathTo(system)) {
    v1::ImpactedSystem::Step* added = proto.add_path();
    added->set_system(SystemName(organization_id, step.system_id));
    added->set_purpose(step.purpose);
  }
  return proto;
}

absl::StatusOr<ImpactPage> ImpactPage::Read(const v1::AnalyzeImpactRequest& call, const PageTokenCodec& codec) {
  ImpactPage page;
  FieldViolations violations;
  page.size_ = static_cast<size_t>(PageSize(call.page_size(), violations));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  page.fingerprint_ = QueryFingerprint({"AnalyzeImpact", call.parent(), absl::StrJoin(call.systems(), "\n")});
  if (call.page_token().empty()) return page;
  DOCKET_ASSIGN_OR_RETURN(const PageToken token, codec.Decode(call.page_token(), page.fingerprint_));
  if (token.key.size() != 2 || !absl::SimpleAtoi(token.key[0], &page.distance_)) {
    return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN, "the page token is damaged");
  }
  page.system_id_ = token.key[1];
  return page;
}

v1::AnalyzeImpactResponse ImpactPage::Of(absl::string_view organization_id, const Impact& impact,
                                         const PageTokenCodec& codec) const {
  v1::AnalyzeImpactResponse reply;
  reply.set_total_size(static_cast<int>(impact.systems.size()));
  reply.set_truncated(impact.truncated);
  size_t bytes = 0;
  const ImpactedSystem* last = nullptr;
  for (const ImpactedSystem& system : impact.systems) {
    if (std::tie(system.distance, system.system_id) <= std::tie(distance_, system_id_)) continue;
    const size_t shown = static_cast<size_t>(reply.systems_size());
    if (shown == size_ || (shown > 0 && bytes >= kMaxPageBytes)) {
      reply.set_next_page_token(
          codec.Encode({.key = {absl::StrCat(last->distance), last->system_id}, .fingerprint = fingerprint_}));
      break;
    }
    *reply.add_systems() = ToProto(organization_id, impact, system);
    bytes += reply.systems(reply.systems_size() - 1).ByteSizeLong();
    last = &system;
  }
  return reply;
}

}  // namespace docket::request

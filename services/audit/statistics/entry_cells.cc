#include "services/audit/statistics/entry_cells.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/resource_name/resource_name.h"
#include "docket/common/v1/reason.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/audit/statistics/change_facts.h"

namespace docket::audit {
namespace {

constexpr char kUnknown[] = "UNKNOWN";
constexpr char kRequestService[] = "services/request";

// Of a refusal; one that the contract does not know, or that is no longer there to be read, is UNKNOWN.
std::string DenialReason(const event::v1::Event& event) {
  event::v1::CallDenied denied;
  if (!event.payload().UnpackTo(&denied)) return kUnknown;
  common::v1::Reason reason;
  if (!common::v1::Reason_Parse(absl::StrCat("REASON_", denied.error_reason()), &reason)) return kUnknown;
  return denied.error_reason();
}

std::set<std::string> SystemsOf(const event::v1::Event& event) {
  std::set<std::string> systems;
  for (const std::string& name : event.systems()) {
    std::string id = IdWithin(event.organization(), "systems", name);
    if (!id.empty()) systems.insert(std::move(id));
  }
  return systems;
}

}  // namespace

std::string OutcomeMember(event::v1::Outcome outcome) {
  const std::string& name = event::v1::Outcome_Name(outcome);
  return name.empty() ? kUnknown : std::string(absl::StripPrefix(name, "OUTCOME_"));
}

void AddCells(const event::v1::Event& event, const absl::TimeZone& zone, CellMap& cells) {
  CellKey key{.organization_id = OrganizationId(event.organization())};
  if (key.organization_id.empty()) return;
  const int64_t occur_us = OccurMicros(event);
  for (const Grain grain : kGrains) {
    key.grain = grain;
    key.bucket =
        grain == Grain::kHour ? BucketOf(grain, occur_us, absl::UTCTimeZone()) : BucketOf(grain, occur_us, zone);
    const auto count = [&](Family family, std::string member) {
      key.family = family;
      key.member = std::move(member);
      AddTo(cells, key, {.amount = 1});
    };
    count(Family::kEntries, "");
    count(Family::kEntriesByType, event.type());
    count(Family::kEntriesByOutcome, OutcomeMember(event.outcome()));
    count(Family::kEntriesBySource, event.source());
    for (const std::string& system : SystemsOf(event)) count(Family::kEntriesBySystem, system);
    if (event.type() == "CallDenied") count(Family::kEntriesByDenialReason, DenialReason(event));
  }
}

std::string ZoneTold(const event::v1::Event& event) {
  if (event.outcome() != event::v1::OUTCOME_SUCCEEDED || event.source() != kRequestService) return "";
  std::string told;
  if (event.type() == "OrganizationCreated") {
    event::v1::OrganizationCreated created;
    if (event.payload().UnpackTo(&created)) told = created.time_zone();
  } else if (event.type() == "OrganizationUpdated") {
    for (const event::v1::FieldChange& change : event.changes()) {
      if (change.field() == "time_zone") told = change.after();
    }
  }
  absl::TimeZone zone;
  // Local time is what the machine says it is, and therefore no answer.
  return told != "localtime" && told.size() <= 64 && absl::LoadTimeZone(told, &zone) ? told : "";
}

}  // namespace docket::audit

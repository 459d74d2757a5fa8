#include "services/audit/statistics/change_facts.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "google/protobuf/util/time_util.h"
#include "services/audit/statistics/duration_histogram.h"

namespace docket::audit {
namespace {

enum class Keep { kFirst, kLast };

struct StageRule {
  absl::string_view type;
  // Only the owner of a stage can report it.
  absl::string_view source;
  Stage stage;
  Keep keep;
};

constexpr StageRule kStageRules[] = {
    {"RequestSubmitted", "services/request", Stage::kSubmitted, Keep::kFirst},
    {"RequestAccepted", "services/request", Stage::kTriaged, Keep::kLast},
    {"RequestPreauthorized", "services/request", Stage::kApproved, Keep::kLast},
    {"RequestClosed", "services/request", Stage::kClosed, Keep::kLast},
    {"EvaluationOpened", "services/evaluation", Stage::kEvaluationOpened, Keep::kFirst},
    {"ApprovalRequested", "services/evaluation", Stage::kApprovalRequested, Keep::kFirst},
    {"EvaluationApproved", "services/evaluation", Stage::kApproved, Keep::kLast},
    {"PlanApproved", "services/scheduling", Stage::kPlanApproved, Keep::kLast},
    {"ImplementationStarted", "services/scheduling", Stage::kStarted, Keep::kFirst},
    {"WorkOrderFailed", "services/scheduling", Stage::kFailed, Keep::kFirst},
    {"ImplementationCompleted", "services/scheduling", Stage::kCompleted, Keep::kLast},
    {"ImplementationAccepted", "services/scheduling", Stage::kAccepted, Keep::kLast},
    {"ImplementationRolledBack", "services/scheduling", Stage::kRolledBack, Keep::kLast},
    {"ChangeFiled", "services/audit", Stage::kFiled, Keep::kFirst},
    {"ChangeRegistered", "services/audit", Stage::kRegistered, Keep::kFirst},
};

// A service may report what its contract would refuse. What the tables could not hold must not hold up all that
// follows.
constexpr size_t kMaxSystems = 200;
constexpr int64_t kMaxSeconds = 253402300799;  // the year 9999
constexpr int64_t kMaxDurationUs = int64_t{10} * 365 * 86400 * 1'000'000;

constexpr absl::string_view kEndorsed = "RequestEndorsed";
constexpr absl::string_view kDenied = "CallDenied";

const StageRule* RuleOf(absl::string_view type) {
  for (const StageRule& rule : kStageRules) {
    if (rule.type == type) return &rule;
  }
  return nullptr;
}

void Take(std::optional<int64_t>& time, int64_t at_us, Keep keep) {
  if (!time.has_value() || (keep == Keep::kFirst ? at_us < *time : at_us > *time)) time = at_us;
}

void TakeSystems(const event::v1::Event& event, const event::v1::RequestSnapshot& request, ChangeFacts& facts) {
  std::vector<std::string> systems;
  for (const common::v1::VersionChange& target : request.targets()) {
    std::string id = IdWithin(event.organization(), "systems", target.system());
    if (!id.empty()) systems.push_back(std::move(id));
  }
  std::sort(systems.begin(), systems.end());
  systems.erase(std::unique(systems.begin(), systems.end()), systems.end());
  if (systems.size() > kMaxSystems) systems.resize(kMaxSystems);
  facts.systems = std::move(systems);
}

template <typename Payload>
void TakeSnapshot(const event::v1::Event& event, ChangeFacts& facts) {
  Payload payload;
  if (!event.payload().Is<Payload>() || !event.payload().UnpackTo(&payload)) return;
  const common::v1::ChangeKind kind = payload.request().kind();
  facts.kind = common::v1::ChangeKind_IsValid(kind) ? kind : common::v1::CHANGE_KIND_UNSPECIFIED;
  facts.department = IdWithin(event.organization(), "departments", payload.request().department());
  TakeSystems(event, payload.request(), facts);
}

void TakeRollback(const event::v1::Event& event, ChangeFacts& facts) {
  event::v1::ImplementationRolledBack payload;
  if (!event.payload().UnpackTo(&payload) || !payload.restored()) return;
  const int64_t seconds = payload.finish_time().seconds();
  const int64_t at_us = payload.has_finish_time() && seconds >= 0 && seconds <= kMaxSeconds
                            ? google::protobuf::util::TimeUtil::TimestampToMicroseconds(payload.finish_time())
                            : OccurMicros(event);
  Take(facts.at(Stage::kRestored), at_us, Keep::kLast);
}

void TakeDenial(const event::v1::Event& event, ChangeFacts& facts) {
  event::v1::CallDenied payload;
  if (!event.payload().UnpackTo(&payload) || payload.error_reason() != "SLOT_CONFLICT") return;
  ++facts.slot_conflicts[BucketOf(Grain::kDay, OccurMicros(event), ZoneOf(facts.time_zone))];
}

// Adds to the counters of one change: of the whole, of each of its systems and of its department.
class Contribution {
 public:
  Contribution(absl::string_view organization_id, const ChangeFacts& facts, int sign, CellMap& cells)
      : facts_(facts), zone_(ZoneOf(facts.time_zone)), sign_(sign), cells_(cells) {
    key_.organization_id = std::string(organization_id);
  }

  void Count(Measure measure, std::optional<int64_t> time) {
    if (time.has_value()) AddOn(BucketOf(Grain::kDay, *time, zone_), measure, facts_.kind, {.amount = sign_});
  }
  void CountOn(int64_t day, Measure measure, int64_t count) {
    AddOn(day, measure, facts_.kind, {.amount = sign_ * count});
  }
  void Time(Measure measure, int64_t end_us, int64_t duration_us) {
    AddOn(BucketOf(Grain::kDay, end_us, zone_), measure, DurationSlot(duration_us),
          {.amount = sign_, .total_us = sign_ * duration_us});
  }

 private:
  void AddOn(int64_t day, Measure measure, int slot, const CellAmount& amount) {
    key_.measure = measure;
    key_.slot = slot;
    AddMember(Family::kChanges, "", day, amount);
    for (const std::string& system : facts_.systems) AddMember(Family::kChangesBySystem, system, day, amount);
    if (!facts_.department.empty()) AddMember(Family::kChangesByDepartment, facts_.department, day, amount);
  }
  void AddMember(Family family, const std::string& member, int64_t day, const CellAmount& amount) {
    key_.family = family;
    key_.member = member;
    key_.grain = Grain::kDay;
    key_.bucket = day;
    AddTo(cells_, key_, amount);
    key_.grain = Grain::kMonth;
    key_.bucket = MonthOfDay(day);
    AddTo(cells_, key_, amount);
  }

  const ChangeFacts& facts_;
  const absl::TimeZone zone_;
  const int sign_;
  CellMap& cells_;
  CellKey key_;
};

}  // namespace

std::string IdWithin(absl::string_view organization, absl::string_view collection, absl::string_view name) {
  constexpr size_t kMaxId = 63;
  std::string id = LastId(name);
  if (id.empty() || id.size() > kMaxId || organization.empty()) return "";
  if (name != absl::StrCat(organization, "/", collection, "/", id)) return "";
  return id;
}

int64_t OccurMicros(const event::v1::Event& event) {
  return event.occur_time().seconds() * 1'000'000 + event.occur_time().nanos() / 1000;
}

bool NeedsPayload(absl::string_view type) {
  return type == "RequestSubmitted" || type == "RequestAccepted" || type == "RequestPreauthorized" ||
         type == "ImplementationRolledBack" || type == "OrganizationCreated" || type == "OrganizationUpdated" ||
         type == kEndorsed || type == kDenied;
}

std::optional<ChangeKey> ChangeOf(const event::v1::Event& event) {
  if (event.organization().empty() || IdWithin(event.organization(), "requests", event.change()).empty())
    return std::nullopt;
  const StageRule* const rule = RuleOf(event.type());
  const bool moves = rule != nullptr ? rule->source == event.source()
                                     : event.type() == kEndorsed && event.source() == "services/request";
  const bool told = event.type() == kDenied ? event.outcome() == event::v1::OUTCOME_DENIED
                                            : moves && event.outcome() == event::v1::OUTCOME_SUCCEEDED;
  if (!told) return std::nullopt;
  return ChangeKey(OrganizationId(event.organization()), event.change());
}

void Advance(const event::v1::Event& event, ChangeFacts& facts) {
  ++facts.event_count;
  if (event.type() == kDenied) return TakeDenial(event, facts);
  if (const StageRule* rule = RuleOf(event.type()); rule != nullptr) {
    Take(facts.at(rule->stage), OccurMicros(event), rule->keep);
  }
  if (event.type() == "RequestSubmitted") TakeSnapshot<event::v1::RequestSubmitted>(event, facts);
  if (event.type() == kEndorsed) TakeSnapshot<event::v1::RequestEndorsed>(event, facts);
  if (event.type() == "RequestAccepted") TakeSnapshot<event::v1::RequestAccepted>(event, facts);
  if (event.type() == "RequestPreauthorized") TakeSnapshot<event::v1::RequestPreauthorized>(event, facts);
  if (event.type() == "ImplementationRolledBack") TakeRollback(event, facts);
}

void AddCells(absl::string_view organization_id, const ChangeFacts& facts, int sign, CellMap& cells) {
  Contribution to(organization_id, facts, sign, cells);
  const std::optional<int64_t> submitted = facts.at(Stage::kSubmitted);
  const std::optional<int64_t> requested = facts.at(Stage::kApprovalRequested);
  const std::optional<int64_t> approved = facts.at(Stage::kApproved);
  const std::optional<int64_t> rolled_back = facts.at(Stage::kRolledBack);
  // What was taken back was not delivered, whatever was said of it before.
  const std::optional<int64_t> accepted = rolled_back.has_value() ? std::nullopt : facts.at(Stage::kAccepted);
  const std::optional<int64_t> deployed = rolled_back.has_value() ? rolled_back : accepted;
  to.Count(Measure::kSubmitted, submitted);
  to.Count(Measure::kApproved, approved);
  to.Count(Measure::kAccepted, accepted);
  to.Count(Measure::kRolledBack, rolled_back);
  if (rolled_back.has_value() || facts.at(Stage::kFailed).has_value()) to.Count(Measure::kFailed, deployed);
  to.Count(Measure::kRegistered, facts.at(Stage::kRegistered));
  to.Count(Measure::kClosed, facts.at(Stage::kClosed));
  for (const auto& [day, count] : facts.slot_conflicts) to.CountOn(day, Measure::kSlotConflicts, count);

  const auto time = [&to](Measure measure, std::optional<int64_t> begin, std::optional<int64_t> end) {
    if (begin.has_value() && end.has_value() && *begin <= *end && *end - *begin <= kMaxDurationUs)
      to.Time(measure, *end, *end - *begin);
  };
  time(Measure::kApprovalLatency, requested, approved);
  time(Measure::kLeadTime, submitted, accepted);
  time(Measure::kDeliveryTime, approved, accepted);
  // Harm cannot begin before the implementation does.
  const std::optional<int64_t> harmed = std::max(facts.at(Stage::kStarted), facts.at(Stage::kFailed));
  if (facts.at(Stage::kStarted).has_value()) time(Measure::kRestoreTime, harmed, facts.at(Stage::kRestored));
}

}  // namespace docket::audit

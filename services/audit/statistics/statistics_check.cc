#include "services/audit/statistics/statistics_check.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/audit/statistics/entry_cells.h"
#include "services/audit/statistics/statistics_store.h"

namespace docket::audit {
namespace {

namespace store = statistics_store;

// What one step does at most.
constexpr uint64_t kEntriesPerStep = 2 * kMaxCountedEvents;
constexpr int kWindowsPerStep = 16;
constexpr int kChangesPerStep = 16;
// Changes longer than that are left out, and so are the sums of organisations with more changes.
constexpr int kMaxChangeEvents = 5000;
constexpr int kMaxSummedChanges = 200'000;
constexpr int kChangesPerRead = 1000;
constexpr int kMaxWindowCells = 1'000'000;

constexpr Family kEntryFamilies[] = {Family::kEntries,          Family::kEntriesByType,
                                     Family::kEntriesByOutcome, Family::kEntriesBySource,
                                     Family::kEntriesBySystem,  Family::kEntriesByDenialReason};
constexpr Family kChangeFamilies[] = {Family::kChanges, Family::kChangesBySystem, Family::kChangesByDepartment};

uint64_t NumberOf(const CellKey& key, int which) {
  return absl::HashOf(key.organization_id, static_cast<int>(key.family), static_cast<int>(key.grain), key.bucket,
                      key.member, static_cast<int>(key.measure), key.slot, which);
}

uint64_t DigestOf(const CellKey& key, const CellAmount& amount) {
  return static_cast<uint64_t>(amount.amount) * NumberOf(key, 1) +
         static_cast<uint64_t>(amount.total_us) * NumberOf(key, 2);
}

std::string NameOf(const CellWindow& window) {
  return absl::StrCat(OrganizationName(window.organization_id), ", family ", static_cast<int>(window.family),
                      ", grain ", static_cast<int>(window.grain), ", buckets from ", window.FirstBucket());
}

absl::StatusOr<uint64_t> StoredDigest(mysql::Transaction& tx, const CellWindow& window) {
  DOCKET_ASSIGN_OR_RETURN(const CellMap cells,
                          store::ReadCells(tx, window.organization_id,
                                           {.family = window.family,
                                            .grain = window.grain,
                                            .first = window.FirstBucket(),
                                            .end = window.FirstBucket() + CellWindow::Width(window.grain)},
                                           kMaxWindowCells));
  uint64_t digest = 0;
  for (const auto& [key, amount] : cells) digest += DigestOf(key, amount);
  return digest;
}

absl::Status Disagree(const CellWindow& window) {
  return absl::DataLossError(absl::StrCat("statistics are not what the log adds up to: ", NameOf(window)));
}

}  // namespace

int64_t CellWindow::Width(Grain grain) {
  switch (grain) {
    case Grain::kHour:
      return 192;
    case Grain::kDay:
      return 32;
    case Grain::kMonth:
      return 12;
  }
  return 1;
}

CellWindow CellWindow::Of(const CellKey& key) {
  const int64_t width = Width(key.grain);
  return {.organization_id = key.organization_id,
          .family = key.family,
          .grain = key.grain,
          .window = key.bucket / width - (key.bucket % width < 0 ? 1 : 0)};
}

void AddDigest(WindowDigests& digests, const CellKey& key, const CellAmount& amount) {
  digests[CellWindow::Of(key)] += DigestOf(key, amount);
}

absl::Status StatisticsCheck::CheckNext(absl::Time deadline) {
  return RunInSnapshot(pool_, deadline, [&](mysql::Transaction& tx) -> absl::Status {
    // Counters can be compared only at the log size that they are exact at.
    DOCKET_ASSIGN_OR_RETURN(const bool level, CatchUp(tx, deadline));
    if (!level) return absl::OkStatus();
    switch (step_) {
      case Step::kReadLog:
        step_ = Step::kCompareEntries;
        return absl::OkStatus();
      case Step::kCompareEntries:
        return CompareEntries(tx);
      case Step::kRederiveFacts:
        return RederiveFacts(tx, deadline);
      case Step::kSumChanges:
        return SumChanges(tx);
    }
    return absl::OkStatus();
  });
}

absl::Status StatisticsCheck::CheckAll(absl::Time deadline) {
  for (const int64_t lap = laps_; laps_ == lap;) {
    if (absl::Now() > deadline) return absl::DeadlineExceededError("the statistics are not checked to the end");
    DOCKET_RETURN_IF_ERROR(CheckNext(deadline));
  }
  return absl::OkStatus();
}

void StatisticsCheck::BeginLap() {
  step_ = Step::kReadLog;
  next_index_ = 0;
  digests_.clear();
  event_digests_.clear();
  unknown_.clear();
  zones_.clear();
  compared_.reset();
  change_ = {};
  organization_id_.clear();
}

absl::StatusOr<bool> StatisticsCheck::CatchUp(mysql::Transaction& tx, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const uint64_t cursor, store::ReadCursor(tx));
  // The counters are being made anew.
  if (cursor < next_index_) BeginLap();
  const uint64_t end = std::min(cursor, next_index_ + kEntriesPerStep);
  while (next_index_ < end) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<CountedEvent> events,
                            ReadCountedEvents(log_, next_index_, end, deadline));
    DOCKET_RETURN_IF_ERROR(ReadZones(tx, events));
    CellMap cells;
    CellMap unknown;
    for (const CountedEvent& counted : events) {
      const std::string organization_id = OrganizationId(counted.event->organization());
      const absl::TimeZone zone = ZoneOf(ZoneAt(organization_id, counted.index));
      AddCells(*counted.event, zone, counted.redacted ? unknown : cells);
      if (const auto change = ChangeOf(*counted.event); change.has_value())
        event_digests_[change->first] += absl::HashOf(change->second);
    }
    for (const auto& [key, amount] : cells) AddDigest(digests_, key, amount);
    for (const auto& [key, amount] : unknown) {
      AddDigest(digests_, key, amount);
      if (key.family == Family::kEntriesByDenialReason) unknown_.insert(CellWindow::Of(key));
    }
    next_index_ += events.size();
  }
  return next_index_ == cursor;
}

absl::Status StatisticsCheck::ReadZones(mysql::Transaction& tx, const std::vector<CountedEvent>& events) {
  for (const std::string& organization_id : Prerequisites::Of(events).organizations) {
    DOCKET_ASSIGN_OR_RETURN(zones_[organization_id], store::ReadZoneChanges(tx, organization_id));
  }
  return absl::OkStatus();
}

const std::string& StatisticsCheck::ZoneAt(const std::string& organization_id, uint64_t index) const {
  static const std::string* const kUtc = new std::string("UTC");
  const auto changes = zones_.find(organization_id);
  if (changes == zones_.end()) return *kUtc;
  const std::string* zone = kUtc;
  for (const ZoneChange& change : changes->second) {
    if (change.from_index <= index) zone = &change.time_zone;
  }
  return *zone;
}

absl::StatusOr<std::optional<CellWindow>> StatisticsCheck::NextStored(mysql::Transaction& tx,
                                                                      const std::optional<CellWindow>& after) const {
  std::string organization_id = after.has_value() ? after->organization_id : "";
  while (true) {
    for (const Family family : kEntryFamilies) {
      for (const Grain grain : kGrains) {
        int64_t from = std::numeric_limits<int32_t>::min();
        if (after.has_value() && organization_id == after->organization_id) {
          const auto place = std::pair(family, grain);
          const auto done = std::pair(after->family, after->grain);
          if (place < done) continue;
          if (place == done) from = after->FirstBucket() + CellWindow::Width(grain);
        }
        DOCKET_ASSIGN_OR_RETURN(const std::optional<int64_t> bucket,
                                store::NextBucket(tx, organization_id, family, grain, from));
        if (!bucket.has_value()) continue;
        return CellWindow::Of(
            {.organization_id = organization_id, .family = family, .grain = grain, .bucket = *bucket});
      }
    }
    DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> next, store::NextOrganization(tx, organization_id));
    if (!next.has_value()) return std::nullopt;
    organization_id = *next;
  }
}

absl::Status StatisticsCheck::CompareEntries(mysql::Transaction& tx) {
  for (int i = 0; i < kWindowsPerStep; ++i) {
    DOCKET_ASSIGN_OR_RETURN(std::optional<CellWindow> next, NextStored(tx, compared_));
    const auto known = compared_.has_value() ? digests_.upper_bound(*compared_) : digests_.begin();
    if (known != digests_.end() && (!next.has_value() || known->first < *next)) next = known->first;
    if (!next.has_value()) {
      step_ = Step::kRederiveFacts;
      return absl::OkStatus();
    }
    DOCKET_ASSIGN_OR_RETURN(const uint64_t stored, StoredDigest(tx, *next));
    compared_ = *next;
    const auto digest = digests_.find(*next);
    if (unknown_.count(*next) == 0 && stored != (digest == digests_.end() ? 0 : digest->second)) return Disagree(*next);
  }
  return absl::OkStatus();
}

absl::Status StatisticsCheck::RederiveFacts(mysql::Transaction& tx, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(FactsMap next, store::ReadFactsAfter(tx, change_, kChangesPerStep));
  if (next.empty()) {
    DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> organization, store::NextOrganization(tx, change_.first));
    change_ = {organization.value_or(""), ""};
    if (!organization.has_value()) step_ = Step::kSumChanges;
    return absl::OkStatus();
  }
  for (const auto& [change, facts] : next) {
    change_ = change;
    DOCKET_RETURN_IF_ERROR(RederiveFacts(change, facts, deadline));
  }
  return absl::OkStatus();
}

absl::Status StatisticsCheck::RederiveFacts(const ChangeKey& change, const ChangeFacts& stored,
                                            absl::Time deadline) const {
  bool more = false;
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<CountedEvent> events,
      ReadChangeEvents(log_, change.first, change.second, next_index_, kMaxChangeEvents, &more, deadline));
  if (more) return absl::OkStatus();
  ChangeFacts facts;
  bool redacted = false;
  for (const CountedEvent& counted : events) {
    if (ChangeOf(*counted.event) != change) continue;
    if (facts.event_count == 0) facts.time_zone = ZoneAt(change.first, counted.index);
    Advance(*counted.event, facts);
    redacted = redacted || counted.redacted;
  }
  // What was told by payloads that are gone is known only here now.
  if (redacted) {
    facts.kind = stored.kind;
    facts.department = stored.department;
    facts.systems = stored.systems;
    facts.slot_conflicts = stored.slot_conflicts;
    facts.at(Stage::kRestored) = stored.at(Stage::kRestored);
  }
  if (facts == stored) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the facts of ", change.second, " are not what its entries say"));
}

absl::Status StatisticsCheck::SumChanges(mysql::Transaction& tx) {
  DOCKET_ASSIGN_OR_RETURN(std::optional<std::string> organization, store::NextOrganization(tx, organization_id_));
  const auto known = event_digests_.upper_bound(organization_id_);
  if (known != event_digests_.end() && (!organization.has_value() || known->first < *organization)) {
    organization = known->first;
  }
  if (!organization.has_value()) {
    BeginLap();
    ++laps_;
    return absl::OkStatus();
  }
  organization_id_ = *organization;
  WindowDigests digests;
  uint64_t events = 0;
  ChangeKey last{organization_id_, ""};
  for (int summed = 0; summed <= kMaxSummedChanges; summed += kChangesPerRead) {
    DOCKET_ASSIGN_OR_RETURN(const FactsMap next, store::ReadFactsAfter(tx, last, kChangesPerRead));
    CellMap cells;
    for (const auto& [change, facts] : next) {
      AddCells(change.first, facts, 1, cells);
      events += static_cast<uint64_t>(facts.event_count) * absl::HashOf(change.second);
      last = change;
    }
    for (const auto& [key, amount] : cells) AddDigest(digests, key, amount);
    if (static_cast<int>(next.size()) == kChangesPerRead) {
      if (summed + kChangesPerRead > kMaxSummedChanges) return absl::OkStatus();
      continue;
    }
    break;
  }
  if (known == event_digests_.end() || known->first != organization_id_ ? events != 0 : events != known->second) {
    return absl::DataLossError(
        absl::StrCat("the changes of ", OrganizationName(organization_id_), " are not those of its entries"));
  }
  for (const Family family : kChangeFamilies) {
    for (const Grain grain : {Grain::kDay, Grain::kMonth}) {
      for (int64_t from = std::numeric_limits<int32_t>::min();;) {
        DOCKET_ASSIGN_OR_RETURN(const std::optional<int64_t> bucket,
                                store::NextBucket(tx, organization_id_, family, grain, from));
        if (!bucket.has_value()) break;
        const CellWindow window =
            CellWindow::Of({.organization_id = organization_id_, .family = family, .grain = grain, .bucket = *bucket});
        DOCKET_ASSIGN_OR_RETURN(const uint64_t stored, StoredDigest(tx, window));
        if (stored != digests[window]) return Disagree(window);
        digests.erase(window);
        from = window.FirstBucket() + CellWindow::Width(grain);
      }
    }
  }
  for (const auto& [window, digest] : digests) {
    if (digest != 0) return Disagree(window);
  }
  return absl::OkStatus();
}

}  // namespace docket::audit

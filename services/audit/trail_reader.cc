#include "services/audit/trail_reader.h"

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/merkle/proof.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_proto.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

constexpr int kStretch = 256;
// As many entries of one subject outside the trail, and of the log's own findings, are looked at.
constexpr int kMaxOfSubject = 2000;
constexpr int kMaxSubjects = 50;
constexpr size_t kMaxFindings = 20'000;

// What a finding of the log says of a source's numbers.
struct Finding {
  uint64_t index = 0;
  std::string source;
  NumberRange numbers;
  bool came = false;
};

template <typename Payload>
void AddFinding(const v1::LogEntry& entry, bool came, std::vector<Finding>& findings) {
  Payload payload;
  if (!entry.event().payload().UnpackTo(&payload)) return;
  Finding finding{.index = static_cast<uint64_t>(entry.index()), .source = payload.source(), .came = came};
  if constexpr (std::is_same_v<Payload, event::v1::IngestGap>) {
    finding.numbers = {payload.first_missing(), payload.last_missing()};
  } else {
    finding.numbers = {payload.first(), payload.last()};
  }
  if (finding.numbers.first > 0 && finding.numbers.first <= finding.numbers.last)
    findings.push_back(std::move(finding));
}

}  // namespace

TrailReader::TrailReader(const LogStore& store, const LogView& view, std::string change, uint64_t size)
    : store_(store), view_(view), change_(std::move(change)), size_(size) {}

absl::StatusOr<TrailReader::Stretch> TrailReader::Next(absl::Time deadline) {
  Stretch stretch;
  DOCKET_ASSIGN_OR_RETURN(const LogStore::Selected selected,
                          store_.SelectEntries({.organization_id = OrganizationId(change_),
                                                .begin = next_,
                                                .end = size_,
                                                .newest_first = false,
                                                .limit = kStretch,
                                                .condition = {.where = "e.change_name = ?", .params = {change_}}},
                                               deadline));
  // Tiles are remembered for the stretch only: a trail may touch all of a large log.
  LogTiles tiles(store_, size_, deadline);
  merkle::TileNodeReader nodes(tiles, size_);
  std::vector<uint64_t> indexes;
  for (const StoredEntry& entry : selected.entries) indexes.push_back(entry.index);
  const auto proofs = merkle::InclusionProofs(nodes, indexes, size_);
  if (!proofs.ok()) return view_.Distrust(proofs.status());
  for (size_t i = 0; i < indexes.size(); ++i) {
    const StoredEntry& entry = selected.entries[i];
    stretch.entries.push_back(view_.Show(entry));
    if (!stretch.entries.back().has_event())
      return view_.Distrust(absl::DataLossError(absl::StrCat("entry ", entry.index, " does not verify")));
    stretch.proofs.push_back(ToProto(entry.index, size_, entry.leaf_hash, (*proofs)[i]));
    Look(stretch.entries.back());
  }
  done_ = !selected.more;
  if (!done_) next_ = selected.entries.back().index + 1;
  return stretch;
}

void TrailReader::Look(const v1::LogEntry& entry) {
  completeness_.Add(entry.event().subject(), entry.event().subject_revision());
  v1::MissingFact fact;
  fact.set_index(entry.index());
  if (entry.redacted()) {
    fact.set_kind(v1::MissingFact::KIND_REDACTED);
    AddFact(fact);
  }
  if (entry.event().type() == "IngestRejected" || entry.event().type() == "IngestConflict") {
    fact.set_kind(v1::MissingFact::KIND_REFUSED);
    fact.set_subject(entry.event().subject());
    AddFact(std::move(fact));
  }
}

void TrailReader::AddFact(v1::MissingFact fact) {
  if (missing_.size() < kMaxMissing) {
    missing_.push_back(std::move(fact));
  } else {
    unchecked_ = true;
  }
}

absl::StatusOr<std::vector<v1::MissingFact>> TrailReader::Missing(absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(AddRevisionGaps(deadline));
  DOCKET_RETURN_IF_ERROR(AddSourceGaps(deadline));
  std::vector<v1::MissingFact> missing = missing_;
  if (unchecked_ || completeness_.overflowed()) missing.emplace_back().set_kind(v1::MissingFact::KIND_UNCHECKED);
  return missing;
}

absl::Status TrailReader::AddRevisionGaps(absl::Time deadline) {
  std::map<std::string, NumberSet> by_subject;
  for (const TrailCompleteness::Gap& gap : completeness_.Gaps()) by_subject[gap.subject].Add(gap.revisions);
  int subjects = 0;
  for (auto& [subject, gaps] : by_subject) {
    if (++subjects > kMaxSubjects) {
      unchecked_ = true;
      break;
    }
    LogStore::Selected selected{.more = true};
    int seen = 0;
    for (uint64_t begin = 0; selected.more && gaps.size() > 0 && seen < kMaxOfSubject;) {
      DOCKET_ASSIGN_OR_RETURN(selected,
                              store_.SelectEntries({.organization_id = OrganizationId(change_),
                                                    .begin = begin,
                                                    .end = size_,
                                                    .newest_first = false,
                                                    .limit = kStretch,
                                                    .condition = {.where = "(e.subject = ? AND e.change_name <> ?)",
                                                                  .params = {subject, change_}}},
                                                   deadline));
      for (const StoredEntry& entry : selected.entries) {
        const absl::StatusOr<event::v1::Event> event = UnsealEvent(entry.entry, "");
        if (event.ok()) gaps.Remove({event->subject_revision(), event->subject_revision()});
        begin = entry.index + 1;
        ++seen;
      }
    }
    // What was not looked at may hold what seems to be missing.
    if (selected.more && gaps.size() > 0 && seen >= kMaxOfSubject) {
      unchecked_ = true;
      continue;
    }
    for (const NumberRange& range : gaps.ranges()) {
      v1::MissingFact fact;
      fact.set_kind(v1::MissingFact::KIND_REVISIONS);
      fact.set_subject(subject);
      fact.set_first(range.first);
      fact.set_last(range.last);
      AddFact(std::move(fact));
    }
  }
  return absl::OkStatus();
}

absl::Status TrailReader::AddSourceGaps(absl::Time deadline) {
  std::vector<Finding> findings;
  for (const bool came : {false, true}) {
    LogStore::Selected selected{.more = true};
    for (uint64_t begin = 0; selected.more && findings.size() < kMaxFindings;) {
      // The log reports what it notices itself without an organisation.
      DOCKET_ASSIGN_OR_RETURN(
          selected, store_.SelectEntries({.begin = begin,
                                          .end = size_,
                                          .newest_first = false,
                                          .limit = kStretch,
                                          .condition = {.where = "e.type = ?",
                                                        .params = {std::string(came ? "IngestFilled" : "IngestGap")}}},
                                         deadline));
      for (const StoredEntry& entry : selected.entries) {
        came ? AddFinding<event::v1::IngestFilled>(view_.Show(entry), true, findings)
             : AddFinding<event::v1::IngestGap>(view_.Show(entry), false, findings);
        begin = entry.index + 1;
      }
    }
    if (selected.more) unchecked_ = true;
  }
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) { return a.index < b.index; });
  std::map<std::string, NumberSet> open;
  for (const Finding& finding : findings) {
    finding.came ? open[finding.source].Remove(finding.numbers) : open[finding.source].Add(finding.numbers);
  }
  for (const auto& [source, numbers] : open) {
    for (const NumberRange& range : numbers.ranges()) {
      v1::MissingFact fact;
      fact.set_kind(v1::MissingFact::KIND_SOURCE_SEQUENCE);
      fact.set_source(source);
      fact.set_first(range.first);
      fact.set_last(range.last);
      AddFact(std::move(fact));
    }
  }
  return absl::OkStatus();
}

}  // namespace docket::audit

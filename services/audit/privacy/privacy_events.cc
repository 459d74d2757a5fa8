#include "services/audit/privacy/privacy_events.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "docket/event/v1/privacy_events.pb.h"
#include "google/protobuf/util/time_util.h"
#include "services/audit/privacy/resource_version.h"

namespace docket::audit {
namespace {

template <typename Payload>
void AddRanges(const IndexRanges& ranges, Payload& payload) {
  for (const auto& [first, last] : ranges) {
    event::v1::IndexRange* range = payload.add_ranges();
    range->set_first(static_cast<int64_t>(first));
    range->set_last(static_cast<int64_t>(last));
  }
}

std::string StateText(v1::Redaction::State state) {
  return std::string(absl::StripPrefix(v1::Redaction::State_Name(state), "STATE_"));
}

events::EventFacts FactsOf(const v1::Redaction& before, const v1::Redaction& after, int64_t revision) {
  events::EventFacts facts{.subject = after.name(),
                           .revision = revision,
                           .before_sha256 = DigestOf(before),
                           .after_sha256 = DigestOf(after)};
  if (before.state() != after.state()) facts.changes = {{"state", StateText(before.state()), StateText(after.state())}};
  return facts;
}

std::string LastEventId(const events::EventRecorder& recorder) {
  return ParseUuid(recorder.events().back().event_id()).value_or("");
}

std::string TimeText(bool has, const google::protobuf::Timestamp& time) {
  return has ? google::protobuf::util::TimeUtil::ToString(time) : "";
}

std::string MonthsText(int months) { return months == 0 ? "for ever" : absl::StrCat(months); }

}  // namespace

void ReportProposed(events::EventRecorder& recorder, const v1::Redaction& redaction, const IndexRanges& ranges) {
  event::v1::RedactionProposed payload;
  AddRanges(ranges, payload);
  payload.set_data_subject(redaction.data_subject());
  payload.set_legal_basis(
      std::string(absl::StripPrefix(v1::Redaction::LegalBasis_Name(redaction.legal_basis()), "LEGAL_BASIS_")));
  recorder.Add(
      payload,
      {.subject = redaction.name(), .revision = 1, .reason = redaction.reason(), .after_sha256 = DigestOf(redaction)});
}

void ReportDecided(events::EventRecorder& recorder, const v1::Redaction& before, const v1::Redaction& after,
                   int64_t revision) {
  events::EventFacts facts = FactsOf(before, after, revision);
  facts.reason = after.decision_comment();
  if (after.state() == v1::Redaction::STATE_REJECTED) {
    event::v1::RedactionRejected payload;
    payload.set_proposer(after.proposer());
    recorder.Add(payload, facts);
    return;
  }
  event::v1::RedactionApproved payload;
  payload.set_proposer(after.proposer());
  payload.set_comment(after.decision_comment());
  recorder.Add(payload, facts);
}

std::string ReportApplied(events::EventRecorder& recorder, const v1::Redaction& before, const v1::Redaction& after,
                          int64_t revision, const std::vector<uint64_t>& indexes, std::optional<uint64_t> key_id) {
  event::v1::RedactionApplied payload;
  AddRanges(RangesOf(indexes), payload);
  payload.set_data_subject(after.data_subject());
  if (key_id.has_value()) payload.add_key_ids(static_cast<int64_t>(*key_id));
  payload.set_count(static_cast<int64_t>(indexes.size()));
  payload.set_decider(after.decider());
  recorder.Add(payload, FactsOf(before, after, revision));
  return LastEventId(recorder);
}

std::string ReportRetention(events::EventRecorder& recorder, const std::string& organization, const RetentionTask& task,
                            const std::vector<uint64_t>& indexes, int64_t held) {
  event::v1::RetentionApplied payload;
  payload.set_event_type(task.event_type);
  payload.set_months(task.months);
  AddRanges(RangesOf(indexes), payload);
  payload.set_count(static_cast<int64_t>(indexes.size()));
  payload.set_held_count(held);
  recorder.Add(payload, {.subject = absl::StrCat(organization, "/retentionPolicy")});
  return LastEventId(recorder);
}

void ReportPolicy(events::EventRecorder& recorder, const v1::RetentionPolicy& before, const v1::RetentionPolicy& after,
                  int64_t revision) {
  event::v1::RetentionPolicyUpdated payload;
  events::EventFacts facts{.subject = after.name(),
                           .revision = revision,
                           .before_sha256 = DigestOf(before),
                           .after_sha256 = DigestOf(after)};
  payload.set_default_months(after.default_months());
  // A type without a rule has the default: an empty text.
  std::map<std::string, std::pair<std::string, std::string>> rules;
  for (const v1::RetentionPolicy::Rule& rule : before.rules())
    rules[rule.event_type()].first = MonthsText(rule.months());
  for (const v1::RetentionPolicy::Rule& rule : after.rules()) {
    rules[rule.event_type()].second = MonthsText(rule.months());
    event::v1::RetentionPolicyUpdated::Rule* reported = payload.add_rules();
    reported->set_event_type(rule.event_type());
    reported->set_months(rule.months());
  }
  if (before.default_months() != after.default_months()) {
    facts.changes.push_back(
        {"default_months", MonthsText(before.default_months()), MonthsText(after.default_months())});
  }
  for (const auto& [type, months] : rules) {
    if (months.first != months.second) {
      facts.changes.push_back({absl::StrCat("rules[", type, "].months"), months.first, months.second});
    }
  }
  recorder.Add(payload, facts);
}

void ReportPlaced(events::EventRecorder& recorder, const v1::LegalHold& hold) {
  event::v1::LegalHoldPlaced payload;
  payload.set_matter(hold.matter());
  payload.set_change(hold.change());
  payload.set_person(hold.person());
  payload.set_begin_time(TimeText(hold.has_begin_time(), hold.begin_time()));
  payload.set_end_time(TimeText(hold.has_end_time(), hold.end_time()));
  recorder.Add(payload, {.subject = hold.name(),
                         .revision = 1,
                         .change = hold.change(),
                         .reason = hold.reason(),
                         .after_sha256 = DigestOf(hold)});
}

void ReportReleased(events::EventRecorder& recorder, const v1::LegalHold& before, const v1::LegalHold& after,
                    int64_t revision) {
  event::v1::LegalHoldReleased payload;
  payload.set_matter(after.matter());
  payload.set_placer(after.placer());
  recorder.Add(payload, {.subject = after.name(),
                         .revision = revision,
                         .change = after.change(),
                         .reason = after.release_reason(),
                         .before_sha256 = DigestOf(before),
                         .after_sha256 = DigestOf(after),
                         .changes = {{"state", "ACTIVE", "RELEASED"}}});
}

}  // namespace docket::audit

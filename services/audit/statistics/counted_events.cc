#include "services/audit/statistics/counted_events.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "services/audit/log_entry.h"
#include "services/audit/statistics/change_facts.h"

namespace docket::audit {
namespace {

constexpr uint64_t kStep = 256;
constexpr int kSelectStep = 256;

absl::StatusOr<std::shared_ptr<const event::v1::Event>> Read(absl::string_view entry, absl::string_view payload) {
  DOCKET_ASSIGN_OR_RETURN(event::v1::Event event, UnsealEvent(entry, payload));
  return std::make_shared<const event::v1::Event>(std::move(event));
}

absl::StatusOr<CountedEvent> Unseal(const StoredEntry& entry) {
  CountedEvent counted{.index = entry.index};
  DOCKET_ASSIGN_OR_RETURN(counted.event, Read(entry.entry, ""));
  // The others' payloads may be large, and many are held at once.
  if (!NeedsPayload(counted.event->type())) return counted;
  counted.redacted = entry.redacted;
  DOCKET_ASSIGN_OR_RETURN(counted.event, Read(entry.entry, entry.payload));
  return counted;
}

absl::StatusOr<std::vector<CountedEvent>> Select(const LogStore& store, LogStore::Selection selection, int limit,
                                                 bool* more, absl::Time deadline) {
  std::vector<CountedEvent> events;
  selection.newest_first = false;
  LogStore::Selected selected{.more = true};
  while (selected.more && static_cast<int>(events.size()) < limit) {
    selection.limit = std::min(kSelectStep, limit - static_cast<int>(events.size()));
    DOCKET_ASSIGN_OR_RETURN(selected, store.SelectEntries(selection, deadline));
    for (const StoredEntry& entry : selected.entries) {
      DOCKET_ASSIGN_OR_RETURN(CountedEvent event, Unseal(entry));
      events.push_back(std::move(event));
    }
    if (selected.entries.empty()) break;
    selection.begin = selected.entries.back().index + 1;
  }
  if (more != nullptr) *more = selected.more;
  return events;
}

// Fills in the payloads of entries [first, last] where they are needed.
absl::Status AddPayloads(const LogStore& store, uint64_t first, uint64_t last, std::vector<CountedEvent>& events,
                         absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries, store.ReadEntries(first, last + 1, deadline));
  const uint64_t base = events.front().index;
  for (const StoredEntry& entry : entries) {
    CountedEvent& counted = events[entry.index - base];
    if (!NeedsPayload(counted.event->type())) continue;
    DOCKET_ASSIGN_OR_RETURN(counted, Unseal(entry));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<CountedEvent>> ReadCountedEvents(const LogStore& store, uint64_t begin, uint64_t end,
                                                            absl::Time deadline) {
  end = std::min(end, begin + kMaxCountedEvents);
  std::vector<CountedEvent> events;
  events.reserve(end - begin);
  for (uint64_t step = begin; step < end; step += kStep) {
    const uint64_t step_end = std::min(end, step + kStep);
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> envelopes, store.ReadEnvelopes(step, step_end, deadline));
    std::optional<uint64_t> first;
    uint64_t last = 0;
    for (const std::string& envelope : envelopes) {
      CountedEvent& counted = events.emplace_back();
      counted.index = begin + events.size() - 1;
      DOCKET_ASSIGN_OR_RETURN(counted.event, Read(envelope, ""));
      if (!NeedsPayload(counted.event->type())) continue;
      if (!first.has_value()) first = counted.index;
      last = counted.index;
    }
    if (first.has_value()) DOCKET_RETURN_IF_ERROR(AddPayloads(store, *first, last, events, deadline));
  }
  return events;
}

absl::StatusOr<CountedEvent> CountedOf(uint64_t index, std::shared_ptr<const PreparedEvent> entry) {
  CountedEvent counted{.index = index};
  if (NeedsPayload(entry->event->type())) {
    DOCKET_ASSIGN_OR_RETURN(counted.event, Read(entry->parts.event, entry->parts.payload));
  } else {
    const event::v1::Event* const event = entry->event;
    counted.event = {std::move(entry), event};
  }
  return counted;
}

absl::StatusOr<std::vector<CountedEvent>> ReadOrganizationEvents(const LogStore& store,
                                                                 const std::string& organization_id, uint64_t begin,
                                                                 uint64_t end, absl::Time deadline) {
  return Select(store,
                {.organization_id = organization_id,
                 .begin = begin,
                 .end = end,
                 .condition = {.where = "TRUE"},
                 .along = "by_organization"},
                static_cast<int>(end - begin), nullptr, deadline);
}

absl::StatusOr<std::vector<CountedEvent>> ReadChangeEvents(const LogStore& store, const std::string& organization_id,
                                                           const std::string& change, uint64_t end, int limit,
                                                           bool* more, absl::Time deadline) {
  return Select(store,
                {.organization_id = organization_id,
                 .begin = 0,
                 .end = end,
                 .condition = {.where = "e.change_name = ?", .params = {change}},
                 .along = "by_change"},
                limit, more, deadline);
}

}  // namespace docket::audit

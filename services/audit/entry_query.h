// Questions to the log: which entries of an organisation, in which order. ListEntries, tails and exports ask the same
// way.
//
//   DOCKET_ASSIGN_OR_RETURN(const EntryQuery query, ParseEntryQuery(request.filter(), request.order_by()));
//   DOCKET_ASSIGN_OR_RETURN(EntryPosition position, BeginQuery(store, query, organization_id, log_size, deadline));
//   DOCKET_ASSIGN_OR_RETURN(EntryPage page, ReadPage(store, query, organization_id, position, 50, deadline));
//
// The effort of one page is bounded, whatever the filter: an equality on a field that has an index is looked up there;
// otherwise a page looks through at most kMaxLookedThrough of the organisation's entries and may come back with fewer
// entries than asked for, even none, and with a position to go on from. Restrictions of receive_time, time and index
// that the whole filter depends on narrow the stretch of the log that is looked at.
#ifndef DOCKET_SERVICES_AUDIT_ENTRY_QUERY_H_
#define DOCKET_SERVICES_AUDIT_ENTRY_QUERY_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "services/audit/log_store.h"

namespace docket::audit {

inline constexpr int kMaxLookedThrough = 50'000;

// from <= value < to.
struct Bounds {
  int64_t from = std::numeric_limits<int64_t>::min();
  int64_t to = std::numeric_limits<int64_t>::max();

  bool any() const { return from != std::numeric_limits<int64_t>::min() || to != std::numeric_limits<int64_t>::max(); }
};

struct EntryQuery {
  filter::Condition condition;
  // Made for LogStore::Selection::by_system.
  bool by_system = false;
  // In the order of time instead of index.
  bool by_time = false;
  bool newest_first = true;
  // Some index leads to the entries of an equality that the whole filter depends on.
  bool indexed = false;
  // There is no filter.
  bool everything = false;
  // What the whole filter demands.
  Bounds index;
  Bounds received_us;
  Bounds occurred_us;
};

// `order_by`: index, index desc, time, time desc, receive_time, receive_time desc (the same as index); empty: index
// desc. INVALID_ARGUMENT / INVALID_FILTER or INVALID_FIELDS.
absl::StatusOr<EntryQuery> ParseEntryQuery(absl::string_view filter, absl::string_view order_by);

// What is left to look at: begin <= index < end, and in the order of time what comes after `after`.
struct EntryPosition {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::optional<std::pair<int64_t, uint64_t>> after;
};

// A field of the filter by its name; nullptr where there is none.
const filter::Field* EntryField(absl::string_view name);

// As a page token's key, and back. Nothing where it is none.
std::vector<std::string> EncodePosition(const EntryPosition& position);
std::optional<EntryPosition> DecodePosition(const std::vector<std::string>& key);

// What finds the entries of that part of the log.
LogStore::Selection SelectionOf(const EntryQuery& query, const std::string& organization_id,
                                const EntryPosition& position);

// The whole of what the query can find in the first `log_size` entries.
absl::StatusOr<EntryPosition> BeginQuery(const LogStore& store, const EntryQuery& query,
                                         const std::string& organization_id, uint64_t log_size, absl::Time deadline);

struct EntryPage {
  std::vector<StoredEntry> entries;
  // There may be further ones, from `next` on.
  bool more = false;
  EntryPosition next;
};

absl::StatusOr<EntryPage> ReadPage(const LogStore& store, const EntryQuery& query, const std::string& organization_id,
                                   const EntryPosition& position, int limit, absl::Time deadline,
                                   int look_through = kMaxLookedThrough);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_ENTRY_QUERY_H_

#include "services/audit/entry_query.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/filter/argument.h"
#include "common/filter/parser.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/event.pb.h"

namespace docket::audit {
namespace {

using filter::Comparator;
using filter::Node;
using filter::Restriction;

// Equality on these is answered from an index that continues in the order of the log.
constexpr absl::string_view kIndexed[] = {"system", "change", "actor", "type", "subject", "outcome", "trace_id"};

// An entry has a row for each of its systems. Where the entries of one system are gone through, `s` is its row.
filter::Schema EntrySchema(filter::Column system) {
  system.operators = filter::kTakesEquality;
  return filter::Schema()
      .Int("index", {.sql = "e.log_index"})
      .Timestamp("time", {.sql = "e.occur_us"})
      .Timestamp("receive_time", {.sql = "e.receive_us"})
      .String("type", {.sql = "e.type"})
      .String("subject", {.sql = "e.subject"})
      .String("change", {.sql = "e.change_name"})
      .String("system", std::move(system))
      .String("actor", {.sql = "e.actor"})
      .String("method", {.sql = "e.method"})
      .Enum("outcome", {.sql = "e.outcome"}, filter::EnumValues(*event::v1::Outcome_descriptor()))
      .String("source", {.sql = "e.source"})
      .String("trace_id", {.sql = "e.trace_id"});
}

const filter::Schema& WholeLogSchema() {
  static const filter::Schema* const kSchema = new filter::Schema(
      EntrySchema({.sql = "x.system",
                   .rows = "SELECT 1 FROM entry_system AS x WHERE x.organization_id = e.organization_id AND "
                           "x.log_index = e.log_index"}));
  return *kSchema;
}

const filter::Schema& OneSystemSchema() {
  static const filter::Schema* const kSchema = new filter::Schema(EntrySchema({.sql = "s.system"}));
  return *kSchema;
}

// How many entries are looked through at first for a page, and how many times more each time that they do not fill it.
constexpr int kFirstLook = 512;
constexpr int kNextLooks = 4;
// Once a page has so many bytes, it is not gone on with in a further stretch, which may add as many as one statement
// gives.
constexpr size_t kEnoughBytes = kMaxSelectedBytes / 4;

// A stretch of time that holds more entries of the organisation is looked through page by page.
constexpr int kMaxOccurred = 200'000;

// What must hold wherever the filter does.
void CollectDemands(const Node& node, std::vector<const Restriction*>& demands) {
  if (node.kind == Node::Kind::kRestriction) demands.push_back(&node.restriction);
  if (node.kind != Node::Kind::kAnd) return;
  for (const Node& operand : node.operands) CollectDemands(operand, demands);
}

int CountSystems(const Node& node) {
  if (node.kind == Node::Kind::kRestriction) return node.restriction.field == "system" ? 1 : 0;
  int count = 0;
  for (const Node& operand : node.operands) count += CountSystems(operand);
  return count;
}

void Narrow(Bounds& bounds, Comparator comparator, int64_t value) {
  // Values of columns are far from the ends of the range, so that one more never overflows but for absurd arguments.
  const int64_t next = value == std::numeric_limits<int64_t>::max() ? value : value + 1;
  switch (comparator) {
    case Comparator::kEqual:
      bounds.from = std::max(bounds.from, value);
      bounds.to = std::min(bounds.to, next);
      break;
    case Comparator::kGreaterOrEqual:
      bounds.from = std::max(bounds.from, value);
      break;
    case Comparator::kGreater:
      bounds.from = std::max(bounds.from, next);
      break;
    case Comparator::kLess:
      bounds.to = std::min(bounds.to, value);
      break;
    case Comparator::kLessOrEqual:
      bounds.to = std::min(bounds.to, next);
      break;
    default:
      break;
  }
}

void Apply(const Restriction& demand, EntryQuery& query) {
  if (demand.comparator == Comparator::kEqual &&
      std::find(std::begin(kIndexed), std::end(kIndexed), demand.field) != std::end(kIndexed)) {
    query.indexed = demand.field != "system" || query.by_system || query.indexed;
  }
  Bounds* const bounds = demand.field == "index"          ? &query.index
                         : demand.field == "time"         ? &query.occurred_us
                         : demand.field == "receive_time" ? &query.received_us
                                                          : nullptr;
  if (bounds == nullptr) return;
  const auto value = filter::ConvertArgument(*WholeLogSchema().Find(demand.field), demand.argument);
  if (!value.has_value() || !std::holds_alternative<int64_t>(*value)) return;
  Narrow(*bounds, demand.comparator, std::get<int64_t>(*value));
}

absl::Status ParseOrder(absl::string_view order_by, EntryQuery& query) {
  query.newest_first = order_by.empty() || absl::ConsumeSuffix(&order_by, " desc");
  query.by_time = order_by == "time";
  FieldViolations violations;
  violations.Require(order_by.empty() || order_by == "index" || order_by == "time" || order_by == "receive_time",
                     "order_by", "write index, time or receive_time, with or without desc");
  return violations.ToStatus();
}

// `otherwise` where the log has holes: reading goes on, and the condition still holds what it holds.
absl::StatusOr<uint64_t> FirstReceivedAt(const LogStore& store, int64_t receive_us, uint64_t log_size,
                                         uint64_t otherwise, absl::Time deadline) {
  absl::StatusOr<uint64_t> first = store.FirstReceivedAt(receive_us, log_size, deadline);
  if (first.status().code() == absl::StatusCode::kDataLoss) return otherwise;
  return first;
}

uint64_t Clamp(int64_t value, uint64_t limit) { return value <= 0 ? 0 : std::min(static_cast<uint64_t>(value), limit); }

}  // namespace

absl::StatusOr<EntryQuery> ParseEntryQuery(absl::string_view filter, absl::string_view order_by) {
  EntryQuery query;
  DOCKET_RETURN_IF_ERROR(ParseOrder(order_by, query));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Node> node, filter::Parse(filter));
  std::vector<const Restriction*> demands;
  if (node.has_value()) CollectDemands(*node, demands);
  // Only where the one mention of a system is such a demand, its rows can lead.
  const bool names_system = std::any_of(demands.begin(), demands.end(), [](const Restriction* demand) {
    return demand->field == "system" && demand->comparator == Comparator::kEqual;
  });
  query.by_system = names_system && CountSystems(*node) == 1;
  DOCKET_ASSIGN_OR_RETURN(query.condition,
                          filter::Translate(filter, query.by_system ? OneSystemSchema() : WholeLogSchema()));
  query.everything = !node.has_value();
  for (const Restriction* demand : demands) Apply(*demand, query);
  return query;
}

const filter::Field* EntryField(absl::string_view name) { return WholeLogSchema().Find(name); }

std::vector<std::string> EncodePosition(const EntryPosition& position) {
  std::vector<std::string> key = {absl::StrCat(position.begin), absl::StrCat(position.end)};
  if (position.after.has_value()) {
    key.push_back(absl::StrCat(position.after->first));
    key.push_back(absl::StrCat(position.after->second));
  }
  return key;
}

std::optional<EntryPosition> DecodePosition(const std::vector<std::string>& key) {
  EntryPosition position;
  if ((key.size() != 2 && key.size() != 4) || !absl::SimpleAtoi(key[0], &position.begin) ||
      !absl::SimpleAtoi(key[1], &position.end)) {
    return std::nullopt;
  }
  if (key.size() == 4) {
    position.after.emplace();
    if (!absl::SimpleAtoi(key[2], &position.after->first) || !absl::SimpleAtoi(key[3], &position.after->second))
      return std::nullopt;
  }
  return position;
}

LogStore::Selection SelectionOf(const EntryQuery& query, const std::string& organization_id,
                                const EntryPosition& position) {
  LogStore::Selection selection{.organization_id = organization_id,
                                .begin = position.begin,
                                .end = position.end,
                                .newest_first = query.newest_first,
                                .condition = query.condition,
                                .by_system = query.by_system,
                                .by_time = query.by_time,
                                .after = position.after};
  // Left to itself, the database may hope to find a rare match soon and go through other organisations' entries.
  if (!query.indexed) selection.along = query.by_time ? "by_occur" : "by_organization";
  return selection;
}

absl::StatusOr<EntryPosition> BeginQuery(const LogStore& store, const EntryQuery& query,
                                         const std::string& organization_id, uint64_t log_size, absl::Time deadline) {
  EntryPosition position{.begin = Clamp(query.index.from, log_size), .end = Clamp(query.index.to, log_size)};
  if (query.received_us.from != Bounds().from) {
    DOCKET_ASSIGN_OR_RETURN(const uint64_t first,
                            FirstReceivedAt(store, query.received_us.from, log_size, 0, deadline));
    position.begin = std::max(position.begin, first);
  }
  if (query.received_us.to != Bounds().to) {
    DOCKET_ASSIGN_OR_RETURN(const uint64_t first,
                            FirstReceivedAt(store, query.received_us.to, log_size, log_size, deadline));
    position.end = std::min(position.end, first);
  }
  // In the order of time the index on it does that; with another index to follow it is not worth the while.
  if (query.occurred_us.any() && !query.by_time && !query.indexed) {
    DOCKET_ASSIGN_OR_RETURN(const auto range,
                            store.RangeOccurred(organization_id, query.occurred_us.from, query.occurred_us.to, log_size,
                                                kMaxOccurred, deadline));
    position.begin = std::max(position.begin, range.first);
    position.end = std::min(position.end, range.second);
  }
  return position;
}

absl::StatusOr<EntryPage> ReadPage(const LogStore& store, const EntryQuery& query, const std::string& organization_id,
                                   const EntryPosition& position, int limit, absl::Time deadline, int look_through) {
  EntryPage page{.next = position};
  const bool looks_through = !query.indexed && !query.everything && !query.by_time;
  size_t bytes = 0;
  // What many entries fulfil is found among the first few; what few do, in ever longer stretches.
  for (int look = kFirstLook; page.next.begin < page.next.end; look *= kNextLooks) {
    look = std::min(look, look_through);
    LogStore::Selection selection = SelectionOf(query, organization_id, page.next);
    selection.limit = limit - static_cast<int>(page.entries.size());
    if (looks_through) {
      DOCKET_ASSIGN_OR_RETURN(
          std::tie(selection.begin, selection.end),
          store.Stretch(organization_id, page.next.begin, page.next.end, query.newest_first, look, deadline));
    }
    const bool stretch_is_all = selection.begin == page.next.begin && selection.end == page.next.end;
    DOCKET_ASSIGN_OR_RETURN(LogStore::Selected selected, store.SelectEntries(selection, deadline));
    if (query.by_time) {
      if (selected.more) page.next.after = {selected.entries.back().occur_us, selected.entries.back().index};
    } else if (query.newest_first) {
      page.next.end = selected.more ? selected.entries.back().index : selection.begin;
    } else {
      page.next.begin = selected.more ? selected.entries.back().index + 1 : selection.end;
    }
    for (StoredEntry& entry : selected.entries) {
      bytes += entry.entry.size() + entry.payload.size();
      page.entries.push_back(std::move(entry));
    }
    page.more = selected.more || !stretch_is_all;
    look_through -= look;
    const bool is_full = selected.more || static_cast<int>(page.entries.size()) == limit || bytes >= kEnoughBytes;
    if (!page.more || is_full || look_through <= 0) break;
  }
  return page;
}

}  // namespace docket::audit

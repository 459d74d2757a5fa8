#include "tests/bench/entry_questions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mysql/value.h"
#include "common/page_token/page_token.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/audit/v1/log_service.pb.h"
#include "services/audit/entry_query.h"
#include "services/audit/log_store.h"
#include "tests/bench/audit_corpus.h"
#include "tests/bench/audit_events.h"

namespace docket::bench {
namespace {

constexpr char kGetPath[] = "/docket.audit.v1.LogService/GetEntry";
constexpr char kListPath[] = "/docket.audit.v1.LogService/ListEntries";
constexpr int kPageSize = 50;
constexpr int kChecks = 3;
constexpr int kDays = CorpusLayout::kDays;
constexpr int64_t kDayUs = int64_t{86400} * 1'000'000;
constexpr size_t kMinEntryBytes = 400;

// The statements read what is stored: they open no payload, compare no hash and no commitment with it, and leave no
// entry about having read.
constexpr char kColumns[] =
    "e.log_index, e.leaf_hash, e.entry, e.receive_us, e.occur_us, p.payload, p.salt, p.format, p.key_id";
constexpr char kPayload[] = " LEFT JOIN payload p ON p.log_index = e.log_index";

// Every second entry is the organisation's. By the index on it, the database at times goes there from the newest one:
// it estimates that half of the log is to be read either way.
constexpr char kWholeLog[] = "entry e FORCE INDEX (PRIMARY)";

// A list, in the contract's words and in SQL.
struct Listing {
  std::string filter;
  std::string order_by;
  std::string from = "entry e FORCE INDEX (by_organization)";
  // Of the table that leads.
  std::string alias = "e";
  // Follows `WHERE … AND`.
  std::string where = "TRUE";
  mysql::Params params;
  std::string order;
  // The page is that of the entries below it; 0: the first one.
  uint64_t below = 0;
};

std::string TimeText(int64_t us) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMicros(us), absl::UTCTimeZone());
}

Listing EqualTo(const std::string& field, const std::string& column, const std::string& index,
                const std::string& value) {
  return {.filter = absl::StrCat(field, " = \"", value, "\""),
          .from = absl::StrCat("entry e FORCE INDEX (", index, ")"),
          .where = absl::StrCat(column, " = ?"),
          .params = {value}};
}

Listing OnDay(const AuditSample& sample, int64_t turn) {
  const int64_t from = sample.begin_us + (sample.end_us - sample.begin_us) / kDays * Scatter(turn, kDays - 1);
  return {.filter = absl::StrCat("time >= \"", TimeText(from), "\" AND time < \"", TimeText(from + kDayUs), "\""),
          .from = "entry e FORCE INDEX (by_occur)",
          .where = "e.occur_us >= ? AND e.occur_us < ?",
          .params = {from, from + kDayUs}};
}

using ListingOf = absl::StatusOr<Listing> (*)(const AuditSample& sample, mysql::Pool& pool, int64_t turn);

// No index leads to a receive time, but it grows with the index of the entry: whoever asks the tables knows beforehand
// between which indexes it lies. As many entries as the log has in a day, were it two years old.
absl::StatusOr<Listing> Received(const AuditSample& sample, mysql::Pool& pool, int64_t turn) {
  const audit::LogStore store(pool);
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  const uint64_t width = (sample.end - sample.begin) / kDays;
  const uint64_t begin = sample.begin + static_cast<uint64_t>(Scatter(turn, kDays - 1)) * width;
  int64_t from_us = 0;
  int64_t to_us = 0;
  for (auto [index, us] : {std::pair(begin, &from_us), std::pair(begin + width, &to_us)}) {
    DOCKET_ASSIGN_OR_RETURN(const auto entries, store.ReadBareEntries(index, index + 1, deadline));
    if (entries.empty()) return absl::InternalError("an entry is missing");
    *us = entries[0].receive_us;
  }
  // Entries of one transaction have the same time.
  DOCKET_ASSIGN_OR_RETURN(const uint64_t first, store.FirstReceivedAt(from_us, sample.log_size, deadline));
  DOCKET_ASSIGN_OR_RETURN(const uint64_t last, store.FirstReceivedAt(to_us + 1, sample.log_size, deadline));
  return Listing{.filter = absl::StrCat("receive_time >= \"", TimeText(from_us), "\" AND receive_time <= \"",
                                        TimeText(to_us), "\""),
                 .where = "e.log_index >= ? AND e.log_index < ?",
                 .params = {first, last}};
}

const std::map<std::string, ListingOf>& Listings() {
  using Sample = const AuditSample&;
  static const auto& listings = *new std::map<std::string, ListingOf>{
      {"log-page", [](Sample, mysql::Pool&, int64_t) -> absl::StatusOr<Listing> { return Listing{.from = kWholeLog}; }},
      {"log-deep-page",
       [](Sample sample, mysql::Pool&, int64_t) -> absl::StatusOr<Listing> {
         return Listing{.from = kWholeLog, .below = sample.begin + (sample.end - sample.begin) / 2};
       }},
      {"log-by-change",
       [](Sample sample, mysql::Pool&, int64_t turn) -> absl::StatusOr<Listing> {
         return EqualTo("change", "e.change_name", "by_change", Pick(sample.changes, turn));
       }},
      {"log-by-actor",
       [](Sample sample, mysql::Pool&, int64_t turn) -> absl::StatusOr<Listing> {
         return EqualTo("actor", "e.actor", "by_actor", Pick(sample.entries, turn).actor);
       }},
      {"log-by-type",
       [](Sample sample, mysql::Pool&, int64_t turn) -> absl::StatusOr<Listing> {
         return EqualTo("type", "e.type", "by_type", Pick(sample.entries, turn).type);
       }},
      {"log-by-system",
       [](Sample sample, mysql::Pool&, int64_t turn) -> absl::StatusOr<Listing> {
         Listing listing = EqualTo("system", "s.system", "PRIMARY", Pick(sample.entries, turn).system);
         listing.from = "entry_system s FORCE INDEX (PRIMARY) STRAIGHT_JOIN entry e ON e.log_index = s.log_index";
         listing.alias = "s";
         return listing;
       }},
      {"log-by-receive-time", Received},
      {"log-by-day",
       [](Sample sample, mysql::Pool&, int64_t turn) -> absl::StatusOr<Listing> { return OnDay(sample, turn); }},
      {"log-by-day-in-order-of-time", [](Sample sample, mysql::Pool&, int64_t turn) -> absl::StatusOr<Listing> {
         Listing listing = OnDay(sample, turn);
         listing.order_by = "time desc";
         listing.order = "e.occur_us DESC, e.log_index DESC";
         return listing;
       }}};
  return listings;
}

// The page of a log of `log_size` entries.
absl::StatusOr<std::vector<mysql::Row>> ReadPage(const Listing& listing, uint64_t log_size, mysql::Connection& tables) {
  const std::string order = listing.order.empty() ? absl::StrCat(listing.alias, ".log_index DESC") : listing.order;
  mysql::Params params = {kSampleOrganizationId, listing.below > 0 ? listing.below : log_size};
  params.insert(params.end(), listing.params.begin(), listing.params.end());
  DOCKET_ASSIGN_OR_RETURN(auto rows, tables.Query(absl::StrCat("SELECT ", kColumns, " FROM ", listing.from, kPayload,
                                                               " WHERE ", listing.alias, ".organization_id = ? AND ",
                                                               listing.alias, ".log_index < ? AND ", listing.where,
                                                               " ORDER BY ", order, " LIMIT ", kPageSize + 1),
                                                  params));
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("no entries: ", listing.filter));
  return rows;
}

absl::StatusOr<audit::v1::ListEntriesRequest> CallOf(const Listing& listing, uint64_t log_size,
                                                     const PageTokenCodec& tokens) {
  audit::v1::ListEntriesRequest call;
  call.set_parent(kAuditOrganization);
  call.set_filter(listing.filter);
  call.set_order_by(listing.order_by);
  call.set_page_size(kPageSize);
  // Going there page by page would take as long as reading half of the log.
  if (listing.below > 0) {
    call.set_page_token(tokens.Encode(
        {.key = audit::EncodePosition({.begin = 0, .end = listing.below}),
         .snapshot = log_size,
         .fingerprint = QueryFingerprint({"ListEntries", call.parent(), call.filter(), call.order_by()})}));
  }
  return call;
}

absl::Status CheckPage(const Listing& listing, const audit::v1::ListEntriesRequest& call, const LoadOptions& service,
                       mysql::Connection& tables) {
  audit::v1::ListEntriesResponse reply;
  DOCKET_RETURN_IF_ERROR(CallOnce(service, call, reply));
  DOCKET_ASSIGN_OR_RETURN(const auto rows, ReadPage(listing, static_cast<uint64_t>(reply.log_size()), tables));
  const size_t expected = std::min<size_t>(rows.size(), kPageSize);
  if (static_cast<size_t>(reply.entries_size()) != expected) {
    return absl::InternalError(
        absl::StrCat(call.filter(), ": a page of ", reply.entries_size(), " entries where the tables have ", expected));
  }
  for (int i = 0; i < reply.entries_size(); ++i) {
    const audit::v1::LogEntry& entry = reply.entries(i);
    if (entry.index() != rows[static_cast<size_t>(i)].Int(0) || !entry.has_event())
      return absl::InternalError(absl::StrCat(call.filter(), ": entry ", entry.index(), " is not what the tables say"));
  }
  return absl::OkStatus();
}

// So many listings are made beforehand; turns go round.
constexpr int64_t kListings = 1024;
constexpr int64_t kReceivedListings = 32;

absl::StatusOr<AuditQuestion> PageQuestion(const std::string& name, const AuditSample& sample, mysql::Pool& pool,
                                           const std::string& page_token_key) {
  DOCKET_ASSIGN_OR_RETURN(const PageTokenCodec tokens, PageTokenCodec::Create(page_token_key));
  struct Page {
    Listing listing;
    audit::v1::ListEntriesRequest call;
  };
  auto pages = std::make_shared<std::vector<Page>>();
  const int64_t count = name == "log-by-receive-time" ? kReceivedListings : kListings;
  for (int64_t turn = 0; turn < count; ++turn) {
    DOCKET_ASSIGN_OR_RETURN(Listing listing, Listings().at(name)(sample, pool, turn));
    DOCKET_ASSIGN_OR_RETURN(auto call, CallOf(listing, sample.log_size, tokens));
    pages->push_back({.listing = std::move(listing), .call = std::move(call)});
  }
  return AuditQuestion{.path = kListPath,
                       .request = [pages](int64_t turn) { return Pick(*pages, turn).call.SerializeAsString(); },
                       .min_reply_bytes = kMinEntryBytes,
                       .check = [pages](const LoadOptions& service, mysql::Connection& tables) -> absl::Status {
                         for (int64_t turn = 0; turn < kChecks; ++turn) {
                           const Page& page = Pick(*pages, turn);
                           DOCKET_RETURN_IF_ERROR(CheckPage(page.listing, page.call, service, tables));
                         }
                         return absl::OkStatus();
                       },
                       .ask_tables = [pages, &sample](int64_t turn, mysql::Connection& tables) -> absl::Status {
                         return ReadPage(Pick(*pages, turn).listing, sample.log_size, tables).status();
                       }};
}

absl::StatusOr<std::vector<mysql::Row>> ReadOne(uint64_t index, mysql::Connection& tables) {
  DOCKET_ASSIGN_OR_RETURN(auto rows, tables.Query(absl::StrCat("SELECT ", kColumns, " FROM entry e", kPayload,
                                                               " WHERE e.log_index = ? AND e.organization_id = ?"),
                                                  mysql::Params{index, kSampleOrganizationId}));
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("no entry ", index));
  return rows;
}

AuditQuestion GetQuestion(const AuditSample& sample) {
  const auto call_of = [&sample](int64_t turn) {
    audit::v1::GetEntryRequest call;
    call.set_parent(kAuditOrganization);
    call.set_index(static_cast<int64_t>(Pick(sample.entries, turn).index));
    return call;
  };
  return {.path = kGetPath,
          .request = [call_of](int64_t turn) { return call_of(turn).SerializeAsString(); },
          .min_reply_bytes = kMinEntryBytes,
          .check = [call_of](const LoadOptions& service, mysql::Connection& tables) -> absl::Status {
            for (int64_t turn = 0; turn < kChecks; ++turn) {
              const audit::v1::GetEntryRequest call = call_of(turn);
              audit::v1::LogEntry entry;
              DOCKET_RETURN_IF_ERROR(CallOnce(service, call, entry));
              DOCKET_ASSIGN_OR_RETURN(const auto rows, ReadOne(static_cast<uint64_t>(call.index()), tables));
              if (entry.index() != call.index() || entry.entry() != rows[0].Text(2) || !entry.event().has_payload())
                return absl::InternalError(absl::StrCat("entry ", call.index(), " is not what the tables say"));
            }
            return absl::OkStatus();
          },
          .ask_tables = [&sample](int64_t turn, mysql::Connection& tables) -> absl::Status {
            return ReadOne(Pick(sample.entries, turn).index, tables).status();
          }};
}

}  // namespace

std::vector<std::string> EntryQuestionNames() {
  std::vector<std::string> names = {"log-get"};
  for (const auto& [name, listing] : Listings()) names.push_back(name);
  return names;
}

absl::StatusOr<AuditQuestion> MakeEntryQuestion(const std::string& name, const AuditSample& sample, mysql::Pool& pool,
                                                const std::string& page_token_key) {
  if (name == "log-get") return GetQuestion(sample);
  return PageQuestion(name, sample, pool, page_token_key);
}

}  // namespace docket::bench

#include "tests/bench/request_questions.h"

#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/mysql/connection.h"
#include "common/mysql/pool.h"
#include "common/mysql/value.h"
#include "common/status/status_macros.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/request/search/posting_store.h"
#include "services/request/search/posting_walk.h"
#include "services/request/search/search_query.h"
#include "tests/bench/raw_load.h"
#include "tests/bench/request_corpus.h"

namespace docket::bench {
namespace {

constexpr char kParent[] = "organizations/yunqi";
constexpr int kPageSize = 50;
// Of each term, as a search begins.
constexpr int kPostingsRead = 4;
constexpr char kGetPath[] = "/docket.request.v1.RequestService/GetRequest";
constexpr char kSearchPath[] = "/docket.request.v1.RequestService/SearchRequests";
constexpr char kCountPath[] = "/docket.request.v1.RequestService/CountRequests";
constexpr char kListPath[] = "/docket.request.v1.RequestService/ListRequests";

constexpr char kColumns[] =
    "organization_id, request_id, request_number, title, state, kind, source, source_reference, need, problem,"
    " business_impact, urgency, impact, priority, necessity_ground, necessity_rationale, documents, requester,"
    " department_id, endorser, triager, state_reason, conclusion, defer_until_us, merged_into, result, create_time_us,"
    " update_time_us, submit_time_us, close_time_us, revision";

// A list, in the contract's words and in SQL.
struct Listing {
  std::string filter;
  std::string order_by;
  std::string from = "request";
  // Follows `WHERE organization_id = ? `.
  std::string where;
  std::string order;
  // How far into the list the page lies, in parts of the whole.
  double depth = 0;
};

const std::map<std::string, Listing>& Listings() {
  static const auto& listings = *new std::map<std::string, Listing>{
      {"page", {.where = "AND submit_time_us > 0", .order = "request_id DESC"}},
      {"deep-page", {.where = "AND submit_time_us > 0", .order = "request_id DESC", .depth = 0.5}},
      {"state",
       {.filter = "state = ACCEPTED", .where = "AND submit_time_us > 0 AND state = 5", .order = "request_id DESC"}},
      {"system",
       {.filter = "system = \"organizations/yunqi/systems/inspection\" AND priority = CRITICAL",
        .from = "request_target FORCE INDEX (by_system) STRAIGHT_JOIN request USING (organization_id, request_id)",
        .where = "AND system_id = 'inspection' AND submit_time_us > 0 AND priority = 4",
        .order = "request_id DESC"}},
      {"priority",
       {.order_by = "priority desc", .where = "AND submit_time_us > 0", .order = "priority DESC, request_id DESC"}}};
  return listings;
}

// By words that stand in every eighth request, in every fiftieth, and in a single one.
const std::map<std::string, std::string>& Searches() {
  static const auto& searches = *new std::map<std::string, std::string>{
      {"search-common", "访客二维码"}, {"search-two", "工单超时 漏检事项"}, {"search-rare", "编号31415"}};
  return searches;
}

// A gateway finds out by the token; a service is told.
std::string PrincipalFor(const QuestionOptions& options) { return options.token.empty() ? SamplePrincipal() : ""; }

// The token of the page that begins so deep in the list.
absl::StatusOr<std::string> TokenAt(const Listing& listing, int64_t corpus, const QuestionOptions& options) {
  request::v1::ListRequestsRequest call;
  call.set_parent(kParent);
  call.set_filter(listing.filter);
  call.set_order_by(listing.order_by);
  call.set_page_size(1000);
  const auto pages = static_cast<int64_t>(static_cast<double>(corpus) * listing.depth / 1000);
  for (int64_t page = 0; page < pages; ++page) {
    request::v1::ListRequestsResponse reply;
    DOCKET_RETURN_IF_ERROR(CallOnce({.target = options.target,
                                     .ca = options.ca,
                                     .path = kListPath,
                                     .token = options.token,
                                     .principal = PrincipalFor(options)},
                                    call, reply));
    call.set_page_token(reply.next_page_token());
  }
  return call.page_token();
}

// The numbers of a search's first page, by the index alone. Whoever asks the tables knows them beforehand.
absl::StatusOr<std::vector<std::string>> NumbersFound(const request::SearchQuery& query,
                                                      const QuestionOptions& options) {
  const auto pool = mysql::Pool::Create({.connection = AsRoot(options.socket, "docket_request"), .max_connections = 1});
  request::StoredPostings postings(*pool, absl::Now() + absl::Seconds(10), kCorpusOrganization);
  request::PostingWalk walk(postings, query.driving_terms(), std::numeric_limits<request::DocumentNumber>::max());
  std::vector<std::string> numbers;
  while (!walk.at_end()) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<request::DocumentNumber> documents, walk.Next());
    for (const request::DocumentNumber document : documents) {
      if (numbers.size() == kPageSize + 1) return numbers;
      numbers.push_back(request::RequestNumberOf(document));
    }
  }
  if (numbers.empty()) return absl::NotFoundError("the corpus has nothing that is searched for");
  return numbers;
}

absl::Status ReadTargets(mysql::Connection& connection, const std::vector<mysql::Row>& requests) {
  if (requests.empty()) return absl::OkStatus();
  mysql::Params params = {kCorpusOrganization};
  for (const mysql::Row& row : requests) params.push_back(row.Text(1));
  return connection
      .Query(absl::StrCat("SELECT request_id, system_id, component_id, from_version, to_version FROM request_target"
                          " WHERE organization_id = ? AND request_id IN (",
                          absl::StrJoin(std::vector<std::string>(requests.size(), "?"), ","),
                          ") ORDER BY request_id, position"),
             params)
      .status();
}

}  // namespace

std::vector<std::string> QuestionNames() {
  std::vector<std::string> names = {"get"};
  for (const auto& [name, listing] : Listings()) names.push_back(name);
  for (const auto& [name, words] : Searches()) names.push_back(name);
  names.push_back("count");
  return names;
}

absl::StatusOr<LoadResult> AskService(const std::string& question, int64_t corpus, const QuestionOptions& options) {
  LoadOptions load{.target = options.target,
                   .ca = options.ca,
                   .path = kListPath,
                   .token = options.token,
                   .principal = PrincipalFor(options),
                   .in_flight = options.in_flight,
                   .duration = options.duration};
  std::atomic<int64_t> next{1};
  if (question == "get") {
    load.path = kGetPath;
    load.make_request = [&] {
      request::v1::GetRequestRequest call;
      call.set_name(CorpusName(Scatter(next.fetch_add(1), corpus)));
      return call.SerializeAsString();
    };
    return RunLoad(load);
  }
  if (const auto words = Searches().find(question); words != Searches().end()) {
    request::v1::SearchRequestsRequest call;
    call.set_parent(kParent);
    call.set_query(words->second);
    call.set_page_size(kPageSize);
    load.path = kSearchPath;
    load.make_request = [body = call.SerializeAsString()] { return body; };
    return RunLoad(load);
  }
  if (question == "count") {
    request::v1::CountRequestsRequest call;
    call.set_parent(kParent);
    call.add_group_by(request::v1::COUNT_DIMENSION_STATE);
    load.path = kCountPath;
    load.make_request = [body = call.SerializeAsString()] { return body; };
    return RunLoad(load);
  }
  const auto listing = Listings().find(question);
  if (listing == Listings().end()) return absl::InvalidArgumentError(absl::StrCat("no question ", question));
  DOCKET_ASSIGN_OR_RETURN(const std::string token, TokenAt(listing->second, corpus, options));
  request::v1::ListRequestsRequest call;
  call.set_parent(kParent);
  call.set_filter(listing->second.filter);
  call.set_order_by(listing->second.order_by);
  call.set_page_size(kPageSize);
  call.set_page_token(token);
  load.make_request = [body = call.SerializeAsString()] { return body; };
  return RunLoad(load);
}

absl::StatusOr<LoadResult> AskTables(const std::string& question, int64_t corpus, const QuestionOptions& options) {
  const RawLoadOptions load{.socket = options.socket,
                            .database = "docket_request",
                            .threads = options.in_flight,
                            .duration = options.duration};
  std::atomic<int64_t> next{1};
  if (question == "get") {
    const std::string sql =
        absl::StrCat("SELECT ", kColumns, " FROM request WHERE organization_id = ? AND request_id = ?");
    return RunRawLoad(load, [&](mysql::Connection& connection) -> absl::Status {
      DOCKET_ASSIGN_OR_RETURN(
          const auto rows, connection.Query(sql, {kCorpusOrganization, CorpusId(Scatter(next.fetch_add(1), corpus))}));
      return ReadTargets(connection, rows);
    });
  }
  if (const auto words = Searches().find(question); words != Searches().end()) {
    DOCKET_ASSIGN_OR_RETURN(const request::SearchQuery query, request::SearchQuery::Parse(words->second));
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> numbers, NumbersFound(query, options));
    const std::string newest = request::StoredPostings::NewestStatement(query.driving_terms().size());
    mysql::Params terms;
    for (const std::string& term : query.driving_terms()) {
      for (mysql::Value value : {mysql::Value(kCorpusOrganization), mysql::Value(term),
                                 mysql::Value(std::numeric_limits<int64_t>::max()), mysql::Value(kPostingsRead)}) {
        terms.push_back(std::move(value));
      }
    }
    const std::string sql =
        absl::StrCat("SELECT ", kColumns, " FROM request WHERE organization_id = ? AND request_number IN (",
                     absl::StrJoin(std::vector<std::string>(numbers.size(), "?"), ","), ")");
    mysql::Params params = {kCorpusOrganization};
    params.insert(params.end(), numbers.begin(), numbers.end());
    return RunRawLoad(load, [&](mysql::Connection& connection) -> absl::Status {
      DOCKET_RETURN_IF_ERROR(connection.Query(newest, terms).status());
      DOCKET_ASSIGN_OR_RETURN(const auto rows, connection.Query(sql, params));
      return ReadTargets(connection, rows);
    });
  }
  if (question == "count") {
    RawLoadOptions count = load;
    count.threads = kThreadsOfLongStatements;
    count.to_the_end = true;
    return RunRawLoad(count, [&](mysql::Connection& connection) {
      return connection
          .Query("SELECT state, COUNT(*) FROM request WHERE organization_id = ? AND submit_time_us > 0 GROUP BY state",
                 {kCorpusOrganization})
          .status();
    });
  }
  const auto listing = Listings().find(question);
  if (listing == Listings().end()) return absl::InvalidArgumentError(absl::StrCat("no question ", question));
  const bool deep = listing->second.depth > 0;
  const std::string sql = absl::StrCat(
      "SELECT ", kColumns, " FROM ", listing->second.from, " WHERE organization_id = ? ", listing->second.where,
      deep ? " AND request_id < ?" : "", " ORDER BY ", listing->second.order, " LIMIT ", kPageSize + 1);
  mysql::Params params = {kCorpusOrganization};
  if (deep) params.push_back(CorpusId(static_cast<int64_t>(static_cast<double>(corpus) * listing->second.depth)));
  return RunRawLoad(load, [&](mysql::Connection& connection) -> absl::Status {
    DOCKET_ASSIGN_OR_RETURN(const auto rows, connection.Query(sql, params));
    return ReadTargets(connection, rows);
  });
}

}  // namespace docket::bench

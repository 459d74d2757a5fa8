// What pages of lists and searches cost the server, in rows read. It must not grow with the number of requests nor with
// the depth of the page: the same questions are asked of an organisation and of one four times as large.
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/listing/key_walk.h"
#include "common/mysql/transaction.h"
#include "common/page_token/page_token.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/request_filter_service.h"
#include "services/request/request_list_service.h"
#include "services/request/request_list_store.h"
#include "services/request/request_search_store.h"
#include "services/request/request_search_worker.h"
#include "services/request/request_store.h"
#include "services/request/testing/rows_read.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using tests::IsOk;

constexpr char kCaller[] = "organizations/yunqi/people/sun-yu";
constexpr int kSmall = 1500;
constexpr int kLarge = 4 * kSmall;
constexpr int kPageSize = 20;

absl::Time Deadline() { return absl::Now() + absl::Seconds(60); }

// Two organisations of the same kind, one larger than the other, in one database.
class RequestReadCostTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new MigratedDatabase();
    Fill("small", kSmall);
    Fill("large", kLarge);
    SearchIndexer indexer(database_->pool());
    while (true) {
      const auto indexed = indexer.RunOnce(Deadline());
      ASSERT_THAT(indexed, IsOk());
      if (*indexed == 0) break;
    }
    ASSERT_THAT(database_->pool().Query(Deadline(), "ANALYZE TABLE request, request_target, search_posting"), IsOk());
  }
  static void TearDownTestSuite() {
    delete database_;
    database_ = nullptr;
  }

  static void Fill(const std::string& organization, int count) {
    FakeClock clock{absl::FromUnixSeconds(1790000000)};
    UuidGenerator uuids{clock};
    RequestStore store(database_->pool());
    for (int first = 0; first < count; first += 500) {
      std::vector<Request> requests;
      for (int i = first; i < first + 500; ++i) {
        clock.Advance(absl::Seconds(1));
        Request request;
        request.organization_id = organization;
        request.id = uuids.Next();
        request.number = absl::StrFormat("REQ-2026-%06d", i + 1);
        request.form.title = absl::StrCat("门禁管理软件升级第", i, "批");
        request.form.need = i % 50 == 0 ? "支持访客二维码" : "缴费记录导出";
        // The same few in either: the oldest, as far from a first page as can be.
        request.form.problem = i < 5 ? "漏检事项 orphaned" : "手工统计";
        request.form.kind = ChangeKind::kNormal;
        request.form.source = i % 2 == 0 ? Source::kForm : Source::kVendorNotice;
        request.form.urgency = request.form.impact = request.priority = static_cast<Level>(1 + i % 4);
        request.form.necessity_ground = NecessityGround::kBusinessNeed;
        request.state = i < 7 ? RequestState::kAccepted : RequestState::kClosed;
        request.requester = absl::StrCat("organizations/", organization, "/people/p", i % 20);
        request.department_id = "it";
        request.held = i < 4;
        request.create_time = request.update_time = clock.Now();
        request.submit_time = request.create_time;
        request.revision = 1;
        request.form.targets = {{.system_id = i < 3 ? "rare" : "common", .from_version = "1", .to_version = "2"},
                                {.system_id = "common", .component = "c", .from_version = "1", .to_version = "2"}};
        requests.push_back(request);
      }
      std::vector<const Request*> pointers;
      for (const Request& request : requests) pointers.push_back(&request);
      ASSERT_THAT(mysql::RunInTransaction(database_->pool(), Deadline(),
                                          [&](mysql::Transaction& tx) { return store.Insert(tx, pointers); }),
                  IsOk());
    }
  }

  // How many rows `ask` has the server read.
  template <typename Ask>
  static int64_t CostOf(Ask ask) {
    return RowsReadFor(database_->pool(), ask);
  }

  struct Cost {
    int64_t first_page = 0;
    // Of a page in the middle of the list, where it has one.
    int64_t deep_page = 0;
    size_t found = 0;
  };

  static v1::ListRequestsRequest Listing(const std::string& organization, const std::string& filter,
                                         const std::string& order) {
    v1::ListRequestsRequest call;
    call.set_parent(absl::StrCat("organizations/", organization));
    call.set_filter(absl::StrReplaceAll(filter, {{"@", call.parent()}}));
    call.set_order_by(order);
    call.set_page_size(kPageSize);
    return call;
  }

  // `@` in the filter is the organisation's name.
  static Cost ListCost(const std::string& organization, const std::string& filter, const std::string& order) {
    const PageTokenCodec codec = *PageTokenCodec::Create(std::string(32, 'k'));
    RequestFilters filters;
    RequestStore store(database_->pool());
    v1::ListRequestsRequest call = Listing(organization, filter, order);
    Cost cost;
    const int total = organization == "small" ? kSmall : kLarge;
    std::string token;
    // Half of the list, in pages of a thousand, then one more of the size that is measured.
    for (int depth = 0; depth <= total / 2; depth += 1000) {
      const auto measured = RequestPage::Read(call, kCaller, codec, filters);
      EXPECT_THAT(measured, IsOk());
      const int64_t rows = CostOf([&] {
        auto found = RequestListStore(store).Page(Deadline(), measured->query());
        EXPECT_THAT(found, IsOk());
        if (depth == 0) cost.found = found->requests.size();
      });
      (depth == 0 ? cost.first_page : cost.deep_page) = rows;
      v1::ListRequestsRequest skip = call;
      skip.set_page_size(1000);
      const auto page = RequestPage::Read(skip, kCaller, codec, filters);
      auto found = RequestListStore(store).Page(Deadline(), page->query());
      EXPECT_THAT(found, IsOk());
      call.set_page_token(page->Trim(*found, codec));
      if (call.page_token().empty()) break;
    }
    return cost;
  }

  static Cost SearchCost(const std::string& organization, const std::string& query, const std::string& filter) {
    RequestStore store(database_->pool());
    RequestSearch search{.organization_id = organization,
                         .query = *SearchQuery::Parse(query),
                         .filter = *filter::Translate(filter, RequestFilter(organization)),
                         .page_size = kPageSize};
    Cost cost;
    cost.first_page = CostOf([&] {
      const auto found = FindRequests(database_->pool(), store, Deadline(), search);
      EXPECT_THAT(found, IsOk());
      cost.found = found->requests.size();
    });
    search.before =
        *DocumentNumberOf(absl::StrFormat("REQ-2026-%06d", (organization == "small" ? kSmall : kLarge) / 2));
    cost.deep_page = CostOf([&] { EXPECT_THAT(FindRequests(database_->pool(), store, Deadline(), search), IsOk()); });
    return cost;
  }

  static MigratedDatabase* database_;
};

MigratedDatabase* RequestReadCostTest::database_ = nullptr;

// What is read for a page of 20 that the walked index leads to directly: the requests, their targets, and windows.
constexpr int64_t kDirect = 400;
constexpr int64_t kWalked = 1000;
// Where a page is given up: of each request that it walked over the entry, the row, and what EXISTS looks at.
constexpr int64_t kAtMost = 6 * static_cast<int64_t>(kMaxWalkedAPage);

// Somebody's pipeline leaves nothing but drafts, newer than all requests.
class RequestDraftsCostTest : public RequestReadCostTest {
 protected:
  static constexpr size_t kDrafts = 8 * kMaxWalkedAPage;

  static void SetUpTestSuite() {
    database_ = new MigratedDatabase();
    Fill("yunqi", kSmall);
    FakeClock clock{absl::FromUnixSeconds(1800000000)};
    UuidGenerator uuids{clock};
    RequestStore store(database_->pool());
    for (size_t first = 0; first < kDrafts; first += 512) {
      std::vector<Request> drafts(512);
      std::vector<const Request*> pointers;
      for (Request& draft : drafts) {
        clock.Advance(absl::Milliseconds(1));
        draft.organization_id = "yunqi";
        draft.id = uuids.Next();
        draft.form.kind = ChangeKind::kNormal;
        draft.priority = Level::kHigh;
        draft.state = RequestState::kDraft;
        draft.requester = "services/pipeline";
        draft.department_id = "it";
        draft.create_time = draft.update_time = clock.Now();
        draft.revision = 1;
        pointers.push_back(&draft);
      }
      ASSERT_THAT(mysql::RunInTransaction(database_->pool(), Deadline(),
                                          [&](mysql::Transaction& tx) { return store.Insert(tx, pointers); }),
                  IsOk());
    }
    ASSERT_THAT(database_->pool().Query(Deadline(), "ANALYZE TABLE request"), IsOk());
  }
};

TEST_F(RequestDraftsCostTest, NoPageWalksOverAllDraftsOfOthersAndNoneIsMissed) {
  const PageTokenCodec codec = *PageTokenCodec::Create(std::string(32, 'k'));
  RequestFilters filters;
  RequestStore store(database_->pool());
  for (const auto& [filter, order, expected] :
       std::vector<std::tuple<std::string, std::string, int>>{{"", "", kSmall},
                                                              {"", "create_time", kSmall},
                                                              {"", "number desc", kSmall},
                                                              {"", "priority desc", kSmall},
                                                              {"priority = HIGH", "", kSmall / 4},
                                                              {"department = \"@/departments/it\"", "", kSmall},
                                                              {"state = DRAFT", "", 0}}) {
    SCOPED_TRACE(absl::StrCat(filter, " ", order));
    v1::ListRequestsRequest call = Listing("yunqi", filter, order);
    call.set_page_size(500);
    int found = 0, pages = 0;
    do {
      const auto page = RequestPage::Read(call, kCaller, codec, filters);
      ASSERT_THAT(page, IsOk());
      absl::StatusOr<ListedRequests> listed;
      EXPECT_LE(CostOf([&] { listed = RequestListStore(store).Page(Deadline(), page->query()); }), kAtMost);
      ASSERT_THAT(listed, IsOk());
      call.set_page_token(page->Trim(*listed, codec));
      found += static_cast<int>(listed->requests.size());
    } while (!call.page_token().empty() && ++pages < 20);
    EXPECT_EQ(found, expected);
  }
}

TEST_F(RequestReadCostTest, PlainListsInEveryOrder) {
  for (const char* order :
       {"", "create_time", "submit_time desc", "submit_time", "number desc", "number", "priority desc", "priority"}) {
    const Cost small = ListCost("small", "", order), large = ListCost("large", "", order);
    EXPECT_EQ(large.found, size_t{kPageSize} + 1) << order;
    EXPECT_LE(large.first_page, small.first_page + 5) << order;
    EXPECT_LE(large.deep_page, small.first_page + 5) << order;
    EXPECT_LE(large.first_page, 150) << order;
  }
}

TEST_F(RequestReadCostTest, FiltersThatAnIndexServes) {
  const std::map<std::string, size_t> filters = {
      {"state = CLOSED", 21},
      {"state = ACCEPTED", 7},
      {"priority = CRITICAL", 21},
      {"department = \"@/departments/it\"", 21},
      {"department = \"@/departments/finance\"", 0},
      {"requester = \"@/people/p7\"", 21},
      {"system = \"@/systems/common\"", 21},
      {"system = \"@/systems/rare\"", 3},
      {"system = \"@/systems/nowhere\"", 0},
      {"system = \"@/systems/common\" AND priority = CRITICAL", 21},
      {"system = \"@/systems/common\" AND state = ACCEPTED", 7},
      {"priority = LOW AND system = \"@/systems/rare\" AND urgency = LOW", 1},
      {"number = REQ-2026-000003 AND system = \"@/systems/common\"", 1},
      {"state = ACCEPTED OR state = EVALUATING OR state = APPROVED", 7},
      {"state = ACCEPTED OR state = CLOSED", 21},
      {"system = \"@/systems/rare\" OR system = \"@/systems/nowhere\"", 3},
      {"system = \"@/systems/rare\" OR system = \"@/systems/common\"", 21},
      {"(state = ACCEPTED OR state = CLOSED) AND system = \"@/systems/rare\" AND priority = LOW OR priority = HIGH", 2},
      {"state = ACCEPTED orphaned", 5},
      {"缴费记录 system = \"@/systems/rare\"", 2},
      {"held = true", 4},
      {"held = true AND priority = LOW", 1},
      {"retrospective = true", 0},
      {"state = DRAFT", 0},
      {"relation = PARENT", 0},
      {"template = \"@/changeTemplates/a/versions/1\"", 0},
      {"related_request = \"@/requests/01900000-0000-7000-8000-000000000000\"", 0},
  };
  for (const auto& [filter, found] : filters) {
    const Cost small = ListCost("small", filter, ""), large = ListCost("large", filter, "");
    EXPECT_EQ(large.found, found) << filter;
    EXPECT_EQ(small.found, found) << filter;
    // Merged lists differ a little with where their rows lie.
    const int64_t alike = small.first_page + 10 + small.first_page / 10;
    EXPECT_LE(large.first_page, alike) << filter;
    EXPECT_LE(large.deep_page, alike) << filter;
    EXPECT_LE(large.first_page, kWalked) << filter;
  }
}

TEST_F(RequestReadCostTest, FiltersThatNoIndexServesAreWalkedInBoundedPages) {
  const std::map<std::string, size_t> filters = {
      {"source = FORM", 21},
      {"title:\"*第3批\"", kSmall <= 4096 ? 1 : 0},
      {"NOT system = \"@/systems/common\"", 0},
      {"system = \"@/systems/rare\" OR state = ACCEPTED", 7},
      {"访客二维码", 21},
      {"ORPHANED", 5},
      {"不在任何地方 OR nowhere", 0},
  };
  for (const auto& [filter, found] : filters) {
    const Cost small = ListCost("small", filter, "");
    EXPECT_EQ(small.found, found) << filter;
    for (const char* order : {"", "submit_time desc", "number", "priority desc"}) {
      const Cost large = ListCost("large", filter, order);
      EXPECT_LE(large.first_page, kAtMost) << filter << " " << order;
      EXPECT_LE(large.deep_page, kAtMost) << filter << " " << order;
    }
  }
}

// Each page may be short, and together they have everything, once.
TEST_F(RequestReadCostTest, ShortPagesMissNothing) {
  const PageTokenCodec codec = *PageTokenCodec::Create(std::string(32, 'k'));
  RequestFilters filters;
  RequestStore store(database_->pool());
  for (const char* order : {"", "create_time", "submit_time desc", "number", "priority desc", "priority"}) {
    for (const char* filter : {"ORPHANED OR 第99批", "state = ACCEPTED orphaned", "title:\"*第3批\" OR title:\"*99批\"",
                               "source = FORM AND title:\"*78批\"", "system = \"@/systems/common\" AND title:\"*99批\"",
                               "state = ACCEPTED AND system = \"@/systems/rare\"", "state = ACCEPTED OR state = DRAFT",
                               "(priority = LOW OR priority = HIGH) AND title:\"*98批\"",
                               "system = \"@/systems/rare\" OR system = \"@/systems/common\" AND title:\"*98批\""}) {
      v1::ListRequestsRequest call = Listing("large", filter, order);
      std::vector<std::string> numbers;
      int pages = 0;
      do {
        const auto page = RequestPage::Read(call, kCaller, codec, filters);
        ASSERT_THAT(page, IsOk());
        auto found = RequestListStore(store).Page(Deadline(), page->query());
        ASSERT_THAT(found, IsOk());
        call.set_page_token(page->Trim(*found, codec));
        EXPECT_LE(found->requests.size(), size_t{kPageSize});
        for (const Request& request : found->requests) numbers.push_back(request.number);
      } while (!call.page_token().empty() && ++pages < 100);
      const auto query = RequestPage::Read(Listing("large", filter, order), kCaller, codec, filters);
      mysql::Params params = {"large"};
      filter::AppendParams(query->query().filter, params);
      const auto expected = database_->pool().Query(
          Deadline(),
          absl::StrCat("SELECT request_number FROM request WHERE organization_id = ? AND ", query->query().filter.where,
                       " ORDER BY ", filter::OrderBySql(query->query().order)),
          params);
      ASSERT_THAT(expected, IsOk());
      std::vector<std::string> all;
      for (const mysql::Row& row : *expected) all.push_back(row.Text(0));
      EXPECT_EQ(numbers, all) << filter << " by " << order;
      EXPECT_FALSE(all.empty()) << filter;
    }
  }
}

TEST_F(RequestReadCostTest, Searches) {
  const std::map<std::pair<std::string, std::string>, size_t> searches = {
      {{"门禁", ""}, 20},
      {{"门", ""}, 20},
      {{"访客二维码", ""}, 20},
      {{"门禁管理 缴费记录", ""}, 20},
      {{"漏检事项", ""}, 5},
      {{"orph*", ""}, 5},
      {{"门禁 orphaned -访客", ""}, 4},
      {{"第3批", ""}, 1},
      {{"不在任何地方", ""}, 0},
      {{"漏检 二维码 缴费", ""}, 0},
      {{"漏检事项", "state = ACCEPTED AND priority = LOW"}, 2},
  };
  for (const auto& [search, found] : searches) {
    const Cost small = SearchCost("small", search.first, search.second);
    const Cost large = SearchCost("large", search.first, search.second);
    EXPECT_EQ(small.found, found) << search.first;
    EXPECT_EQ(large.found, found) << search.first;
    EXPECT_LE(large.first_page, small.first_page + 30) << search.first;
    EXPECT_LE(large.deep_page, small.first_page + 60) << search.first;
    EXPECT_LE(large.first_page, kDirect) << search.first;
  }
  // Where nearly every proposal is turned down by the filter, a page ends after so many.
  const Cost turned_down = SearchCost("large", "门禁", "state = ACCEPTED");
  EXPECT_LE(turned_down.first_page, 4 * static_cast<int64_t>(kMaxProposalsAPage));
}

TEST_F(RequestReadCostTest, ShortPagesOfASearchMissNothing) {
  RequestStore store(database_->pool());
  RequestSearch search{.organization_id = "large",
                       .query = *SearchQuery::Parse("门禁"),
                       .filter = *filter::Translate("state = ACCEPTED", RequestFilter("large")),
                       .page_size = 3};
  std::vector<std::string> numbers;
  int pages = 0;
  do {
    const auto page = FindRequests(database_->pool(), store, Deadline(), search);
    ASSERT_THAT(page, IsOk());
    EXPECT_LE(page->requests.size(), 3u);
    for (const Request& request : page->requests) numbers.push_back(request.number);
    search.before = page->next;
  } while (search.before > 0 && ++pages < 100);
  EXPECT_GT(pages, 3);
  EXPECT_THAT(numbers,
              ::testing::ElementsAre("REQ-2026-000007", "REQ-2026-000006", "REQ-2026-000005", "REQ-2026-000004",
                                     "REQ-2026-000003", "REQ-2026-000002", "REQ-2026-000001"));
}

}  // namespace
}  // namespace docket::request

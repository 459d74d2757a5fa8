#include "services/request/request_search_worker.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/transaction.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/request_search_store.h"
#include "services/request/request_store.h"
#include "services/request/search/search_queue_store.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;

class SearchIndexerTest : public ::testing::Test {
 protected:
  absl::Time Deadline() { return absl::Now() + absl::Seconds(30); }

  Request Submitted(const std::string& organization, int number, const std::string& title,
                    const std::string& need = "无") {
    Request request;
    request.organization_id = organization;
    request.id = uuids_.Next();
    request.number = absl::StrFormat("REQ-2026-%06d", number);
    request.form.title = title;
    request.form.need = need;
    request.state = RequestState::kSubmitted;
    request.create_time = request.update_time = clock_.Now();
    request.submit_time = clock_.Now();
    request.revision = 1;
    return request;
  }

  void Insert(const std::vector<Request>& requests) {
    std::vector<const Request*> pointers;
    for (const Request& request : requests) pointers.push_back(&request);
    ASSERT_THAT(mysql::RunInTransaction(database_.pool(), Deadline(),
                                        [&](mysql::Transaction& tx) { return store_.Insert(tx, pointers); }),
                IsOk());
  }

  int RunOnce() {
    const auto indexed = SearchIndexer(database_.pool()).RunOnce(Deadline());
    EXPECT_THAT(indexed, IsOk());
    return indexed.value_or(-1);
  }

  std::vector<std::string> Titles(const std::string& organization, const std::string& query) {
    const auto found = FindRequests(database_.pool(), store_, Deadline(),
                                    {.organization_id = organization,
                                     .query = *SearchQuery::Parse(query),
                                     .filter = {.where = "TRUE", .params = {}},
                                     .page_size = 1000});
    EXPECT_THAT(found, IsOk());
    std::vector<std::string> titles;
    for (const Request& request : found->requests) titles.push_back(request.form.title);
    return titles;
  }

  int64_t Count(const std::string& sql) {
    const auto rows = database_.pool().Query(Deadline(), sql);
    EXPECT_THAT(rows, IsOk());
    return rows->front().Int(0);
  }

  MigratedDatabase database_;
  FakeClock clock_{absl::FromUnixSeconds(1790000000)};
  UuidGenerator uuids_{clock_};
  RequestStore store_{database_.pool()};
};

TEST_F(SearchIndexerTest, EachOrganisationItsOwn) {
  Insert(
      {Submitted("yunqi", 1, "门禁升级"), Submitted("library", 1, "图书门禁"), Submitted("yunqi", 1025, "门禁改造")});
  EXPECT_THAT(Titles("yunqi", "门禁"), IsEmpty());
  EXPECT_EQ(RunOnce(), 3);
  EXPECT_EQ(RunOnce(), 0);
  EXPECT_THAT(Titles("yunqi", "门禁"), ElementsAre("门禁改造", "门禁升级"));
  EXPECT_THAT(Titles("library", "门禁"), ElementsAre("图书门禁"));
  EXPECT_THAT(Titles("nobody", "门禁"), IsEmpty());
  EXPECT_EQ(Count("SELECT COUNT(*) FROM request_search"), 0);
}

TEST_F(SearchIndexerTest, ABatchIsBoundedInRequestsAndRows) {
  std::vector<Request> many;
  for (int i = 1; i <= 300; ++i) many.push_back(Submitted("yunqi", i, absl::StrCat("第", i)));
  Insert(many);
  EXPECT_EQ(RunOnce(), 256);
  EXPECT_EQ(RunOnce(), 44);
  EXPECT_EQ(Titles("yunqi", "第").size(), 300u);
  // The largest forms that there can be, of different words.
  many.clear();
  for (int i = 1; i <= 40; ++i) {
    std::string need;
    for (int word = 0; need.size() < 14000; ++word) absl::StrAppend(&need, "x", i, "y", word, " ");
    many.push_back(Submitted("library", i, "大", need));
  }
  Insert(many);
  const int first = RunOnce();
  EXPECT_GT(first, 10);
  EXPECT_LT(first, 40);
  EXPECT_LE(Count("SELECT COUNT(*) FROM search_posting WHERE organization_id = 'library'"), 16384 + 1024);
  EXPECT_EQ(first + RunOnce() + RunOnce() + RunOnce(), 40);
  EXPECT_EQ(Titles("library", "x1y0").size(), 1u);
  EXPECT_EQ(Titles("library", "大").size(), 40u);
}

// Rows of the table from the time when it held the words itself, of drafts, and of requests without a proper number.
TEST_F(SearchIndexerTest, WhateverWaitsIsDealtWith) {
  Request draft = Submitted("yunqi", 1, "门禁草稿");
  draft.submit_time.reset();
  draft.number.clear();
  Request odd = Submitted("yunqi", 2, "门禁怪号");
  odd.number = "REQ-X";
  Request old = Submitted("yunqi", 3, "门禁旧行");
  Insert({draft, odd, old});
  for (const Request* request : {&draft, &odd, &old}) {
    ASSERT_THAT(database_.pool().Execute(Deadline(),
                                         "INSERT INTO request_search (organization_id, request_id, terms) VALUES (?, ?,"
                                         " 'abcdec1234') ON DUPLICATE KEY UPDATE terms = VALUES(terms)",
                                         {request->organization_id, request->id}),
                IsOk());
  }
  EXPECT_EQ(RunOnce(), 3);
  EXPECT_THAT(Titles("yunqi", "门禁"), ElementsAre("门禁旧行"));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM request_search"), 0);
}

TEST_F(SearchIndexerTest, AnEditIsFoundByItsNewWordsOnly) {
  Request request = Submitted("yunqi", 1, "停车收费");
  Insert({request});
  EXPECT_EQ(RunOnce(), 1);
  request.form.title = "充电桩";
  request.revision = 2;
  ASSERT_THAT(mysql::RunInTransaction(database_.pool(), Deadline(),
                                      [&](mysql::Transaction& tx) { return store_.SaveWithForm(tx, request, 1); }),
              IsOk());
  EXPECT_EQ(RunOnce(), 1);
  EXPECT_THAT(Titles("yunqi", "停车"), IsEmpty());
  EXPECT_THAT(Titles("yunqi", "充电"), ElementsAre("充电桩"));
}

// A transition moves no words.
TEST_F(SearchIndexerTest, TransitionsDoNotWait) {
  Request request = Submitted("yunqi", 1, "停车收费");
  Insert({request});
  EXPECT_EQ(RunOnce(), 1);
  request.state = RequestState::kEndorsed;
  request.revision = 2;
  ASSERT_THAT(mysql::RunInTransaction(database_.pool(), Deadline(),
                                      [&](mysql::Transaction& tx) { return store_.Save(tx, request, 1); }),
              IsOk());
  EXPECT_EQ(RunOnce(), 0);
}

TEST_F(SearchIndexerTest, DamageInOneOrganisationKeepsNoOtherBack) {
  Insert({Submitted("library", 1, "图书门禁"), Submitted("yunqi", 1, "门禁升级")});
  ASSERT_THAT(database_.pool().Execute(Deadline(),
                                       "INSERT INTO search_posting (organization_id, term, block, members) VALUES"
                                       " ('library', 'c门', ?, 'abc')",
                                       {BlockOf(*DocumentNumberOf("REQ-2026-000001"))}),
              IsOk());
  EXPECT_EQ(SearchIndexer(database_.pool()).RunOnce(Deadline()).status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Titles("yunqi", "门禁"), ElementsAre("门禁升级"));
  EXPECT_EQ(Count("SELECT COUNT(*) FROM request_search"), 1);
}

TEST_F(SearchIndexerTest, SeveralAtOnceLoseNothing) {
  constexpr int kIndexers = 3, kRequests = 600, kBatch = 20;
  std::atomic<bool> submitting{true};
  std::vector<std::thread> indexers;
  for (int t = 0; t < kIndexers; ++t) {
    indexers.emplace_back([&] {
      while (submitting) RunOnce();
    });
  }
  for (int first = 1; first <= kRequests; first += kBatch) {
    std::vector<Request> batch;
    for (int i = first; i < first + kBatch; ++i)
      batch.push_back(Submitted("yunqi", i, absl::StrCat("门禁第", i, "批")));
    Insert(batch);
  }
  submitting = false;
  for (std::thread& indexer : indexers) indexer.join();
  while (RunOnce() > 0) {
  }
  const std::vector<std::string> titles = Titles("yunqi", "门禁");
  EXPECT_EQ(std::set<std::string>(titles.begin(), titles.end()).size(), static_cast<size_t>(kRequests));
  EXPECT_EQ(titles.size(), static_cast<size_t>(kRequests));
}

}  // namespace
}  // namespace docket::request

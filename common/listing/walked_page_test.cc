#include "common/listing/walked_page.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket {
namespace {

using absl::StatusCode;
using filter::FilterValue;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

constexpr int kRows = 6000;

// 6000 books of one library and one of another, numbered in the order of their keys.
class WalkedPageTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new tests::TestDatabase();
    database_->Run({
        "CREATE TABLE book (organization_id VARBINARY(63) NOT NULL, book_id BINARY(16) NOT NULL, number INT NOT NULL,"
        " shelf INT NOT NULL, colour VARBINARY(20) NOT NULL, page_count INT NOT NULL,"
        " PRIMARY KEY (organization_id, book_id), KEY by_shelf (organization_id, shelf, book_id),"
        " KEY by_colour (organization_id, colour, book_id), KEY by_pages (organization_id, page_count, book_id))",
        "CREATE TABLE book_author (organization_id VARBINARY(63) NOT NULL, book_id BINARY(16) NOT NULL,"
        " position INT NOT NULL, author VARBINARY(20) NOT NULL, PRIMARY KEY (organization_id, book_id, position),"
        " KEY by_author (organization_id, author, book_id))",
        // The key ascends with the number. Shelf 1 has three books, far from either end; nearly all are as thick.
        absl::StrCat("INSERT INTO book SELECT 'a', UNHEX(LPAD(HEX(seq), 32, '0')), seq,"
                     " IF(seq IN (2500, 3000, 3500), 1, 2), IF(seq % 2 = 0, 'red', 'blue'), IF(seq % 100 = 0, 7, 300)"
                     " FROM seq_1_to_",
                     kRows),
        "INSERT INTO book SELECT 'b', book_id, number, 1, 'green', 1 FROM book WHERE number = 1",
        "INSERT INTO book_author SELECT organization_id, book_id, 0, IF(number IN (2999, 3001), 'rare', 'common')"
        " FROM book",
        "INSERT INTO book_author SELECT organization_id, book_id, 1, 'rare' FROM book WHERE number = 2999",
        "ANALYZE TABLE book, book_author",
    });
    pool_ = mysql::Pool::Create({.connection = database_->options()});
  }
  static void TearDownTestSuite() {
    pool_.reset();
    delete database_;
  }

  WalkedPageTest() {
    filters_.Int("shelf", {.sql = "shelf"})
        .String("colour", {.sql = "colour"})
        .Int("number", {.sql = "number"})
        .String("author", {.sql = "a.author",
                           .rows = "SELECT 1 FROM book_author AS a WHERE a.organization_id <=> book.organization_id"
                                   " AND a.book_id <=> book.book_id"});
    orders_.Uuid("age", {.sql = "book_id", .sortable = true})
        .Int("pages", {.sql = "page_count", .sortable = true})
        .Int("shelf", {.sql = "shelf", .sortable = true})
        .Int("number", {.sql = "number", .sortable = true})
        .Unique("age");
  }

  ListCall Call(absl::string_view filter, absl::string_view order_by, int size) {
    return {.method = "ListBooks", .parent = "p", .page_size = size, .filter = filter, .order_by = order_by};
  }

  struct Page {
    std::vector<int64_t> numbers;
    std::string next;
  };

  absl::StatusOr<Page> Read(const ListCall& call, bool narrowed = false) {
    auto page = ListPage::Read(call, filters_, orders_, "age", codec_);
    if (!page.ok()) return page.status();
    if (narrowed) page->Require("shelf", "shelf", int64_t{1});
    auto found = WalkPage(*pool_, absl::Now() + absl::Seconds(30), table_, "a", *page);
    if (!found.ok()) return found.status();
    Page read;
    read.next = page->Trim(
        *found, codec_,
        [](absl::string_view field, const mysql::Row& row) {
          if (field == "age") return FilterValue(row.Text(0));
          return FilterValue(row.Int(field == "number" ? 1 : field == "shelf" ? 2 : 3));
        },
        [](const mysql::Row&) { return size_t{1}; });
    for (const mysql::Row& row : found->rows) read.numbers.push_back(row.Int(1));
    return read;
  }

  // All pages, one after the other.
  std::vector<std::vector<int64_t>> Pages(ListCall call, bool narrowed = false) {
    std::vector<std::vector<int64_t>> pages;
    std::string token;
    do {
      call.page_token = token;
      const absl::StatusOr<Page> page = Read(call, narrowed);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      pages.push_back(page->numbers);
      token = page->next;
    } while (!token.empty() && pages.size() < 1000);
    return pages;
  }

  std::vector<int64_t> Expected(const std::string& condition, const std::string& order) {
    std::vector<int64_t> numbers;
    const auto rows = pool_->Query(
        absl::Now() + absl::Seconds(30),
        absl::StrCat("SELECT number FROM book WHERE organization_id = 'a' AND ", condition, " ORDER BY ", order));
    EXPECT_THAT(rows, IsOk());
    for (const mysql::Row& row : *rows) numbers.push_back(row.Int(0));
    return numbers;
  }

  static tests::TestDatabase* database_;
  static std::unique_ptr<mysql::Pool> pool_;
  const WalkedTable table_{
      .name = "book",
      .select = "SELECT book_id, number, shelf, page_count FROM book",
      .key = "book_id",
      .orders = {{"age", "PRIMARY"}, {"pages", "by_pages"}, {"shelf", "by_shelf"}},
      .values = {{.field = "shelf", .index = "by_shelf", .column = "shelf", .table = ""},
                 {.field = "colour", .index = "by_colour", .column = "colour", .table = ""},
                 {.field = "author", .index = "by_author", .column = "author", .table = "book_author"}}};
  filter::Schema filters_;
  filter::Schema orders_;
  PageTokenCodec codec_ = *PageTokenCodec::Create(std::string(32, 'k'));
};

tests::TestDatabase* WalkedPageTest::database_ = nullptr;
std::unique_ptr<mysql::Pool> WalkedPageTest::pool_;

TEST_F(WalkedPageTest, PagesHaveEverythingOnceAndInOrder) {
  constexpr char kByRare[] =
      "EXISTS (SELECT 1 FROM book_author AS a WHERE a.organization_id = 'a'"
      " AND a.book_id = book.book_id AND a.author = 'rare')";
  const std::vector<std::pair<std::string, std::string>> filters = {
      {"", "TRUE"},
      {"shelf = 1", "shelf = 1"},
      {"shelf = 2", "shelf = 2"},
      {"shelf = 3", "FALSE"},
      {"colour = red AND shelf = 1", "colour = 'red' AND shelf = 1"},
      {"shelf = 2 AND colour = blue AND number > 5000", "colour = 'blue' AND shelf = 2 AND number > 5000"},
      {"number = 4200", "number = 4200"},
      {"number < 10 OR number > 5990", "(number < 10 OR number > 5990)"},
      {"NOT shelf = 2", "shelf <> 2"},
      {"author = rare", kByRare},
      {"author = common AND author = rare", "FALSE"},
      {"author != common", "number IN (2999, 3001)"},
      {"shelf = 1 OR shelf = 3", "shelf = 1"},
      {"shelf = 2 OR shelf = 1", "TRUE"},
      {"shelf = 1 AND (shelf = 1 OR shelf = 2)", "shelf = 1"},
      {"(shelf = 1 OR shelf = 3) AND shelf = 2", "FALSE"},
      {"(shelf = 1 OR shelf = 2) AND colour = red OR colour = blue AND number > 2900 AND number < 3100",
       "number > 2900 AND number < 3100"},
      {"author = rare OR author = none", kByRare},
      {"author = rare OR author = common", "TRUE"},
  };
  const std::vector<std::pair<std::string, std::string>> orders = {
      {"", "book_id"},
      {"age desc", "book_id DESC"},
      {"pages", "page_count, book_id"},
      {"pages desc", "page_count DESC, book_id DESC"},
      {"shelf", "shelf, book_id"},
      {"shelf desc, age desc", "shelf DESC, book_id DESC"},
      // What follows the key decides nothing.
      {"age desc, pages", "book_id DESC"},
  };
  for (const auto& [filter, condition] : filters) {
    for (const auto& [order_by, order] : orders) {
      SCOPED_TRACE(absl::StrCat(filter, " by ", order_by));
      // Common ones in few pages, rare ones two at a time.
      const std::vector<int64_t> expected = Expected(condition, order);
      const int size = expected.size() > 50 ? 700 : 2;
      std::vector<int64_t> found;
      for (const std::vector<int64_t>& page : Pages(Call(filter, order_by, size))) {
        EXPECT_LE(page.size(), static_cast<size_t>(size));
        found.insert(found.end(), page.begin(), page.end());
      }
      EXPECT_EQ(found, expected);
    }
  }
}

TEST_F(WalkedPageTest, APageEndsAfterSoManyRowsAndTheNextGoesOn) {
  for (const char* order : {"age", "pages desc"}) {
    const std::vector<std::vector<int64_t>> pages = Pages(Call("number = 5901 OR number = 1", order, 10));
    ASSERT_THAT(pages, SizeIs(2)) << order;
    EXPECT_THAT(pages[0], SizeIs(1)) << order;
    EXPECT_THAT(pages[1], SizeIs(1)) << order;
  }
  // The last row that a page looks at is on it, the one after it is not.
  const int last = static_cast<int>(kMaxWalkedAPage);
  const std::string around = absl::StrCat("number >= ", last, " AND number <= ", last + 1);
  EXPECT_THAT(Pages(Call(around, "", 10)),
              ::testing::ElementsAre(::testing::ElementsAre(last), ::testing::ElementsAre(last + 1)));
  EXPECT_THAT(Pages(Call("number > 100000", "", 10)), ::testing::ElementsAre(IsEmpty(), IsEmpty()));
}

TEST_F(WalkedPageTest, AWalkThatTakesLongEndsInTimeAndTellsHowFarItGot) {
  const KeyWalk walk{.select = "SELECT book_id FROM book FORCE INDEX (PRIMARY) WHERE organization_id = ?",
                     .params = {"a"},
                     .order = {{.field = "age", .column = "book_id", .type = filter::FieldType::kUuid}},
                     .choices = {}};
  const absl::Time deadline = absl::Now() + absl::Seconds(1);
  const absl::StatusOr<KeyWindow> first = ReadWindow(*pool_, deadline, walk, {}, 64);
  ASSERT_THAT(first, IsOk());
  int windows = 0;
  const auto reached =
      WalkOn(*pool_, deadline, walk, *first, 64, [&](const std::vector<std::string>&) -> absl::StatusOr<bool> {
        ++windows;
        while (absl::Now() < deadline - absl::Milliseconds(450)) continue;
        return false;
      });
  ASSERT_THAT(reached, IsOk());
  EXPECT_EQ(windows, 1);
  EXPECT_EQ(*reached, first->last);
}

TEST_F(WalkedPageTest, ARareValueThatAnIndexServesIsFoundAtOnce) {
  for (const char* filter :
       {"shelf = 1", "shelf = 1 AND number > 0", "number > 0 AND colour = red AND shelf = 1", "author = rare",
        "author = rare AND shelf = 2", "shelf = 1 OR shelf = 3", "number > 0 AND author = rare OR author = none"}) {
    for (const char* order : {"", "age desc", "pages", "pages desc", "shelf desc"}) {
      const absl::StatusOr<Page> page = Read(Call(filter, order, 10));
      ASSERT_THAT(page, IsOk());
      EXPECT_GE(page->numbers.size(), 2u) << filter << " by " << order;
      EXPECT_EQ(page->next, "") << filter << " by " << order;
    }
  }
}

TEST_F(WalkedPageTest, WhatACallerMayNotSeeIsLeftOut) {
  const std::vector<std::pair<std::string, std::string>> filters = {{"", "TRUE"},
                                                                    {"colour = red", "TRUE"},
                                                                    {"number >= 3000", "number >= 3000"},
                                                                    {"number = 3000 OR number = 1", "number = 3000"}};
  for (const auto& [filter, condition] : filters) {
    for (const char* order : {"", "pages desc"}) {
      std::vector<int64_t> found;
      for (const std::vector<int64_t>& page : Pages(Call(filter, order, 1), true)) {
        found.insert(found.end(), page.begin(), page.end());
      }
      EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(Expected("shelf = 1 AND " + condition, "number")))
          << filter;
    }
  }
  EXPECT_THAT(Pages(Call("", "", 10), true), ::testing::ElementsAre(::testing::ElementsAre(2500, 3000, 3500)));
}

TEST_F(WalkedPageTest, OrdersThatNoIndexServesAreRefused) {
  for (const char* order : {"number", "pages, shelf", "pages, age desc", "pages desc, age", "shelf, pages, age"}) {
    EXPECT_THAT(Read(Call("", order, 10)), StatusIs(StatusCode::kInvalidArgument, HasSubstr("order_by"))) << order;
  }
  EXPECT_THAT(Read(Call("", "pages, age", 10)), IsOk());
}

TEST_F(WalkedPageTest, TheTokenOfAShortPageIsOfTheSameQuestion) {
  ListCall call = Call("number = 5900", "", 10);
  const absl::StatusOr<Page> page = Read(call);
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->numbers, IsEmpty());
  ASSERT_NE(page->next, "");
  call.page_token = page->next;
  EXPECT_THAT(Read(call)->numbers, ::testing::ElementsAre(5900));
  call.filter = "number = 5901";
  EXPECT_THAT(Read(call), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

}  // namespace
}  // namespace docket

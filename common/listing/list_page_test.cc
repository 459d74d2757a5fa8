#include "common/listing/list_page.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket {
namespace {

using absl::StatusCode;
using filter::FilterValue;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

struct Vendor {
  std::string id;
  std::string title;
};

FilterValue KeyOf(absl::string_view field, const Vendor& vendor) {
  return FilterValue(field == "title" ? vendor.title : vendor.id);
}

class ListPageTest : public ::testing::Test {
 protected:
  ListPageTest() {
    schema_.String("name", {.sql = "vendor_id", .sortable = true})
        .String("title", {.sql = "title", .sortable = true})
        .Unique("name");
  }

  absl::StatusOr<ListPage> Read(const ListCall& call) { return ListPage::Read(call, schema_, "name", codec_); }

  filter::Schema schema_;
  PageTokenCodec codec_ = *PageTokenCodec::Create(std::string(32, 'k'));
};

TEST_F(ListPageTest, IsTheEndOfAStatement) {
  const absl::StatusOr<ListPage> page = Read(
      {.method = "ListVendors", .parent = "p", .page_size = 2, .filter = "title = \"甲\"", .order_by = "title desc"});
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->sql(), "title = ? AND TRUE ORDER BY title DESC, vendor_id DESC LIMIT ?");
  std::vector<std::variant<std::monostate, int64_t, std::string>> params;
  page->AppendParams(params);
  EXPECT_THAT(params, ElementsAre(std::string("甲"), int64_t{3}));
}

TEST_F(ListPageTest, GoesOnBehindTheLastRow) {
  const ListCall first{.method = "ListVendors", .parent = "p", .page_size = 2, .order_by = "title"};
  const absl::StatusOr<ListPage> page = Read(first);
  ASSERT_THAT(page, IsOk());
  std::vector<Vendor> rows = {{"a", "一"}, {"b", "一"}, {"c", "一"}};
  const std::string token = page->Trim(rows, codec_, KeyOf);
  EXPECT_EQ(rows.size(), 2u);
  ASSERT_NE(token, "");

  ListCall second = first;
  second.page_token = token;
  const absl::StatusOr<ListPage> next = Read(second);
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(next->sql(), HasSubstr("(title >= ? AND (title > ? OR vendor_id > ?))"));
  rows = {{"c", "一"}};
  EXPECT_EQ(next->Trim(rows, codec_, KeyOf), "");

  // The token is of this very question.
  for (const auto& change : std::vector<void (*)(ListCall&)>{
           [](ListCall& call) { call.method = "ListPeople"; }, [](ListCall& call) { call.parent = "q"; },
           [](ListCall& call) { call.filter = "title = x"; }, [](ListCall& call) { call.order_by = "title desc"; },
           [](ListCall& call) { call.scope = "someone"; }}) {
    ListCall other = second;
    change(other);
    EXPECT_THAT(Read(other), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  }
  // Only the size of the page may change.
  second.page_size = 7;
  EXPECT_THAT(Read(second), IsOk());
}

TEST_F(ListPageTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(Read({.page_size = -1}), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Read({.order_by = "email"}), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Read({.filter = "email = x"}), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(Read({.page_token = "x"}), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(ListPageTest, NothingIsOrderedByAfterTheUniqueField) {
  const absl::StatusOr<ListPage> page =
      Read({.method = "ListVendors", .parent = "p", .page_size = 1, .order_by = "name desc, title"});
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->sql(), HasSubstr("ORDER BY vendor_id DESC LIMIT ?"));
  std::vector<Vendor> rows = {{"b", "一"}, {"a", "一"}};
  const std::string token = page->Trim(rows, codec_, KeyOf);
  const absl::StatusOr<ListPage> next = Read(
      {.method = "ListVendors", .parent = "p", .page_size = 1, .page_token = token, .order_by = "name desc, title"});
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(next->after(), ElementsAre(FilterValue(std::string("b"))));
}

TEST_F(ListPageTest, NarrowsWhateverTheFilterIs) {
  for (const auto& [filter, where] : std::vector<std::pair<std::string, std::string>>{
           {"", "vendor_id = ? AND TRUE ORDER"},
           {"title = a", "vendor_id = ? AND title = ? AND TRUE ORDER"},
           {"title = a OR title = b", "vendor_id = ? AND (title = ? OR title = ?) AND TRUE ORDER"}}) {
    absl::StatusOr<ListPage> page = Read({.method = "ListVendors", .parent = "p", .page_size = 1, .filter = filter});
    ASSERT_THAT(page, IsOk());
    page->Require("name", "vendor_id", std::string("mine"));
    EXPECT_THAT(page->sql(), HasSubstr(where));
    EXPECT_EQ(page->filter().params.front(), FilterValue(std::string("mine")));
    EXPECT_EQ(page->equalities().all.back().field, "name");
    EXPECT_EQ(page->equalities().alone, filter.empty());
  }
}

TEST_F(ListPageTest, AShortPageGoesOnFromWhereItsReadingEnded) {
  const ListCall call{.method = "ListVendors", .parent = "p", .page_size = 2};
  const absl::StatusOr<ListPage> page = Read(call);
  ASSERT_THAT(page, IsOk());
  const auto next_after = [&](Listed<Vendor> found) {
    ListCall next = call;
    const std::string token = page->Trim(found, codec_, KeyOf);
    next.page_token = token;
    return Read(next)->after();
  };
  const FilterValue m(std::string("m")), b(std::string("b"));
  EXPECT_THAT(next_after({.rows = {{"a", ""}}, .reached = {m}}), ElementsAre(m));
  EXPECT_THAT(next_after({.rows = {}, .reached = {m}}), ElementsAre(m));
  // What was found beyond the page is not passed over.
  EXPECT_THAT(next_after({.rows = {{"a", ""}, {"b", ""}, {"c", ""}}, .reached = {m}}), ElementsAre(b));
  EXPECT_THAT(next_after({.rows = {{"a", ""}}, .reached = {}}), ElementsAre());
}

TEST_F(ListPageTest, PutsMoreThanAColumnInAStandInsPlace) {
  schema_.String("target", {.sql = "any_target"});
  absl::StatusOr<ListPage> page = Read({.filter = "target = x OR target != y"});
  ASSERT_THAT(page, IsOk());
  page->ReplaceInFilter("any_target = ?", "EXISTS (SELECT ?)");
  page->ReplaceInFilter("any_target <> ?", "NOT EXISTS (SELECT ?)");
  EXPECT_THAT(page->sql(), HasSubstr("(EXISTS (SELECT ?) OR NOT EXISTS (SELECT ?)) AND TRUE"));
}

TEST_F(ListPageTest, EndsEarlyWhereRowsAreLarge) {
  const absl::StatusOr<ListPage> page = Read({.method = "ListVendors", .parent = "p", .page_size = 4});
  ASSERT_THAT(page, IsOk());
  const auto size_of = [](const Vendor& vendor) { return vendor.title.size(); };
  const std::string large(kMaxPageBytes / 2, 'x');
  std::vector<Vendor> rows = {{"a", large}, {"b", large}, {"c", ""}, {"d", ""}};
  EXPECT_NE(page->Trim(rows, codec_, KeyOf, size_of), "");
  EXPECT_EQ(rows.size(), 2u);
  // What exceeds a page alone is one.
  rows = {{"a", large + large + large}, {"b", ""}};
  EXPECT_NE(page->Trim(rows, codec_, KeyOf, size_of), "");
  EXPECT_EQ(rows.size(), 1u);
  rows = {{"a", large}, {"b", large}};
  EXPECT_EQ(page->Trim(rows, codec_, KeyOf, size_of), "");
  EXPECT_EQ(rows.size(), 2u);
}

}  // namespace
}  // namespace docket

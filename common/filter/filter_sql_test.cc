// The SQL of filters and orders on a real server, against plain C++ over the same rows: what a filter selects, that its
// logic is two-valued where columns are NULL, and that paging visits every row once.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/filter/order_by.h"
#include "common/filter/translate.h"
#include "common/mysql/connection.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"

namespace docket::filter {
namespace {

struct Item {
  int64_t id = 0;
  int64_t number = 0;
  std::string text;
  std::optional<int64_t> maybe_number;
  std::optional<std::string> maybe_text;
  // Rows of the child table.
  std::vector<int64_t> marks;
};

const std::vector<std::string>& Texts() {
  static const auto* const kTexts = new std::vector<std::string>{
      "", "a", "A", "ab", "abc", "b%", "b_", "50%_!\\", "!", "it's \"x\"", "门禁", "门禁管理软件", "x门禁"};
  return *kTexts;
}

Schema ItemSchema() {
  return Schema()
      .Int("id", {.sql = "i.id", .sortable = true})
      .Int("number", {.sql = "i.number", .sortable = true})
      .String("text", {.sql = "i.text", .sortable = true, .operators = kTakesEquality | kTakesHas})
      .Int("maybe_number", {.sql = "i.maybe_number", .nullable = true})
      .String("maybe_text", {.sql = "i.maybe_text", .nullable = true})
      .Int("mark", {.sql = "m.mark", .rows = "SELECT 1 FROM mark AS m WHERE m.item_id = i.id"})
      .Unique("id");
}

// A filter's text and what it means.
struct Sample {
  std::string filter;
  std::function<bool(const Item&)> matches;
};

// Makes filters of random shape, each with its meaning. The same every run.
class Sampler {
 public:
  Sample Expression(int depth) {
    const bool leaf = depth == 0 || Below(3) == 0;
    if (leaf) return Restriction();
    switch (Below(3)) {
      case 0: {
        const Sample inner = Expression(depth - 1);
        return {absl::StrCat(Below(2) == 0 ? "NOT (" : "-(", inner.filter, ")"),
                [inner](const Item& i) { return !inner.matches(i); }};
      }
      case 1: {
        const Sample a = Expression(depth - 1);
        const Sample b = Expression(depth - 1);
        return {absl::StrCat("(", a.filter, ")", Below(2) == 0 ? " AND " : " ", "(", b.filter, ")"),
                [a, b](const Item& i) { return a.matches(i) && b.matches(i); }};
      }
      default: {
        // Without parentheses of its own: OR binds tighter than what stands around it.
        const Sample a = Restriction();
        const Sample b = Restriction();
        const Sample c = Restriction();
        return {absl::StrCat(a.filter, " AND ", b.filter, " OR ", c.filter),
                [a, b, c](const Item& i) { return a.matches(i) && (b.matches(i) || c.matches(i)); }};
      }
    }
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }

  Sample Restriction() {
    switch (Below(8)) {
      case 6:
        return Mark();
      case 7:
        return {"mark:*", [](const Item& i) { return !i.marks.empty(); }};
      case 0:
        return Number("number", [](const Item& i) { return std::optional<int64_t>(i.number); });
      case 1:
        return Number("maybe_number", [](const Item& i) { return i.maybe_number; });
      case 2:
        return Text("text", [](const Item& i) { return std::optional<std::string>(i.text); });
      case 3:
        return Text("maybe_text", [](const Item& i) { return i.maybe_text; });
      case 4:
        return {"maybe_number:*", [](const Item& i) { return i.maybe_number.has_value(); }};
      default:
        return {"maybe_text:*", [](const Item& i) { return i.maybe_text.has_value() && !i.maybe_text->empty(); }};
    }
  }

  Sample Number(const std::string& field, std::function<std::optional<int64_t>(const Item&)> get) {
    const int64_t value = static_cast<int64_t>(Below(5)) - 2;
    const char* kComparators[] = {"=", "!=", "<", "<=", ">", ">="};
    const size_t c = Below(6);
    return {absl::StrCat(field, " ", kComparators[c], " ", value), [=](const Item& i) {
              const std::optional<int64_t> v = get(i);
              if (!v.has_value()) return c == 1;
              const bool results[] = {*v == value, *v != value, *v<value, *v <= value, *v> value, *v >= value};
              return results[c];
            }};
  }

  Sample Mark() {
    const int64_t value = static_cast<int64_t>(Below(4));
    const auto any = [](std::function<bool(int64_t)> test) {
      return [test](const Item& i) { return std::any_of(i.marks.begin(), i.marks.end(), test); };
    };
    switch (Below(3)) {
      case 0:
        return {absl::StrCat("mark = ", value), any([=](int64_t mark) { return mark == value; })};
      case 1:
        return {absl::StrCat("mark != ", value),
                [=, is = any([=](int64_t mark) { return mark == value; })](const Item& i) { return !is(i); }};
      default:
        return {absl::StrCat("mark >= ", value), any([=](int64_t mark) { return mark >= value; })};
    }
  }

  Sample Text(const std::string& field, std::function<std::optional<std::string>(const Item&)> get) {
    const std::string text = Texts()[Below(Texts().size())];
    std::string quoted = absl::StrCat("\"", text, "\"");
    for (size_t at = 1; at + 1 < quoted.size(); ++at) {
      if (quoted[at] == '"' || quoted[at] == '\\') quoted.insert(at++, "\\");
    }
    const size_t c = Below(6);
    const auto is = [=](std::function<bool(const std::string&)> test, bool when_null) {
      return [=](const Item& i) { return get(i).has_value() ? test(*get(i)) : when_null; };
    };
    if (c == 1) return {absl::StrCat(field, " != ", quoted), is([=](const std::string& v) { return v != text; }, true)};
    if (c == 0 || text.empty())
      return {absl::StrCat(field, " = ", quoted), is([=](const std::string& v) { return v == text; }, false)};
    const std::string inner = quoted.substr(1, quoted.size() - 2);
    if (c == 2)
      return {absl::StrCat(field, ":\"", inner, "*\""),
              is([=](const std::string& v) { return absl::StartsWith(v, text); }, false)};
    if (c == 3)
      return {absl::StrCat(field, ":\"*", inner, "\""),
              is([=](const std::string& v) { return absl::EndsWith(v, text); }, false)};
    return {absl::StrCat(field, c == 4 ? ":\"" : ":\"*", inner, c == 4 ? "\"" : "*\""),
            is([=](const std::string& v) { return absl::StrContains(v, text); }, false)};
  }

  std::mt19937_64 random_{42};
};

class FilterSqlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_.Run(
        {"CREATE TABLE item (id BIGINT PRIMARY KEY, number BIGINT NOT NULL, text VARCHAR(100) NOT NULL, "
         "maybe_number BIGINT NULL, maybe_text VARCHAR(100) NULL) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"});
    database_.Run({"CREATE TABLE mark (item_id BIGINT, mark BIGINT, PRIMARY KEY (item_id, mark))"});
    connection_ = database_.Connect();
    std::mt19937_64 random(7);
    for (int64_t id = 1; id <= 120; ++id) {
      Item item{.id = id, .number = static_cast<int64_t>(random() % 5) - 2, .text = Texts()[random() % Texts().size()]};
      if (random() % 3 != 0) item.maybe_number = static_cast<int64_t>(random() % 5) - 2;
      if (random() % 3 != 0) item.maybe_text = Texts()[random() % Texts().size()];
      const auto inserted =
          connection_->Execute("INSERT INTO item (id, number, text, maybe_number, maybe_text) VALUES (?, ?, ?, ?, ?)",
                               {item.id, item.number, item.text, item.maybe_number, item.maybe_text});
      ASSERT_TRUE(inserted.ok()) << inserted.status();
      for (int64_t mark = 0; mark < 4; ++mark) {
        if (random() % 4 != 0) continue;
        item.marks.push_back(mark);
        ASSERT_TRUE(connection_->Execute("INSERT INTO mark (item_id, mark) VALUES (?, ?)", {item.id, mark}).ok());
      }
      items_.push_back(std::move(item));
    }
  }

  tests::TestDatabase database_;
  std::unique_ptr<mysql::Connection> connection_;
  std::vector<Item> items_;
};

TEST_F(FilterSqlTest, SelectsWhatTheFilterMeans) {
  const Schema schema = ItemSchema();
  Sampler sampler;
  int selective = 0;
  for (int run = 0; run < 500; ++run) {
    const Sample sample = sampler.Expression(3);
    const auto condition = Translate(sample.filter, schema);
    ASSERT_TRUE(condition.ok()) << sample.filter << "\n" << condition.status();
    std::vector<mysql::Value> params;
    AppendParams(*condition, params);
    const auto rows = connection_->Query(
        absl::StrCat("SELECT i.id FROM item AS i WHERE ", condition->where, " ORDER BY i.id"), params);
    ASSERT_TRUE(rows.ok()) << rows.status() << "\n" << condition->where;
    std::vector<int64_t> got;
    for (const mysql::Row& row : *rows) got.push_back(row.Int(0));
    std::vector<int64_t> want;
    for (const Item& item : items_) {
      if (sample.matches(item)) want.push_back(item.id);
    }
    EXPECT_EQ(got, want) << sample.filter << "\n" << condition->where;
    if (!want.empty() && want.size() < items_.size()) ++selective;
  }
  EXPECT_GT(selective, 300) << "most filters have to tell rows apart, or the test shows little";
}

TEST_F(FilterSqlTest, PagingVisitsEveryRowOnceInOrder) {
  const Schema schema = ItemSchema();
  for (const char* order_by :
       {"", "id desc", "number", "number desc", "number, text", "number desc, text", "number, text desc",
        "number desc, text desc", "text desc, number, id desc", "text, id desc"}) {
    const auto order = ParseOrderBy(order_by, schema);
    ASSERT_TRUE(order.ok()) << order.status();
    const std::string select = "SELECT i.id, i.number, i.text FROM item AS i";
    const auto all = connection_->Query(absl::StrCat(select, " ORDER BY ", OrderBySql(*order)));
    ASSERT_TRUE(all.ok()) << all.status();
    std::vector<int64_t> want;
    for (const mysql::Row& row : *all) want.push_back(row.Int(0));
    ASSERT_EQ(want.size(), items_.size());

    std::vector<int64_t> got;
    std::vector<FilterValue> key;
    while (got.size() <= want.size()) {
      const Condition after = After(*order, key);
      std::vector<mysql::Value> params;
      AppendParams(after, params);
      const auto page = connection_->Query(
          absl::StrCat(select, " WHERE ", after.where, " ORDER BY ", OrderBySql(*order), " LIMIT 7"), params);
      ASSERT_TRUE(page.ok()) << page.status() << "\n" << after.where;
      if (page->empty()) break;
      for (const mysql::Row& row : *page) got.push_back(row.Int(0));
      // The last row's key makes the way through a page token.
      key.clear();
      for (const OrderTerm& term : *order) {
        if (term.field == "text") {
          key.emplace_back(page->back().Text(2));
        } else {
          key.emplace_back(page->back().Int(term.field == "id" ? 0 : 1));
        }
      }
      const auto decoded = DecodeKey(EncodeKey(key), *order);
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      key = *decoded;
    }
    EXPECT_EQ(got, want) << order_by;
  }
}

}  // namespace
}  // namespace docket::filter

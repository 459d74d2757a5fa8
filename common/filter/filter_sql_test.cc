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

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/filter/order_by.h"
#include "common/filter/translate.h"
#include "common/log/utf8.h"
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
  static const auto* const kTexts =
      new std::vector<std::string>{"",  "a",          "A",    "ab",           "abc",   "b%",     "b_",   "50%_!\\",
                                   "!", "it's \"x\"", "门禁", "门禁管理软件", "x门禁", "Ａｂ％", "AB 😀", "😁"};
  return *kTexts;
}

// A letter of ASCII in either case or in full width, and any other character alone, as words fold them.
std::string Folded(absl::string_view text) {
  std::string folded;
  while (!text.empty()) {
    const Utf8Char c = FirstUtf8Char(text);
    if (c.code_point >= 0xFF01 && c.code_point <= 0xFF5E) {
      folded.push_back(static_cast<char>(c.code_point - 0xFF01 + '!'));
    } else {
      absl::StrAppend(&folded, text.substr(0, c.length));
    }
    text.remove_prefix(c.length);
  }
  return absl::AsciiStrToLower(folded);
}

Schema ItemSchema() {
  return Schema()
      .Int("id", {.sql = "i.id", .sortable = true})
      .Int("number", {.sql = "i.number", .sortable = true})
      .String("text", {.sql = "i.text", .sortable = true, .operators = kTakesEquality | kTakesHas})
      .Int("maybe_number", {.sql = "i.maybe_number", .nullable = true})
      .String("maybe_text", {.sql = "i.maybe_text", .nullable = true})
      .Int("mark", {.sql = "m.mark", .rows = "SELECT 1 FROM mark AS m WHERE m.item_id = i.id"})
      .Unique("id")
      .Words({"i.text", "IFNULL(i.maybe_text, '')"});
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
    switch (Below(10)) {
      case 8:
      case 9:
        return Word();
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
    const std::string quoted = InQuotes(text);
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

  Sample Word() {
    const std::string text = Texts()[1 + Below(Texts().size() - 1)];
    const std::string word = Below(2) == 0 ? text : Folded(text);
    return {InQuotes(word), [=](const Item& i) {
              return absl::StrContains(Folded(i.text), Folded(word)) ||
                     absl::StrContains(Folded(i.maybe_text.value_or("")), Folded(word));
            }};
  }

  static std::string InQuotes(const std::string& text) {
    std::string quoted = absl::StrCat("\"", text, "\"");
    for (size_t at = 1; at + 1 < quoted.size(); ++at) {
      if (quoted[at] == '"' || quoted[at] == '\\') quoted.insert(at++, "\\");
    }
    return quoted;
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

TEST_F(FilterSqlTest, WordsFoldCaseAndWidthAndNothingUnrelated) {
  struct Case {
    std::string word;
    std::string text;
    bool found;
  };
  const std::vector<Case> cases = {
      {"GATE", "the gate is shut", true},
      {"gate", "THE GATE", true},
      {"ＧＡＴＥ", "the gate", true},
      {"gate", "ＧＡＴＥ１", true},
      {"ворота", "ВОРОТА", true},
      {"gat", "gate", true},
      {"门禁", "小区门禁管理", true},
      {"禁门", "小区门禁管理", false},
      {"门管", "小区门禁管理", false},
      {"门", "们", false},
      {"門", "门", false},
      {"𠮷", "𠮷野家", true},
      {"𠮷", "𠀀", false},
      {"(门禁)", "（门禁）", true},
      {"甲,乙", "甲，乙", true},
      {"甲,乙", "甲、乙", false},
      {"a b", "a　b", true},
      {"😀", "好😀的", true},
      {"😀", "😁", false},
      {"🫠", "🫡", false},
      {"🇨🇳", "🇺🇸", false},
      {"👩🏽", "👩🏻", false},
      {"☺", "☹", false},
      {"→", "←", false},
      // Wildcards and the escape of LIKE.
      {"%", "gate", false},
      {"%", "100%", true},
      {"％", "gate", false},
      {"％", "100%", true},
      {"a%e", "a gate", false},
      {"_", "gate", false},
      {"＿", "gate", false},
      {"g_te", "gate", false},
      {"g_te", "g_te", true},
      {"!", "gate", false},
      {"!", "gate！", true},
      {"！e", "gate", false},
      {"!!", "a!b", false},
      {"\\", "gate", false},
      {"\\", "a\\b", true},
      {"\\%", "a\\b", false},
      {"gate*", "gates", false},
      {"gate*", "a Gate* b", true},
      // What shows nothing.
      {"\u200b", "gate 门禁 😀", false},
      {"\ufe0f", "gate 门禁 😀", false},
      {"\u0301", "gate 门禁 😀", false},
      {"\u200b", "门\u200b禁", true},
      {"\t", "gate\n", false},
      {" ", "gate", false},
      {"门禁", "门\u200b禁", false},
      // As filter.ebnf says.
      {"cafe", "Café", true},
      {"é", "e\u0301", true},
      {"e\u0301", "é", false},
      {"1", "①", true},
      {"strasse", "straße", false},
      {"x", "", false},
  };
  database_.Run(
      {"CREATE TABLE phrase (id BIGINT PRIMARY KEY, text VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT "
       "NULL, bytes VARBINARY(400) NOT NULL)"});
  const Schema schemas[] = {Schema().Words({"p.text"}), Schema().Words({"p.bytes"}), Schema().Words({"''", "p.text"})};
  int64_t id = 0;
  for (const Case& c : cases) {
    ++id;
    ASSERT_TRUE(
        connection_->Execute("INSERT INTO phrase (id, text, bytes) VALUES (?, ?, ?)", {id, c.text, c.text}).ok());
    std::string quoted = c.word;
    for (size_t at = 0; at < quoted.size(); ++at) {
      if (quoted[at] == '\\') quoted.insert(at++, "\\");
    }
    for (const Schema& schema : schemas) {
      const auto condition = Translate(absl::StrCat("'", quoted, "'"), schema);
      ASSERT_TRUE(condition.ok()) << condition.status();
      std::vector<mysql::Value> params = {id};
      AppendParams(*condition, params);
      const auto rows = connection_->Query(
          absl::StrCat("SELECT p.id FROM phrase AS p WHERE p.id = ? AND ", condition->where), params);
      ASSERT_TRUE(rows.ok()) << rows.status() << "\n" << condition->where;
      EXPECT_EQ(!rows->empty(), c.found) << c.word << " in " << c.text << ": " << condition->where;
    }
  }
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

#include "common/filter/order_by.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/filter/filter_property.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::filter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseOrderByTest, ReadsFieldsAndDirections) {
  struct Case {
    std::string order_by;
    std::string default_order;
    std::string want;
  };
  for (const Case& c : std::vector<Case>{
           {"", "", "r.request_id ASC"},
           {"", "create_time desc", "r.create_time_us DESC, r.request_id DESC"},
           {"  ", "create_time desc", "r.create_time_us DESC, r.request_id DESC"},
           {"revision", "create_time desc", "r.revision ASC, r.request_id ASC"},
           {"create_time desc", "", "r.create_time_us DESC, r.request_id DESC"},
           {"create_time asc", "", "r.create_time_us ASC, r.request_id ASC"},
           {" create_time   desc ,\trevision ", "", "r.create_time_us DESC, r.revision ASC, r.request_id ASC"},
           {"create_time desc,revision desc,state", "",
            "r.create_time_us DESC, r.revision DESC, r.state ASC, r.request_id ASC"},
           {"uid", "", "r.request_id ASC"},
           {"uid desc", "", "r.request_id DESC"},
           {"uid desc, revision", "", "r.request_id DESC, r.revision ASC"},
       }) {
    const auto order = ParseOrderBy(c.order_by, PropertySchema(), c.default_order);
    ASSERT_TRUE(order.ok()) << c.order_by << "\n" << order.status();
    EXPECT_EQ(OrderBySql(*order), c.want) << c.order_by;
  }
}

TEST(ParseOrderByTest, NamesWhatIsWrong) {
  struct Case {
    std::string order_by;
    std::string message;
  };
  for (const Case& c : std::vector<Case>{
           {"titel", "\"titel\" cannot be ordered by; one of these can: create_time, revision, state, uid"},
           {"title", "cannot be ordered by"},
           {"submit_time", "cannot be ordered by"},
           {"r.revision", "cannot be ordered by"},
           {"1", "cannot be ordered by"},
           {"REVISION", "cannot be ordered by"},
           {"-revision", "cannot be ordered by"},
           {"revision;", "cannot be ordered by"},
           {"(SELECT 1)", "cannot be ordered by"},
           {"revision DESC", "only asc or desc"},
           {"revision descending", "only asc or desc"},
           {"revision desc desc", "only asc or desc"},
           {"revision uid", "only asc or desc"},
           {"revision,", "a field is missing"},
           {",revision", "a field is missing"},
           {"revision,,uid", "a field is missing"},
           {",", "a field is missing"},
           {"revision, revision", "names \"revision\" twice"},
           {"revision, revision desc", "names \"revision\" twice"},
           {std::string("revision\0", 9), "cannot be ordered by"},
           {std::string(501, ' '), "at most 500 bytes"},
       }) {
    const absl::Status status = ParseOrderBy(c.order_by, PropertySchema()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.order_by;
    EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FIELDS) << c.order_by;
    EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.order_by;
    const auto bad = GetBadRequest(status);
    ASSERT_TRUE(bad.has_value()) << c.order_by;
    EXPECT_EQ(bad->field_violations(0).field(), "order_by");
  }
}

TEST(ParseOrderByTest, BoundsTheNumberOfTerms) {
  Schema schema;
  std::string order_by;
  for (size_t i = 0; i <= kMaxOrderTerms; ++i) {
    schema.Int(absl::StrCat("f", i), {.sql = absl::StrCat("f", i), .sortable = true});
    absl::StrAppend(&order_by, i == 0 ? "" : ",", "f", i);
  }
  EXPECT_THAT(ParseOrderBy(order_by, schema).status().message(), HasSubstr("at most 5 fields"));
  EXPECT_TRUE(ParseOrderBy(order_by.substr(0, order_by.rfind(',')), schema).ok());
}

TEST(ParseOrderByTest, ANullableFieldIsNeverSortable) {
  const Schema schema = Schema().Int("a", {.sql = "a", .nullable = true, .sortable = true});
  EXPECT_FALSE(ParseOrderBy("a", schema).ok());
}

TEST(ParseOrderByTest, WithoutAUniqueFieldNothingIsAppended) {
  const Schema schema = Schema().Int("a", {.sql = "a", .sortable = true});
  EXPECT_EQ(OrderBySql(*ParseOrderBy("a desc", schema)), "a DESC");
  EXPECT_TRUE(ParseOrderBy("", schema)->empty());
}

TEST(AfterTest, GoesOnBehindTheKey) {
  const auto after = [](absl::string_view order_by, const std::vector<FilterValue>& key) {
    return After(*ParseOrderBy(order_by, PropertySchema()), key);
  };
  Condition condition = after("uid", {"x"});
  EXPECT_EQ(condition.where, "r.request_id > ?");
  EXPECT_THAT(condition.params, ElementsAre(FilterValue("x")));

  condition = after("create_time desc", {int64_t{5}, "x"});
  EXPECT_EQ(condition.where, "(r.create_time_us <= ? AND (r.create_time_us < ? OR r.request_id < ?))");
  EXPECT_THAT(condition.params, ElementsAre(FilterValue(int64_t{5}), FilterValue(int64_t{5}), FilterValue("x")));

  condition = after("create_time desc, revision", {int64_t{5}, int64_t{6}, "x"});
  EXPECT_EQ(condition.where,
            "(r.create_time_us <= ? AND (r.create_time_us < ? OR (r.revision >= ? AND (r.revision > ? OR r.request_id "
            "> ?))))");
  EXPECT_EQ(condition.params.size(), 5u);

  EXPECT_EQ(after("uid", {}).where, "TRUE");
  EXPECT_EQ(after("uid", {"x", "y"}).where, "FALSE");
}

TEST(KeyTest, ComesBackAsItWent) {
  const auto order = ParseOrderBy("create_time desc, state", PropertySchema());
  ASSERT_TRUE(order.ok());
  const std::vector<FilterValue> values = {INT64_MIN, int64_t{2}, std::string("\0\xFFi7", 4)};
  const auto decoded = DecodeKey(EncodeKey(values), *order);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, values);
  EXPECT_TRUE(DecodeKey({}, *order)->empty());
}

TEST(KeyTest, RefusesTheKeyOfAnotherOrder) {
  const auto order = ParseOrderBy("create_time desc", PropertySchema());
  ASSERT_TRUE(order.ok());
  ASSERT_TRUE(DecodeKey({"i5", "tx"}, *order).ok());
  for (const std::vector<std::string>& key : std::vector<std::vector<std::string>>{{"i5"},
                                                                                   {"i5", "tx", "i1"},
                                                                                   {"tx", "i5"},
                                                                                   {"i5", "i5"},
                                                                                   {"5", "x"},
                                                                                   {"", ""},
                                                                                   {"i", "t"},
                                                                                   {"i5x", "t"},
                                                                                   {"i9223372036854775808", "t"}}) {
    const absl::Status status = DecodeKey(key, *order).status();
    EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_PAGE_TOKEN) << key[0];
  }
}

}  // namespace
}  // namespace docket::filter

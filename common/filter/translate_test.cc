#include "common/filter/translate.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/filter/filter_property.h"
#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "docket/common/v1/types.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::filter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Values = std::vector<FilterValue>;

struct Good {
  std::string filter;
  std::string where;
  Values params;
};

void ExpectTranslated(const Good& c, const Schema& schema) {
  const auto condition = Translate(c.filter, schema);
  ASSERT_TRUE(condition.ok()) << c.filter << "\n" << condition.status();
  EXPECT_EQ(condition->where, c.where) << c.filter;
  EXPECT_EQ(condition->params, c.params) << c.filter;
}

TEST(TranslateTest, ATextIsComparedAsItsColumnSpellsIt) {
  const Schema schema = Schema().String(
      "number",
      {.sql = "n", .spelling = [](absl::string_view text) { return absl::StrCat("~", text); }, .shown = "S(n)"});
  ExpectTranslated({"number = 7", "n = ?", {"~7"}}, schema);
  ExpectTranslated({"number != 7", "n <> ?", {"~7"}}, schema);
  ExpectTranslated({"number:\"7*\"", "S(n) LIKE ? ESCAPE '!'", {"7%"}}, schema);
}

TEST(TranslateTest, BindsEachTypeAsItsColumnHoldsIt) {
  const int64_t noon = 1741089600000000;  // 2025-03-04T12:00:00Z
  const std::string uid = "0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17";
  const std::string sha = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  for (const Good& c : std::vector<Good>{
           {"", "TRUE", {}},
           {" \n", "TRUE", {}},
           {"title = abc", "r.title = ?", {"abc"}},
           {"title != \"\"", "r.title <> ?", {""}},
           {"title = \"x' OR '1'='1\"", "r.title = ?", {"x' OR '1'='1"}},
           {"title = 1", "r.title = ?", {"1"}},
           {"title = foo*", "r.title = ?", {"foo*"}},
           {"revision = 7", "r.revision = ?", {int64_t{7}}},
           {"revision >= \"-7\"", "r.revision >= ?", {int64_t{-7}}},
           {"revision < -9223372036854775808", "r.revision < ?", {INT64_MIN}},
           {"revision > 9223372036854775807", "r.revision > ?", {INT64_MAX}},
           {"revision <= 007", "r.revision <= ?", {int64_t{7}}},
           {"urgent = true", "r.urgent = ?", {int64_t{1}}},
           {"urgent != false", "r.urgent <> ?", {int64_t{0}}},
           {"state = DRAFT", "r.state = ?", {int64_t{1}}},
           {"state != STATE_CLOSED", "r.state <> ?", {int64_t{2}}},
           {"uid = " + uid, "r.request_id = ?", {*ParseUuid(uid)}},
           {"document.sha256 = " + sha, "r.sha256 = ?", {absl::HexStringToBytes(sha)}},
           {"document.sha256 = " + absl::StrCat("E3B0", sha.substr(4)), "r.sha256 = ?", {absl::HexStringToBytes(sha)}},
           {"requester = people/li", "r.requester_id = ?", {"li"}},
           {"create_time = 2025-03-04T12:00:00Z", "r.create_time_us = ?", {noon}},
           {"create_time > \"2025-03-04T12:00:00Z\"", "r.create_time_us > ?", {noon}},
           {"create_time < 2025-03-04T20:00:00+08:00", "r.create_time_us < ?", {noon}},
           {"create_time < 2025-03-04t06:30:00-05:30", "r.create_time_us < ?", {noon}},
           {"create_time <= 2025-03-04T12:00:00.000008z", "r.create_time_us <= ?", {noon + 8}},
           {"create_time >= 2025-03-04T12:00:00.5Z", "r.create_time_us >= ?", {noon + 500000}},
           {"create_time >= 2025-03-04T12:00:00.123456789Z", "r.create_time_us >= ?", {noon + 123456}},
           {"create_time > 1969-12-31T23:59:59.999999Z", "r.create_time_us > ?", {int64_t{-1}}},
           {"create_time < 9999-12-31T23:59:59.999999Z", "r.create_time_us < ?", {int64_t{253402300799999999}}},
           {"create_time = 2016-12-31T23:59:60Z", "r.create_time_us = ?", {int64_t{1483228800000000}}},
       }) {
    ExpectTranslated(c, PropertySchema());
  }
}

TEST(TranslateTest, AFieldOfChildRowsAsksForOneThatFulfilsIt) {
  const std::string rows = "SELECT 1 FROM target AS t WHERE t.id = r.request_id";
  for (const Good& c : std::vector<Good>{
           {"target.version = 4.2", "EXISTS (" + rows + " AND t.version = ?)", {"4.2"}},
           {"target.version != 4.2", "NOT EXISTS (" + rows + " AND t.version = ?)", {"4.2"}},
           {"NOT target.version = 4.2", "NOT (EXISTS (" + rows + " AND t.version = ?))", {"4.2"}},
           {"target.version:\"4.*\"", "EXISTS (" + rows + " AND t.version LIKE ? ESCAPE '!')", {"4.%"}},
           {"target.version:*", "EXISTS (" + rows + ")", {}},
           {"target.version = 1 OR revision = 2",
            "(EXISTS (" + rows + " AND t.version = ?) OR r.revision = ?)",
            {"1", int64_t{2}}},
       }) {
    ExpectTranslated(c, PropertySchema());
  }
  EXPECT_FALSE(Translate("target.version < 4", PropertySchema()).ok());
}

TEST(TranslateTest, MatchesTextLiterallyButForItsStars) {
  for (const Good& c : std::vector<Good>{
           {"title:abc", "r.title LIKE ? ESCAPE '!'", {"%abc%"}},
           {"title:abc*", "r.title LIKE ? ESCAPE '!'", {"abc%"}},
           {"title:*abc", "r.title LIKE ? ESCAPE '!'", {"%abc"}},
           {"title:\"*abc*\"", "r.title LIKE ? ESCAPE '!'", {"%abc%"}},
           {"title:\"门禁*\"", "r.title LIKE ? ESCAPE '!'", {"门禁%"}},
           {"title:\"50%_!\\\\*\"", "r.title LIKE ? ESCAPE '!'", {"50!%!_!!\\%"}},
           {"title:\"%\"", "r.title LIKE ? ESCAPE '!'", {"%!%%"}},
           {"title:\" \"", "r.title LIKE ? ESCAPE '!'", {"% %"}},
           {"title:*", "r.title <> ''", {}},
           {"title:\"*\"", "r.title <> ''", {}},
           {"note:abc", "(r.note IS NOT NULL AND r.note LIKE ? ESCAPE '!')", {"%abc%"}},
           {"note:*", "(r.note IS NOT NULL AND r.note <> '')", {}},
       }) {
    ExpectTranslated(c, PropertySchema());
  }
}

TEST(TranslateTest, IsTwoValuedWhereAColumnMayBeNull) {
  for (const Good& c : std::vector<Good>{
           {"cost = 5", "(r.cost <=> ?)", {int64_t{5}}},
           {"cost != 5", "NOT (r.cost <=> ?)", {int64_t{5}}},
           {"cost < 5", "(r.cost IS NOT NULL AND r.cost < ?)", {int64_t{5}}},
           {"NOT cost >= 5", "NOT ((r.cost IS NOT NULL AND r.cost >= ?))", {int64_t{5}}},
           {"submit_time:*", "r.submit_time_us IS NOT NULL", {}},
           {"-submit_time:*", "NOT (r.submit_time_us IS NOT NULL)", {}},
       }) {
    ExpectTranslated(c, PropertySchema());
  }
}

TEST(TranslateTest, KeepsTheStructure) {
  for (const Good& c : std::vector<Good>{
           {"state=DRAFT title:x", "(r.state = ? AND r.title LIKE ? ESCAPE '!')", {int64_t{1}, "%x%"}},
           {"state=DRAFT OR state=CLOSED", "(r.state = ? OR r.state = ?)", {int64_t{1}, int64_t{2}}},
           {"revision=1 revision=2 OR revision=3",
            "(r.revision = ? AND (r.revision = ? OR r.revision = ?))",
            {int64_t{1}, int64_t{2}, int64_t{3}}},
           {"NOT (revision=1 AND -revision=2)",
            "NOT ((r.revision = ? AND NOT (r.revision = ?)))",
            {int64_t{1}, int64_t{2}}},
           {"(revision=1 AND revision=2) OR revision=3",
            "((r.revision = ? AND r.revision = ?) OR r.revision = ?)",
            {int64_t{1}, int64_t{2}, int64_t{3}}},
       }) {
    ExpectTranslated(c, PropertySchema());
  }
}

struct Bad {
  std::string filter;
  std::string position;
  std::string field;
  std::string message;
};

void ExpectError(const Bad& c, const Schema& schema) {
  const absl::Status status = Translate(c.filter, schema).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.filter;
  EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FILTER) << c.filter;
  const auto info = GetErrorInfo(status);
  ASSERT_TRUE(info.has_value()) << c.filter;
  EXPECT_THAT(info->metadata(), UnorderedElementsAre(Pair("position", c.position), Pair("field", c.field)))
      << c.filter << "\n"
      << status;
  EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.filter;
  EXPECT_THAT(status.message(), HasSubstr(absl::StrCat("at ", c.position, ":"))) << c.filter;
  EXPECT_LE(status.message().size(), 1024u);
}

TEST(TranslateTest, NamesTheFieldOfAnError) {
  for (const Bad& c : std::vector<Bad>{
           {"titel = x", "0", "titel", "\"titel\" is not a field of this list; there are: cost, create_time"},
           {"title=x AND r.title = y", "12", "r.title", "is not a field"},
           {"TITLE = x", "0", "TITLE", "is not a field"},
           {"title.x = y", "0", "title.x", "is not a field"},
           {"organization_id = other", "0", "organization_id", "is not a field"},
           {"title < x", "6", "title", "cannot be compared with <; it takes: = != :"},
           {"urgent > true", "7", "urgent", "cannot be compared with >; it takes: = !="},
           {"state >= DRAFT", "6", "state", "cannot be compared"},
           {"revision:1", "8", "revision", "cannot be compared with :; it takes: = != < <= > >="},
           {"requester:people/li", "9", "requester", "cannot be compared"},
           {"revision = x", "11", "revision", "\"x\" is wrong; expected a whole number"},
           {"revision = 1.5", "11", "revision", "expected a whole number"},
           {"revision = 1e3", "11", "revision", "expected a whole number"},
           {"revision = +1", "11", "revision", "expected a whole number"},
           {"revision = 0x10", "11", "revision", "expected a whole number"},
           {"revision = \"\"", "11", "revision", "expected a whole number"},
           {"revision = \" 1\"", "11", "revision", "expected a whole number"},
           {"revision = \"-\"", "11", "revision", "expected a whole number"},
           {"revision = \"--1\"", "11", "revision", "expected a whole number"},
           {"revision = 9223372036854775808", "11", "revision", "expected a whole number"},
           {"revision = -9223372036854775809", "11", "revision", "expected a whole number"},
           {"revision = \xEF\xBC\x91", "11", "revision", "expected a whole number"},
           {"urgent = TRUE", "9", "urgent", "expected true or false"},
           {"urgent = 1", "9", "urgent", "expected true or false"},
           {"state = OPEN", "8", "state", "\"OPEN\" is wrong; expected one of DRAFT, CLOSED"},
           {"state = draft", "8", "state", "expected one of"},
           {"state = 1", "8", "state", "expected one of"},
           {"uid = 0194C2F0-3D1A-7C5E-9B21-6F0A4D8E2C17", "6", "uid", "expected a UUID"},
           {"uid = 1", "6", "uid", "expected a UUID"},
           {"document.sha256 = e3b0", "18", "document.sha256", "expected 64 hexadecimal digits"},
           {"document.sha256 = " + std::string(64, 'g'), "18", "document.sha256", "hexadecimal"},
           {"requester = li", "12", "requester", "expected people/ and an id"},
           {"title:\"\"", "6", "title", "with * only at its ends"},
           {"title:**", "6", "title", "with * only at its ends"},
           {"title:a*b", "6", "title", "with * only at its ends"},
           {"title:a**", "6", "title", "with * only at its ends"},
           {"revision:*", "9", "revision", "is always set"},
           {"create_time:*", "12", "create_time", "is always set"},
           {"create_time > now", "14", "create_time", "expected a time such as"},
       }) {
    ExpectError(c, PropertySchema());
  }
}

TEST(TranslateTest, TakesOnlyRealTimes) {
  for (const char* text : {"2025-03-04",
                           "2025-03-04T05:06:07",
                           "2025-03-04T05:06Z",
                           "2025-03-04 05:06:07Z",
                           "2025-3-4T05:06:07Z",
                           "2025-02-30T00:00:00Z",
                           "2025-13-01T00:00:00Z",
                           "2025-03-04T24:00:01Z",
                           "2025-03-04T05:60:07Z",
                           "2025-03-04T05:06:61Z",
                           "2025-03-04T05:06:07.Z",
                           "2025-03-04T05:06:07.1234567890Z",
                           "2025-03-04T05:06:07+8:00",
                           "2025-03-04T05:06:07+0800",
                           "2025-03-04T05:06:07+99:00",
                           "2025-03-04T05:06:07ZZ",
                           " 2025-03-04T05:06:07Z",
                           "2025-03-04T05:06:07Z ",
                           "25-03-04T05:06:07Z",
                           "12025-03-04T05:06:07Z",
                           "-2025-03-04T05:06:07Z",
                           "infinite-future",
                           "infinite-past",
                           "1741064767",
                           "",
                           "2025-03-04T05:06:07 Z",
                           "2025-03-04T05:06:07,5Z"}) {
    ExpectError({absl::StrCat("create_time > \"", text, "\""), "14", "create_time", "expected a time"},
                PropertySchema());
  }
}

TEST(TranslateTest, ALiteralIsLookedForInTheTexts) {
  const Schema schema =
      Schema().String("title", {.sql = "title"}).Int("size", {.sql = "size"}).Words({"title", "CONCAT(a, b)"});
  const auto like = [](absl::string_view column) {
    return absl::StrCat("CONVERT(", column, " USING utf8mb4) COLLATE utf8mb4_unicode_520_ci LIKE ? ESCAPE '!'");
  };
  const std::string found = absl::StrCat("(", like("title"), " OR ", like("CONCAT(a, b)"), ")");
  for (const Good& c : std::vector<Good>{
           {"门禁", found, {"%门禁%", "%门禁%"}},
           {"title", found, {"%title%", "%title%"}},
           {"'face engine'", found, {"%face engine%", "%face engine%"}},
           {"\"50%_!\\\\*\"", found, {"%50!%!_!!\\*%", "%50!%!_!!\\*%"}},
           {"\"x' OR '1'='1\"", found, {"%x' OR '1'='1%", "%x' OR '1'='1%"}},
           {"*", found, {"%*%", "%*%"}},
           {"NOT 门禁", "NOT (" + found + ")", {"%门禁%", "%门禁%"}},
           {"门 size = 7 禁",
            "(" + found + " AND size = ? AND " + found + ")",
            {"%门%", "%门%", int64_t{7}, "%禁%", "%禁%"}},
           {"size = 7 OR 门", "(size = ? OR " + found + ")", {int64_t{7}, "%门%", "%门%"}},
       }) {
    ExpectTranslated(c, schema);
  }
  ExpectTranslated({"x", "(" + like("a") + ")", {"%x%"}}, Schema().Words({"a"}));
}

TEST(TranslateTest, AListWithoutWordsRefusesThem) {
  const Schema schema = Schema().String("title", {.sql = "title"});
  for (const auto& [filter, position] : std::vector<std::pair<std::string, std::string>>{
           {"word", "0"}, {"title", "0"}, {"title = a word", "10"}, {"NOT (title = a OR \"word\")", "18"}}) {
    const absl::Status status = Translate(filter, schema).status();
    EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FILTER) << filter;
    EXPECT_THAT(GetErrorInfo(status)->metadata(), ElementsAre(Pair("position", position))) << filter;
    EXPECT_THAT(status.message(), HasSubstr("stands alone, and this list takes no words")) << filter;
  }
  ExpectTranslated({"title = word", "title = ?", {"word"}}, schema);
}

TEST(TranslateRestTest, LeavesOutWhatIsKnown) {
  const Schema schema = Schema().Int("a", {.sql = "a"}).Int("b", {.sql = "b"}).Int("c", {.sql = "c"});
  const std::vector<Equality> known = {{.field = "a", .value = int64_t{1}}, {.field = "b", .value = int64_t{2}}};
  const std::vector<std::pair<std::string, std::string>> rests = {
      {"", "TRUE"},
      {"a = 1", "TRUE"},
      {"a = 1 AND (b = 2 AND a = 1)", "TRUE"},
      {"a = 1 AND c = 3", "c = ?"},
      {"c > 3 AND (c < 9 AND b = 2)", Translate("c > 3 AND c < 9", schema)->where},
      // Another value, another comparison, and where it is not asked of every row.
      {"a = 2", "a = ?"},
      {"a >= 1", "a >= ?"},
      {"NOT a = 1", Translate("NOT a = 1", schema)->where},
      {"a = 1 OR c = 3", Translate("a = 1 OR c = 3", schema)->where},
      {"b = 2 AND a = 1 OR c = 3", Translate("a = 1 OR c = 3", schema)->where},
  };
  for (const auto& [filter, where] : rests) {
    const auto rest = TranslateRest(filter, schema, known);
    ASSERT_TRUE(rest.ok()) << filter;
    EXPECT_EQ(rest->where, where) << filter;
    EXPECT_EQ(TranslateRest(filter, schema, {})->where, Translate(filter, schema)->where) << filter;
  }
  EXPECT_FALSE(TranslateRest("a = ", schema, known).ok());
}

TEST(TranslateTest, OperatorsCanBeChosenPerField) {
  const Schema schema = Schema()
                            .String("version", {.sql = "version", .operators = kTakesEquality | kTakesOrder})
                            .Int("secret", {.sql = "secret", .operators = kTakesEquality});
  ExpectTranslated({"version >= \"1.2\"", "version >= ?", {"1.2"}}, schema);
  ExpectError({"version:1", "7", "version", "it takes: = != < <= > >="}, schema);
  ExpectError({"secret > 1", "7", "secret", "it takes: = !="}, schema);
}

TEST(TranslateTest, AnErrorStaysShortHoweverMuchThereIsToSay) {
  Schema schema;
  for (int i = 0; i < 500; ++i) schema.String(absl::StrCat("a_rather_long_name_of_a_field_", i), {.sql = "x"});
  EnumNames names;
  for (int i = 0; i < 500; ++i) names[absl::StrCat("A_RATHER_LONG_NAME_OF_A_VALUE_", i)] = i;
  schema.Enum("e", {.sql = "e"}, names);
  ExpectError({"x = 1", "0", "x", "there are: a_rather"}, schema);
  ExpectError({"e = 1", "4", "e", "expected one of A_RATHER"}, schema);
  const std::string name(4000, 'n');
  const absl::Status status = Translate(name + " = 1", schema).status();
  EXPECT_LE(status.message().size(), 1024u);
  EXPECT_LE(GetErrorInfo(status)->metadata().at("field").size(), 1024u);
}

TEST(EnumValuesTest, KnowsBothNamesOfEachValue) {
  EXPECT_THAT(EnumValues(*common::v1::ChangeKind_descriptor()),
              UnorderedElementsAre(Pair("CHANGE_KIND_UNSPECIFIED", 0), Pair("UNSPECIFIED", 0),
                                   Pair("CHANGE_KIND_NORMAL", 1), Pair("NORMAL", 1), Pair("CHANGE_KIND_STANDARD", 2),
                                   Pair("STANDARD", 2), Pair("CHANGE_KIND_EMERGENCY", 3), Pair("EMERGENCY", 3)));
}

TEST(AppendParamsTest, KeepsOrderAndTypes) {
  std::vector<FilterValue> params = {FilterValue("organisation")};
  AppendParams({"", {FilterValue(int64_t{7}), FilterValue("x"), FilterValue(nullptr)}}, params);
  EXPECT_THAT(params, ElementsAre(FilterValue("organisation"), FilterValue(int64_t{7}), FilterValue("x"),
                                  FilterValue(nullptr)));
}

}  // namespace
}  // namespace docket::filter

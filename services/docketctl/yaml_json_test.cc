#include "services/docketctl/yaml_json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::ctl {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

std::string JsonOf(const std::string& yaml) {
  const auto json = ParseYaml(yaml);
  return json.ok() ? json->dump() : json.status().ToString();
}

TEST(YamlJsonTest, PlainScalarsKeepTheirType) {
  EXPECT_EQ(JsonOf("[true, false, null, ~, 0, -7, 9007199254740993, 1.5, -0.25]"),
            "[true,false,null,null,0,-7,9007199254740993,1.5,-0.25]");
  EXPECT_EQ(JsonOf("a:\nb: 1"), R"({"a":null,"b":1})");
}

TEST(YamlJsonTest, WhatIsQuotedIsText) {
  EXPECT_EQ(JsonOf(R"(["4.10", '4.10', "true", "7", "null", ""])"), R"(["4.10","4.10","true","7","null",""])");
  EXPECT_EQ(JsonOf("!!str 7"), R"("7")");
  EXPECT_EQ(JsonOf("|\n  1\n  2\n"), R"("1\n2\n")");
  EXPECT_EQ(JsonOf(">\n  true\n"), R"("true\n")");
}

TEST(YamlJsonTest, EverythingElseIsText) {
  EXPECT_EQ(JsonOf("[yes, off, 0x1F, 007, 1e5, +5, 1.2.3, .5, 99999999999999999999, 2026-01-01]"),
            R"(["yes","off","0x1F","007","1e5","+5","1.2.3",".5","99999999999999999999","2026-01-01"])");
}

TEST(YamlJsonTest, MappingsKeepTheirOrder) {
  EXPECT_EQ(JsonOf("b: {z: 1, a: [2, {c: 3}]}\na: []\nc: {}"), R"({"b":{"z":1,"a":[2,{"c":3}]},"a":[],"c":{}})");
}

TEST(YamlJsonTest, ANameStandsOnce) {
  EXPECT_THAT(ParseYaml("a: 1\nb: 2\na: 3"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 3: a stands there twice")));
  EXPECT_THAT(ParseYaml("x: {\"a\": 1, a: 2}"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_EQ(JsonOf("[{a: 1}, {a: 2}]"), R"([{"a":1},{"a":2}])");
}

TEST(YamlJsonTest, AnchorsAndAliasesAreRefusedWhereverTheyStand) {
  for (const char* yaml : {"a: &x 1", "a: &x [1, 2]", "&x a: 1", "- &x\n  b: 1", "a: &x 1\nb: *x",
                           "a: &x 1\nb: [*x,*x]", "a: &x {b: 1}", "a: &x 1\n<<: *x", "a: &x", "a: *x"}) {
    EXPECT_THAT(ParseYaml(yaml), StatusIs(absl::StatusCode::kInvalidArgument)) << yaml;
  }
  // The billion laughs, on one line each.
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i)
    absl::StrAppend(&laughs, "a", i, ": &a", i, " [*a", i - 1, ", *a", i - 1, ", *a", i - 1, "]\n");
  EXPECT_THAT(ParseYaml(laughs), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("anchors and aliases")));
}

TEST(YamlJsonTest, TextThatLooksLikeOneIsTaken) {
  EXPECT_EQ(JsonOf("a: R&D\nb: 2 * x\nc: \"&x\"\nd: |\n  *x\n"), R"({"a":"R&D","b":"2 * x","c":"&x","d":"*x\n"})");
}

TEST(YamlJsonTest, OtherTagsAreRefused) {
  for (const char* yaml : {"!!binary aGk=", "!!int '7'", "!mine 7", "!!set {a: 1}", "a: !mine [1]"}) {
    EXPECT_THAT(ParseYaml(yaml), StatusIs(absl::StatusCode::kInvalidArgument)) << yaml;
  }
}

TEST(YamlJsonTest, KeysAreText) {
  for (const char* yaml : {"? [a, b]\n: 1", "? {a: b}\n: 1", "~: 1", "? \n: 1"}) {
    EXPECT_THAT(ParseYaml(yaml), StatusIs(absl::StatusCode::kInvalidArgument)) << yaml;
  }
  EXPECT_EQ(JsonOf("7: a\ntrue: b"), R"({"7":"a","true":"b"})");
}

TEST(YamlJsonTest, DepthIsBounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_THAT(ParseYaml(nested(32)), IsOk());
  EXPECT_THAT(ParseYaml(nested(33)), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("32 deep")));
  EXPECT_THAT(ParseYaml(nested(100'000)), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(YamlJsonTest, OneDocument) {
  EXPECT_EQ(JsonOf("---\na: 1\n...\n"), R"({"a":1})");
  EXPECT_THAT(ParseYaml("a: 1\n---\nb: 2"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than one document")));
  EXPECT_EQ(JsonOf(""), "null");
}

TEST(YamlJsonTest, MistakesHaveTheirLine) {
  EXPECT_THAT(ParseYaml("a: 1\nb: [1, 2\nc: 3"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line ")));
  EXPECT_THAT(ParseYaml("a: \"open"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseYaml("a: b: c"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 1")));
}

TEST(YamlJsonTest, FilesAreNamedInErrors) {
  const tests::TempDir dir;
  EXPECT_THAT(ReadYaml(dir.Write("good.yaml", "a: 1")), IsOkAndHolds(Json{{"a", 1}}));
  EXPECT_THAT(ReadYaml(dir.Write("bad.yaml", "a: [")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bad.yaml")));
  EXPECT_THAT(ReadYaml(dir.Path("none.yaml")), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("none.yaml")));
}

}  // namespace
}  // namespace docket::ctl

#include "services/docketctl/template_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1767225600);  // 2026-01-01T00:00:00Z

class TemplateTextTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Of(absl::string_view text) { return Expand(text, values_, kNow); }
  const Values values_ = {
      {"request", "organizations/o/requests/7"}, {"from", "4.1.3"}, {"nowhere", "here"}, {"evil", "${from}"}};
};

TEST_F(TemplateTextTest, PutsValuesIn) {
  EXPECT_THAT(Of("plain $ { } text"), IsOkAndHolds(std::string("plain $ { } text")));
  EXPECT_THAT(Of("${request}"), IsOkAndHolds(std::string("organizations/o/requests/7")));
  EXPECT_THAT(Of("升级 ${ from } → ${from|next-minor}!"), IsOkAndHolds(std::string("升级 4.1.3 → 4.2.0!")));
  EXPECT_THAT(Of(""), IsOkAndHolds(std::string()));
}

TEST_F(TemplateTextTest, WhatIsPutInIsNotExpandedAgain) {
  EXPECT_THAT(Of("${evil}"), IsOkAndHolds(std::string("${from}")));
}

TEST_F(TemplateTextTest, Times) {
  EXPECT_THAT(Of("${now}"), IsOkAndHolds(std::string("2026-01-01T00:00:00Z")));
  EXPECT_THAT(Of("${now+4h}"), IsOkAndHolds(std::string("2026-01-01T04:00:00Z")));
  EXPECT_THAT(Of("${now-90m}"), IsOkAndHolds(std::string("2025-12-31T22:30:00Z")));
  EXPECT_THAT(Of("${nowhere}"), IsOkAndHolds(std::string("here")));
  for (const char* wrong : {"${now+}", "${now+soon}", "${now+inf}", "${now4h}", "${nowinf}"}) {
    EXPECT_THAT(Of(wrong), StatusIs(absl::StatusCode::kInvalidArgument)) << wrong;
  }
}

TEST_F(TemplateTextTest, MistakesAreNamed) {
  EXPECT_THAT(Of("${unknown}"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unknown")));
  EXPECT_THAT(Of("${from|next-major}"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("next-major")));
  EXPECT_THAT(Of("${request|next-minor}"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no minor version")));
  EXPECT_THAT(Of("a ${from"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("without }")));
  EXPECT_THAT(Of("${}"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(TemplateTextTest, FiltersApplyInTurn) {
  const Values values = {{"v", "x/1.9"}, {"last", "1.2147483647.5"}};
  EXPECT_THAT(Expand("${v | last-segment | next-minor}", values, kNow), IsOkAndHolds(std::string("1.10")));
  EXPECT_THAT(Expand("${last|next-minor}", values, kNow), IsOkAndHolds(std::string("1.2147483648.0")));
}

TEST_F(TemplateTextTest, ExpandsEveryTextWithinAValue) {
  Json json = {{"a", "${from}"}, {"b", {1, true, nullptr, "${request|last-segment}", {{"c", "${from}"}}}}};
  ASSERT_THAT(ExpandAll(&json, values_, kNow), IsOk());
  EXPECT_EQ(json.dump(), R"({"a":"4.1.3","b":[1,true,null,"7",{"c":"4.1.3"}]})");
  Json bad = {{"a", {"${nothing}"}}};
  EXPECT_THAT(ExpandAll(&bad, values_, kNow), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(TemplateTextTest, SelectsFieldsOfAnswers) {
  const Json answer = {
      {"name", "organizations/o/requests/7"}, {"slot", {{"start", "s"}, {"count", 3}, {"open", false}}}, {"list", {1}}};
  EXPECT_THAT(Select(answer, "name|last-segment"), IsOkAndHolds(std::string("7")));
  EXPECT_THAT(Select(answer, "slot.start"), IsOkAndHolds(std::string("s")));
  EXPECT_THAT(Select(answer, "slot.count"), IsOkAndHolds(std::string("3")));
  EXPECT_THAT(Select(answer, "slot.open"), IsOkAndHolds(std::string("false")));
  for (const char* missing : {"nothing", "slot.end", "name.x", "list.0", ""}) {
    EXPECT_THAT(Select(answer, missing), StatusIs(absl::StatusCode::kNotFound)) << missing;
  }
  EXPECT_THAT(Select(Json(), "name"), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace docket::ctl

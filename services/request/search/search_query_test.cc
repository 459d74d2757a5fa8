#include "services/request/search/search_query.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Driving(const std::string& query) {
  const absl::StatusOr<SearchQuery> parsed = SearchQuery::Parse(query);
  if (!parsed.ok()) return {std::string(parsed.status().message())};
  return parsed->driving_terms();
}

bool Found(const std::string& query, const std::vector<absl::string_view>& texts) {
  const absl::StatusOr<SearchQuery> parsed = SearchQuery::Parse(query);
  EXPECT_TRUE(parsed.ok()) << query;
  return parsed.ok() && parsed->Matches(texts);
}

TEST(SearchQueryTest, DrivingTerms) {
  EXPECT_THAT(Driving("Gateway"), ElementsAre("wgateway"));
  EXPECT_THAT(Driving("gateway 4.2.0"), ElementsAre("wgateway", "w4", "w2", "w0"));
  EXPECT_THAT(Driving("face-eng*"), ElementsAre("wface", "ben"));
  EXPECT_THAT(Driving("\"face face\""), ElementsAre("wface"));
  EXPECT_THAT(Driving("门"), ElementsAre("c门"));
  EXPECT_THAT(Driving("门禁app"), ElementsAre("c门禁", "wapp"));
  EXPECT_THAT(Driving("app -门禁"), ElementsAre("wapp"));
  EXPECT_THAT(Driving("ＡＰＰ　“门禁”"), ElementsAre("wapp", "c门禁"));
  EXPECT_THAT(Driving("a'; DROP TABLE request; --"), ElementsAre("wa", "wdrop", "wtable", "wrequest"));
}

TEST(SearchQueryTest, OfManyDrivingTermsSomeAreTakenFromAllOver) {
  std::string query;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&query, i == 0 ? "" : ".", "t", i);
  const std::vector<std::string> driving = Driving(query);
  EXPECT_EQ(driving.size(), kMaxDrivingTerms);
  EXPECT_EQ(driving.front(), "wt0");
  EXPECT_EQ(driving.back(), "wt99");
}

TEST(SearchQueryTest, ChineseTexts) {
  EXPECT_TRUE(Found("禁管", {"门禁管理软件升级"}));
  EXPECT_TRUE(Found("人脸识别离线", {"升级", "支持人脸识别离线比对"}));
  EXPECT_FALSE(Found("人识", {"人脸识别"}));
  EXPECT_TRUE(Found("门", {"图书门禁"}));
  EXPECT_TRUE(Found("门禁 人像", {"图书门禁", "人像识别"}));
  EXPECT_FALSE(Found("门禁 -图书", {"图书门禁"}));
  // Has all pairs, but not in this order.
  EXPECT_FALSE(Found("门禁门票", {"禁门禁 门票 禁门"}));
  // Not across two texts, nor across what separates, unless the query has it too.
  EXPECT_FALSE(Found("升级支持", {"软件升级", "支持比对"}));
  EXPECT_FALSE(Found("门停", {"扫码开门，停车缴费"}));
  EXPECT_TRUE(Found("开门，停车", {"扫码开门，停车缴费"}));
  EXPECT_FALSE(Found("扫码，停车", {"扫码开门，停车缴费"}));
  EXPECT_TRUE(Found("门禁app升级", {"新门禁 APP 升级版"}));
  EXPECT_FALSE(Found("门禁app升级", {"门禁机APP升级"}));
}

TEST(SearchQueryTest, WordsBeginningsAndPhrases) {
  const std::vector<absl::string_view> texts = {"Gateway 升级到 v4.2.0", "The API gateway and the face engine"};
  EXPECT_TRUE(Found("GATEWAY", texts));
  EXPECT_FALSE(Found("gate", texts));
  EXPECT_TRUE(Found("gate*", texts));
  EXPECT_TRUE(Found("gatewa*", texts));
  EXPECT_FALSE(Found("gatewax*", texts));
  EXPECT_TRUE(Found("v4.2.0", texts));
  EXPECT_FALSE(Found("4.2", texts));
  EXPECT_TRUE(Found("\"face engine\"", texts));
  EXPECT_FALSE(Found("\"engine face\"", texts));
  EXPECT_TRUE(Found("engine face", texts));
  EXPECT_FALSE(Found("gateway -\"the face\"", texts));
  EXPECT_FALSE(Found("api -a.ga*", {"a gate api"}));
  EXPECT_TRUE(Found("api -a.ga*", {"a b gate api"}));
  // Words that are alike for longer than a term is.
  EXPECT_FALSE(Found(std::string(80, 'q'), {std::string(81, 'q')}));
  EXPECT_TRUE(Found(std::string(80, 'q'), {std::string(80, 'Q')}));
}

TEST(SearchQueryTest, SaysWhatIsWrong) {
  for (const char* query : {"", "   ", "🚀", "***", "+++ 🚀", "-", "-门禁", "\"open", "a \"", "—"}) {
    const absl::Status status = SearchQuery::Parse(query).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << query;
    const auto bad_request = GetBadRequest(status);
    ASSERT_TRUE(bad_request.has_value()) << query;
    EXPECT_EQ(bad_request->field_violations(0).field(), "query");
  }
  std::string many;
  for (int i = 0; i < kMaxSearchTerms; ++i) many += "a ";
  EXPECT_TRUE(SearchQuery::Parse(many).ok());
  EXPECT_FALSE(SearchQuery::Parse(many + "b").ok());
}

}  // namespace
}  // namespace docket::request

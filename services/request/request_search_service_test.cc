// Finding and counting requests through the real server and database.
#include "services/request/request_search_service.h"

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

class RequestSearchServiceTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::SearchRequestsResponse> Search(const std::string& query, const std::string& filter = "",
                                                    int page_size = 0, const std::string& page_token = "") {
    v1::SearchRequestsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_query(query);
    call.set_filter(filter);
    call.set_page_size(page_size);
    call.set_page_token(page_token);
    return service_.Call<v1::SearchRequestsResponse>("RequestService/SearchRequests", service_.auditor, call);
  }

  // Titles of what is found.
  std::vector<std::string> Titles(const std::string& query, const std::string& filter = "") {
    EXPECT_THAT(service_.requests().IndexWords(absl::Now() + absl::Seconds(20)), IsOk());
    const absl::StatusOr<v1::SearchRequestsResponse> found = Search(query, filter);
    if (!found.ok()) return {found.status().ToString()};
    std::vector<std::string> titles;
    for (const v1::Request& request : found->requests()) titles.push_back(request.title());
    return titles;
  }

  std::string Make(const std::string& title, const std::string& need = "无", bool submit = true) {
    v1::Request form = WholeService::Form();
    form.set_title(title);
    form.set_need(need);
    form.set_problem("无");
    form.set_business_impact("无");
    service_.clock().Advance(absl::Seconds(1));
    const std::string name = service_.Create(service_.author, form).name();
    if (submit) {
      EXPECT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, name), IsOk());
    }
    return name;
  }

  absl::StatusOr<v1::CountRequestsResponse> Count(const std::vector<v1::CountDimension>& by,
                                                  const std::string& filter = "") {
    v1::CountRequestsRequest call;
    call.set_parent("organizations/yunqi");
    for (const v1::CountDimension dimension : by) call.add_group_by(dimension);
    call.set_filter(filter);
    return service_.Call<v1::CountRequestsResponse>("RequestService/CountRequests", service_.auditor, call);
  }

  // State, priority and department → how many there are, counted in the table of requests.
  std::map<std::tuple<int64_t, int64_t, std::string>, int64_t> Counted() {
    std::map<std::tuple<int64_t, int64_t, std::string>, int64_t> counted;
    const auto rows = service_.pool().Query(absl::Now() + absl::Seconds(10),
                                            "SELECT state, priority, department_id, COUNT(*) FROM request WHERE"
                                            " organization_id = 'yunqi' AND submit_time_us > 0"
                                            " GROUP BY state, priority, department_id");
    EXPECT_THAT(rows, IsOk());
    for (const mysql::Row& row : *rows) counted[{row.Int(0), row.Int(1), row.Text(2)}] = row.Int(3);
    return counted;
  }

  std::map<std::tuple<int64_t, int64_t, std::string>, int64_t> Shown() {
    std::map<std::tuple<int64_t, int64_t, std::string>, int64_t> shown;
    const auto reply = Count({v1::COUNT_DIMENSION_STATE, v1::COUNT_DIMENSION_PRIORITY, v1::COUNT_DIMENSION_DEPARTMENT});
    EXPECT_THAT(reply, IsOk());
    for (const auto& count : reply->counts()) {
      const std::string department = count.department().substr(count.department().rfind('/') + 1);
      shown[{count.state(), count.priority(), department}] = count.count();
    }
    return shown;
  }

  WholeService service_;
};

TEST_F(RequestSearchServiceTest, ANumberFindsItsRequest) {
  Make("门禁升级");
  Make("参见REQ-2026-000001与REQ-2026-000009");
  Make("未提交", "无", /*submit=*/false);
  EXPECT_THAT(Titles("REQ-2026-000001"), ElementsAre("门禁升级"));
  EXPECT_THAT(Titles(" req-2026-000002 "), ElementsAre("参见REQ-2026-000001与REQ-2026-000009"));
  EXPECT_THAT(Titles("REQ-2026-000001", "state = ACCEPTED"), ::testing::IsEmpty());
  // Of a number that is nobody's, what speaks of it.
  EXPECT_THAT(Titles("REQ-2026-000009"), ElementsAre("参见REQ-2026-000001与REQ-2026-000009"));
  EXPECT_THAT(Titles("REQ-2026-000003"), ::testing::IsEmpty());
}

TEST_F(RequestSearchServiceTest, FindsAnyPartOfChineseTexts) {
  Make("门禁管理软件升级", "支持人脸识别离线比对");
  Make("业主服务APP改版", "扫码开门，停车缴费");
  Make("图书门禁改造", "人像识别");
  EXPECT_THAT(Titles("门禁"), ElementsAre("图书门禁改造", "门禁管理软件升级"));
  EXPECT_THAT(Titles("禁管"), ElementsAre("门禁管理软件升级"));
  EXPECT_THAT(Titles("人脸识别离线"), ElementsAre("门禁管理软件升级"));
  EXPECT_THAT(Titles("识别"), ElementsAre("图书门禁改造", "门禁管理软件升级"));
  EXPECT_THAT(Titles("人识"), IsEmpty());
  EXPECT_THAT(Titles("门禁 人像"), ElementsAre("图书门禁改造"));
  EXPECT_THAT(Titles("门禁 -图书"), ElementsAre("门禁管理软件升级"));
  // One character, wherever it stands.
  EXPECT_THAT(Titles("门"), ElementsAre("图书门禁改造", "业主服务APP改版", "门禁管理软件升级"));
  EXPECT_THAT(Titles("版"), ElementsAre("业主服务APP改版"));
  // Not across two texts, nor across what separates.
  EXPECT_THAT(Titles("升级支持"), IsEmpty());
  EXPECT_THAT(Titles("门停"), IsEmpty());
  EXPECT_THAT(Titles("开门，停车"), ElementsAre("业主服务APP改版"));
}

TEST_F(RequestSearchServiceTest, FindsWordsBeginningsAndPhrases) {
  Make("Gateway 升级到 v4.2.0", "The API gateway and the face engine");
  Make("网关补丁", "gatekeeper 4.20");
  EXPECT_THAT(Titles("GATEWAY"), ElementsAre("Gateway 升级到 v4.2.0"));
  EXPECT_THAT(Titles("gate"), IsEmpty());
  EXPECT_THAT(Titles("gate*"), ElementsAre("网关补丁", "Gateway 升级到 v4.2.0"));
  EXPECT_THAT(Titles("v4.2.0"), ElementsAre("Gateway 升级到 v4.2.0"));
  EXPECT_THAT(Titles("4.2"), IsEmpty());
  EXPECT_THAT(Titles("\"face engine\""), ElementsAre("Gateway 升级到 v4.2.0"));
  EXPECT_THAT(Titles("\"engine face\""), IsEmpty());
  EXPECT_THAT(Titles("gateway升级"), ElementsAre("Gateway 升级到 v4.2.0"));
  // Words that servers leave out, and short ones.
  EXPECT_THAT(Titles("the"), ElementsAre("Gateway 升级到 v4.2.0"));
  EXPECT_THAT(Titles("gate* -gateway"), ElementsAre("网关补丁"));
}

TEST_F(RequestSearchServiceTest, DraftsAreNotFoundAndEditsAre) {
  const std::string name = Make("停车收费升级", "无感支付", /*submit=*/false);
  EXPECT_THAT(Titles("停车"), IsEmpty());
  ASSERT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, name), IsOk());
  EXPECT_THAT(Titles("停车"), ElementsAre("停车收费升级"));
  ASSERT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, name,
                                                     [](v1::ReturnRequestRequest& call) { call.set_reason("改题"); }),
              IsOk());
  v1::UpdateRequestRequest update;
  *update.mutable_request() = service_.Get(name);
  update.mutable_request()->set_title("充电桩升级");
  update.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::Request>("RequestService/UpdateRequest", service_.author, update), IsOk());
  EXPECT_THAT(Titles("停车"), IsEmpty());
  EXPECT_THAT(Titles("充电桩 无感"), ElementsAre("充电桩升级"));
}

TEST_F(RequestSearchServiceTest, FiltersAndPages) {
  for (int i = 0; i < 7; ++i) Make(absl::StrCat("门禁第", i, "批"));
  EXPECT_THAT(Titles("门禁", "title:\"门禁第3*\""), ElementsAre("门禁第3批"));
  EXPECT_THAT(Titles("门禁", "system = \"organizations/yunqi/systems/access-control\" AND number = REQ-2026-000002"),
              ElementsAre("门禁第1批"));
  EXPECT_THAT(Titles("门禁", "state = CLOSED"), IsEmpty());
  std::vector<std::string> titles;
  std::string token;
  do {
    const auto page = Search("门禁", "state = SUBMITTED", 3, token);
    ASSERT_THAT(page, IsOk());
    EXPECT_LE(page->requests_size(), 3);
    for (const v1::Request& request : page->requests()) titles.push_back(request.title());
    token = page->next_page_token();
  } while (!token.empty() && titles.size() < 20);
  EXPECT_THAT(titles,
              ElementsAre("门禁第6批", "门禁第5批", "门禁第4批", "门禁第3批", "门禁第2批", "门禁第1批", "门禁第0批"));
  token = Search("门禁", "", 3)->next_page_token();
  const auto invalid = StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN);
  EXPECT_THAT(Search("门", "", 3, token), invalid);
  EXPECT_THAT(Search("门禁", "state = SUBMITTED", 3, token), invalid);
  EXPECT_THAT(Search("门禁", "", 3, token + "x"), invalid);
  EXPECT_THAT(Search("门禁", "", -1), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Search("门禁", "colour = RED"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
}

TEST_F(RequestSearchServiceTest, TheNastiestQueriesAreAnsweredOrRefused) {
  Make("门禁🚀升级 O'Brien 50%_ \u202Eabc");
  EXPECT_THAT(Titles("O'Brien"), ElementsAre("门禁🚀升级 O'Brien 50%_ \u202Eabc"));
  EXPECT_THAT(Titles("门禁🚀升级"), ElementsAre("门禁🚀升级 O'Brien 50%_ \u202Eabc"));
  EXPECT_THAT(Titles("50%_ abc"), ElementsAre("门禁🚀升级 O'Brien 50%_ \u202Eabc"));
  for (const std::string& query :
       {std::string("+-><()~*:\"\"&|@"), std::string("\"a b\"@2"), std::string("a\" OR \"1\"=\"1"),
        std::string("((((((((a"), std::string("a)-(b"), std::string("%' OR 1=1 -- "), std::string("\\"),
        std::string("🚀🚀🚀"), std::string(200, '*'), std::string(200, '-'), std::string(200, '"'),
        std::string(199, 'z') + "*"}) {
    const absl::StatusOr<v1::SearchRequestsResponse> found = Search(query);
    if (!found.ok()) {
      EXPECT_THAT(found, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS)) << query;
    }
  }
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "门";
  EXPECT_THAT(Titles(longest), IsEmpty());
  EXPECT_THAT(Search(longest + "门"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Search(""), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST_F(RequestSearchServiceTest, CountsAreExactAfterRandomTransitions) {
  std::mt19937 random(11);
  std::vector<std::string> names;
  const common::v1::Level levels[] = {common::v1::LEVEL_LOW, common::v1::LEVEL_HIGH, common::v1::LEVEL_CRITICAL};
  for (int step = 0; step < 150; ++step) {
    if (names.size() < 10 || random() % 4 == 0) {
      v1::Request form = WholeService::Form();
      form.set_urgency(levels[random() % 3]);
      names.push_back(service_.Create(service_.author, form).name());
    }
    const std::string& name = names[random() % names.size()];
    // Whether a step is allowed is not the question here.
    switch (random() % 6) {
      case 0:
      case 1:
        (void)service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, name);
        break;
      case 2:
        (void)service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, name);
        break;
      case 3:
        (void)service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, name,
                                                     [](v1::ReturnRequestRequest& call) { call.set_reason("补充"); });
        break;
      case 4:
        (void)service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, name);
        break;
      default:
        (void)service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, name,
                                                     [&](v1::TriageRequestRequest& call) {
                                                       call.set_outcome(v1::TRIAGE_OUTCOME_DECLINE);
                                                       call.set_reason("不受理");
                                                     });
    }
  }
  const auto counted = Counted();
  EXPECT_GT(counted.size(), 4u);
  EXPECT_EQ(Shown(), counted);
  int64_t all = 0;
  for (const auto& [key, count] : counted) all += count;
  EXPECT_EQ(Count({})->total(), all);

  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  CountStore& counts = service_.requests().counts();
  EXPECT_THAT(*counts.FindDrift(deadline, "yunqi"), IsEmpty());
  // Somebody's hand in the tables is seen, and mended.
  ASSERT_THAT(service_.pool().Execute(deadline, "UPDATE request_count SET requests = requests + 3 WHERE state = 2"),
              IsOk());
  ASSERT_THAT(service_.pool().Execute(deadline, "DELETE FROM request_count WHERE state = 9"), IsOk());
  EXPECT_FALSE(counts.FindDrift(deadline, "yunqi")->empty());
  EXPECT_NE(Shown(), counted);
  ASSERT_THAT(service_.requests().VerifyCounts(deadline), IsOk());
  EXPECT_THAT(*counts.FindDrift(deadline, "yunqi"), IsEmpty());
  EXPECT_EQ(Shown(), counted);
}

TEST_F(RequestSearchServiceTest, CountsByWhatIsAsked) {
  service_.Submitted();
  service_.Submitted();
  service_.Endorsed();
  service_.Create(service_.author, WholeService::Form());
  const auto by_state = Count({v1::COUNT_DIMENSION_STATE});
  ASSERT_THAT(by_state, IsOk());
  ASSERT_EQ(by_state->counts_size(), 2);
  EXPECT_EQ(by_state->counts(0).state(), v1::Request::STATE_SUBMITTED);
  EXPECT_EQ(by_state->counts(0).count(), 2);
  EXPECT_EQ(by_state->counts(0).department(), "");
  EXPECT_EQ(by_state->counts(1).state(), v1::Request::STATE_ENDORSED);
  EXPECT_EQ(by_state->total(), 3);
  EXPECT_EQ(Count({}, "state = SUBMITTED AND priority >= HIGH")->total(), 2);
  EXPECT_EQ(Count({}, "department = \"organizations/yunqi/departments/it\"")->total(), 0);
  EXPECT_EQ(Count({v1::COUNT_DIMENSION_DEPARTMENT})->counts(0).department(),
            "organizations/yunqi/departments/customer-service");
  EXPECT_THAT(Count({}, "title = x"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(Count({v1::COUNT_DIMENSION_STATE, v1::COUNT_DIMENSION_STATE}),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Count({v1::COUNT_DIMENSION_UNSPECIFIED}), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace docket::request

// Every list of the service is searched by words alone: a Chinese one, and an English one in another case or width.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/list_words_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

struct Listed {
  std::string name;
  std::function<absl::StatusOr<std::vector<std::string>>(const std::string& filter)> ask;
  // A filter, and the one row that it finds.
  std::vector<std::pair<std::string, std::string>> found;
};

TEST_F(ListWordsTest, EachIsSearchedByChineseAndEnglishWords) {
  const common::v1::Principal& administrator = service_.administrator;
  const common::v1::Principal& author = service_.author;
  for (const Listed& list : std::vector<Listed>{
           {"organizations",
            List<v1::ListOrganizationsRequest, v1::ListOrganizationsResponse>("DirectoryService/ListOrganizations",
                                                                              administrator, "", "title"),
            {{"图书馆", "江城市图书馆"}, {"TRUST", "Riverside Trust"}}},
           {"departments",
            List<v1::ListDepartmentsRequest, v1::ListDepartmentsResponse>("DirectoryService/ListDepartments", author,
                                                                          kParent, "title"),
            {{"客户", "客户服务部"}, {"'gate oper'", "Gate Operations"}}},
           {"vendors",
            List<v1::ListVendorsRequest, v1::ListVendorsResponse>("DirectoryService/ListVendors", author, kParent,
                                                                  "title"),
            {{"云梯", "云梯科技"},
             {"ht-2026", "云梯科技"},
             {"框架协议", "Northern Locks"},
             {"LOCKS", "Northern Locks"}}},
           {"people",
            List<v1::ListPeopleRequest, v1::ListPeopleResponse>("DirectoryService/ListPeople", author, kParent,
                                                                "display_name"),
            {{"周", "周工"}, {"\"MARY O'\"", "Mary O'Neil"}}},
           {"systems",
            List<v1::ListSystemsRequest, v1::ListSystemsResponse>("CatalogService/ListSystems", author, kParent,
                                                                  "title"),
            {{"停车", "停车场"}, {"BARRIER", "停车场"}, {"门禁 criticality >= HIGH", "门禁管理软件"}}},
           {"installed versions",
            List<v1::ListInstalledVersionsRequest, v1::ListInstalledVersionsResponse>(
                "CatalogService/ListInstalledVersions", author, kSystem, "component"),
            {{"ENGINE", "face-engine"}, {"ｆａｃｅ", "face-engine"}, {"4.1", ""}}},
           {"attachments",
            List<v1::ListAttachmentsRequest, v1::ListAttachmentsResponse>("AttachmentService/ListAttachments", author,
                                                                          request_, "file_name"),
            {{"照片", "现场照片.pdf"}, {"PLAN", "Site Plan.pdf"}}},
           {"change templates",
            List<v1::ListChangeTemplatesRequest, v1::ListChangeTemplatesResponse>(
                "ChangeTemplateService/ListChangeTemplates", author, kParent, "title"),
            {{"道闸", "道闸参数"}, {"SIGNATURE", "Signature Update"}}},
           {"change template versions",
            List<v1::ListChangeTemplateVersionsRequest, v1::ListChangeTemplateVersionsResponse>(
                "ChangeTemplateService/ListChangeTemplateVersions", author, kTemplate, "title"),
            {{"特征", "特征库"}, {"UPDATE", "Signature Update"}}},
           {"collection schedules",
            List<v1::ListCollectionSchedulesRequest, v1::ListCollectionSchedulesResponse>(
                "CollectionService/ListCollectionSchedules", administrator, kParent, "title"),
            {{"季度", "季度需求"}, {"填报", "季度需求"}, {"TWICE", "Yearly"}}},
           {"collection rounds",
            List<v1::ListCollectionRoundsRequest, v1::ListCollectionRoundsResponse>(
                "CollectionService/ListCollectionRounds", administrator, kParent, "title"),
            {{"季度", "季度需求"}, {"填报", "季度需求"}, {"TWICE", "Yearly"}}},
           {"feedback",
            List<v1::ListFeedbackRequest, v1::ListFeedbackResponse>("FeedbackService/ListFeedback", author, kParent,
                                                                    "text"),
            {{"刷脸 AND state = NEW", "刷脸开门太慢"}, {"'LIFT APP'", "The lift App hangs"}}},
           {"vendor notices",
            List<v1::ListVendorNoticesRequest, v1::ListVendorNoticesResponse>("VendorNoticeService/ListVendorNotices",
                                                                              author, kParent, "title"),
            {{"通告", "漏洞通告"}, {"读卡器", "漏洞通告"}, {"OFFLINE", "4.2"}}},
           {"version drifts",
            List<v1::ListVersionDriftsRequest, v1::ListVersionDriftsResponse>(
                "VersionDriftService/ListVersionDrifts", service_.auditor, kParent, "observed_version"),
            {{"扫描器", "9.1"}, {"NIGHTLY", "3.0"}, {"FACE-ENGINE", "3.0"}, {"CONTROL 9.1", "9.1"}}},
           {"requests",
            Requests(),
            {{"二维码", "访客登记"}, {"TURNSTILE", "Turnstile"}, {"'rush HOUR' 更快", "Turnstile"}}},
       }) {
    SCOPED_TRACE(list.name);
    for (const auto& [filter, row] : list.found) {
      const Found found = list.ask(filter);
      ASSERT_THAT(found, IsOk()) << filter;
      EXPECT_THAT(*found, ElementsAre(row)) << filter;
    }
    const Found nothing = list.ask("哪里也没有");
    ASSERT_THAT(nothing, IsOk());
    EXPECT_THAT(*nothing, IsEmpty());
    EXPECT_THAT(list.ask("%").value(), IsEmpty());
    EXPECT_THAT(list.ask("\"\""), StatusIs(StatusCode::kInvalidArgument, HasSubstr("an empty text")));
  }
}

TEST_F(ListWordsTest, WordsGoWithFieldsAndWithEachOther) {
  const auto requests = Requests();
  EXPECT_THAT(*requests("二维码 OR turnstile AND state = SUBMITTED"), ElementsAre("Turnstile", "访客登记"));
  EXPECT_THAT(*requests("(二维码 OR turnstile) NOT 前台 state = SUBMITTED"), ElementsAre("Turnstile"));
  EXPECT_THAT(*requests("二维码 turnstile"), IsEmpty());
  EXPECT_THAT(*requests("二维码 state = ACCEPTED"), IsEmpty());
  // A field's name that nothing is compared with is a word like any other.
  EXPECT_THAT(*requests("state"), IsEmpty());
  EXPECT_THAT(requests("state ="), StatusIs(StatusCode::kInvalidArgument, HasSubstr("expected a value for \"state\"")));
}

TEST_F(ListWordsTest, APageTokenBelongsToItsWords) {
  v1::ListRequestsRequest call;
  call.set_parent(kParent);
  call.set_filter("二维码 OR turnstile");
  call.set_page_size(1);
  const auto list = [&] {
    return service_.Call<v1::ListRequestsResponse>("RequestService/ListRequests", service_.author, call);
  };
  const auto first = list();
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(Shown(*first, "title"), ElementsAre("Turnstile"));
  call.set_page_token(first->next_page_token());
  const auto second = list();
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Shown(*second, "title"), ElementsAre("访客登记"));
  call.set_filter("二维码 OR turnstiles");
  EXPECT_EQ(GetReason(list().status()), Reason::REASON_INVALID_PAGE_TOKEN);
}

TEST_F(ListWordsTest, ASearchTakesWordsAndACountDoesNot) {
  ASSERT_THAT(service_.requests().IndexWords(absl::Now() + absl::Seconds(20)), IsOk());
  v1::SearchRequestsRequest search;
  search.set_parent(kParent);
  search.set_query("断网");
  search.set_filter("前台");
  const auto found =
      service_.Call<v1::SearchRequestsResponse>("RequestService/SearchRequests", service_.author, search);
  ASSERT_THAT(found, IsOk());
  EXPECT_THAT(Shown(*found, "title"), ElementsAre("访客登记"));
  v1::CountRequestsRequest count;
  count.set_parent(kParent);
  count.set_filter("state = SUBMITTED 前台");
  const auto counted = service_.Call<v1::CountRequestsResponse>("RequestService/CountRequests", service_.author, count);
  EXPECT_THAT(counted, StatusIs(StatusCode::kInvalidArgument, HasSubstr("takes no words")));
  EXPECT_EQ(GetReason(counted.status()), Reason::REASON_INVALID_FILTER);
  EXPECT_EQ(GetErrorInfo(counted.status())->metadata().at("position"), "18");
}

}  // namespace
}  // namespace docket::request

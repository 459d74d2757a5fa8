#include "services/docketctl/contract.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/request/v1/request_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

TEST(ContractTest, HasEveryServiceAndNotWhatServicesTellEachOther) {
  std::set<std::string> services;
  for (const auto* method : AllMethods()) services.insert(method->service()->full_name());
  EXPECT_EQ(services.size(), 28u);
  EXPECT_TRUE(services.contains("docket.request.v1.RequestService"));
  EXPECT_TRUE(services.contains("docket.audit.v1.RegisterService"));
  EXPECT_TRUE(services.contains("docket.audit.v1.StatisticsService"));
  EXPECT_FALSE(services.contains("docket.event.v1.EventSinkService"));
}

TEST(ContractTest, FindsMethodsByFullAndShortName) {
  const char* full = "docket.request.v1.RequestService/CreateRequest";
  for (const char* name : {full, "RequestService/CreateRequest", "CreateRequest"}) {
    const auto method = FindMethod(name);
    ASSERT_THAT(method, IsOk()) << name;
    EXPECT_EQ(PathOf(**method), absl::StrCat("/", full));
  }
}

TEST(ContractTest, EveryMethodIsFoundByItsPath) {
  for (const auto* method : AllMethods()) {
    const auto found = FindMethod(PathOf(*method).substr(1));
    ASSERT_THAT(found, IsOk());
    EXPECT_EQ(*found, method);
  }
}

TEST(ContractTest, SuggestsWhatComesClose) {
  EXPECT_THAT(FindMethod("createrequest"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("docket.request.v1.RequestService/CreateRequest")));
  EXPECT_THAT(FindMethod("RequestService/createRequest"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean")));
  EXPECT_THAT(FindMethod("Xyzzy"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("docketctl methods")));
}

TEST(ContractTest, ShortNamesMustBeUnique) {
  std::set<std::string> names;
  std::string twice;
  for (const auto* method : AllMethods()) {
    if (!names.insert(method->name()).second) twice = method->name();
  }
  // Whether the contract has such names today or not, no short name may lead to one of several.
  if (!twice.empty()) {
    EXPECT_THAT(FindMethod(twice), StatusIs(absl::StatusCode::kNotFound, HasSubstr("several methods")));
  }
  for (const std::string& name : names) {
    const auto found = FindMethod(name);
    if (found.ok()) {
      EXPECT_EQ((*found)->name(), name);
    }
  }
}

TEST(ContractTest, JsonHasTheNamesOfTheContract) {
  request::v1::CreateRequestRequest request;
  ASSERT_THAT(FromJson(R"({"parent": "organizations/o", "request": {"title": "四"}, "requestId": "x"})", &request),
              IsOk());
  EXPECT_EQ(request.request().title(), "四");
  EXPECT_EQ(request.request_id(), "x");
  const auto json = ToJson(request, false);
  ASSERT_THAT(json, IsOk());
  EXPECT_EQ(*json, R"({"parent":"organizations/o","request":{"title":"四"},"request_id":"x"})");
}

TEST(ContractTest, JsonMistakesAreNamed) {
  request::v1::CreateRequestRequest request;
  EXPECT_THAT(FromJson(R"({"parnt": "organizations/o"})", &request),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("parnt")));
  EXPECT_THAT(FromJson(R"({"request": {"kind": "CHANGE_KIND_ODD"}})", &request),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("CHANGE_KIND_ODD")));
  EXPECT_THAT(FromJson("", &request), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("CreateRequestRequest")));
}

TEST(ContractTest, EventPayloadsAreShownAndUnknownOnesAreAnError) {
  event::v1::CallDenied payload;
  payload.set_code("PERMISSION_DENIED");
  audit::v1::LogEntry entry;
  entry.mutable_event()->mutable_payload()->PackFrom(payload);
  const auto json = ToJson(entry, false);
  ASSERT_THAT(json, IsOk());
  EXPECT_THAT(*json, HasSubstr(R"("code":"PERMISSION_DENIED")"));
  entry.mutable_event()->mutable_payload()->set_type_url("type.googleapis.com/docket.event.v1.FromTheFuture");
  EXPECT_THAT(ToJson(entry), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("LogEntry")));
}

TEST(ContractTest, RequestIdsAreFilledInWhereTheyAreMissing) {
  request::v1::CreateRequestRequest create;
  FillRequestId(&create);
  EXPECT_EQ(create.request_id().size(), 36u);
  const std::string first = create.request_id();
  FillRequestId(&create);
  EXPECT_EQ(create.request_id(), first) << "what is there stays";
  FillRequestId(&create, "other");
  EXPECT_EQ(create.request_id(), first);
  request::v1::GetRequestRequest get;
  FillRequestId(&get, "x");
  EXPECT_EQ(get.ByteSizeLong(), 0u);
}

}  // namespace
}  // namespace docket::ctl

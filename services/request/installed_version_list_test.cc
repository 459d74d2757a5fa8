// The history of a system's installed versions: what it can be filtered and ordered by, and what a page is bound to.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

constexpr char kSystem[] = "organizations/yunqi/systems/access-control";
constexpr int64_t kNow = 1790000000;

class InstalledVersionListTest : public ::testing::Test {
 protected:
  InstalledVersionListTest() : change_(service_.Submitted().name()) {
    // After the first version of the whole and of its face-engine, one revision each, an hour apart.
    Install(2, "", "4.2.0", change_);
    Install(2, "face-engine", "2.1", change_);
    Install(3, "face-engine", "2.2", "");
    Install(4, "", "4.2.1", "");
  }

  void Install(int revision, const std::string& component, const std::string& version, const std::string& change) {
    const mysql::Value change_id =
        change.empty() ? mysql::Value() : mysql::Value(*ParseUuid(change.substr(change.rfind('/') + 1)));
    EXPECT_THAT(service_.pool().Execute(
                    absl::Now() + absl::Seconds(10),
                    "INSERT INTO installed_version (organization_id, system_id, revision, component_id, version,"
                    " install_time_us, change_id) VALUES ('yunqi', 'access-control', ?, ?, ?, ?, ?)",
                    {revision, component, version, (kNow + 3600 * (revision - 1)) * 1'000'000, change_id}),
                IsOk());
  }

  absl::StatusOr<v1::ListInstalledVersionsResponse> List(const std::string& filter, const std::string& order_by = "",
                                                         int page_size = 0, const std::string& page_token = "",
                                                         const std::string& system = kSystem) {
    v1::ListInstalledVersionsRequest call;
    call.set_parent(system);
    call.set_filter(filter);
    call.set_order_by(order_by);
    call.set_page_size(page_size);
    call.set_page_token(page_token);
    return service_.Call<v1::ListInstalledVersionsResponse>("CatalogService/ListInstalledVersions", service_.author,
                                                            call);
  }

  // "component:version" of all pages of that size.
  std::vector<std::string> Versions(const std::string& filter, const std::string& order_by = "", int page_size = 2) {
    std::vector<std::string> versions;
    std::string token;
    do {
      const auto page = List(filter, order_by, page_size, token);
      if (!page.ok()) return {page.status().ToString()};
      EXPECT_LE(page->installed_versions_size(), page_size);
      for (const v1::InstalledVersion& version : page->installed_versions()) {
        versions.push_back(absl::StrCat(version.component(), ":", version.version()));
      }
      token = page->next_page_token();
    } while (!token.empty() && versions.size() < 100);
    return versions;
  }

  WholeService service_;
  const std::string change_;
};

TEST_F(InstalledVersionListTest, NewestFirstUnlessSaidOtherwise) {
  for (const int size : {1, 2, 50}) {
    for (const char* order : {"", " ", "install_time desc"}) {
      EXPECT_THAT(Versions("", order, size),
                  ElementsAre(":4.2.1", "face-engine:2.2", ":4.2.0", "face-engine:2.1", ":4.1.0", "face-engine:2.0"));
    }
    EXPECT_THAT(Versions("", "install_time", size),
                ElementsAre(":4.1.0", "face-engine:2.0", ":4.2.0", "face-engine:2.1", "face-engine:2.2", ":4.2.1"));
  }
  for (const char* order : {"component", "version", "install_time, component", "install_time desc desc", ","}) {
    EXPECT_THAT(List("", order), StatusIs(StatusCode::kInvalidArgument, HasSubstr("order_by"))) << order;
  }
  EXPECT_THAT(List("", "", -1), StatusIs(StatusCode::kInvalidArgument, HasSubstr("page_size")));
}

TEST_F(InstalledVersionListTest, FiltersByEveryField) {
  EXPECT_THAT(Versions("component = face-engine"),
              ElementsAre("face-engine:2.2", "face-engine:2.1", "face-engine:2.0"));
  EXPECT_THAT(Versions("NOT component:*", "install_time"), ElementsAre(":4.1.0", ":4.2.0", ":4.2.1"));
  EXPECT_THAT(Versions("component:\"face*\" AND version = \"2.1\""), ElementsAre("face-engine:2.1"));
  EXPECT_THAT(Versions("version:\"4.2*\"", "install_time", 1), ElementsAre(":4.2.0", ":4.2.1"));
  EXPECT_THAT(Versions(absl::StrCat("change = \"", change_, "\"")), ElementsAre(":4.2.0", "face-engine:2.1"));
  EXPECT_THAT(Versions("NOT change:*"), ElementsAre(":4.2.1", "face-engine:2.2", ":4.1.0", "face-engine:2.0"));
  const std::string third =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(kNow + 7200), absl::UTCTimeZone());
  EXPECT_THAT(Versions(absl::StrCat("install_time >= ", third)), ElementsAre(":4.2.1", "face-engine:2.2"));
  EXPECT_THAT(Versions(absl::StrCat("component = face-engine AND install_time < ", third)),
              ElementsAre("face-engine:2.1", "face-engine:2.0"));
  for (const char* filter :
       {"change = \"organizations/library/requests/01900000-0000-7000-8000-000000000000\"", "change = \"x\"",
        "revision = 2", "install_time = yesterday", "component > a", "(((", "version = '2' OR 1 = 1; --"}) {
    EXPECT_THAT(List(filter), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER)) << filter;
  }
}

TEST_F(InstalledVersionListTest, ATokenIsOfItsListAlone) {
  const auto page = List("NOT change:*", "install_time", 1);
  ASSERT_THAT(page, IsOk());
  const std::string& token = page->next_page_token();
  ASSERT_NE(token, "");
  EXPECT_EQ(List("NOT change:*", "install_time", 50, token)->installed_versions_size(), 3);
  EXPECT_THAT(List("", "install_time", 1, token),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List("NOT change:*", "install_time desc", 1, token),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List("NOT change:*", "install_time", 1, token, "organizations/yunqi/systems/other"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List("", "", 1, "x"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(InstalledVersionListTest, NothingFoundIsNoUnknownSystem) {
  const auto none = List("version = \"9\"");
  ASSERT_THAT(none, IsOk());
  EXPECT_THAT(none->installed_versions(), IsEmpty());
  EXPECT_EQ(none->next_page_token(), "");
  for (const char* filter : {"", "version = \"9\""}) {
    EXPECT_THAT(List(filter, "", 0, "", "organizations/yunqi/systems/none"),
                StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  }
}

}  // namespace
}  // namespace docket::request

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/catalog.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

class CatalogListTest : public ::testing::Test {
 protected:
  absl::Status Create(const std::string& id, const std::string& title, common::v1::Level criticality,
                      const std::string& department = "it", const std::string& category = "",
                      const std::string& description = "") {
    v1::CreateSystemRequest call;
    call.set_parent("organizations/yunqi");
    call.set_system_id(id);
    call.mutable_system()->set_title(title);
    call.mutable_system()->set_owner_department("organizations/yunqi/departments/" + department);
    call.mutable_system()->set_criticality(criticality);
    call.mutable_system()->set_category(category);
    call.mutable_system()->set_description(description);
    call.mutable_system()->set_installed_version("2.0");
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::System>("CatalogService/CreateSystem", service_.administrator, call).status();
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& filter, const std::string& order = "",
                                                int page_size = 0) {
    v1::ListSystemsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    call.set_order_by(order);
    call.set_page_size(page_size);
    std::vector<std::string> ids;
    do {
      const auto page = service_.Call<v1::ListSystemsResponse>("CatalogService/ListSystems", service_.author, call);
      if (!page.ok()) return page.status();
      for (const v1::System& system : page->systems()) ids.push_back(IdOf(system.name()));
      call.set_page_token(page->next_page_token());
    } while (!call.page_token().empty());
    return ids;
  }

  WholeService service_;
};

TEST_F(CatalogListTest, FiltersAndOrders) {
  ASSERT_THAT(Create("patrol", "设备巡检软件", common::v1::LEVEL_LOW, "engineering"), IsOk());
  ASSERT_THAT(Create("owner-app", "业主服务APP", common::v1::LEVEL_CRITICAL, "customer-service", "owner"), IsOk());
  ASSERT_THAT(Create("erp", "物业管理系统", common::v1::LEVEL_LOW, "it"), IsOk());

  EXPECT_THAT(*List(""), ElementsAre("access-control", "erp", "owner-app", "patrol"));
  EXPECT_THAT(*List("criticality >= HIGH"), ElementsAre("access-control", "owner-app"));
  EXPECT_THAT(*List(R"(title:"*软件")"), ElementsAre("access-control", "patrol"));
  EXPECT_THAT(*List("owner_department = organizations/yunqi/departments/engineering"),
              ElementsAre("access-control", "patrol"));
  EXPECT_THAT(*List("NOT vendor:*"), ElementsAre("access-control", "erp", "owner-app", "patrol"));
  EXPECT_THAT(*List("category = owner OR installed_version = \"4.1.0\""), ElementsAre("access-control", "owner-app"));
  EXPECT_THAT(*List("state = RETIRED"), IsEmpty());
  EXPECT_THAT(*List("name = organizations/yunqi/systems/erp"), ElementsAre("erp"));
  for (int size : {1, 2, 3, 50}) {
    EXPECT_THAT(*List("", "criticality desc", size), ElementsAre("owner-app", "access-control", "patrol", "erp"))
        << size;
    EXPECT_THAT(*List("", "criticality, title desc", size), ElementsAre("patrol", "erp", "access-control", "owner-app"))
        << size;
    EXPECT_EQ(List("", "title", size)->size(), 4u);
  }
  for (const char* filter : {"owner_department = it", "name = organizations/library/systems/erp", "description > x",
                             "criticality > ENORMOUS", "title = \"", "title = 'x' OR 1=1; DROP TABLE vendor --"}) {
    EXPECT_THAT(List(filter), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER)) << filter;
  }
  EXPECT_THAT(*List(R"(title = "x' OR '1'='1" OR title:"*%_!*")"), IsEmpty());
  EXPECT_THAT(List("", "description"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST_F(CatalogListTest, FindsWhatSystemsRunOnAndNeed) {
  ASSERT_THAT(Create("erp", "物业管理系统", common::v1::LEVEL_LOW, "it"), IsOk());
  v1::UpdateSystemRequest call;
  call.mutable_system()->set_name("organizations/yunqi/systems/erp");
  call.mutable_system()->set_etag("1");
  call.mutable_system()->mutable_environment()->set_operating_system("Debian 12");
  call.mutable_system()->mutable_environment()->set_database("MySQL 5.7");
  call.mutable_system()->add_dependencies()->set_system("organizations/yunqi/systems/access-control");
  for (const char* path : {"environment", "dependencies"}) call.mutable_update_mask()->add_paths(path);
  call.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::System>("CatalogService/UpdateSystem", service_.administrator, call), IsOk());
  EXPECT_THAT(*List(R"(environment.operating_system:"Debian*" AND environment.database:"MySQL 5.7")"),
              ElementsAre("erp"));
  EXPECT_THAT(*List("dependency = organizations/yunqi/systems/access-control"), ElementsAre("erp"));
  EXPECT_THAT(*List("dependency:*"), ElementsAre("erp"));
  EXPECT_THAT(*List("component = face-engine"), ElementsAre("access-control"));
  EXPECT_THAT(*List("component != face-engine"), ElementsAre("erp"));
  EXPECT_THAT(*List("NOT environment.runtime:* AND NOT environment.hardware:*"), ElementsAre("access-control", "erp"));
}

TEST_F(CatalogListTest, FindsWordsInDescriptions) {
  ASSERT_THAT(Create("patrol", "设备巡检软件", common::v1::LEVEL_LOW, "it", "", "巡检电梯、门禁与消防"), IsOk());
  ASSERT_THAT(Create("owner-app", "业主服务APP", common::v1::LEVEL_LOW, "it", "", "业主缴费、门禁开门"), IsOk());
  ASSERT_THAT(Create("erp", "物业管理系统", common::v1::LEVEL_HIGH, "it", "", "100%覆盖"), IsOk());
  EXPECT_THAT(*List(R"(description:"*门禁*")", "", 1), ElementsAre("owner-app", "patrol"));
  EXPECT_THAT(*List(R"(description:"门禁" AND title:"*软件")"), ElementsAre("patrol"));
  EXPECT_THAT(*List(R"(description:"业主*")"), ElementsAre("owner-app"));
  EXPECT_THAT(*List(R"(description = "100%覆盖")"), ElementsAre("erp"));
  EXPECT_THAT(*List(R"(description:"0%")"), ElementsAre("erp"));
  EXPECT_THAT(*List("NOT description:*"), ElementsAre("access-control"));
  v1::ListSystemsRequest call;
  call.set_parent("organizations/yunqi");
  call.set_filter(R"(description:"门禁")");
  call.set_page_size(1);
  const auto page = service_.Call<v1::ListSystemsResponse>("CatalogService/ListSystems", service_.author, call);
  ASSERT_THAT(page, IsOk());
  call.set_page_token(page->next_page_token());
  call.set_filter(R"(description:"消防")");
  EXPECT_THAT(service_.Call<v1::ListSystemsResponse>("CatalogService/ListSystems", service_.author, call),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(CatalogListTest, TitlesOfAllKinds) {
  const std::vector<std::string> titles = {"🏢🚪 系统", "مرحبا", "a", "A", "a ", "  x", "\u202e反", "%", "'; --", "\\"};
  for (size_t i = 0; i < titles.size(); ++i) {
    ASSERT_THAT(Create(absl::StrCat("t", i), titles[i], common::v1::LEVEL_LOW), IsOk()) << titles[i];
  }
  for (const char* order : {"title", "title desc"}) {
    for (int size : {1, 3}) EXPECT_EQ(List("", order, size)->size(), titles.size() + 1) << order;
  }
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "🏢";
  EXPECT_THAT(Create("wide", wide, common::v1::LEVEL_LOW), IsOk());
  EXPECT_THAT(Create("wider", wide + "x", common::v1::LEVEL_LOW), StatusIs(StatusCode::kInvalidArgument));
  // A key of 800 bytes still makes a token that a request may carry.
  EXPECT_EQ(List("", "title", 1)->size(), titles.size() + 2);
  for (const std::string& title : {std::string("a\0b", 3), std::string("\x7f"), std::string("a\x1b[2J")}) {
    EXPECT_THAT(Create("control", title, common::v1::LEVEL_LOW), StatusIs(StatusCode::kInvalidArgument));
  }
  for (const char* id : {"Patrol", "patrol ", "巡检", "-x", "x-", "", "a/b"}) {
    EXPECT_THAT(Create(id, "标题", common::v1::LEVEL_LOW), StatusIs(StatusCode::kInvalidArgument)) << id;
  }
}

TEST_F(CatalogListTest, TenThousandSystems) {
  // As many as there may be, in 100 chains of 100: entered past the API, which would take its time.
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  for (int chain = 0; chain < 100; ++chain) {
    std::string systems, needs;
    for (int i = 0; i < 100; ++i) {
      if (chain == 99 && i == 99) break;  // access-control is one of them.
      absl::StrAppend(&systems, i > 0 ? "," : "", "('yunqi','c", chain, "-", i,
                      "','标题','','it','',1,'','','','','','1',1,0,0,1)");
      if (i > 0) {
        absl::StrAppend(&needs, i > 1 ? "," : "", "('yunqi','c", chain, "-", i, "','c", chain, "-", i - 1,
                        "',0,'用途')");
      }
    }
    ASSERT_THAT(service_.pool().Execute(deadline, absl::StrCat("INSERT INTO catalog_system VALUES ", systems)), IsOk());
    ASSERT_THAT(service_.pool().Execute(deadline, absl::StrCat("INSERT INTO catalog_dependency VALUES ", needs)),
                IsOk());
  }
  ASSERT_THAT(
      service_.pool().Execute(deadline, "UPDATE catalog_size SET systems = 10000 WHERE organization_id = 'yunqi'"),
      IsOk());

  const absl::Status full = Create("one-more", "标题", common::v1::LEVEL_LOW);
  ASSERT_THAT(full, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_EQ(GetErrorInfo(full)->metadata().at("limit"), absl::StrCat(kMaxSystems));

  const auto needs = [&](const std::string& id, const std::string& needed) {
    v1::UpdateSystemRequest call;
    call.mutable_system()->set_name("organizations/yunqi/systems/" + id);
    call.mutable_system()->set_etag("1");
    call.mutable_system()->add_dependencies()->set_system("organizations/yunqi/systems/" + needed);
    call.mutable_update_mask()->add_paths("dependencies");
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::System>("CatalogService/UpdateSystem", service_.administrator, call).status();
  };
  EXPECT_THAT(needs("c0-0", "c0-99"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
  EXPECT_THAT(needs("c0-0", "c1-0"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_THAT(needs("c99-0", "access-control"), IsOk());

  v1::AnalyzeImpactRequest impact;
  impact.set_parent("organizations/yunqi");
  for (int chain = 0; chain < 50; ++chain)
    impact.add_systems(absl::StrCat("organizations/yunqi/systems/c", chain, "-0"));
  impact.set_page_size(1000);
  int affected = 0, pages = 0;
  do {
    const auto page = service_.Call<v1::AnalyzeImpactResponse>("CatalogService/AnalyzeImpact", service_.author, impact);
    ASSERT_THAT(page, IsOk());
    EXPECT_EQ(page->total_size(), 50 * 99);
    EXPECT_LT(page->ByteSizeLong(), size_t{2} << 20);
    affected += page->systems_size();
    impact.set_page_token(page->next_page_token());
    ++pages;
  } while (!impact.page_token().empty());
  EXPECT_EQ(affected, 50 * 99);
  EXPECT_GT(pages, 5) << "long paths make shorter pages";
  EXPECT_EQ(List("criticality = LOW", "title", 1000)->size(), 9'999u);
}

}  // namespace
}  // namespace docket::request

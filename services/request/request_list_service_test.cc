#include "services/request/request_list_service.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/migration/migration.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/schema.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using tests::IsOk;
using tests::StatusIs;

class RequestListTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::ListRequestsResponse> List(const common::v1::Principal& by, const std::string& filter,
                                                const std::string& order_by = "", int page_size = 0,
                                                const std::string& page_token = "") {
    v1::ListRequestsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    call.set_order_by(order_by);
    call.set_page_size(page_size);
    call.set_page_token(page_token);
    return service_.Call<v1::ListRequestsResponse>("RequestService/ListRequests", by, call);
  }

  // All pages of two.
  std::vector<std::string> Titles(const common::v1::Principal& by, const std::string& filter,
                                  const std::string& order_by = "") {
    std::vector<std::string> titles;
    std::string token;
    do {
      const absl::StatusOr<v1::ListRequestsResponse> page = List(by, filter, order_by, 2, token);
      if (!page.ok()) return {page.status().ToString()};
      EXPECT_LE(page->requests_size(), 2);
      for (const v1::Request& request : page->requests()) titles.push_back(request.title());
      token = page->next_page_token();
    } while (!token.empty() && titles.size() < 100);
    return titles;
  }

  // The table's columns from this one on (1 is the first), separated by commas.
  std::string RequestColumnsFrom(int first) {
    const auto rows = service_.pool().Query(absl::Now() + absl::Seconds(10),
                                            "SELECT column_name FROM information_schema.columns WHERE table_schema ="
                                            " DATABASE() AND table_name = 'request' AND ordinal_position >= ?"
                                            " ORDER BY ordinal_position",
                                            {first});
    EXPECT_THAT(rows, IsOk());
    std::vector<std::string> columns;
    for (const mysql::Row& row : *rows) columns.push_back(row.Text(0));
    return absl::StrJoin(columns, ", ");
  }

  // A request of that title, urgency and system, submitted or not.
  std::string Make(const std::string& title, common::v1::Level urgency, const std::string& component, bool submit) {
    v1::Request form = WholeService::Form();
    form.set_title(title);
    form.set_urgency(urgency);
    form.clear_targets();
    *form.add_targets() = WholeService::Form().targets(component.empty() ? 0 : 1);
    service_.clock().Advance(absl::Seconds(1));
    const std::string name = service_.Create(service_.author, form).name();
    if (submit) {
      EXPECT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, name), IsOk());
    }
    return name;
  }

  void MakeFive() {
    Make("甲", common::v1::LEVEL_LOW, "", true);
    Make("乙", common::v1::LEVEL_CRITICAL, "", true);
    Make("丙", common::v1::LEVEL_MEDIUM, "face-engine", true);
    Make("丁", common::v1::LEVEL_HIGH, "", true);
    Make("草稿", common::v1::LEVEL_LOW, "", false);
  }

  WholeService service_;
};

TEST_F(RequestListTest, NewestFirstInPagesAndDraftsToTheirAuthorOnly) {
  MakeFive();
  EXPECT_THAT(Titles(service_.author, ""), ElementsAre("草稿", "丁", "丙", "乙", "甲"));
  EXPECT_THAT(Titles(service_.director, ""), ElementsAre("丁", "丙", "乙", "甲"));
  EXPECT_THAT(Titles(service_.auditor, "state = DRAFT"), IsEmpty());
  EXPECT_THAT(Titles(service_.author, "state = DRAFT"), ElementsAre("草稿"));
}

TEST_F(RequestListTest, EveryOrder) {
  MakeFive();
  const auto by = [&](const std::string& order) { return Titles(service_.author, "", order); };
  EXPECT_THAT(by("create_time"), ElementsAre("甲", "乙", "丙", "丁", "草稿"));
  EXPECT_THAT(by("submit_time desc"), ElementsAre("丁", "丙", "乙", "甲", "草稿"));
  EXPECT_THAT(by("number"), ElementsAre("甲", "乙", "丙", "丁", "草稿"));
  // Impact is high: urgency low and medium make medium, high makes high, critical makes critical.
  EXPECT_THAT(by("priority desc"), ElementsAre("乙", "丁", "草稿", "丙", "甲"));
  EXPECT_THAT(by("priority, create_time"), ElementsAre("甲", "丙", "草稿", "丁", "乙"));
  for (const char* unserved : {"priority desc, create_time", "priority, submit_time", "submit_time, number"}) {
    EXPECT_THAT(List(service_.author, "", unserved),
                StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS))
        << unserved;
  }
  EXPECT_THAT(List(service_.author, "", "title"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

// The server reads no more of an index than the page shows, and sorts nothing.
TEST_F(RequestListTest, AnIndexServesEveryOrder) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  for (int i = 0; i < 40; ++i) Make(absl::StrCat("第", i), static_cast<common::v1::Level>(i % 4 + 1), "", i % 8 != 0);
  const PageTokenCodec codec = *PageTokenCodec::Create(std::string(32, 'k'));
  RequestFilters filters;
  RequestStore store(service_.pool());
  // Enough rows for the server to care: copies under other ids and numbers.
  for (int i = 0; i < 6; ++i) {
    ASSERT_THAT(
        service_.pool().Execute(
            deadline, absl::StrCat("INSERT INTO request SELECT organization_id, UNHEX(REPLACE(UUID(), '-', '')),"
                                   " CONCAT('~', LEFT(MD5(UUID()), 30)), ",
                                   RequestColumnsFrom(4), " FROM request WHERE organization_id = 'yunqi'")),
        IsOk());
  }
  ASSERT_THAT(service_.pool().Query(deadline, "ANALYZE TABLE request"), IsOk());
  for (const char* order : {"", "create_time", "create_time desc", "submit_time", "submit_time desc", "number",
                            "number desc", "priority", "priority desc", "priority desc, create_time desc"}) {
    std::string token;
    for (int pages = 0; pages < 2; ++pages) {
      v1::ListRequestsRequest call;
      call.set_parent("organizations/yunqi");
      call.set_order_by(order);
      call.set_page_size(20);
      call.set_page_token(token);
      const auto page = RequestPage::Read(call, service_.author.name(), codec, filters);
      ASSERT_THAT(page, IsOk());
      for (const auto& [sql, params] : RequestListStore::Statements(page->query())) {
        const auto plan = service_.pool().Query(deadline, absl::StrCat("EXPLAIN ", sql), params);
        ASSERT_THAT(plan, IsOk());
        ASSERT_EQ(plan->size(), 1u);
        // id, select_type, table, type, possible_keys, key, key_len, ref, rows, Extra
        const std::string type = plan->front().Text(3), key = plan->front().Text(5), extra = plan->front().Text(9);
        EXPECT_NE(type, "ALL") << order;
        EXPECT_NE(key, "") << order;
        EXPECT_THAT(extra, ::testing::Not(::testing::HasSubstr("filesort"))) << order << " " << key;
      }
      auto found = RequestListStore(store).Page(deadline, page->query());
      ASSERT_THAT(found, IsOk());
      token = page->Trim(*found, codec);
      ASSERT_FALSE(token.empty());
    }
  }
}

// A busy organisation's year goes on where six digits end.
TEST_F(RequestListTest, NumbersBeyondSixDigitsComeInTheirOrder) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  const auto make_after = [&](int64_t last, const std::string& title) {
    ASSERT_THAT(service_.pool().Execute(deadline, "UPDATE request_counter SET last_number = ?", {last}), IsOk());
    Make(title, common::v1::LEVEL_HIGH, "", true);
  };
  Make("第一", common::v1::LEVEL_HIGH, "", true);
  make_after(999999, "七位");
  make_after(1234567, "又七位");
  make_after(999998, "六位");
  make_after(9999999, "八位");
  EXPECT_THAT(Titles(service_.auditor, "", "number"), ElementsAre("第一", "六位", "七位", "又七位", "八位"));
  EXPECT_THAT(Titles(service_.auditor, "", "number desc"), ElementsAre("八位", "又七位", "七位", "六位", "第一"));
  const auto found = List(service_.auditor, "number = \"REQ-2026-1000000\"");
  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->requests_size(), 1);
  EXPECT_EQ(found->requests(0).number(), "REQ-2026-1000000");
  EXPECT_THAT(Titles(service_.auditor, "number:\"REQ-2026-1*\""), ElementsAre("八位", "又七位", "七位"));
  EXPECT_THAT(Titles(service_.auditor, "number:\"*999999\""), ElementsAre("六位"));

  // What was numbered before numbers were stored so is brought over, and what needs it not is left.
  ASSERT_THAT(
      service_.pool().Execute(
          deadline, "UPDATE request SET request_number = REPLACE(request_number, '~', '') WHERE submit_time_us > 0"),
      IsOk());
  for (const migration::Migration& step : Schema()) {
    if (step.name != "number_order") continue;
    const auto statements = migration::SplitStatements(step.sql);
    ASSERT_THAT(statements, IsOk());
    for (int twice = 0; twice < 2; ++twice) {
      for (const std::string& sql : *statements) ASSERT_THAT(service_.pool().Execute(deadline, sql), IsOk());
    }
  }
  EXPECT_THAT(Titles(service_.auditor, "", "number"), ElementsAre("第一", "六位", "七位", "又七位", "八位"));
}

TEST_F(RequestListTest, WhatIsHeldIsFoundWhateverAProgramFromBeforeDid) {
  const std::string name = Make("乙", common::v1::LEVEL_LOW, "", true);
  Make("丙", common::v1::LEVEL_LOW, "", true);
  const auto held = [&] { return Titles(service_.director, "held = true"); };
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  const auto run = [&](const char* sql) { ASSERT_THAT(service_.pool().Execute(deadline, sql), IsOk()); };
  const auto hold = [](auto& call) { call.set_reason("等待厂商答复"); };
  ASSERT_THAT(service_.Act<v1::HoldRequestRequest>("HoldRequest", service_.director, name, hold), IsOk());
  EXPECT_THAT(held(), ElementsAre("乙"));
  // It resumed the request and held another, without the table that it does not know.
  run("UPDATE request SET held = 0 WHERE title = '乙'");
  run("UPDATE request SET held = 1 WHERE title = '丙'");
  ASSERT_THAT(service_.requests().VerifyCounts(deadline), IsOk());
  EXPECT_THAT(held(), ElementsAre("丙"));
  // Nor does a row that it left keep a request from being held again.
  run("INSERT INTO request_hold SELECT organization_id, request_id FROM request WHERE title = '乙'");
  ASSERT_THAT(service_.Act<v1::HoldRequestRequest>("HoldRequest", service_.director, name, hold), IsOk());
  EXPECT_THAT(held(), ElementsAre("丙", "乙"));
}

TEST_F(RequestListTest, EveryFilterField) {
  MakeFive();
  service_.Accepted();
  const auto titles = [&](const std::string& filter) { return Titles(service_.director, filter); };
  EXPECT_THAT(titles("number = \"REQ-2026-000002\""), ElementsAre("乙"));
  EXPECT_THAT(titles("title:\"甲*\" OR title = \"丙\""), ElementsAre("丙", "甲"));
  EXPECT_THAT(titles("state = ACCEPTED"), ElementsAre("门禁管理软件升级到4.2"));
  EXPECT_THAT(titles("kind = EMERGENCY"), IsEmpty());
  EXPECT_THAT(titles("held = true"), IsEmpty());
  EXPECT_THAT(titles("relation:*"), IsEmpty());
  EXPECT_THAT(titles("source_reference:*"), IsEmpty());
  EXPECT_THAT(titles("held = false AND NOT relation = PARENT AND title = \"丙\""), ElementsAre("丙"));
  EXPECT_THAT(titles("source = FORM AND urgency = CRITICAL"), ElementsAre("乙"));
  EXPECT_THAT(titles("impact < HIGH"), IsEmpty());
  EXPECT_THAT(titles("priority >= HIGH AND state != ACCEPTED"), ElementsAre("丁", "乙"));
  EXPECT_THAT(titles("requester = \"organizations/yunqi/people/li-na\" AND urgency = LOW"), ElementsAre("甲"));
  EXPECT_THAT(titles("department = \"organizations/yunqi/departments/it\""), IsEmpty());
  EXPECT_THAT(titles("department = \"organizations/yunqi/departments/customer-service\" AND urgency = MEDIUM"),
              ElementsAre("丙"));
  EXPECT_THAT(titles("create_time <= \"2026-09-21T14:13:21Z\""), ElementsAre("甲"));
  EXPECT_THAT(titles("submit_time > \"2026-09-21T22:13:23+08:00\" AND state = SUBMITTED"), ElementsAre("丁"));
  EXPECT_THAT(Titles(service_.author, "NOT submit_time:*"), ElementsAre("草稿"));
  EXPECT_THAT(titles("endorser:* AND triager = \"organizations/yunqi/people/chen-min\""),
              ElementsAre("门禁管理软件升级到4.2"));
  EXPECT_THAT(titles("NOT triager:* AND necessity_ground = BUSINESS_NEED AND urgency = LOW"), ElementsAre("甲"));
  EXPECT_THAT(titles("result = IMPLEMENTED OR close_time:* OR defer_until_time:*"), IsEmpty());
  EXPECT_THAT(titles("update_time >= \"2026-09-21T14:13:24Z\" AND state = SUBMITTED"), ElementsAre("丁"));
}

TEST_F(RequestListTest, FiltersBySystem) {
  v1::CreateSystemRequest system;
  system.set_parent("organizations/yunqi");
  system.set_system_id("owner-app");
  system.mutable_system()->set_title("业主服务APP");
  system.mutable_system()->set_owner_department("organizations/yunqi/departments/it");
  system.mutable_system()->set_criticality(common::v1::LEVEL_MEDIUM);
  system.mutable_system()->set_installed_version("7.0");
  system.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::System>("CatalogService/CreateSystem", service_.administrator, system), IsOk());
  v1::Request both = WholeService::Form();
  both.set_title("两个系统");
  both.mutable_targets(1)->set_system("organizations/yunqi/systems/owner-app");
  both.mutable_targets(1)->clear_component();
  service_.Create(service_.author, both);
  service_.clock().Advance(absl::Seconds(1));
  v1::Request one = WholeService::Form();
  one.set_title("一个系统");
  service_.Create(service_.author, one);

  const auto titles = [&](const std::string& filter) { return Titles(service_.author, filter); };
  EXPECT_THAT(titles("system = \"organizations/yunqi/systems/access-control\""), ElementsAre("一个系统", "两个系统"));
  EXPECT_THAT(titles("system = \"organizations/yunqi/systems/owner-app\""), ElementsAre("两个系统"));
  EXPECT_THAT(titles("system != \"organizations/yunqi/systems/owner-app\""), ElementsAre("一个系统"));
  EXPECT_THAT(titles("NOT system = \"organizations/yunqi/systems/access-control\""), IsEmpty());
  EXPECT_THAT(List(service_.author, "system = \"organizations/library/systems/owner-app\""),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
}

TEST_F(RequestListTest, APageOfLongRequestsEndsEarlyAndNoneIsPassedOver) {
  constexpr int kRequests = 60;
  std::string long_text;
  for (int i = 0; i < 5000; ++i) long_text += "长";
  v1::Request form = WholeService::Form();
  form.set_need(long_text);
  form.set_problem(long_text);
  form.set_business_impact(long_text);
  for (int i = 0; i < kRequests; ++i) {
    const std::string name = service_.Create(service_.author, form).name();
    ASSERT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, name), IsOk());
  }
  std::set<std::string> listed;
  std::vector<int> pages;
  std::string token;
  do {
    const auto page = List(service_.auditor, "", "", 100, token);
    ASSERT_THAT(page, IsOk());
    EXPECT_LT(page->ByteSizeLong(), size_t{4} << 20);
    for (const v1::Request& request : page->requests()) listed.insert(request.name());
    pages.push_back(page->requests_size());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(listed.size(), size_t{kRequests});
  EXPECT_THAT(pages, ElementsAre(47, 13));
}

TEST_F(RequestListTest, BadQueries) {
  MakeFive();
  EXPECT_THAT(List(service_.author, "colour = RED"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List(service_.author, "", "", -1), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const absl::StatusOr<v1::ListRequestsResponse> page = List(service_.author, "", "", 2);
  ASSERT_THAT(page, IsOk());
  const std::string token = page->next_page_token();
  ASSERT_FALSE(token.empty());
  const auto invalid = StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN);
  EXPECT_THAT(List(service_.author, "urgency = LOW", "", 2, token), invalid);
  EXPECT_THAT(List(service_.author, "", "number", 2, token), invalid);
  EXPECT_THAT(List(service_.director, "", "", 2, token), invalid);
  EXPECT_THAT(List(service_.author, "", "", 2, token + "x"), invalid);
  EXPECT_THAT(List(service_.author, "", "", 1, token), IsOk());
}

}  // namespace
}  // namespace docket::request

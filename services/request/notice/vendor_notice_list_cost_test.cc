// What a page of vendors' notices costs the server, however many there are, and that short pages miss nothing.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/listing/key_walk.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/notice/vendor_notice_list_service.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/testing/list_probe.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using tests::IsOk;

// The rare ones are the oldest, as far from a first page as can be. Nine of ten say nothing of support's end.
constexpr char kInsert[] =
    "INSERT INTO vendor_notice (organization_id, notice_id, vendor_id, kind, title, contents, notes, known_issues,"
    " obligations, planned_time_us, support_end_us, documents, state, state_reason, publisher, acknowledger,"
    " reminder_days, create_time_us, update_time_us, revision)"
    " SELECT ?, UNHEX(LPAD(HEX(seq), 32, '0')), IF(seq <= 3, 'rare', 'common'), seq % 3 + 1, CONCAT('第', seq, '号'),"
    " IF(seq <= 4, '修复门禁漏洞', '例行更新'), '', '', '', NULL, IF(seq % 10 = 0, seq, 253402300800000000), '',"
    " IF(seq <= 7, 2, 1), '', 'services/portal', '', 0, seq, seq, 1";
constexpr char kInsertSystem[] =
    "INSERT INTO vendor_notice_system (organization_id, notice_id, position, system_id, affected_versions,"
    " offered_version) SELECT ?, UNHEX(LPAD(HEX(seq), 32, '0')), ";
// Two requests, 1 and 2.
constexpr char kInsertRequest[] =
    "INSERT INTO vendor_notice_request (organization_id, request_id, notice_id, is_source)"
    " SELECT ?, UNHEX(LPAD('";
constexpr char kRequestLinks[] = "', 32, '0')), UNHEX(LPAD(HEX(seq), 32, '0')), 0";

const std::vector<Probe>& Orders() {
  static const auto& orders = *new std::vector<Probe>{{"", "notice_id DESC"},
                                                      {"create_time", "notice_id"},
                                                      {"support_end_time", "support_end_us, notice_id"},
                                                      {"support_end_time desc", "support_end_us DESC, notice_id DESC"}};
  return orders;
}

class VendorNoticeListCostTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new MigratedDatabase();
    Fill(kSmallOrganization, kSmallList);
    Fill(kLargeOrganization, kLargeList);
    ASSERT_THAT(database_->pool().Query(ProbeDeadline(),
                                        "ANALYZE TABLE vendor_notice, vendor_notice_system, vendor_notice_request"),
                IsOk());
  }
  static void TearDownTestSuite() { delete database_; }

  static void Fill(const std::string& organization, int count) {
    const auto fill = [&](absl::string_view rows, int up_to) {
      const std::string sql = absl::StrCat(rows, " FROM seq_1_to_", up_to);
      ASSERT_THAT(database_->pool().Execute(ProbeDeadline(), sql, {organization}), IsOk());
    };
    fill(kInsert, count);
    fill(absl::StrCat(kInsertSystem, "0, 'common', '', ''"), count);
    fill(absl::StrCat(kInsertSystem, "1, 'rare', '', ''"), 3);
    // As many as no request has: all of them, beside few.
    fill(absl::StrCat(kInsertRequest, 1, kRequestLinks), count);
    fill(absl::StrCat(kInsertRequest, 2, kRequestLinks), 3);
  }

  template <const char* kVendor>
  static ListProbe::Page Read(const std::string& organization, const ListCall& asked, const PageTokenCodec& codec) {
    const absl::StatusOr<ListPage> page = ReadNoticePage(CallFor<v1::ListVendorNoticesRequest>(asked), kVendor, codec);
    return ProbedPage(*page, VendorNoticeStore(database_->pool()).List(ProbeDeadline(), organization, *page), codec,
                      NoticeKeyOf, NoticeTextBytes);
  }

  // The systems of a page's notices are read beside them.
  static constexpr int64_t kWithSystems = 3 * kProbedPageSize;

  static MigratedDatabase* database_;
  static constexpr char kAll[] = "", kCommon[] = "common", kRare[] = "rare";
  const ListProbe list_{database_->pool(), "vendor_notice", "notice_id", Read<kAll>};
  // As the people of these vendors see it.
  const ListProbe common_list_{database_->pool(), "vendor_notice", "notice_id", Read<kCommon>};
  const ListProbe rare_list_{database_->pool(), "vendor_notice", "notice_id", Read<kRare>};
};

MigratedDatabase* VendorNoticeListCostTest::database_ = nullptr;

TEST_F(VendorNoticeListCostTest, APageWithoutAFilterCostsItsRows) {
  for (const Probe& order : Orders()) list_.Expect({"", "TRUE"}, order, kDirectCost + kWithSystems);
}

TEST_F(VendorNoticeListCostTest, AFilterThatAnIndexServesLeadsToItsRows) {
  const std::vector<Probe> alone = {{"state = PUBLISHED", "state = 1"},
                                    {"state = ACKNOWLEDGED", "state = 2"},
                                    {"vendor = \"@/vendors/common\"", "vendor_id = 'common'"},
                                    {"vendor = \"@/vendors/rare\"", "vendor_id = 'rare'"},
                                    {"vendor = \"@/vendors/nobody\"", "FALSE"}};
  for (const Probe& filter : alone) {
    list_.Expect(filter, Orders()[0], kDirectCost + kWithSystems);
    list_.Expect(filter, Orders()[1], kDirectCost + kWithSystems);
  }
  const std::vector<Probe> rare = {
      {"门禁 vendor = \"@/vendors/rare\"", "vendor_id = 'rare'"},
      {"vendor = \"@/vendors/rare\" AND contents:\"*门禁*\"", "vendor_id = 'rare'"},
      {"state = PUBLISHED AND vendor = \"@/vendors/rare\"", "FALSE"},
      {"system = \"@/systems/rare\"", "vendor_id = 'rare'"},
      {"system = \"@/systems/common\" AND system = \"@/systems/rare\" AND title = x", "FALSE"},
      {"request = \"@/requests/00000000-0000-0000-0000-000000000002\"", "vendor_id = 'rare'"},
      {"request = \"@/requests/00000000-0000-0000-0000-000000000002\" AND state = PUBLISHED", "FALSE"},
      {"request = \"@/requests/00000000-0000-0000-0000-000000000001\" AND system = \"@/systems/rare\"",
       "vendor_id = 'rare'"},
      {"state = ACKNOWLEDGED AND vendor = \"@/vendors/common\"", "state = 2 AND vendor_id = 'common'"}};
  for (const Probe& filter : rare) {
    for (const Probe& order : Orders()) EXPECT_EQ(list_.Expect(filter, order, kFirstWindowCost), 1);
  }
  // A common value beside nothing rare, found in the first window.
  list_.Expect({"system = \"@/systems/common\"", "TRUE"}, Orders()[0], kFirstWindowCost + kWithSystems);
  list_.Expect({"request = \"@/requests/00000000-0000-0000-0000-000000000001\"", "TRUE"}, Orders()[0],
               kFirstWindowCost + kWithSystems);
}

TEST_F(VendorNoticeListCostTest, AFilterThatNoIndexServesIsWalkedInBoundedPages) {
  const std::vector<Probe> filters = {
      {"contents:\"*门禁*\"", "contents LIKE '%门禁%'"},
      {"门禁", "contents LIKE '%门禁%'"},
      {"漏洞 OR 第99号", "(contents LIKE '%漏洞%' OR title LIKE '%第99号%')"},
      {"title:\"*99号\"", "title LIKE '%99号'"},
      {"NOT state = PUBLISHED", "state <> 1"},
      {"notes:* OR known_issues:* OR obligations:*", "FALSE"},
      {"support_end_time:* AND state = PUBLISHED", absl::StrCat("state = 1 AND support_end_us <> ", kNoSupportEnd)},
      {"vendor = \"@/vendors/common\" AND contents:\"*门禁*\"", "contents LIKE '%门禁%' AND vendor_id = 'common'"},
  };
  for (const Probe& filter : filters) {
    for (const Probe& order : Orders()) list_.Expect(filter, order, kGivenUpCost);
  }
  // Each row that is looked at is asked for its systems, or its requests, too.
  for (const Probe& order : Orders()) {
    list_.Expect({"NOT system = \"@/systems/common\"", "FALSE"}, order, kGivenUpCost + int64_t{kMaxWalkedAPage});
    list_.Expect({"NOT request:*", "FALSE"}, order, kGivenUpCost + int64_t{kMaxWalkedAPage});
  }
  // A page that is not full and not the last.
  EXPECT_GT(list_.Expect(filters.front(), Orders().front(), kGivenUpCost), 1);
}

TEST_F(VendorNoticeListCostTest, AVendorsOwnListIsWalkedByItsIndex) {
  for (const Probe& order : Orders()) {
    EXPECT_EQ(rare_list_.Expect({"", "vendor_id = 'rare'"}, order, kFirstWindowCost), 1);
    EXPECT_EQ(
        rare_list_.Expect({"contents:\"*门禁*\" OR state = PUBLISHED", "vendor_id = 'rare'"}, order, kFirstWindowCost),
        1);
    EXPECT_EQ(rare_list_.Expect({"vendor = \"@/vendors/common\"", "FALSE"}, order, kFirstWindowCost), 1);
    common_list_.Expect({"contents:\"*门禁*\"", "contents LIKE '%门禁%' AND vendor_id = 'common'"}, order,
                        kGivenUpCost);
  }
  for (const Probe& order : {Orders()[0], Orders()[1]}) {
    common_list_.Expect({"", "vendor_id = 'common'"}, order, kDirectCost + kWithSystems);
  }
}

}  // namespace
}  // namespace docket::request

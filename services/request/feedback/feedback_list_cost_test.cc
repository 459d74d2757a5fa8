// What a page of feedback costs the server, however much there is of it, and that short pages miss nothing.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/feedback/feedback_list_service.h"
#include "services/request/feedback/feedback_store.h"
#include "services/request/testing/list_probe.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using tests::IsOk;

// The rare ones are the oldest, as far from a first page as can be. Nine of ten came in at one moment.
constexpr char kInsert[] =
    "INSERT INTO feedback (organization_id, feedback_id, system_id, text, channel, reporter, received_time_us, state,"
    " request_id, dismiss_reason, creator, create_time_us, update_time_us, revision)"
    " SELECT ?, UNHEX(LPAD(HEX(seq), 32, '0')), IF(seq <= 3, 'rare', 'common'),"
    " CONCAT('第', seq, '条：', IF(seq <= 4, '门禁刷不开', '缴费太慢')), seq % 5 + 1, '', IF(seq % 10 = 0, seq, 5000),"
    " IF(seq <= 7, 2, 1), IF(seq <= 7, UNHEX(LPAD('7', 32, '0')), NULL), '', 'services/app', seq, seq, 1"
    " FROM seq_1_to_";

const std::vector<Probe>& Orders() {
  static const auto& orders =
      *new std::vector<Probe>{{"", "feedback_id DESC"},
                              {"create_time", "feedback_id"},
                              {"received_time", "received_time_us, feedback_id"},
                              {"received_time desc", "received_time_us DESC, feedback_id DESC"}};
  return orders;
}

class FeedbackListCostTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new MigratedDatabase();
    Fill(kSmallOrganization, kSmallList);
    Fill(kLargeOrganization, kLargeList);
    ASSERT_THAT(database_->pool().Query(ProbeDeadline(), "ANALYZE TABLE feedback"), IsOk());
  }
  static void TearDownTestSuite() { delete database_; }

  static void Fill(const std::string& organization, int count) {
    ASSERT_THAT(database_->pool().Execute(ProbeDeadline(), absl::StrCat(kInsert, count), {organization}), IsOk());
  }

  static ListProbe::Page Read(const std::string& organization, const ListCall& asked, const PageTokenCodec& codec) {
    const absl::StatusOr<ListPage> page = ReadFeedbackPage(CallFor<v1::ListFeedbackRequest>(asked), codec);
    return ProbedPage(*page, FeedbackStore(database_->pool()).List(ProbeDeadline(), organization, *page), codec,
                      FeedbackKeyOf, FeedbackTextBytes);
  }

  static MigratedDatabase* database_;
  const ListProbe list_{database_->pool(), "feedback", "feedback_id", Read};
};

MigratedDatabase* FeedbackListCostTest::database_ = nullptr;

TEST_F(FeedbackListCostTest, APageWithoutAFilterCostsItsRows) {
  for (const Probe& order : Orders()) list_.Expect({"", "TRUE"}, order, kDirectCost);
}

TEST_F(FeedbackListCostTest, AFilterThatAnIndexServesLeadsToItsRows) {
  const std::vector<Probe> alone = {{"state = NEW", "state = 1"},
                                    {"state = FOLDED", "state = 2"},
                                    {"state = DISMISSED", "FALSE"},
                                    {"system = \"@/systems/common\"", "system_id = 'common'"},
                                    {"system = \"@/systems/rare\"", "system_id = 'rare'"},
                                    {"system = \"@/systems/nowhere\"", "FALSE"},
                                    {"request = \"@/requests/00000000-0000-0000-0000-000000000007\"", "state = 2"}};
  for (const Probe& filter : alone) {
    list_.Expect(filter, Orders()[0], kDirectCost);
    list_.Expect(filter, Orders()[1], kDirectCost);
  }
  const std::vector<Probe> rare = {{"state = FOLDED AND channel = PHONE", "state = 2 AND channel = 2"},
                                   {"state = NEW AND system = \"@/systems/rare\"", "FALSE"},
                                   {"system = \"@/systems/common\" AND text:\"*门禁*\" AND state = FOLDED",
                                    "system_id = 'common' AND text LIKE '%门禁%'"},
                                   {"门禁 AND state = FOLDED", "state = 2 AND text LIKE '%门禁%'"},
                                   {"system = \"@/systems/rare\"", "system_id = 'rare'"}};
  for (const Probe& filter : rare) {
    for (const Probe& order : Orders()) EXPECT_EQ(list_.Expect(filter, order, kFirstWindowCost), 1);
  }
}

TEST_F(FeedbackListCostTest, AFilterThatNoIndexServesIsWalkedInBoundedPages) {
  const std::vector<Probe> filters = {
      {"text:\"*门禁*\"", "text LIKE '%门禁%'"},
      {"门禁", "text LIKE '%门禁%'"},
      {"刷不开 OR 第99条 NOT 缴费", "text LIKE '%刷不开%'"},
      {"text = \"第3条：门禁刷不开\"", "text = '第3条：门禁刷不开'"},
      {"NOT state = NEW", "state <> 1"},
      {"channel = APP", "channel = 1"},
      {"request:*", "request_id IS NOT NULL"},
      {"channel = PHONE AND system = \"@/systems/common\"", "channel = 2 AND system_id = 'common'"},
      {"state = NEW AND text:\"*门禁*\"", "FALSE"},
      {"received_time < 1970-01-01T00:00:01Z AND state = FOLDED OR text:\"*99条*\"",
       "received_time_us < 1000000 AND (state = 2 OR text LIKE '%99条%')"},
  };
  for (const Probe& filter : filters) {
    for (const Probe& order : Orders()) list_.Expect(filter, order, kGivenUpCost);
  }
  // The same said fifty times leads to one list.
  std::string again = "text:\"*门禁*\"";
  for (int i = 0; i < 50; ++i) absl::StrAppend(&again, " AND state = NEW");
  for (const Probe& order : Orders()) list_.Expect({again, "state = 1 AND text LIKE '%门禁%'"}, order, kGivenUpCost);
  // A page that is not full and not the last.
  EXPECT_GT(list_.Expect(filters.front(), Orders().front(), kGivenUpCost), 1);
}

}  // namespace
}  // namespace docket::request

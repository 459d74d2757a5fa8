// What a page of version drifts costs the server, however many there are, and that short pages miss nothing.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/drift/version_drift_list_service.h"
#include "services/request/drift/version_drift_store.h"
#include "services/request/testing/list_probe.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using tests::IsOk;

// The rare ones are the oldest, as far from a first page as can be.
constexpr char kInsert[] =
    "INSERT INTO version_drift (organization_id, drift_id, system_id, component_id, installed_version,"
    " observed_version, version_key, direction, state, resolved_as, request_id, source, first_observe_us,"
    " last_observe_us, observations, create_time_us, resolve_time_us)"
    " SELECT ?, UNHEX(LPAD(HEX(seq), 32, '0')), IF(seq <= 3, 'rare', IF(seq % 10 = 0, 'seldom', 'common')),"
    " IF(seq <= 4, 'gate', ''), '1.0', CONCAT('2.', seq), seq, seq % 2 + 1, IF(seq <= 7, 1, 2),"
    " IF(seq <= 7, '', UNHEX(LPAD(HEX(seq), 32, '0'))), UNHEX(LPAD(HEX(seq), 32, '0')), 'services/scanner', seq, seq,"
    " 1, seq, NULL FROM seq_1_to_";

const std::vector<Probe>& Orders() {
  static const auto& orders = *new std::vector<Probe>{{"", "drift_id DESC"},
                                                      {"create_time", "drift_id"},
                                                      {"system", "system_id, drift_id"},
                                                      {"system desc", "system_id DESC, drift_id DESC"}};
  return orders;
}

class VersionDriftListCostTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new MigratedDatabase();
    Fill(kSmallOrganization, kSmallList);
    Fill(kLargeOrganization, kLargeList);
    ASSERT_THAT(database_->pool().Query(ProbeDeadline(), "ANALYZE TABLE version_drift"), IsOk());
  }
  static void TearDownTestSuite() { delete database_; }

  static void Fill(const std::string& organization, int count) {
    ASSERT_THAT(database_->pool().Execute(ProbeDeadline(), absl::StrCat(kInsert, count), {organization}), IsOk());
  }

  static ListProbe::Page Read(const std::string& organization, const ListCall& asked, const PageTokenCodec& codec) {
    const absl::StatusOr<ListPage> page = ReadDriftPage(CallFor<v1::ListVersionDriftsRequest>(asked), codec);
    return ProbedPage(*page, VersionDriftStore(database_->pool()).List(ProbeDeadline(), organization, *page), codec,
                      DriftKeyOf);
  }

  static MigratedDatabase* database_;
  const ListProbe list_{database_->pool(), "version_drift", "drift_id", Read};
};

MigratedDatabase* VersionDriftListCostTest::database_ = nullptr;

TEST_F(VersionDriftListCostTest, APageWithoutAFilterCostsItsRows) {
  for (const Probe& order : Orders()) list_.Expect({"", "TRUE"}, order, kDirectCost);
}

TEST_F(VersionDriftListCostTest, AFilterThatAnIndexServesLeadsToItsRows) {
  const std::vector<Probe> systems = {{"system = \"@/systems/common\"", "system_id = 'common'"},
                                      {"system = \"@/systems/rare\"", "system_id = 'rare'"},
                                      {"system = \"@/systems/nowhere\"", "FALSE"}};
  // All of one system are by system what they are by creation.
  for (const Probe& filter : systems) {
    for (const Probe& order : Orders()) list_.Expect(filter, order, kDirectCost);
  }
  for (const Probe& filter : std::vector<Probe>{{"state = OPEN", "state = 1"}, {"state = RESOLVED", "state = 2"}}) {
    list_.Expect(filter, Orders()[0], kDirectCost);
    list_.Expect(filter, Orders()[1], kDirectCost);
  }
  const std::vector<Probe> rare = {{"state = OPEN AND component = gate", "state = 1 AND component_id = 'gate'"},
                                   {"Gate state = OPEN", "state = 1 AND component_id = 'gate'"},
                                   {"state = RESOLVED AND system = \"@/systems/rare\"", "FALSE"},
                                   {"system = \"@/systems/common\" AND state = OPEN AND NOT component:*",
                                    "system_id = 'common' AND state = 1 AND component_id = ''"}};
  for (const Probe& filter : rare) {
    for (const Probe& order : Orders()) EXPECT_EQ(list_.Expect(filter, order, kFirstWindowCost), 1);
  }
}

TEST_F(VersionDriftListCostTest, AFilterThatNoIndexServesIsWalkedInBoundedPages) {
  const std::vector<Probe> filters = {
      {"component = gate", "component_id = 'gate'"},
      {"GATE", "component_id = 'gate'"},
      {"rare OR 2.99", "(system_id = 'rare' OR observed_version LIKE '%2.99%')"},
      {"observed_version:\"*99\"", "observed_version LIKE '%99'"},
      {"direction = DOWNGRADED", "direction = 2"},
      {"NOT state = RESOLVED", "state <> 2"},
      {"state = RESOLVED AND observed_version = 2.9", "observed_version = '2.9'"},
      {"system = \"@/systems/common\" AND observed_version = 2.9", "observed_version = '2.9'"},
      {"source = nobody", "FALSE"},
  };
  for (const Probe& filter : filters) {
    for (const Probe& order : Orders()) list_.Expect(filter, order, kGivenUpCost);
  }
  // A page that is not full and not the last.
  EXPECT_GT(list_.Expect(filters.front(), Orders().front(), kGivenUpCost), 1);
}

}  // namespace
}  // namespace docket::request

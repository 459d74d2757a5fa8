#include "services/request/request_store.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/directory_store.h"
#include "services/request/request_list_store.h"
#include "services/request/request_proto.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

// `count` Chinese characters, three bytes each.
std::string Characters(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "门";
  return text;
}

class RequestStoreTest : public ::testing::Test {
 protected:
  absl::Time Deadline() { return absl::Now() + absl::Seconds(20); }

  Request Make(const std::string& organization, int targets = 1) {
    ApplicationForm form;
    form.title = "图书借还系统升级";
    form.kind = ChangeKind::kNormal;
    form.source = Source::kVendorNotice;
    form.need = "支持读者证电子化";
    form.urgency = Level::kLow;
    form.impact = Level::kCritical;
    form.necessity_ground = NecessityGround::kTechnology;
    for (int i = 0; i < targets; ++i) {
      form.targets.push_back(
          {.system_id = absl::StrCat("s", i), .component = "", .from_version = "1", .to_version = "2"});
    }
    form.documents = {
        {.title = "公告.pdf", .uri = "https://example.org/1", .sha256 = std::string(64, 'b'), .size_bytes = 7}};
    return Request::Draft(organization, uuids_.Next(), {.caller = "organizations/x/people/y", .now = kNow},
                          std::move(form), Level::kHigh);
  }

  absl::Status Insert(const std::vector<const Request*>& requests) {
    return mysql::RunInTransaction(database_.pool(), Deadline(),
                                   [&](mysql::Transaction& tx) { return store_.Insert(tx, requests); });
  }

  std::optional<Request> Find(const Request& request) {
    auto found = store_.Find(Deadline(), request.organization_id, request.id);
    EXPECT_THAT(found, IsOk());
    return found.ok() ? *found : std::nullopt;
  }

  MigratedDatabase database_;
  FakeClock clock_{kNow};
  UuidGenerator uuids_{clock_};
  RequestStore store_{database_.pool()};
};

TEST_F(RequestStoreTest, EveryFieldSurvives) {
  Request request = Make("library", 3);
  request.form.source_reference = "通知〔2026〕8号";
  request.form.need = Characters(5000);
  request.form.problem = Characters(5000);
  request.form.business_impact = Characters(5000);
  request.form.necessity_rationale = Characters(5000);
  request.form.title = Characters(200);
  ASSERT_THAT(Insert({&request}), IsOk());
  std::optional<Request> found = Find(request);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->form, request.form);
  EXPECT_EQ(ToProto(*found).SerializeAsString(), ToProto(request).SerializeAsString());

  request.number = "REQ-2026-000001";
  request.endorser = "organizations/library/people/zhou";
  request.triager = "organizations/library/people/wu";
  request.department_id = "reading-room";
  request.state_reason = Characters(2000);
  request.conclusion = Characters(5000);
  request.defer_until = kNow + absl::Hours(1);
  request.merged_into = std::string(16, 'm');
  request.result = Result::kRolledBack;
  request.submit_time = kNow + absl::Microseconds(1);
  request.close_time = kNow + absl::Hours(2);
  request.form.targets.pop_back();
  request.form.title = "改后的标题";
  request.Enter(RequestState::kClosed, kNow + absl::Hours(2));
  ASSERT_THAT(mysql::RunInTransaction(database_.pool(), Deadline(),
                                      [&](mysql::Transaction& tx) { return store_.SaveWithForm(tx, request, 1); }),
              IsOk());
  found = Find(request);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(ToProto(*found).SerializeAsString(), ToProto(request).SerializeAsString());
}

TEST_F(RequestStoreTest, SavingNeedsTheLoadedRevision) {
  Request request = Make("library");
  ASSERT_THAT(Insert({&request}), IsOk());
  request.Enter(RequestState::kWithdrawn, kNow);
  EXPECT_THAT(mysql::RunInTransaction(database_.pool(), Deadline(),
                                      [&](mysql::Transaction& tx) { return store_.Save(tx, request, 9); }),
              StatusIs(StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_EQ(Find(request)->state, RequestState::kDraft);
}

TEST_F(RequestStoreTest, ManyInOneBatchAndOneOrganisationAPage) {
  std::vector<Request> requests;
  for (int i = 0; i < 300; ++i) requests.push_back(Make(i % 3 == 0 ? "yunqi" : "library", 2));
  std::vector<const Request*> pointers;
  for (const Request& request : requests) pointers.push_back(&request);
  ASSERT_THAT(Insert(pointers), IsOk());
  const auto page = RequestListStore(store_).Page(
      Deadline(),
      {.organization_id = "library",
       .caller = "organizations/x/people/y",
       .filter = {"TRUE", {}},
       .lists = {},
       .order = {{.field = "create_time", .column = "request_id", .type = filter::FieldType::kUuid, .desc = true}},
       .after = {},
       .limit = 150});
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->requests.size(), 150u);
  EXPECT_EQ(page->requests.front().id, requests[299].id);
  for (const Request& request : page->requests) {
    EXPECT_EQ(request.organization_id, "library");
    EXPECT_EQ(request.form.targets.size(), 2u);
  }
  EXPECT_EQ(store_.Find(Deadline(), "yunqi", requests[1].id).value(), std::nullopt);
}

TEST_F(RequestStoreTest, NumbersAreGapFreeUnderConcurrencyAndRollback) {
  constexpr int kThreads = 6, kEach = 10;
  std::vector<std::thread> threads;
  std::vector<std::vector<int64_t>> taken(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const bool give_up = i % 3 == 2;
        const absl::StatusOr<int64_t> number = mysql::RunInTransaction(
            database_.pool(), Deadline(), [&](mysql::Transaction& tx) -> absl::StatusOr<int64_t> {
              absl::StatusOr<int64_t> next = store_.TakeNumber(tx, "library", 2026);
              if (next.ok() && give_up) return absl::FailedPreconditionError("changed my mind");
              return next;
            });
        if (number.ok()) taken[t].push_back(*number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<int64_t> all;
  for (const auto& some : taken) all.insert(some.begin(), some.end());
  const int expected = kThreads * (kEach - kEach / 3);
  EXPECT_EQ(static_cast<int>(all.size()), expected);
  EXPECT_EQ(*all.begin(), 1);
  EXPECT_EQ(*all.rbegin(), expected);
}

TEST_F(RequestStoreTest, NewOrganisationsBeginWithTheDefaultMatrix) {
  DirectoryStore directory(database_.pool());
  EXPECT_THAT(directory.FindPriorityMatrix(Deadline(), "library"), IsOkAndHolds(::testing::Eq(std::nullopt)));
  Organization organization;
  organization.organization_id = organization.id = "library";
  organization.time_zone = "Asia/Shanghai";
  organization.language_code = "zh-CN";
  ASSERT_THAT(mysql::RunInTransaction(database_.pool(), Deadline(),
                                      [&](mysql::Transaction& tx) { return directory.Insert(tx, organization); }),
              IsOk());
  const auto matrix = directory.FindPriorityMatrix(Deadline(), "library");
  ASSERT_THAT(matrix, IsOk());
  ASSERT_TRUE(matrix->has_value());
  EXPECT_EQ((*matrix)->Of(Level::kLow, Level::kLow), Level::kLow);
  EXPECT_EQ((*matrix)->Of(Level::kCritical, Level::kLow), Level::kMedium);
  EXPECT_EQ((*matrix)->Of(Level::kHigh, Level::kCritical), Level::kCritical);
}

}  // namespace
}  // namespace docket::request

#include "services/audit/ingest/ingest_service.h"

#include <string>
#include <vector>

#include "docket/audit/v1/ingest_service.pb.h"
#include "services/audit/testing/audit_service_fixture.h"

namespace docket::audit {
namespace {

using rpc::testing::DocketService;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

class IngestServiceTest : public AuditServiceTest {
 protected:
  absl::StatusOr<v1::ListSourcesResponse> List(const v1::ListSourcesRequest& request,
                                               const std::optional<common::v1::Principal>& principal) {
    return Call<v1::ListSourcesResponse>("IngestService/ListSources", principal, request);
  }
  v1::ListSourcesResponse ListAll(const std::string& filter = "", const std::string& order_by = "") {
    v1::ListSourcesRequest request;
    request.set_filter(filter);
    request.set_order_by(order_by);
    return OrExit(List(request, auditor_), "list");
  }
  static std::vector<std::string> Names(const v1::ListSourcesResponse& response) {
    std::vector<std::string> names;
    for (const v1::IngestSource& source : response.sources()) names.push_back(source.source());
    return names;
  }
  void PutFrom(const std::string& service, int64_t first, int64_t last) {
    std::vector<event::v1::Event> events = NumberedEvents(first, last);
    for (event::v1::Event& event : events) event.set_source("services/" + service);
    ASSERT_THAT(Deliver(DocketService(service), events), IsOk());
  }
};

TEST_F(IngestServiceTest, ShowsWhereTheLogStandsWithEachSource) {
  EXPECT_THAT(ListAll().sources(), IsEmpty());
  PutFrom("request", 1, 3);
  clock_.Advance(absl::Seconds(90));
  PutFrom("request", 7, 8);
  std::vector<event::v1::Event> poison = NumberedEvents(9, 9);
  poison[0].set_type("不行");
  ASSERT_THAT(Deliver(DocketService("request"), poison), IsOk());
  const v1::ListSourcesResponse response = ListAll();
  ASSERT_THAT(response.sources(), SizeIs(1));
  const v1::IngestSource& source = response.sources(0);
  EXPECT_EQ(source.source(), "services/request");
  EXPECT_EQ(source.last_sequence(), 9);
  EXPECT_EQ(source.missing_count(), 3);
  EXPECT_EQ(source.untracked_missing_count(), 0);
  ASSERT_THAT(source.open_gaps(), SizeIs(1));
  EXPECT_EQ(source.open_gap_count(), 1);
  EXPECT_EQ(source.open_gaps(0).first_missing(), 4);
  EXPECT_EQ(source.open_gaps(0).last_missing(), 6);
  EXPECT_EQ(source.open_gaps(0).detect_time().seconds(), 1790000090);
  EXPECT_EQ(source.accepted_count(), 5);
  EXPECT_EQ(source.rejected_count(), 1);
  EXPECT_EQ(source.conflict_count(), 0);
  EXPECT_EQ(source.last_receive_time().seconds(), 1790000090);
}

TEST_F(IngestServiceTest, ShowsTheLowestHundredGaps) {
  std::vector<event::v1::Event> events;
  for (int64_t i = 1; i <= 101; ++i) events.push_back(NumberedEvents(2 * i, 2 * i)[0]);
  Put(events);
  const v1::ListSourcesResponse response = ListAll();
  EXPECT_THAT(response.sources(0).open_gaps(), SizeIs(100));
  EXPECT_EQ(response.sources(0).open_gap_count(), 101);
  EXPECT_EQ(response.sources(0).open_gaps(99).first_missing(), 199);
}

TEST_F(IngestServiceTest, FiltersOrdersAndPages) {
  for (const char* service : {"scheduling", "evaluation", "request"}) PutFrom(service, 1, 2);
  PutFrom("evaluation", 5, 5);
  EXPECT_THAT(Names(ListAll()), ElementsAre("services/evaluation", "services/request", "services/scheduling"));
  EXPECT_THAT(Names(ListAll("missing_count > 0")), ElementsAre("services/evaluation"));
  EXPECT_THAT(Names(ListAll("source = \"services/request\"")), ElementsAre("services/request"));
  EXPECT_THAT(Names(ListAll("source = \"SERVICES/request \"")), IsEmpty());
  EXPECT_THAT(Names(ListAll("last_receive_time > \"2100-01-01T00:00:00Z\"")), IsEmpty());
  EXPECT_THAT(Names(ListAll("", "source desc")),
              ElementsAre("services/scheduling", "services/request", "services/evaluation"));

  v1::ListSourcesRequest request;
  request.set_page_size(2);
  const auto first = OrExit(List(request, auditor_), "first page");
  EXPECT_THAT(Names(first), ElementsAre("services/evaluation", "services/request"));
  request.set_page_token(first.next_page_token());
  const auto second = OrExit(List(request, auditor_), "second page");
  EXPECT_THAT(Names(second), ElementsAre("services/scheduling"));
  EXPECT_EQ(second.next_page_token(), "");
  // A token belongs to its filter.
  request.set_filter("missing_count = 0");
  EXPECT_THAT(List(request, auditor_), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(IngestServiceTest, RefusesWhatItCannotRead) {
  const auto refused = [&](auto change) {
    v1::ListSourcesRequest request;
    change(request);
    return List(request, auditor_).status();
  };
  EXPECT_THAT(refused([](auto& r) { r.set_page_size(-1); }), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(refused([](auto& r) { r.set_page_token("不是令牌"); }),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(refused([](auto& r) { r.set_filter("payload = 1"); }),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(refused([](auto& r) { r.set_filter(std::string("source = \"a\0b\"", 14)); }),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(refused([](auto& r) { r.set_filter(std::string(4001, 'x')); }),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(refused([](auto& r) { r.set_order_by("accepted_count"); }), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(IngestServiceTest, IsForThoseWhoWatchOverTheLog) {
  EXPECT_THAT(List({}, director_), IsOk());
  EXPECT_THAT(List({}, rpc::testing::Person("yunqi", "wu-gang", {common::v1::ROLE_SYSTEM_ADMIN})), IsOk());
  EXPECT_THAT(List({}, requester_), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(List({}, DocketService("request")), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(List({}, std::nullopt), StatusIs(absl::StatusCode::kUnauthenticated));
}

}  // namespace
}  // namespace docket::audit

// What the service says there is, and what the tables say, in a form in which the two compare: a line for each count,
// such as "3|1|access-control|12", in their order.
#ifndef DOCKET_SERVICES_REQUEST_TALLY_TESTING_SHOWN_COUNTS_H_
#define DOCKET_SERVICES_REQUEST_TALLY_TESTING_SHOWN_COUNTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/mysql/pool.h"
#include "docket/request/v1/feedback_service.pb.h"
#include "docket/request/v1/request_service.pb.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "docket/request/v1/version_drift_service.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request::testing {

inline std::string LastPart(const std::string& name) { return name.substr(name.rfind('/') + 1); }

inline std::string LineOf(const v1::CountRequestsResponse::Count& count) {
  return absl::StrCat(count.state(), "|", count.priority(), "|", LastPart(count.department()), "|", count.kind(), "|",
                      count.source(), "|", count.held(), "|", count.retrospective(), "|", count.count());
}
inline std::string LineOf(const v1::CountFeedbackResponse::Count& count) {
  return absl::StrCat(count.state(), "|", count.channel(), "|", LastPart(count.system()), "|", count.count());
}
inline std::string LineOf(const v1::CountVendorNoticesResponse::Count& count) {
  return absl::StrCat(count.state(), "|", count.kind(), "|", LastPart(count.vendor()), "|", count.count());
}
inline std::string LineOf(const v1::CountVersionDriftsResponse::Count& count) {
  return absl::StrCat(count.state(), "|", count.direction(), "|", LastPart(count.system()), "|", count.count());
}

// The lines of an answer, which must add up to its total; the error where it is one.
template <typename Reply>
std::vector<std::string> LinesOf(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return {reply.status().ToString()};
  std::vector<std::string> lines;
  int64_t total = 0;
  for (const auto& count : reply->counts()) {
    lines.push_back(LineOf(count));
    total += count.count();
  }
  EXPECT_EQ(reply->total(), total);
  return lines;
}

template <typename Reply, typename Call>
absl::StatusOr<Reply> Counts(WholeService& service, absl::string_view method, const common::v1::Principal& by,
                             const std::vector<int>& group_by, const std::string& filter = "",
                             const std::string& parent = "organizations/yunqi") {
  Call call;
  call.set_parent(parent);
  for (const int dimension : group_by) {
    call.add_group_by(static_cast<std::decay_t<decltype(call.group_by(0))>>(dimension));
  }
  call.set_filter(filter);
  return service.Call<Reply>(method, by, call);
}

inline auto CountRequests(WholeService& service, const common::v1::Principal& by, const std::vector<int>& group_by,
                          const std::string& filter = "", const std::string& parent = "organizations/yunqi") {
  return Counts<v1::CountRequestsResponse, v1::CountRequestsRequest>(service, "RequestService/CountRequests", by,
                                                                     group_by, filter, parent);
}
inline auto CountFeedback(WholeService& service, const common::v1::Principal& by, const std::vector<int>& group_by,
                          const std::string& filter = "", const std::string& parent = "organizations/yunqi") {
  return Counts<v1::CountFeedbackResponse, v1::CountFeedbackRequest>(service, "FeedbackService/CountFeedback", by,
                                                                     group_by, filter, parent);
}
inline auto CountVendorNotices(WholeService& service, const common::v1::Principal& by, const std::vector<int>& group_by,
                               const std::string& filter = "", const std::string& parent = "organizations/yunqi") {
  return Counts<v1::CountVendorNoticesResponse, v1::CountVendorNoticesRequest>(
      service, "VendorNoticeService/CountVendorNotices", by, group_by, filter, parent);
}
inline auto CountVersionDrifts(WholeService& service, const common::v1::Principal& by, const std::vector<int>& group_by,
                               const std::string& filter = "", const std::string& parent = "organizations/yunqi") {
  return Counts<v1::CountVersionDriftsResponse, v1::CountVersionDriftsRequest>(
      service, "VersionDriftService/CountVersionDrifts", by, group_by, filter, parent);
}

// The same from the table, by counting: `keys` are its columns.
inline std::vector<std::string> LinesInTable(mysql::Pool& pool, absl::string_view table, absl::string_view keys,
                                             absl::string_view where = "TRUE") {
  const auto rows =
      pool.Query(absl::Now() + absl::Seconds(10),
                 absl::StrCat("SELECT ", keys, ", COUNT(*) FROM ", table, " WHERE organization_id = 'yunqi' AND ",
                              where, " GROUP BY ", keys, " ORDER BY ", keys));
  EXPECT_THAT(rows, tests::IsOk());
  std::vector<std::string> lines;
  if (!rows.ok()) return lines;
  for (const mysql::Row& row : *rows) {
    std::vector<std::string> columns;
    for (size_t i = 0; i < row.size(); ++i) columns.push_back(row.Text(i));
    lines.push_back(absl::StrJoin(columns, "|"));
  }
  return lines;
}

// That all four methods say of organizations/yunqi what its tables say.
inline void ExpectCountsAsInTables(WholeService& service) {
  EXPECT_EQ(LinesOf(CountRequests(service, service.auditor, {1, 2, 3, 4, 5, 6, 7})),
            LinesInTable(service.pool(), "request", "state, priority, department_id, kind, source, held, retrospective",
                         "submit_time_us > 0"));
  EXPECT_EQ(LinesOf(CountFeedback(service, service.auditor, {1, 2, 3})),
            LinesInTable(service.pool(), "feedback", "state, channel, system_id"));
  EXPECT_EQ(LinesOf(CountVendorNotices(service, service.auditor, {1, 2, 3})),
            LinesInTable(service.pool(), "vendor_notice", "state, kind, vendor_id"));
  EXPECT_EQ(LinesOf(CountVersionDrifts(service, service.auditor, {1, 2, 3})),
            LinesInTable(service.pool(), "version_drift", "state, direction, system_id"));
}

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_TALLY_TESTING_SHOWN_COUNTS_H_

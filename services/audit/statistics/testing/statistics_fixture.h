// For tests: a log with statistics, and the events of changes to fill it with.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_TESTING_STATISTICS_FIXTURE_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_TESTING_STATISTICS_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "docket/event/v1/audit_events.pb.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/time_util.h"
#include "services/audit/statistics/statistics_follower.h"
#include "services/audit/statistics/statistics_reader.h"
#include "services/audit/statistics/statistics_service.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {

// An event as its service would report it; `payload` names the type. Without id.
inline event::v1::Event EventOf(const google::protobuf::Message& payload, const std::string& source,
                                const std::string& organization, const std::string& change, absl::Time occur) {
  event::v1::Event event;
  event.set_source(source);
  event.set_type(payload.GetDescriptor()->name());
  event.set_organization("organizations/" + organization);
  if (!change.empty()) {
    event.set_change(absl::StrCat("organizations/", organization, "/requests/", change));
    event.set_subject(event.change());
  }
  event.mutable_actor()->set_name("organizations/" + organization + "/people/li-na");
  *event.mutable_occur_time() = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(occur));
  event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
  event.mutable_payload()->PackFrom(payload);
  return event;
}

inline event::v1::Event Denied(const std::string& reason, const std::string& organization, const std::string& change,
                               absl::Time occur) {
  event::v1::CallDenied denied;
  denied.set_error_reason(reason);
  event::v1::Event event = EventOf(denied, "services/scheduling", organization, change, occur);
  event.set_outcome(event::v1::OUTCOME_DENIED);
  return event;
}

template <typename Payload>
event::v1::Event RequestEvent(const std::string& organization, const std::string& change, absl::Time occur,
                              common::v1::ChangeKind kind = common::v1::CHANGE_KIND_NORMAL,
                              const std::vector<std::string>& systems = {"access-control"},
                              const std::string& department = "security") {
  Payload payload;
  payload.mutable_request()->set_kind(kind);
  payload.mutable_request()->set_department(absl::StrCat("organizations/", organization, "/departments/", department));
  for (const std::string& system : systems) {
    payload.mutable_request()->add_targets()->set_system(
        absl::StrCat("organizations/", organization, "/systems/", system));
  }
  event::v1::Event event = EventOf(payload, "services/request", organization, change, occur);
  for (const auto& target : payload.request().targets()) event.add_systems(target.system());
  return event;
}

inline event::v1::Event OrganizationCreatedEvent(const std::string& organization, const std::string& time_zone,
                                                 absl::Time occur) {
  event::v1::OrganizationCreated created;
  created.set_time_zone(time_zone);
  return EventOf(created, "services/request", organization, "", occur);
}

inline event::v1::Event RolledBack(const std::string& organization, const std::string& change, absl::Time occur,
                                   bool restored) {
  event::v1::ImplementationRolledBack payload;
  payload.set_restored(restored);
  *payload.mutable_finish_time() = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(occur));
  return EventOf(payload, "services/scheduling", organization, change, occur);
}

// A change that goes well: submitted at `start`, approval requested an hour later, approved after two, begun after
// four, accepted after five, entered and closed.
inline std::vector<event::v1::Event> GoodChange(const std::string& organization, const std::string& change,
                                                absl::Time start,
                                                common::v1::ChangeKind kind = common::v1::CHANGE_KIND_NORMAL,
                                                const std::vector<std::string>& systems = {"access-control"}) {
  const auto at = [&](int hours) { return start + absl::Hours(hours); };
  return {RequestEvent<event::v1::RequestSubmitted>(organization, change, at(0), kind, systems),
          EventOf(event::v1::ApprovalRequested(), "services/evaluation", organization, change, at(1)),
          EventOf(event::v1::EvaluationApproved(), "services/evaluation", organization, change, at(2)),
          EventOf(event::v1::ImplementationStarted(), "services/scheduling", organization, change, at(4)),
          EventOf(event::v1::ImplementationAccepted(), "services/scheduling", organization, change, at(5)),
          EventOf(event::v1::ChangeRegistered(), "services/audit", organization, change, at(6)),
          EventOf(event::v1::RequestClosed(), "services/request", organization, change, at(7))};
}

class StatisticsTest : public LogTest {
 protected:
  StatisticsTest()
      : log_(NewProcess()),
        follower_(db_.pool(), log_->store, clock_),
        reader_(db_.pool(), log_->store),
        service_(reader_, clock_) {}

  void Append(std::vector<event::v1::Event> events) {
    for (event::v1::Event& event : events) event.set_event_id(FormatUuid(uuids_.Next()));
    ASSERT_THAT(log_->appender.Append(std::move(events), Soon()), tests::IsOk());
  }
  // Until nothing is left.
  void CountAll() {
    while (OrExit(follower_.Advance(Soon()), "advance") > 0) {
    }
  }
  // Everything that is counted, as text: two that are equal are equal to the last cell.
  std::vector<std::string> Everything() {
    std::vector<std::string> rows;
    const std::string statements[] = {
        "SELECT organization_id, family, grain, bucket, member, measure, slot, amount, total_us FROM statistic "
        "WHERE amount <> 0 OR total_us <> 0 ORDER BY organization_id, family, grain, bucket, member, measure, slot",
        "SELECT * FROM change_fact ORDER BY organization_id, change_name",
        "SELECT * FROM statistic_zone ORDER BY organization_id, from_index", "SELECT next_index FROM statistic_cursor"};
    for (const std::string& sql : statements) {
      for (const mysql::Row& row : OrExit(db_.pool().Query(Soon(), sql), sql)) {
        std::string& text = rows.emplace_back();
        for (size_t i = 0; i < row.size(); ++i) absl::StrAppend(&text, row.IsNull(i) ? "-" : row.Text(i), "|");
      }
    }
    return rows;
  }
  void ForgetEverything() {
    db_.Run({"DELETE FROM statistic", "DELETE FROM change_fact", "DELETE FROM statistic_zone",
             "UPDATE statistic_cursor SET next_index = 0"});
  }

  v1::CountEntriesResponse Count(const v1::CountEntriesRequest& request) {
    const rpc::CallContext context({.deadline = Soon()});
    return OrExit(service_.CountEntries(context, request), "CountEntries");
  }
  v1::GetChangeMetricsResponse Metrics(const v1::GetChangeMetricsRequest& request) {
    const rpc::CallContext context({.deadline = Soon()});
    return OrExit(service_.GetChangeMetrics(context, request), "GetChangeMetrics");
  }
  template <typename Request>
  static Request Asking(const std::string& organization, absl::Time start, absl::Time end, v1::TimeBucket bucket) {
    Request request;
    request.set_parent("organizations/" + organization);
    using google::protobuf::util::TimeUtil;
    *request.mutable_start_time() = TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(start));
    *request.mutable_end_time() = TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(end));
    request.set_bucket(bucket);
    return request;
  }

  const std::unique_ptr<LogProcess> log_;
  StatisticsFollower follower_;
  const StatisticsReader reader_;
  StatisticsService service_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_TESTING_STATISTICS_FIXTURE_H_

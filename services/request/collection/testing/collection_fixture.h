// A property company that collects needs, for tests through the whole service.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_COLLECTION_FIXTURE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_COLLECTION_FIXTURE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "docket/event/v1/collection_events.pb.h"
#include "docket/request/v1/collection_service.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "services/request/timestamp_proto.h"
#include "tests/support/status_matchers.h"

namespace docket::request {

inline absl::TimeZone ZoneNamed(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

class CollectionTest : public ::testing::Test {
 protected:
  // 物业规章 三(一)1: every department, every quarter, on the first day, ten working days to answer.
  static v1::CollectionSchedule Quarterly() {
    v1::CollectionSchedule form;
    form.set_title("季度软件需求收集");
    form.set_instructions("请收集员工在使用物业软件过程中发现的问题、对新功能的需求以及对现有功能的改进建议");
    form.set_rule("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1");
    form.set_start_local_time("2026-01-01T09:00");
    form.add_reminder_working_days(3);
    form.add_reminder_working_days(1);
    form.set_answer_working_days(10);
    return form;
  }

  absl::StatusOr<v1::CollectionSchedule> CreateSchedule(const common::v1::Principal& by, const std::string& id,
                                                        const v1::CollectionSchedule& form,
                                                        const std::string& organization = "yunqi",
                                                        const std::string& request_id = "") {
    v1::CreateCollectionScheduleRequest call;
    call.set_parent("organizations/" + organization);
    call.set_collection_schedule_id(id);
    *call.mutable_collection_schedule() = form;
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::CollectionSchedule>("CollectionService/CreateCollectionSchedule", by, call);
  }

  v1::CollectionSchedule Created(const std::string& id, const v1::CollectionSchedule& form,
                                 const std::string& organization = "yunqi") {
    const auto created = CreateSchedule(service_.administrator, id, form, organization);
    EXPECT_THAT(created, tests::IsOk());
    return created.value_or(v1::CollectionSchedule());
  }

  // A call that names a schedule or round, such as Act<v1::CloseCollectionRoundRequest, v1::CollectionRound>(…).
  template <typename Call, typename Reply>
  absl::StatusOr<Reply> Act(const std::string& method, const common::v1::Principal& by, const std::string& name,
                            const std::function<void(Call&)>& fill = nullptr) {
    Call call;
    call.set_name(name);
    call.set_request_id(service_.NewRequestId());
    if (fill) fill(call);
    return service_.Call<Reply>("CollectionService/" + method, by, call);
  }

  absl::StatusOr<v1::CollectionRound> OpenRound(
      const common::v1::Principal& by, const std::function<void(v1::OpenCollectionRoundRequest&)>& fill = nullptr) {
    v1::OpenCollectionRoundRequest call;
    call.set_parent("organizations/yunqi");
    call.set_title("门禁系统专项需求收集");
    call.set_answer_working_days(5);
    call.add_reminder_working_days(2);
    call.set_request_id(service_.NewRequestId());
    if (fill) fill(call);
    return service_.Call<v1::CollectionRound>("CollectionService/OpenCollectionRound", by, call);
  }

  absl::StatusOr<v1::CollectionRound> Answer(const common::v1::Principal& by, const std::string& round, bool nil_return,
                                             const std::string& department = "", const std::string& comment = "") {
    return Act<v1::SubmitCollectionAnswerRequest, v1::CollectionRound>(
        "SubmitCollectionAnswer", by, round, [&](v1::SubmitCollectionAnswerRequest& call) {
          call.set_nil_return(nil_return);
          call.set_comment(comment);
          if (!department.empty()) call.set_department("organizations/yunqi/departments/" + department);
        });
  }

  absl::StatusOr<v1::CollectionRound> GetRound(const std::string& name) {
    v1::GetCollectionRoundRequest call;
    call.set_name(name);
    return service_.Call<v1::CollectionRound>("CollectionService/GetCollectionRound", service_.administrator, call);
  }

  absl::StatusOr<v1::CollectionSummary> Summary(const std::string& name) {
    v1::GetCollectionSummaryRequest call;
    call.set_name(name);
    return service_.Call<v1::CollectionSummary>("CollectionService/GetCollectionSummary", service_.administrator, call);
  }

  // Newest first.
  std::vector<v1::CollectionRound> Rounds(const std::string& organization = "yunqi", const std::string& filter = "") {
    v1::ListCollectionRoundsRequest call;
    call.set_parent("organizations/" + organization);
    call.set_filter(filter);
    const auto reply = service_.Call<v1::ListCollectionRoundsResponse>("CollectionService/ListCollectionRounds",
                                                                       service_.administrator, call);
    EXPECT_THAT(reply, tests::IsOk());
    if (!reply.ok()) return {};
    return {reply->collection_rounds().begin(), reply->collection_rounds().end()};
  }

  CollectionWork RunWorker() {
    const auto work = service_.collection().worker().RunOnce(absl::Seconds(30));
    EXPECT_THAT(work, tests::IsOk());
    return work.value_or(CollectionWork());
  }

  // A request of the author's that comes of this round, submitted.
  absl::StatusOr<v1::Request> SubmitFrom(const std::string& reference) {
    return SubmitFrom(reference, service_.author);
  }
  // The same, drafted by the author as the token said then.
  absl::StatusOr<v1::Request> SubmitFrom(const std::string& reference, const common::v1::Principal& drafting) {
    v1::Request form = WholeService::Form();
    form.set_source(v1::Request::SOURCE_COLLECTION_ROUND);
    form.set_source_reference(reference);
    const v1::Request draft = service_.Create(drafting, form);
    return service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, draft.name());
  }

  template <typename Payload>
  Payload PayloadOf(const event::v1::Event& event) {
    Payload payload;
    EXPECT_TRUE(event.payload().UnpackTo(&payload)) << event.type();
    return payload;
  }

  void SetClock(const char* zone, absl::CivilSecond local) {
    service_.clock().Set(absl::FromCivil(local, ZoneNamed(zone)));
  }
  // "2026-10-08 09:00".
  static std::string Local(const char* zone, const google::protobuf::Timestamp& time) {
    return absl::FormatTime("%Y-%m-%d %H:%M", FromTimestamp(time), ZoneNamed(zone));
  }

  WholeService service_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_COLLECTION_FIXTURE_H_

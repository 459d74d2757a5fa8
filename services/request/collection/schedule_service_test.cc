#include "services/request/collection/schedule_service.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/testing/collection_fixture.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

constexpr char kName[] = "organizations/yunqi/collectionSchedules/quarterly";

class ScheduleServiceTest : public CollectionTest {
 protected:
  absl::StatusOr<v1::CollectionSchedule> Get(const common::v1::Principal& by, const std::string& name = kName) {
    v1::GetCollectionScheduleRequest call;
    call.set_name(name);
    return service_.Call<v1::CollectionSchedule>("CollectionService/GetCollectionSchedule", by, call);
  }

  absl::StatusOr<v1::CollectionSchedule> Update(const common::v1::Principal& by, v1::CollectionSchedule schedule,
                                                const std::vector<std::string>& mask) {
    v1::UpdateCollectionScheduleRequest call;
    schedule.set_name(kName);
    *call.mutable_collection_schedule() = std::move(schedule);
    for (const std::string& path : mask) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::CollectionSchedule>("CollectionService/UpdateCollectionSchedule", by, call);
  }

  absl::StatusOr<v1::CollectionSchedule> Pause(const common::v1::Principal& by, const std::string& etag = "") {
    return Act<v1::PauseCollectionScheduleRequest, v1::CollectionSchedule>("PauseCollectionSchedule", by, kName,
                                                                           [&](auto& call) {
                                                                             call.set_reason("系统切换期间暂停");
                                                                             call.set_etag(etag);
                                                                           });
  }
  absl::StatusOr<v1::CollectionSchedule> Resume(const common::v1::Principal& by) {
    return Act<v1::ResumeCollectionScheduleRequest, v1::CollectionSchedule>("ResumeCollectionSchedule", by, kName);
  }
  absl::StatusOr<v1::CollectionSchedule> Retire(const common::v1::Principal& by,
                                                const std::string& reason = "改为按月收集") {
    return Act<v1::RetireCollectionScheduleRequest, v1::CollectionSchedule>(
        "RetireCollectionSchedule", by, kName, [&](auto& call) { call.set_reason(reason); });
  }

  absl::StatusOr<v1::ListCollectionSchedulesResponse> List(int size, const std::string& token = "",
                                                           const std::string& filter = "",
                                                           const std::string& order = "") {
    v1::ListCollectionSchedulesRequest call;
    call.set_parent("organizations/yunqi");
    call.set_page_size(size);
    call.set_page_token(token);
    call.set_filter(filter);
    call.set_order_by(order);
    return service_.Call<v1::ListCollectionSchedulesResponse>("CollectionService/ListCollectionSchedules",
                                                              service_.head, call);
  }
};

TEST_F(ScheduleServiceTest, IsCreatedByTheItDirectorAndAdministrators) {
  EXPECT_THAT(CreateSchedule(service_.head, "quarterly", Quarterly()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  v1::CollectionSchedule form = Quarterly();
  form.add_departments("organizations/yunqi/departments/engineering");
  const auto created = CreateSchedule(service_.director, "quarterly", form);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->name(), kName);
  EXPECT_EQ(created->state(), v1::CollectionSchedule::STATE_ACTIVE);
  EXPECT_EQ(created->etag(), "1");
  EXPECT_EQ(Local("Asia/Shanghai", created->next_occurrence_time()), "2026-10-01 09:00");
  EXPECT_THAT(created->departments(), ElementsAre("organizations/yunqi/departments/engineering"));
  EXPECT_THAT(created->reminder_working_days(), ElementsAre(3, 1));
  EXPECT_EQ(Get(service_.author)->SerializeAsString(), created->SerializeAsString());
  EXPECT_THAT(CreateSchedule(service_.director, "quarterly", form),
              StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  EXPECT_THAT(Get(service_.director, "organizations/yunqi/collectionSchedules/nowhere"),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Get(service_.author, "organizations/library/collectionSchedules/quarterly"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  const auto payload = PayloadOf<event::v1::CollectionScheduleCreated>(service_.LastEvent("CollectionScheduleCreated"));
  EXPECT_EQ(payload.rule(), form.rule());
}

TEST_F(ScheduleServiceTest, ARepeatedCallIsAnsweredAsTheFirst) {
  const std::string id = service_.NewRequestId();
  const auto first = CreateSchedule(service_.director, "quarterly", Quarterly(), "yunqi", id);
  const auto second = CreateSchedule(service_.director, "quarterly", Quarterly(), "yunqi", id);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  v1::CollectionSchedule other = Quarterly();
  other.set_title("另一个");
  EXPECT_THAT(CreateSchedule(service_.director, "quarterly", other, "yunqi", id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
}

TEST_F(ScheduleServiceTest, RefusesNastyInputByField) {
  const auto refused_for = [&](const std::function<void(v1::CollectionSchedule&)>& spoil) -> std::string {
    v1::CollectionSchedule form = Quarterly();
    spoil(form);
    const auto refused = CreateSchedule(service_.director, "nasty", form);
    EXPECT_THAT(refused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
    const auto bad_request = GetBadRequest(refused.status());
    return bad_request.has_value() && bad_request->field_violations_size() > 0
               ? bad_request->field_violations(0).field()
               : "";
  };
  EXPECT_EQ(refused_for([](auto& f) { f.set_rule("FREQ=SECONDLY"); }), "collection_schedule.rule");
  EXPECT_EQ(refused_for([](auto& f) { f.set_rule("FREQ=MONTHLY;DROP=TABLE"); }), "collection_schedule.rule");
  EXPECT_EQ(refused_for([](auto& f) { f.set_rule("每季度"); }), "collection_schedule.rule");
  EXPECT_EQ(refused_for([](auto& f) { f.set_rule("FREQ=MONTHLY;BYDAY=" + std::string(600, 'M')); }),
            "collection_schedule.rule");
  EXPECT_EQ(refused_for([](auto& f) { f.set_start_local_time("2026-01-01 09:00"); }),
            "collection_schedule.start_local_time");
  EXPECT_EQ(refused_for([](auto& f) { f.set_start_local_time("0000-01-01T00:00"); }),
            "collection_schedule.start_local_time");
  EXPECT_EQ(refused_for([](auto& f) { f.set_start_local_time("9999-12-31T23:59"); }),
            "collection_schedule.start_local_time");
  EXPECT_EQ(refused_for([](auto& f) { f.set_title(std::string("空\0字节", 10)); }), "collection_schedule.title");
  EXPECT_EQ(refused_for([](auto& f) { f.set_title(std::string(1 << 20, 'x')); }), "collection_schedule.title");
  EXPECT_EQ(refused_for([](auto& f) { f.set_answer_working_days(121); }), "collection_schedule.answer_working_days");
  EXPECT_EQ(refused_for([](auto& f) { f.set_reminder_working_days(0, -1); }),
            "collection_schedule.reminder_working_days[0]");
  EXPECT_EQ(refused_for([](auto& f) { f.set_reminder_working_days(0, 10); }),
            "collection_schedule.reminder_working_days[0]");
  EXPECT_EQ(refused_for([](auto& f) { f.add_departments("engineering"); }), "collection_schedule.departments[0]");
  // Signs of all the world are text like any other.
  v1::CollectionSchedule form = Quarterly();
  form.set_title("收集👩‍💻 \u202bجمع\u202c");
  EXPECT_THAT(CreateSchedule(service_.director, "nasty", form), IsOk());
  form = Quarterly();
  form.add_departments("organizations/yunqi/departments/nowhere");
  EXPECT_THAT(CreateSchedule(service_.director, "other", form),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
}

TEST_F(ScheduleServiceTest, AnEditCountsFromNow) {
  Created("quarterly", Quarterly());
  v1::CollectionSchedule edit;
  edit.set_rule("FREQ=MONTHLY;BYMONTHDAY=25");
  edit.set_etag("1");
  EXPECT_THAT(Update(service_.author, edit, {"rule"}),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  const auto updated = Update(service_.director, edit, {"rule", "reminder_working_days"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->rule(), "FREQ=MONTHLY;BYMONTHDAY=25");
  EXPECT_EQ(updated->title(), "季度软件需求收集");
  EXPECT_EQ(updated->reminder_working_days_size(), 0);
  EXPECT_EQ(updated->etag(), "2");
  EXPECT_EQ(Local("Asia/Shanghai", updated->next_occurrence_time()), "2026-09-25 09:00");
  const event::v1::Event event = service_.LastEvent("CollectionScheduleUpdated");
  ASSERT_EQ(event.changes_size(), 2);
  EXPECT_EQ(event.changes(0).field(), "rule");
  EXPECT_EQ(event.changes(0).before(), "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1");
  EXPECT_EQ(event.changes(0).after(), "FREQ=MONTHLY;BYMONTHDAY=25");
  EXPECT_EQ(event.changes(1).field(), "reminder_working_days");
  EXPECT_EQ(event.changes(1).before(), "[3,1]");
  EXPECT_EQ(event.changes(1).after(), "");
  EXPECT_THAT(Update(service_.director, edit, {"rule"}), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  edit.clear_etag();
  edit.set_rule("FREQ=HOURLY");
  EXPECT_THAT(Update(service_.director, edit, {"rule"}),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Update(service_.director, edit, {"state"}), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ScheduleServiceTest, AnEditOfWordsLosesNoTimeThatWaits) {
  Created("quarterly", Quarterly());
  // 1 October waits for the 8th.
  SetClock("Asia/Shanghai", absl::CivilSecond(2026, 10, 3, 9));
  v1::CollectionSchedule edit;
  edit.set_title("季度需求收集");
  const auto updated = Update(service_.director, edit, {"title"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(Local("Asia/Shanghai", updated->next_occurrence_time()), "2026-10-01 09:00");
  SetClock("Asia/Shanghai", absl::CivilSecond(2026, 10, 8, 9));
  EXPECT_EQ(RunWorker().opened, 1);
  EXPECT_EQ(Rounds()[0].title(), "季度需求收集（2026年第4季度）");
}

TEST_F(ScheduleServiceTest, PausesResumesAndRetires) {
  Created("quarterly", Quarterly());
  EXPECT_THAT(Resume(service_.director), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Pause(service_.head), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  const auto paused = Pause(service_.director, "1");
  ASSERT_THAT(paused, IsOk());
  EXPECT_EQ(paused->state(), v1::CollectionSchedule::STATE_PAUSED);
  EXPECT_EQ(paused->state_reason(), "系统切换期间暂停");
  EXPECT_FALSE(paused->has_next_occurrence_time());
  EXPECT_EQ(service_.LastEvent("CollectionSchedulePaused").reason(), "系统切换期间暂停");
  EXPECT_THAT(Pause(service_.director, "1"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  const auto resumed = Resume(service_.director);
  ASSERT_THAT(resumed, IsOk());
  EXPECT_EQ(resumed->state(), v1::CollectionSchedule::STATE_ACTIVE);
  EXPECT_TRUE(resumed->has_next_occurrence_time());
  EXPECT_THAT(Retire(service_.director, ""), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  ASSERT_THAT(Retire(service_.director), IsOk());
  EXPECT_THAT(Retire(service_.director), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Update(service_.director, Quarterly(), {"title"}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(Get(service_.author)->state(), v1::CollectionSchedule::STATE_RETIRED);
}

TEST_F(ScheduleServiceTest, ListsPageByPage) {
  for (const char* id : {"c", "a", "e", "b", "d"}) Created(id, Quarterly());
  ASSERT_THAT((Act<v1::PauseCollectionScheduleRequest, v1::CollectionSchedule>(
                  "PauseCollectionSchedule", service_.director, "organizations/yunqi/collectionSchedules/c",
                  [](auto& call) { call.set_reason("暂停"); })),
              IsOk());
  const auto ids = [](const v1::ListCollectionSchedulesResponse& reply) {
    std::vector<std::string> found;
    for (const auto& schedule : reply.collection_schedules())
      found.push_back(schedule.name().substr(schedule.name().rfind('/') + 1));
    return found;
  };
  const auto first = List(2);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(ids(*first), ElementsAre("a", "b"));
  const auto second = List(3, first->next_page_token());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(ids(*second), ElementsAre("c", "d", "e"));
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_THAT(ids(*List(0, "", "state = ACTIVE", "id desc")), ElementsAre("e", "d", "b", "a"));
  EXPECT_THAT(List(2, first->next_page_token(), "state = ACTIVE"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List(0, "", "title = 'x' OR 1 = 1"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List(0, "", "", "rule"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(ids(*List(0, "", "title = \"' OR 1=1 -- \"")), ::testing::IsEmpty());
}

}  // namespace
}  // namespace docket::request

// Editing rounds through the whole service.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/testing/round_edit_fixture.h"
#include "services/request/testing/directory_calls.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

TEST_F(RoundEditTest, TitleInstructionsAndDueTimeAreEdited) {
  const v1::CollectionRound round = Opened({});
  ASSERT_THAT(Answer(service_.head, round.name(), true), IsOk());
  v1::UpdateCollectionRoundRequest call = UpdateOf(*GetRound(round.name()), {"title", "instructions", "due_time"});
  call.mutable_collection_round()->set_title("门禁与停车系统需求收集");
  call.mutable_collection_round()->set_instructions("请一并填报停车系统的需求");
  *call.mutable_collection_round()->mutable_due_time() = At(10, 15, 12);
  const auto updated = Update(service_.director, call);
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->title(), "门禁与停车系统需求收集");
  EXPECT_EQ(updated->instructions(), "请一并填报停车系统的需求");
  EXPECT_EQ(Local(kZone, updated->due_time()), "2026-10-15 12:00");
  EXPECT_EQ(updated->etag(), "3");
  EXPECT_EQ(updated->answered_count(), 1);
  EXPECT_EQ(GetRound(round.name())->SerializeAsString(), updated->SerializeAsString());

  const event::v1::Event event = service_.LastEvent("CollectionRoundUpdated");
  EXPECT_EQ(event.subject(), round.name());
  EXPECT_EQ(event.subject_revision(), 3);
  EXPECT_EQ(event.actor().name(), service_.director.name());
  EXPECT_NE(event.before_sha256(), "");
  EXPECT_NE(event.after_sha256(), event.before_sha256());
  const auto payload = PayloadOf<event::v1::CollectionRoundUpdated>(event);
  EXPECT_EQ(payload.title(), "门禁与停车系统需求收集");
  EXPECT_EQ(Local(kZone, payload.due_time()), "2026-10-15 12:00");
  ASSERT_EQ(event.changes_size(), 3);
  EXPECT_EQ(event.changes(0).field(), "title");
  EXPECT_EQ(event.changes(0).before(), "门禁系统专项需求收集");
  EXPECT_EQ(event.changes(0).after(), "门禁与停车系统需求收集");
  EXPECT_EQ(event.changes(1).field(), "instructions");
  EXPECT_EQ(event.changes(1).before(), "");
  EXPECT_EQ(event.changes(2).field(), "due_time");
  EXPECT_EQ(event.changes(2).before(), "\"2026-09-29T10:00:00Z\"");
  EXPECT_EQ(event.changes(2).after(), "\"2026-10-15T04:00:00Z\"");

  // Without a mask, what is set; what only the service sets is left alone.
  call = UpdateOf(*updated, {});
  call.mutable_collection_round()->set_title("门禁系统需求收集");
  call.mutable_collection_round()->set_state(v1::CollectionRound::STATE_CLOSED);
  const auto titled = Update(service_.director, call);
  ASSERT_THAT(titled, IsOk());
  EXPECT_EQ(titled->title(), "门禁系统需求收集");
  EXPECT_EQ(titled->instructions(), "请一并填报停车系统的需求");
  EXPECT_EQ(titled->state(), v1::CollectionRound::STATE_OPEN);
  // Named and not set, the instructions go. The same again is no change.
  const auto cleared = Update(service_.director, UpdateOf(*titled, {"instructions"}));
  ASSERT_THAT(cleared, IsOk());
  EXPECT_EQ(cleared->instructions(), "");
  const auto same = Update(service_.director, UpdateOf(*cleared, {"instructions"}));
  ASSERT_THAT(same, IsOk());
  EXPECT_EQ(same->etag(), cleared->etag());
  EXPECT_THAT(service_.EventsOf("CollectionRoundUpdated"), SizeIs(3));
}

TEST_F(RoundEditTest, AWrongEditIsRefusedByField) {
  const v1::CollectionRound round = Opened({});
  v1::UpdateCollectionRoundRequest call = UpdateOf(round, {"title"});
  call.mutable_collection_round()->set_title("新标题");
  call.mutable_collection_round()->clear_etag();
  EXPECT_THAT(Named(Update(service_.director, call)), ElementsAre("collection_round.etag"));
  call.mutable_collection_round()->set_etag("7");
  EXPECT_THAT(Update(service_.director, call), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  call = UpdateOf(round, {"title"});
  EXPECT_THAT(Named(Update(service_.director, call)), ElementsAre("collection_round.title"));
  call.mutable_collection_round()->set_title(std::string(251, 'x'));
  EXPECT_THAT(Named(Update(service_.director, call)), ElementsAre("collection_round.title"));
  EXPECT_THAT(Named(Update(service_.director, UpdateOf(round, {"due_time"}))),
              ElementsAre("collection_round.due_time"));
  for (const char* path : {"state", "opener", "answers", "name", "nothing"}) {
    EXPECT_THAT(Update(service_.director, UpdateOf(round, {path})), StatusIs(StatusCode::kInvalidArgument)) << path;
  }
  // The present, what has passed, and more than a year ahead.
  const absl::Time now = service_.clock().Now();
  for (const absl::Time wrong : {now, now - absl::Hours(1), now + absl::Hours(24 * 367)}) {
    EXPECT_THAT(Named(MoveDueTime(round, ToTimestamp(wrong))), ElementsAre("collection_round.due_time")) << wrong;
  }
  EXPECT_EQ(GetRound(round.name())->etag(), "1");
  EXPECT_THAT(service_.EventsOf("CollectionRoundUpdated"), IsEmpty());
  ASSERT_THAT(Close(round.name()), IsOk());
  EXPECT_THAT(MoveDueTime(*GetRound(round.name()), At(10, 15, 18)),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(service_.Events().back().type(), "CallDenied");
  v1::CollectionRound absent = round;
  absent.set_name("organizations/yunqi/collectionRounds/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  EXPECT_THAT(MoveDueTime(absent, At(10, 15, 18)), StatusIs(StatusCode::kNotFound));
}

TEST_F(RoundEditTest, ARepeatedEditIsAnsweredAsTheFirst) {
  const v1::CollectionRound round = Opened({"it"});
  v1::UpdateCollectionRoundRequest update = UpdateOf(round, {"title"});
  update.mutable_collection_round()->set_title("新标题");
  const auto updated = Update(service_.director, update);
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(Update(service_.director, update)->SerializeAsString(), updated->SerializeAsString());
  EXPECT_THAT(service_.EventsOf("CollectionRoundUpdated"), SizeIs(1));
  update.mutable_collection_round()->set_title("又一个");
  EXPECT_THAT(Update(service_.director, update),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));

  v1::AddCollectionDepartmentsRequest add;
  add.set_name(round.name());
  add.add_departments(absl::StrCat(kDepartments, "engineering"));
  add.set_etag("2");
  add.set_request_id(service_.NewRequestId());
  const auto ask = [&] {
    return service_.Call<v1::CollectionRound>("CollectionService/AddCollectionDepartments", service_.director, add);
  };
  const auto added = ask();
  ASSERT_THAT(added, IsOk());
  EXPECT_EQ(ask()->SerializeAsString(), added->SerializeAsString());
  EXPECT_THAT(service_.EventsOf("CollectionDepartmentsAdded"), SizeIs(1));
  add.add_departments(absl::StrCat(kDepartments, "customer-service"));
  EXPECT_THAT(ask(), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
}

TEST_F(RoundEditTest, FurtherDepartmentsAreAskedAndAnswer) {
  const v1::CollectionRound round = Opened({"customer-service"});
  ASSERT_THAT(Answer(service_.head, round.name(), true, "", "无需求"), IsOk());
  const auto added = Add(service_.director, round.name(), {"it", "customer-service", "engineering"}, "2");
  ASSERT_THAT(added, IsOk());
  EXPECT_EQ(added->etag(), "3");
  EXPECT_EQ(added->asked_count(), 3);
  EXPECT_EQ(added->answers(0).comment(), "无需求");
  EXPECT_THAT(added->missing_departments(),
              ElementsAre(absl::StrCat(kDepartments, "engineering"), absl::StrCat(kDepartments, "it")));
  EXPECT_EQ(GetRound(round.name())->SerializeAsString(), added->SerializeAsString());
  const event::v1::Event event = service_.LastEvent("CollectionDepartmentsAdded");
  EXPECT_EQ(event.subject_revision(), 3);
  EXPECT_NE(event.before_sha256(), "");
  EXPECT_NE(event.after_sha256(), event.before_sha256());
  const auto payload = PayloadOf<event::v1::CollectionDepartmentsAdded>(event);
  EXPECT_EQ(payload.title(), round.title());
  EXPECT_EQ(payload.due_time().seconds(), round.due_time().seconds());
  EXPECT_THAT(payload.departments(),
              ElementsAre(absl::StrCat(kDepartments, "engineering"), absl::StrCat(kDepartments, "it")));
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).field(), "departments");
  EXPECT_EQ(event.changes(0).before(), "");
  EXPECT_EQ(event.changes(0).after(),
            "[\"organizations/yunqi/departments/engineering\",\"organizations/yunqi/departments/it\"]");
  ASSERT_THAT(Answer(service_.other_head, round.name(), true), IsOk());

  // None of these is new: no revision, no event.
  const auto nothing = Add(service_.director, round.name(), {"engineering", "it"});
  ASSERT_THAT(nothing, IsOk());
  EXPECT_EQ(nothing->etag(), "4");
  EXPECT_EQ(GetRound(round.name())->update_time().seconds(), nothing->update_time().seconds());
  EXPECT_THAT(service_.EventsOf("CollectionDepartmentsAdded"), SizeIs(1));
}

TEST_F(RoundEditTest, WhomItCannotAskIsRefused) {
  const v1::CollectionRound round = Opened({"customer-service"});
  EXPECT_THAT(Add(service_.director, round.name(), {}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Add(service_.director, round.name(), {"organizations/yunqi/people/li-na"}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Named(Add(service_.director, round.name(), {"it", "it"})), ElementsAre("departments[1]"));
  EXPECT_THAT(Add(service_.director, round.name(), {"it"}, "7"),
              StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  // Another organisation's, though one here is called alike.
  EXPECT_THAT(Named(Add(service_.director, round.name(), {"it", "organizations/library/departments/engineering"})),
              ElementsAre("departments[1]"));
  // One that does not exist, beside one that does.
  EXPECT_THAT(Add(service_.director, round.name(), {"it", "nowhere"}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(service_.Events().back().type(), "CallDenied");
  EXPECT_EQ(GetRound(round.name())->asked_count(), 1);
  ASSERT_THAT(Close(round.name()), IsOk());
  EXPECT_THAT(Add(service_.director, round.name(), {"it"}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Add(service_.director, "organizations/yunqi/collectionRounds/no-uuid", {"it"}),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(service_.EventsOf("CollectionDepartmentsAdded"), IsEmpty());
}

TEST_F(RoundEditTest, ARetiredDepartmentIsNotAskedAndStaysWhereItIs) {
  const v1::CollectionRound round = Opened({"customer-service"});
  DirectoryCalls directory(service_);
  ASSERT_THAT(directory.RetireDepartment("it"), IsOk());
  const auto refused = Add(service_.director, round.name(), {"engineering", "it"});
  ASSERT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(GetErrorInfo(refused.status())->metadata().at("resource"), absl::StrCat(kDepartments, "it"));
  // One that is asked already may be named although it was retired since.
  ASSERT_THAT(directory.RetireDepartment("customer-service"), IsOk());
  const auto added = Add(service_.director, round.name(), {"customer-service", "engineering"});
  ASSERT_THAT(added, IsOk());
  EXPECT_EQ(added->asked_count(), 2);
}

TEST_F(RoundEditTest, EditsAtOnceAreAllKept) {
  const v1::CollectionRound round = Opened({"it"});
  std::vector<std::thread> callers;
  for (const char* id : {"engineering", "customer-service", "engineering", "customer-service"}) {
    callers.emplace_back([&, id] { EXPECT_THAT(Add(service_.director, round.name(), {id}), IsOk()); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(GetRound(round.name())->asked_count(), 3);
  EXPECT_EQ(GetRound(round.name())->etag(), "3");
  EXPECT_THAT(service_.EventsOf("CollectionDepartmentsAdded"), SizeIs(2));
}

}  // namespace
}  // namespace docket::request

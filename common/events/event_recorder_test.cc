#include "common/events/event_recorder.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/events/event_bytes.h"
#include "common/validation/validator.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::events {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;

constexpr absl::Time kNow = absl::FromUnixMicros(1'700'000'000'123'456);

class EventRecorderTest : public ::testing::Test {
 protected:
  EventRecorderTest() {
    principal_.set_name("organizations/acme/people/wang");
    principal_.set_organization("organizations/acme");
    principal_.add_roles(common::v1::ROLE_REQUESTER);
    principal_.set_department("organizations/acme/departments/it");
    principal_.set_client_ip("192.0.2.7");
    principal_.set_display_name("王芳");
    principal_.set_authentication_method(common::v1::AUTHENTICATION_METHOD_JWT);
    payload_.mutable_request()->set_title("升级门禁管理软件");
  }

  EventRecorder Recorder(const Origin& origin) { return EventRecorder("services/request", origin, clock_, uuids_); }

  common::v1::Principal principal_;
  event::v1::RequestSubmitted payload_;
  FakeClock clock_{kNow};
  UuidGenerator uuids_{clock_};
};

TEST_F(EventRecorderTest, NamesEachSystemOnce) {
  EventRecorder recorder = Recorder(Origin::FromWorker("services/request", "organizations/acme"));
  recorder.Add(payload_, {.subject = "organizations/acme/requests/7",
                          .systems = {"organizations/acme/systems/b", "organizations/acme/systems/a", "",
                                      "organizations/acme/systems/b"}});
  EXPECT_THAT(recorder.events()[0].systems(),
              testing::ElementsAre("organizations/acme/systems/a", "organizations/acme/systems/b"));
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back(absl::StrCat("organizations/acme/systems/s", i));
  recorder.Add(payload_, {.subject = "organizations/acme/requests/7", .systems = many});
  EXPECT_THAT(recorder.events()[1].systems(), SizeIs(200));
}

TEST_F(EventRecorderTest, CompletesTheEnvelopeFromTheCall) {
  const rpc::CallContext context({.principal = principal_, .method = "docket.request.v1.RequestService/SubmitRequest"});
  EventRecorder recorder = Recorder(Origin::FromCall(context));
  recorder.Add(payload_, {.subject = "organizations/acme/requests/7",
                          .revision = 3,
                          .change = "organizations/acme/requests/7",
                          .reason = "门禁故障频发",
                          .before_sha256 = std::string(32, 'b'),
                          .after_sha256 = std::string(32, 'a'),
                          .changes = {{"title", "旧", "新"}}});
  ASSERT_THAT(recorder.events(), SizeIs(1));
  const event::v1::Event& event = recorder.events()[0];
  EXPECT_EQ(UuidUnixMillis(*ParseUuid(event.event_id())), absl::ToUnixMillis(kNow));
  EXPECT_EQ(event.source(), "services/request");
  EXPECT_EQ(event.source_sequence(), 0);
  EXPECT_EQ(event.type(), "RequestSubmitted");
  EXPECT_EQ(event.subject(), "organizations/acme/requests/7");
  EXPECT_EQ(event.subject_revision(), 3);
  EXPECT_EQ(event.change(), "organizations/acme/requests/7");
  EXPECT_EQ(event.organization(), "organizations/acme");
  EXPECT_EQ(event.actor().name(), principal_.name());
  EXPECT_EQ(event.actor().roles(0), common::v1::ROLE_REQUESTER);
  EXPECT_EQ(event.actor().department(), principal_.department());
  EXPECT_EQ(event.actor().client_ip(), "192.0.2.7");
  EXPECT_EQ(event.actor().display_name(), "王芳");
  EXPECT_EQ(event.actor().authentication_method(), common::v1::AUTHENTICATION_METHOD_JWT);
  EXPECT_EQ(event.occur_time().seconds(), 1'700'000'000);
  EXPECT_EQ(event.occur_time().nanos(), 123'456'000);
  EXPECT_EQ(event.outcome(), event::v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(event.method(), "docket.request.v1.RequestService/SubmitRequest");
  EXPECT_EQ(event.reason(), "门禁故障频发");
  EXPECT_EQ(event.trace_id(), std::string(context.trace_id()));
  EXPECT_EQ(event.before_sha256(), std::string(32, 'b'));
  EXPECT_EQ(event.after_sha256(), std::string(32, 'a'));
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).after(), "新");
  event::v1::RequestSubmitted unpacked;
  ASSERT_TRUE(event.payload().UnpackTo(&unpacked));
  EXPECT_EQ(unpacked.request().title(), "升级门禁管理软件");
}

TEST_F(EventRecorderTest, DeniedEventsSaySo) {
  EventRecorder recorder = Recorder(Origin::FromCall(rpc::CallContext({.principal = principal_})));
  recorder.AddDenied(event::v1::CallDenied(), {.subject = "organizations/acme/requests/7"});
  EXPECT_EQ(recorder.events()[0].outcome(), event::v1::OUTCOME_DENIED);
  EXPECT_EQ(recorder.events()[0].type(), "CallDenied");
}

TEST_F(EventRecorderTest, ConsequencesAreTheServicesOwnAndKeepTheTrace) {
  event::v1::Event cause;
  cause.set_organization("organizations/acme");
  cause.set_trace_id("4bf92f3577b34da6a3ce929d0e0e4736");
  cause.mutable_actor()->set_name("organizations/acme/people/wang");
  EventRecorder recorder = Recorder(Origin::FromEvent(cause, "services/request"));
  recorder.Add(payload_, {.subject = "organizations/acme/requests/7"});
  const event::v1::Event& event = recorder.events()[0];
  EXPECT_EQ(event.actor().name(), "services/request");
  EXPECT_EQ(event.actor().authentication_method(), common::v1::AUTHENTICATION_METHOD_SERVICE);
  EXPECT_EQ(event.organization(), "organizations/acme");
  EXPECT_EQ(event.trace_id(), cause.trace_id());
}

TEST_F(EventRecorderTest, CallersOfNoOrganizationLeaveItToTheSubject) {
  principal_.set_organization("organizations/-");
  for (const Origin& origin :
       {Origin::FromCall(rpc::CallContext({.principal = principal_})), Origin::FromWorker("services/request")}) {
    EventRecorder recorder = Recorder(origin);
    recorder.Add(payload_, {.subject = "organizations/library"});
    recorder.Add(payload_, {.subject = "organizations/library/requests/7"});
    recorder.Add(payload_, {});
    EXPECT_EQ(recorder.events()[0].organization(), "organizations/library");
    EXPECT_EQ(recorder.events()[1].organization(), "organizations/library");
    EXPECT_EQ(recorder.events()[2].organization(), "");
  }
}

TEST_F(EventRecorderTest, WhatIsTooLongIsCutSoThatTheEventStaysValid) {
  std::string reason, text;
  for (int i = 0; i < 2500; ++i) reason += "因";
  for (int i = 0; i < 10'001; ++i) text += "项";
  EventFacts facts = {.subject = "organizations/acme/requests/7", .reason = reason};
  for (int i = 0; i < 250; ++i) facts.changes.push_back({absl::StrCat("field_", i), text, "新"});
  EventRecorder recorder = Recorder(Origin::FromCall(rpc::CallContext({.principal = principal_})));
  recorder.Add(payload_, facts);
  const event::v1::Event& event = recorder.events()[0];
  EXPECT_EQ(event.reason().size(), 2000 * 3u);
  EXPECT_EQ(event.reason().substr(1999 * 3), "…");
  EXPECT_EQ(event.changes_size(), 200);
  EXPECT_EQ(event.changes(0).before().size(), 10'000 * 3u);
  EXPECT_EQ(event.changes(0).after(), "新");
  absl::StatusOr<Validator> validator = Validator::Compile(event::v1::Event::descriptor());
  ASSERT_THAT(validator, IsOk());
  EXPECT_THAT(validator->Validate(event), IsOk());
}

TEST_F(EventRecorderTest, TextsOfTheGreatestLengthStayWhole) {
  std::string reason;
  for (int i = 0; i < 2000; ++i) reason += "因";
  EventRecorder recorder = Recorder(Origin::FromWorker("services/request"));
  recorder.Add(payload_, {.reason = reason});
  EXPECT_EQ(recorder.events()[0].reason(), reason);
}

TEST_F(EventRecorderTest, ClearForgetsWhatWasAdded) {
  EventRecorder recorder = Recorder(Origin::FromWorker("services/request"));
  recorder.Add(payload_, {});
  recorder.Clear();
  EXPECT_THAT(recorder.events(), IsEmpty());
}

TEST_F(EventRecorderTest, TheDigestIsThatOfTheContentWithoutItsNumber) {
  EventRecorder recorder = Recorder(Origin::FromWorker("services/request"));
  recorder.Add(payload_, {.subject = "organizations/acme/requests/7"});
  event::v1::Event event = recorder.events()[0];
  const std::string digest = EventDigest(event);
  EXPECT_EQ(digest.size(), 32u);
  event.set_source_sequence(17);
  EXPECT_EQ(EventDigest(event), digest);
  EXPECT_EQ(EventBytes(event), EventBytes(recorder.events()[0]));
  event.set_reason("anders");
  EXPECT_NE(EventDigest(event), digest);
}

}  // namespace
}  // namespace docket::events

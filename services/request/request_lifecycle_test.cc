// Requests on hold and put off, and what the audit trail gets to see of every change, through the real server and
// database.
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;

class RequestLifecycleTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::Request> Hold(const common::v1::Principal& by, const std::string& name,
                                   const std::string& reason = "等待厂商澄清", const std::string& etag = "") {
    return service_.Act<v1::HoldRequestRequest>("HoldRequest", by, name, [&](v1::HoldRequestRequest& call) {
      call.set_reason(reason);
      call.set_etag(etag);
    });
  }

  absl::StatusOr<v1::Request> Resume(const common::v1::Principal& by, const std::string& name,
                                     const std::string& reason = "厂商已澄清") {
    return service_.Act<v1::ResumeRequestRequest>("ResumeRequest", by, name,
                                                  [&](v1::ResumeRequestRequest& call) { call.set_reason(reason); });
  }

  absl::StatusOr<v1::Request> Defer(const std::string& name, absl::Duration by) {
    return service_.Act<v1::TriageRequestRequest>(
        "TriageRequest", service_.director, name, [&](v1::TriageRequestRequest& call) {
          call.set_outcome(v1::TRIAGE_OUTCOME_DEFER);
          call.set_reason("年后再议");
          call.mutable_defer_until_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now() + by));
        });
  }

  // Field → before and after, of the last event of this type.
  std::map<std::string, std::pair<std::string, std::string>> History(const std::string& type) {
    std::map<std::string, std::pair<std::string, std::string>> history;
    const event::v1::Event event = service_.LastEvent(type);
    for (const auto& change : event.changes()) {
      history[change.field()] = {change.before(), change.after()};
    }
    return history;
  }

  WholeService service_;
};

TEST_F(RequestLifecycleTest, NobodyMovesAHeldRequestButOtherServicesDo) {
  const v1::Request accepted = service_.Accepted();
  EXPECT_THAT(Hold(service_.head, accepted.name()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Hold(service_.director, accepted.name(), ""),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Hold(service_.director, accepted.name(), "x", "1"),
              StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  const absl::StatusOr<v1::Request> held = Hold(service_.director, accepted.name());
  ASSERT_THAT(held, IsOk());
  EXPECT_TRUE(held->held());
  EXPECT_EQ(held->hold_reason(), "等待厂商澄清");
  EXPECT_EQ(held->holder(), service_.director.name());
  EXPECT_EQ(held->hold_time().seconds(), 1790000000);
  EXPECT_EQ(held->state(), v1::Request::STATE_ACCEPTED);
  EXPECT_EQ(service_.Get(accepted.name()).SerializeAsString(), held->SerializeAsString());
  event::v1::RequestHeld payload;
  ASSERT_TRUE(service_.LastEvent("RequestHeld").payload().UnpackTo(&payload));
  EXPECT_TRUE(payload.request().held());
  EXPECT_EQ(service_.LastEvent("RequestHeld").reason(), "等待厂商澄清");
  EXPECT_THAT(Hold(service_.director, accepted.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));

  event::v1::EvaluationOpened opened;
  EXPECT_EQ(service_.Deliver(service_.EventOf("evaluation", accepted.name(), opened)).verdict(),
            event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(accepted.name()).state(), v1::Request::STATE_EVALUATING);
  EXPECT_TRUE(service_.Get(accepted.name()).held());

  EXPECT_THAT(Resume(service_.author, accepted.name()), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Resume(service_.director, accepted.name(), ""), StatusIs(StatusCode::kInvalidArgument));
  const absl::StatusOr<v1::Request> resumed = Resume(service_.director, accepted.name());
  ASSERT_THAT(resumed, IsOk());
  EXPECT_FALSE(resumed->held());
  EXPECT_FALSE(resumed->has_hold_time());
  EXPECT_EQ(resumed->holder(), "");
  EXPECT_EQ(service_.LastEvent("RequestResumed").reason(), "厂商已澄清");
  EXPECT_THAT(Resume(service_.director, accepted.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(RequestLifecycleTest, EveryTransitionByPeopleIsRefusedOnHold) {
  const v1::Request request = service_.Submitted();
  ASSERT_THAT(Hold(service_.director, request.name()), IsOk());
  const auto on_hold = StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD);
  EXPECT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, request.name()), on_hold);
  EXPECT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, request.name()), on_hold);
  EXPECT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, request.name()), on_hold);
  EXPECT_THAT(service_.Act<v1::CloseRequestRequest>("CloseRequest", service_.author, request.name()), on_hold);
  EXPECT_THAT(Defer(request.name(), absl::Hours(1)), on_hold);
  EXPECT_EQ(service_.LastEvent("CallDenied").subject(), request.name());
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  EXPECT_THAT(Hold(service_.director, draft.name()), StatusIs(StatusCode::kNotFound));
}

TEST_F(RequestLifecycleTest, DeferredRequestsComeBackOnce) {
  const std::string soon = service_.Endorsed().name();
  const std::string later = service_.Endorsed().name();
  ASSERT_THAT(Defer(soon, absl::Hours(24)), IsOk());
  ASSERT_THAT(Defer(later, absl::Hours(48)), IsOk());
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  ASSERT_THAT(service_.requests().EndDeferrals(deadline), IsOk());
  EXPECT_EQ(service_.CountEvents("RequestDeferralEnded"), 0);

  service_.clock().Advance(absl::Hours(25));
  // Several processes at once.
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] { EXPECT_THAT(service_.requests().EndDeferrals(deadline), IsOk()); });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(service_.CountEvents("RequestDeferralEnded"), 1);
  const v1::Request back = service_.Get(soon);
  EXPECT_EQ(back.state(), v1::Request::STATE_ENDORSED);
  EXPECT_FALSE(back.has_defer_until_time());
  EXPECT_EQ(back.state_reason(), "年后再议");
  EXPECT_EQ(service_.Get(later).state(), v1::Request::STATE_DEFERRED);
  const event::v1::Event event = service_.LastEvent("RequestDeferralEnded");
  EXPECT_EQ(event.subject(), soon);
  EXPECT_EQ(event.actor().name(), "services/request");
  EXPECT_EQ(event.organization(), "organizations/yunqi");
  event::v1::RequestDeferralEnded payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.defer_until_time().seconds(), 1790000000 + 24 * 3600);

  // Put off again, it comes back again.
  ASSERT_THAT(Defer(soon, absl::Hours(1)), IsOk());
  service_.clock().Advance(absl::Hours(100));
  ASSERT_THAT(service_.requests().EndDeferrals(deadline), IsOk());
  EXPECT_EQ(service_.CountEvents("RequestDeferralEnded"), 3);
}

TEST_F(RequestLifecycleTest, OneDeferralThatCannotBeEndedKeepsNoOther) {
  const std::string broken = service_.Endorsed().name();
  const std::string sound = service_.Endorsed().name();
  ASSERT_THAT(Defer(broken, absl::Hours(24)), IsOk());
  ASSERT_THAT(Defer(sound, absl::Hours(25)), IsOk());
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  ASSERT_THAT(
      service_.pool().Execute(
          deadline,
          absl::StrCat("CREATE TRIGGER broken BEFORE UPDATE ON request FOR EACH ROW IF HEX(NEW.request_id) = "
                       "UPPER(REPLACE('",
                       broken.substr(broken.rfind('/') + 1), "', '-', '')) THEN SIGNAL SQLSTATE '45000'; END IF")),
      IsOk());
  service_.clock().Advance(absl::Hours(26));
  EXPECT_THAT(service_.requests().EndDeferrals(deadline), StatusIs(StatusCode::kInternal));
  EXPECT_EQ(service_.Get(broken).state(), v1::Request::STATE_DEFERRED);
  EXPECT_EQ(service_.Get(sound).state(), v1::Request::STATE_ENDORSED);
}

TEST_F(RequestLifecycleTest, TheTrailShowsEveryFieldBeforeAndAfter) {
  using Pair = std::pair<std::string, std::string>;
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  v1::UpdateRequestRequest update;
  *update.mutable_request() = draft;
  update.mutable_request()->mutable_targets(0)->set_to_version("4.3.0");
  update.mutable_request()->mutable_documents(0)->set_title("新说明.pdf");
  update.mutable_request()->set_urgency(common::v1::LEVEL_CRITICAL);
  update.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::Request>("RequestService/UpdateRequest", service_.author, update), IsOk());
  auto history = History("RequestUpdated");
  EXPECT_EQ(history.size(), 4u);
  EXPECT_EQ(history["urgency"], Pair("LEVEL_HIGH", "LEVEL_CRITICAL"));
  EXPECT_EQ(history["priority"], Pair("LEVEL_HIGH", "LEVEL_CRITICAL"));
  EXPECT_THAT(history["targets"].first, ::testing::HasSubstr("\"4.2.0\""));
  EXPECT_THAT(history["targets"].second, ::testing::HasSubstr("\"4.3.0\""));
  EXPECT_THAT(history["documents"].second, ::testing::HasSubstr("新说明.pdf"));

  ASSERT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, draft.name()), IsOk());
  history = History("RequestSubmitted");
  EXPECT_EQ(history["number"], Pair("", "REQ-2026-000001"));
  EXPECT_EQ(history["state"], Pair("DRAFT", "SUBMITTED"));
  EXPECT_EQ(history["submit_time"], Pair("", "2026-09-21T14:13:20Z"));
  ASSERT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, draft.name()), IsOk());
  EXPECT_EQ(History("RequestEndorsed")["endorser"], Pair("", service_.head.name()));
  ASSERT_THAT(Defer(draft.name(), absl::Hours(1)), IsOk());
  history = History("RequestDeferred");
  EXPECT_EQ(history["state_reason"], Pair("", "年后再议"));
  EXPECT_EQ(history["defer_until_time"], Pair("", "2026-09-21T15:13:20Z"));
  EXPECT_EQ(history["triager"], Pair("", service_.director.name()));
  ASSERT_THAT(Hold(service_.director, draft.name()), IsOk());
  EXPECT_EQ(History("RequestHeld")["held"], Pair("", "true"));
  EXPECT_EQ(History("RequestHeld")["hold_reason"], Pair("", "等待厂商澄清"));
}

}  // namespace
}  // namespace docket::request

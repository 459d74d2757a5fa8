// Whatever people, vendors, scanners and other services do, the counts are what the tables say.
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/notice/testing/notice_fixture.h"
#include "services/request/tally/testing/shown_counts.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::IsEmpty;
using tests::IsOk;

constexpr int kSteps = 600;

class CountsPropertyTest : public NoticeRoomTest {
 protected:
  size_t Under(size_t bound) { return random_() % bound; }
  const std::string& AnyOf(const std::vector<std::string>& names) { return names[Under(names.size())]; }

  static v1::FeedbackItem Item(v1::Feedback::Channel channel) {
    v1::FeedbackItem item;
    item.set_system("organizations/yunqi/systems/access-control");
    item.set_text("刷脸太慢");
    item.set_channel(channel);
    return item;
  }

  // A form that may name what there is as its source.
  v1::Request Form() {
    v1::Request form = WholeService::Form();
    if (Under(3) == 0) form.set_kind(common::v1::CHANGE_KIND_EMERGENCY);
    if (Under(3) == 0) form.set_urgency(common::v1::LEVEL_LOW);
    switch (Under(4)) {
      case 0:
        form.set_source(v1::Request::SOURCE_END_USER_FEEDBACK);
        form.set_source_reference(AnyOf(feedback_));
        break;
      case 1:
        form.set_source(v1::Request::SOURCE_VENDOR_NOTICE);
        form.set_source_reference(AnyOf(notices_));
        break;
      case 2:
        form.set_source(v1::Request::SOURCE_INDUSTRY_WATCH);
        form.set_source_reference("行业通报2026-3");
        break;
      default:
        break;
    }
    return form;
  }

  bool Edit() {
    const std::string& name = AnyOf(requests_);
    v1::UpdateRequestRequest call;
    *call.mutable_request() = Form();
    call.mutable_request()->set_name(name);
    v1::GetRequestRequest get;
    get.set_name(name);
    const auto found = service_.Call<v1::Request>("RequestService/GetRequest", service_.author, get);
    if (!found.ok()) return false;
    call.mutable_request()->set_etag(found->etag());
    for (const char* path : {"kind", "source", "source_reference", "urgency"}) {
      call.mutable_update_mask()->add_paths(path);
    }
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Request>("RequestService/UpdateRequest", service_.author, call).ok();
  }

  template <typename Call>
  bool Move(const char* method, const common::v1::Principal& by, const std::function<void(Call&)>& fill = nullptr) {
    return service_.Act<Call>(method, by, AnyOf(requests_), fill).ok();
  }

  template <typename Call>
  std::function<void(Call&)> Because() {
    return [](Call& call) { call.set_reason("情况有变"); };
  }

  bool Hold() {
    const std::string& name = AnyOf(requests_);
    const bool held = service_.Act("HoldRequest", service_.director, name, Because<v1::HoldRequestRequest>()).ok();
    if (held) held_.push_back(name);
    return held;
  }

  bool Resume() {
    return !held_.empty() &&
           service_.Act("ResumeRequest", service_.director, AnyOf(held_), Because<v1::ResumeRequestRequest>()).ok();
  }

  bool Triage() {
    const auto decided = service_.Act<v1::TriageRequestRequest>(
        "TriageRequest", service_.director, AnyOf(requests_), [&](v1::TriageRequestRequest& call) {
          call.set_reason("研究决定");
          const bool accept = Under(2) == 0;
          call.set_outcome(accept ? v1::TRIAGE_OUTCOME_ACCEPT
                                  : static_cast<v1::TriageOutcome>(1 + Under(v1::TriageOutcome_MAX)));
          if (call.outcome() == v1::TRIAGE_OUTCOME_MERGE) call.set_merge_into(AnyOf(requests_));
          if (call.outcome() == v1::TRIAGE_OUTCOME_DEFER) {
            call.mutable_defer_until_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now()) + 3600);
          }
        });
    if (decided.ok() && decided->state() == v1::Request::STATE_ACCEPTED) accepted_.push_back(decided->name());
    return decided.ok();
  }

  bool Evaluate() {
    if (accepted_.empty()) return false;
    const std::string& name = AnyOf(accepted_);
    (void)service_.Deliver(service_.EventOf("evaluation", name, event::v1::EvaluationOpened()));
    return service_.Deliver(service_.EventOf("evaluation", name, event::v1::EvaluationRejected())).verdict() ==
           event::v1::DeliveryResult::VERDICT_ACCEPTED;
  }

  bool Say(int count) {
    v1::BatchCreateFeedbackRequest call;
    call.set_parent("organizations/yunqi");
    for (int i = 0; i < count; ++i) {
      *call.add_feedback() = Item(static_cast<v1::Feedback::Channel>(1 + Under(v1::Feedback::Channel_MAX)));
    }
    // One that is refused beside others.
    call.add_feedback()->CopyFrom(Item(v1::Feedback::CHANNEL_APP));
    call.mutable_feedback(count)->set_system("organizations/yunqi/systems/unknown");
    call.set_request_id(service_.NewRequestId());
    const auto reply =
        service_.Call<v1::BatchCreateFeedbackResponse>("FeedbackService/BatchCreateFeedback", service_.author, call);
    if (!reply.ok()) return false;
    for (int i = 0; i < count; ++i) feedback_.push_back(reply->results(i).name());
    return true;
  }

  bool Fold() {
    v1::FoldFeedbackRequest call;
    call.set_request(AnyOf(requests_));
    for (int i = 0; i < 3; ++i) call.add_feedback(AnyOf(feedback_));
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::FoldFeedbackResponse>("FeedbackService/FoldFeedback", service_.author, call).ok();
  }

  template <typename Call>
  bool OnFeedback(const char* method) {
    Call call;
    call.set_name(AnyOf(feedback_));
    call.set_reason("归错了");
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Feedback>(absl::StrCat("FeedbackService/", method), service_.head, call).ok();
  }

  bool Publish() {
    v1::VendorNotice notice = Notice();
    notice.set_kind(static_cast<v1::VendorNotice::Kind>(1 + Under(4)));
    const bool rival = Under(4) == 0;
    if (rival) notice.set_vendor("organizations/yunqi/vendors/dahua");
    if (!notices_.empty() && Under(3) == 0) notice.set_supersedes(AnyOf(notices_));
    const auto made = Create(rival ? rival_ : vendor_, notice);
    if (made.ok()) notices_.push_back(made->name());
    return made.ok();
  }

  bool ChangeKind() {
    absl::StatusOr<v1::VendorNotice> notice = Get(vendor_, AnyOf(notices_));
    if (!notice.ok()) return false;
    notice->set_kind(static_cast<v1::VendorNotice::Kind>(1 + Under(4)));
    return Update(vendor_, *notice, {"kind"}).ok();
  }

  bool Scan() {
    v1::ReportObservedVersionsRequest call;
    call.set_parent("organizations/yunqi");
    for (int i = 0; i < 2; ++i) {
      v1::VersionObservation* seen = call.add_observations();
      seen->set_system("organizations/yunqi/systems/access-control");
      seen->set_version(absl::StrCat(3 + Under(3), ".", 5 + Under(4)));
      seen->set_source("scanner-01");
      seen->mutable_observe_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
    }
    call.set_request_id(service_.NewRequestId());
    const auto reply = service_.Call<v1::ReportObservedVersionsResponse>(
        "VersionDriftService/ReportObservedVersions", PersonOf("yunqi", "scanner", "", {common::v1::ROLE_SERVICE}),
        call);
    if (!reply.ok()) return false;
    for (const auto& result : reply->results()) {
      if (!result.request().empty()) requests_.push_back(result.request());
    }
    return true;
  }

  // What can be done, by name.
  std::vector<std::pair<std::string, std::function<bool()>>> Deeds() {
    const auto submit = [&] { return Move<v1::SubmitRequestRequest>("SubmitRequest", service_.author); };
    const auto endorse = [&] { return Move<v1::EndorseRequestRequest>("EndorseRequest", service_.head); };
    return {{"create",
             [&] {
               requests_.push_back(service_.Create(service_.author, Form()).name());
               return true;
             }},
            {"submit", submit},
            {"submit again", submit},
            {"endorse", endorse},
            {"endorse again", endorse},
            {"edit", [&] { return Edit(); }},
            {"return", [&] { return Move("ReturnRequest", service_.head, Because<v1::ReturnRequestRequest>()); }},
            {"withdraw",
             [&] {
               return Under(3) == 0 && Move("WithdrawRequest", service_.author, Because<v1::WithdrawRequestRequest>());
             }},
            {"hold", [&] { return Hold(); }},
            {"resume", [&] { return Resume(); }},
            {"triage", [&] { return Triage(); }},
            {"evaluate", [&] { return Evaluate(); }},
            {"defer no longer",
             [&] {
               service_.clock().Advance(absl::Minutes(20));
               return service_.requests().EndDeferrals(absl::Now() + absl::Seconds(10)).ok();
             }},
            {"say", [&] { return Say(static_cast<int>(1 + Under(4))); }},
            {"fold", [&] { return Fold(); }},
            {"unfold", [&] { return OnFeedback<v1::UnfoldFeedbackRequest>("UnfoldFeedback"); }},
            {"dismiss", [&] { return Under(2) == 0 && OnFeedback<v1::DismissFeedbackRequest>("DismissFeedback"); }},
            {"publish", [&] { return Publish(); }},
            {"change a notice's kind", [&] { return ChangeKind(); }},
            {"acknowledge", [&] { return Acknowledge(admin_, AnyOf(notices_)).ok(); }},
            {"withdraw a notice", [&] { return Under(2) == 0 && Withdraw(vendor_, AnyOf(notices_)).ok(); }},
            {"scan", [&] { return Under(2) == 0 && Scan(); }}};
  }

  std::mt19937 random_{20261122};
  std::vector<std::string> requests_, accepted_, held_, feedback_, notices_;
};

TEST_F(CountsPropertyTest, CountsAreWhatTheTablesSayAfterARandomWalk) {
  ASSERT_TRUE(Say(3));
  ASSERT_TRUE(Publish());
  requests_.push_back(service_.Submitted().name());
  std::map<std::string, int> done;
  const auto deeds = Deeds();
  for (int step = 0; step < kSteps; ++step) {
    const auto& [name, act] = deeds[Under(deeds.size())];
    // Whether it is allowed is not the question here.
    if (act()) ++done[name];
    if (step % 100 == 99) {
      SCOPED_TRACE(absl::StrCat("after step ", step, ", ", name));
      testing::ExpectCountsAsInTables(service_);
    }
  }
  for (const auto& [name, act] : deeds) EXPECT_GT(done[name], 0) << name;
  // They went far enough to tell the counts apart.
  EXPECT_GT(testing::LinesOf(testing::CountRequests(service_, service_.auditor, {1, 4, 5, 6, 7})).size(), 10u);
  EXPECT_EQ(testing::LinesOf(testing::CountFeedback(service_, service_.auditor, {1})).size(), 3u);
  EXPECT_EQ(testing::LinesOf(testing::CountVendorNotices(service_, service_.auditor, {1})).size(), 4u);
  EXPECT_EQ(testing::LinesOf(testing::CountVersionDrifts(service_, service_.auditor, {1})).size(), 2u);

  // A hand in the tables is seen by the daily task, and mended.
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  for (const char* sql : {"UPDATE tally SET amount = amount + 1", "DELETE FROM tally WHERE state = 1 AND kind = 1",
                          "UPDATE request_count SET requests = requests + 1"}) {
    ASSERT_THAT(service_.pool().Execute(deadline, sql), IsOk());
  }
  EXPECT_NE(testing::LinesOf(testing::CountFeedback(service_, service_.auditor, {1, 2, 3})),
            testing::LinesInTable(service_.pool(), "feedback", "state, channel, system_id"));
  ASSERT_THAT(service_.requests().VerifyCounts(deadline), IsOk());
  testing::ExpectCountsAsInTables(service_);
}

}  // namespace
}  // namespace docket::request

// Requests that come of an item of feedback, through the whole service.
#include "services/request/feedback/feedback_reference.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "docket/event/v1/feedback_events.pb.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/feedback/testing/feedback_fixture.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using tests::IsOk;
using tests::StatusIs;

class FeedbackReferenceTest : public FeedbackRoomTest {
 protected:
  std::string DraftOf(const std::string& reference,
                      v1::Request::Source source = v1::Request::SOURCE_END_USER_FEEDBACK) {
    v1::Request form = WholeService::Form();
    form.set_source(source);
    form.set_source_reference(reference);
    return service_.Create(service_.author, form).name();
  }

  absl::StatusOr<v1::Request> Submit(const std::string& name) {
    return service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, name);
  }

  std::string SubmittedOf(const std::string& reference) {
    const std::string name = DraftOf(reference);
    EXPECT_THAT(Submit(name), IsOk());
    return name;
  }

  // Of the item that is there.
  v1::Feedback Shown(const std::string& name) {
    const absl::StatusOr<v1::Feedback> found = Get(service_.author, name);
    EXPECT_THAT(found, IsOk());
    return found.value_or(v1::Feedback());
  }
};

TEST_F(FeedbackReferenceTest, TheItemNamedIsTheFirstThatIsFolded) {
  const std::string item = Made("甲");
  const std::string other = Made("乙");
  const std::string request = DraftOf(item);
  EXPECT_EQ(Shown(item).state(), v1::Feedback::STATE_NEW);
  service_.clock().Advance(absl::Minutes(5));
  ASSERT_THAT(Submit(request), IsOk());

  const v1::Feedback folded = Shown(item);
  EXPECT_EQ(folded.state(), v1::Feedback::STATE_FOLDED);
  EXPECT_EQ(folded.request(), request);
  EXPECT_EQ(folded.etag(), "2");
  EXPECT_EQ(folded.update_time().seconds(), folded.create_time().seconds() + 300);
  EXPECT_EQ(Count(request), 1);
  EXPECT_THAT(Texts(OfRequest(request)), ElementsAre("甲"));

  // What is reported is what the fold of another into the same request reports.
  ASSERT_THAT(Fold(service_.author, request, {other}), IsOk());
  EXPECT_EQ(Count(request), 2);
  EXPECT_THAT(Texts(OfRequest(request), "create_time"), ElementsAre("甲", "乙"));
  std::vector<event::v1::Event> events = service_.EventsOf("FeedbackFolded");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].subject(), item);
  EXPECT_EQ(events[0].change(), request);
  EXPECT_EQ(events[0].before_sha256(), service_.EventsOf("FeedbackCreated")[0].after_sha256());
  EXPECT_NE(events[0].after_sha256(), events[0].before_sha256());
  EXPECT_THAT(events[0].method(), HasSubstr("SubmitRequest"));
  for (event::v1::Event& event : events) {
    event.clear_event_id();
    event.clear_subject();
    event.clear_method();
    event.clear_trace_id();
    event.clear_request_id();
    event.clear_before_sha256();
    event.clear_after_sha256();
  }
  EXPECT_EQ(events[0].DebugString(), events[1].DebugString());
}

TEST_F(FeedbackReferenceTest, WhatCannotBeFoldedIsABrokenReference) {
  const std::string dismissed = Made();
  ASSERT_THAT(Dismiss(dismissed), IsOk());
  const std::string taken = Made();
  const std::string taker = service_.Submitted().name();
  ASSERT_THAT(Fold(service_.head, taker, {taken}), IsOk());
  const std::string open = Made();
  const std::string id = open.substr(open.rfind('/') + 1);
  const struct {
    std::string reference, says;
  } kCases[] = {
      {"业主群里的意见", "must name an item of feedback"},
      {id, "must name an item of feedback"},
      {open + " ", "must name an item of feedback"},
      {absl::StrCat("organizations/yunqi/feedback/", absl::AsciiStrToUpper(id)), "must name an item of feedback"},
      {absl::StrCat("organizations/library/feedback/", id), "must name an item of feedback"},
      {absl::StrCat("organizations/yunqi/requests/", id), "must name an item of feedback"},
      {absl::StrCat("organizations/yunqi/feedback/", service_.NewRequestId()), "does not exist"},
      {dismissed, "DISMISSED"},
      {taken, absl::StrCat("FOLDED, into ", taker)},
  };
  const size_t folded = service_.EventsOf("FeedbackFolded").size();
  for (const auto& one : kCases) {
    const std::string draft = DraftOf(one.reference);
    const absl::Status refused = Submit(draft).status();
    EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE)) << one.reference;
    EXPECT_THAT(std::string(refused.message()), HasSubstr(one.says)) << one.reference;
    ASSERT_TRUE(GetErrorInfo(refused).has_value()) << one.reference;
    EXPECT_EQ(GetErrorInfo(refused)->metadata().at("resource"), one.reference);
    EXPECT_EQ(service_.LastEvent("CallDenied").subject(), draft);
    EXPECT_EQ(service_.Get(draft).state(), v1::Request::STATE_DRAFT);
  }
  EXPECT_EQ(service_.EventsOf("FeedbackFolded").size(), folded);
  EXPECT_EQ(Shown(open).state(), v1::Feedback::STATE_NEW);
  EXPECT_EQ(Shown(dismissed).etag(), "2");
  EXPECT_EQ(Shown(taken).etag(), "2");
  EXPECT_EQ(Count(taker), 1);
}

TEST_F(FeedbackReferenceTest, AnotherSourceIsNoneOfItsBusiness) {
  const std::string item = Made();
  const std::string request = DraftOf(item, v1::Request::SOURCE_SECURITY_ADVISORY);
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_EQ(Shown(item).state(), v1::Feedback::STATE_NEW);
  EXPECT_EQ(Count(request), 0);
}

TEST_F(FeedbackReferenceTest, SubmittedAgainItIsFoldedOnce) {
  const std::string item = Made("甲");
  const std::string request = SubmittedOf(item);
  service_.Return(request);
  const std::string before = Shown(item).SerializeAsString();
  service_.clock().Advance(absl::Minutes(5));
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_EQ(Shown(item).SerializeAsString(), before);
  EXPECT_EQ(Count(request), 1);
  EXPECT_EQ(service_.EventsOf("FeedbackFolded").size(), 1u);

  // Taken out by hand meanwhile, it comes back.
  service_.Return(request);
  ASSERT_THAT(Unfold(item), IsOk());
  EXPECT_EQ(Count(request), 0);
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_EQ(Shown(item).request(), request);
  EXPECT_EQ(Count(request), 1);

  // With another item, that one joins, and what was folded stays.
  const std::string second = Made("乙");
  service_.Return(request);
  service_.GiveSource(request, v1::Request::SOURCE_END_USER_FEEDBACK, second);
  EXPECT_EQ(Shown(second).state(), v1::Feedback::STATE_NEW);
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_EQ(Count(request), 2);
  EXPECT_THAT(Texts(OfRequest(request)), UnorderedElementsAre("甲", "乙"));

  // Taken out and gone elsewhere, it does not.
  service_.Return(request);
  ASSERT_THAT(Unfold(second), IsOk());
  ASSERT_THAT(Fold(service_.head, service_.Submitted().name(), {second}), IsOk());
  EXPECT_THAT(Submit(request), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(Count(request), 1);
  EXPECT_EQ(service_.Get(request).state(), v1::Request::STATE_RETURNED);
}

TEST_F(FeedbackReferenceTest, WhatWasFoldedByHandBeforeIsNotFoldedAgain) {
  const std::string item = Made();
  const std::string request = service_.Submitted().name();
  ASSERT_THAT(Fold(service_.head, request, {item}), IsOk());
  service_.Return(request);
  service_.GiveSource(request, v1::Request::SOURCE_END_USER_FEEDBACK, item);
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_EQ(Shown(item).etag(), "2");
  EXPECT_EQ(Count(request), 1);
  EXPECT_EQ(service_.EventsOf("FeedbackFolded").size(), 1u);
}

TEST_F(FeedbackReferenceTest, ARepeatedSubmissionIsAnsweredAsTheFirst) {
  const std::string item = Made();
  v1::SubmitRequestRequest call;
  call.set_name(DraftOf(item));
  call.set_request_id(service_.NewRequestId());
  const auto submit = [&] { return service_.Call<v1::Request>("RequestService/SubmitRequest", service_.author, call); };
  const absl::StatusOr<v1::Request> first = submit();
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(submit()->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Count(call.name()), 1);
  EXPECT_EQ(Shown(item).etag(), "2");
}

TEST_F(FeedbackReferenceTest, ARequestThatHoldsTooManyIsRefused) {
  const std::string request = SubmittedOf(Made());
  const std::string item = Made();
  service_.Return(request);
  service_.GiveSource(request, v1::Request::SOURCE_END_USER_FEEDBACK, item);
  // As if there were many more.
  const auto count = [&](int number) {
    ASSERT_THAT(service_.pool().Execute(absl::Now() + absl::Seconds(10), "UPDATE feedback_count SET feedback_count = ?",
                                        {number}),
                IsOk());
  };
  count(10'000);
  EXPECT_THAT(Submit(request), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_EQ(Shown(item).state(), v1::Feedback::STATE_NEW);
  EXPECT_EQ(Count(request), 10'000);
  count(9'999);
  EXPECT_THAT(Submit(request), IsOk());
  EXPECT_EQ(Count(request), 10'000);
}

TEST_F(FeedbackReferenceTest, WhatBecomesOfTheRequestIsAsForAnyItem) {
  // Withdrawn or declined, the request keeps its item, which anyone takes out.
  const std::string first = Made("甲");
  const std::string withdrawn = SubmittedOf(first);
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, withdrawn,
                                                       [](auto& call) { call.set_reason("重复"); }),
              IsOk());
  EXPECT_EQ(Shown(first).request(), withdrawn);
  EXPECT_EQ(Count(withdrawn), 1);
  ASSERT_THAT(Unfold(first), IsOk());
  EXPECT_EQ(Count(withdrawn), 0);
  const std::string again = SubmittedOf(first);
  EXPECT_EQ(Shown(first).request(), again);

  ASSERT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, again), IsOk());
  ASSERT_THAT(service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, again,
                                                     [](auto& call) {
                                                       call.set_outcome(v1::TRIAGE_OUTCOME_DECLINE);
                                                       call.set_reason("不予受理");
                                                     }),
              IsOk());
  EXPECT_EQ(Shown(first).request(), again);
  EXPECT_EQ(Count(again), 1);

  // Merged, it goes along.
  const std::string second = Made("乙");
  const std::string merged = SubmittedOf(second);
  ASSERT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, merged), IsOk());
  const std::string target = service_.Endorsed().name();
  ASSERT_THAT(Merge(merged, target), IsOk());
  EXPECT_EQ(Count(merged), 0);
  EXPECT_EQ(Count(target), 1);
  EXPECT_THAT(Texts(OfRequest(target)), ElementsAre("乙"));
  EXPECT_THAT(Texts(OfRequest(merged)), IsEmpty());
  // It is the target's now, whoever names it.
  const absl::Status taken = Submit(DraftOf(second)).status();
  EXPECT_THAT(taken, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(std::string(taken.message()), HasSubstr(target));
}

TEST_F(FeedbackReferenceTest, ARefusalLetsGoOfNoNotice) {
  v1::CreateVendorRequest vendor;
  vendor.set_parent("organizations/yunqi");
  vendor.set_vendor_id("hikvision");
  vendor.mutable_vendor()->set_title("海康威视");
  vendor.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::Vendor>("DirectoryService/CreateVendor", service_.administrator, vendor), IsOk());
  v1::CreateVendorNoticeRequest publish;
  publish.set_parent("organizations/yunqi");
  publish.mutable_vendor_notice()->set_vendor("organizations/yunqi/vendors/hikvision");
  publish.mutable_vendor_notice()->set_kind(v1::VendorNotice::KIND_UPGRADE_PLAN);
  publish.mutable_vendor_notice()->set_title("门禁软件4.2升级计划");
  publish.mutable_vendor_notice()->set_contents("支持人脸离线比对");
  v1::VendorNotice::AffectedSystem* system = publish.mutable_vendor_notice()->add_systems();
  system->set_system("organizations/yunqi/systems/access-control");
  system->add_affected_versions("4.1.0");
  system->set_offered_version("4.2.0");
  publish.set_request_id(service_.NewRequestId());
  const auto notice =
      service_.Call<v1::VendorNotice>("VendorNoticeService/CreateVendorNotice", service_.director, publish);
  ASSERT_THAT(notice, IsOk());
  const auto linked = [&] {
    v1::GetVendorNoticeRequest call;
    call.set_name(notice->name());
    return service_.Call<v1::VendorNotice>("VendorNoticeService/GetVendorNotice", service_.director, call)
        ->linked_request_count();
  };
  const std::string request = DraftOf(notice->name(), v1::Request::SOURCE_VENDOR_NOTICE);
  ASSERT_THAT(Submit(request), IsOk());
  ASSERT_EQ(linked(), 1);
  service_.Return(request);
  const std::string item = Made();
  ASSERT_THAT(Dismiss(item), IsOk());
  service_.GiveSource(request, v1::Request::SOURCE_END_USER_FEEDBACK, item);
  EXPECT_THAT(Submit(request), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(linked(), 1);
  service_.GiveSource(request, v1::Request::SOURCE_END_USER_FEEDBACK, Made());
  EXPECT_THAT(Submit(request), IsOk());
  EXPECT_EQ(linked(), 0);
}

TEST_F(FeedbackReferenceTest, OfManyThatNameOneItemAtOnceExactlyOneGetsIt) {
  const std::string item = Made();
  std::vector<std::string> drafts;
  for (int i = 0; i < 16; ++i) drafts.push_back(DraftOf(item));
  std::vector<absl::Status> answers(drafts.size());
  std::vector<std::thread> threads;
  // While the item is held here, the first two batches wait for it, and the others gather in the queue.
  const mysql::GroupCommitStats before = service_.requests().submitter().stats();
  const absl::Status held = mysql::RunInTransaction(
      service_.pool(), absl::Now() + absl::Seconds(20), [&](mysql::Transaction& tx) -> absl::Status {
        EXPECT_THAT(tx.Query("SELECT 1 FROM feedback FOR UPDATE"), IsOk());
        for (size_t i = 0; i < drafts.size(); ++i) {
          threads.emplace_back([&, i] { answers[i] = Submit(drafts[i]).status(); });
        }
        for (int i = 0; i < 200 && service_.requests().submitter().stats().waiting < 2; ++i) {
          absl::SleepFor(absl::Milliseconds(10));
        }
        return absl::OkStatus();
      });
  EXPECT_THAT(held, IsOk());
  for (std::thread& thread : threads) thread.join();
  const mysql::GroupCommitStats after = service_.requests().submitter().stats();
  EXPECT_LT(after.batches - before.batches, after.items - before.items) << "no two were in one transaction";

  std::string winner;
  for (size_t i = 0; i < drafts.size(); ++i) {
    if (answers[i].ok()) {
      EXPECT_EQ(winner, "") << "two of them have it";
      winner = drafts[i];
      continue;
    }
    EXPECT_THAT(answers[i], StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
    EXPECT_EQ(service_.Get(drafts[i]).state(), v1::Request::STATE_DRAFT);
  }
  ASSERT_NE(winner, "");
  EXPECT_EQ(Shown(item).request(), winner);
  EXPECT_EQ(Shown(item).etag(), "2");
  EXPECT_EQ(Count(winner), 1);
  EXPECT_EQ(service_.EventsOf("FeedbackFolded").size(), 1u);
  EXPECT_EQ(service_.Get(winner).number(), "REQ-2026-000001");
}

TEST_F(FeedbackReferenceTest, CountsAreExactHoweverItemsAreFolded) {
  const std::vector<std::string> items = MadeMany(12);
  const std::vector<std::string> backwards(items.rbegin(), items.rend());
  const std::string by_hand = service_.Endorsed().name();
  const std::string target = service_.Endorsed().name();
  std::vector<std::string> requests = {by_hand, target};
  // Each item is named by three.
  for (int i = 0; i < 36; ++i) requests.push_back(DraftOf(items[static_cast<size_t>(i * 5) % items.size()]));
  std::vector<std::thread> threads;
  std::atomic<int> submitted = 0;
  for (size_t i = 2; i < requests.size(); ++i) {
    threads.emplace_back([&, i] {
      const absl::Status status = Submit(requests[i]).status();
      if (status.ok()) {
        ++submitted;
        return;
      }
      EXPECT_THAT(status, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
    });
  }
  threads.emplace_back([&] {
    for (size_t i = 0; i < items.size(); i += 3) {
      EXPECT_THAT(Fold(service_.head, by_hand, {backwards[i], backwards[i + 1]}), IsOk());
    }
    EXPECT_THAT(Merge(by_hand, target), IsOk());
  });
  threads.emplace_back([&] {
    for (const std::string& item : backwards) {
      const absl::Status status = Unfold(item).status();
      if (!status.ok()) {
        EXPECT_THAT(status, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
      }
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(submitted, 1);

  int64_t total = 0;
  for (const std::string& request : requests) {
    const absl::StatusOr<v1::ListFeedbackResponse> there = List(OfRequest(request), "", 1000);
    ASSERT_THAT(there, IsOk());
    if (!service_.Get(request).has_submit_time()) {
      EXPECT_EQ(there->feedback_size(), 0);
      continue;
    }
    EXPECT_EQ(Count(request), there->feedback_size()) << request;
    total += there->feedback_size();
  }
  EXPECT_EQ(Count(by_hand), 0);
  const int64_t folds = static_cast<int64_t>(service_.EventsOf("FeedbackFolded").size());
  EXPECT_EQ(folds - static_cast<int64_t>(service_.EventsOf("FeedbackUnfolded").size()), total);
  EXPECT_EQ(static_cast<int64_t>(Texts("state = FOLDED").size()), total);
}

}  // namespace
}  // namespace docket::request

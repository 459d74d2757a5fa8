// A property company that takes in what its owners say, for tests through the whole service.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_TESTING_FEEDBACK_FIXTURE_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_TESTING_FEEDBACK_FIXTURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "docket/request/v1/feedback_service.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {

class FeedbackRoomTest : public ::testing::Test {
 protected:
  static v1::Feedback Item(const std::string& text = "刷脸开门太慢") {
    v1::Feedback feedback;
    feedback.set_system("organizations/yunqi/systems/access-control");
    feedback.set_text(text);
    feedback.set_channel(v1::Feedback::CHANNEL_APP);
    feedback.set_reporter("3栋1204 王女士 13800000000");
    return feedback;
  }

  absl::StatusOr<v1::Feedback> Create(const common::v1::Principal& by, const v1::Feedback& feedback,
                                      const std::string& request_id = "") {
    v1::CreateFeedbackRequest call;
    call.set_parent("organizations/yunqi");
    *call.mutable_feedback() = feedback;
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::Feedback>("FeedbackService/CreateFeedback", by, call);
  }

  std::string Made(const std::string& text = "刷脸开门太慢") {
    const absl::StatusOr<v1::Feedback> made = Create(service_.author, Item(text));
    EXPECT_THAT(made, tests::IsOk());
    return made.ok() ? made->name() : "";
  }

  static v1::FeedbackItem BatchItem(const std::string& text = "刷脸开门太慢") {
    v1::FeedbackItem item;
    item.set_system(Item().system());
    item.set_text(text);
    item.set_channel(Item().channel());
    return item;
  }

  std::vector<std::string> MadeMany(int count) {
    v1::BatchCreateFeedbackRequest call;
    for (int i = 0; i < count; ++i) *call.add_feedback() = BatchItem(absl::StrCat("第", i, "条"));
    std::vector<std::string> names;
    const auto reply = Batch(call);
    EXPECT_THAT(reply, tests::IsOk());
    if (!reply.ok()) return names;
    for (const v1::FeedbackResult& result : reply->results()) names.push_back(result.name());
    return names;
  }

  absl::StatusOr<v1::BatchCreateFeedbackResponse> Batch(v1::BatchCreateFeedbackRequest call,
                                                        const std::string& request_id = "") {
    call.set_parent("organizations/yunqi");
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::BatchCreateFeedbackResponse>("FeedbackService/BatchCreateFeedback", service_.author, call);
  }

  absl::StatusOr<v1::Feedback> Get(const common::v1::Principal& by, const std::string& name) {
    v1::GetFeedbackRequest call;
    call.set_name(name);
    return service_.Call<v1::Feedback>("FeedbackService/GetFeedback", by, call);
  }

  absl::StatusOr<v1::FoldFeedbackResponse> Fold(const common::v1::Principal& by, const std::string& request,
                                                const std::vector<std::string>& names,
                                                const std::string& request_id = "") {
    v1::FoldFeedbackRequest call;
    call.set_request(request);
    for (const std::string& name : names) call.add_feedback(name);
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::FoldFeedbackResponse>("FeedbackService/FoldFeedback", by, call);
  }

  absl::StatusOr<v1::Feedback> Unfold(const std::string& name, const std::string& etag = "") {
    v1::UnfoldFeedbackRequest call;
    call.set_name(name);
    call.set_etag(etag);
    call.set_reason("归错了");
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Feedback>("FeedbackService/UnfoldFeedback", service_.head, call);
  }

  absl::StatusOr<v1::Feedback> Dismiss(const std::string& name, const std::string& reason = "与软件无关") {
    v1::DismissFeedbackRequest call;
    call.set_name(name);
    call.set_reason(reason);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Feedback>("FeedbackService/DismissFeedback", service_.head, call);
  }

  int64_t Count(const std::string& request) {
    v1::GetFeedbackCountRequest call;
    call.set_request(request);
    const auto count = service_.Call<v1::FeedbackCount>("FeedbackService/GetFeedbackCount", service_.author, call);
    EXPECT_THAT(count, tests::IsOk());
    return count.ok() ? count->feedback_count() : -1;
  }

  absl::StatusOr<v1::ListFeedbackResponse> List(const std::string& filter, const std::string& order_by = "",
                                                int page_size = 0, const std::string& page_token = "") {
    v1::ListFeedbackRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    call.set_order_by(order_by);
    call.set_page_size(page_size);
    call.set_page_token(page_token);
    return service_.Call<v1::ListFeedbackResponse>("FeedbackService/ListFeedback", service_.author, call);
  }

  // All pages of two.
  std::vector<std::string> Texts(const std::string& filter, const std::string& order_by = "") {
    std::vector<std::string> texts;
    std::string token;
    do {
      const absl::StatusOr<v1::ListFeedbackResponse> page = List(filter, order_by, 2, token);
      if (!page.ok()) return {page.status().ToString()};
      for (const v1::Feedback& feedback : page->feedback()) texts.push_back(feedback.text());
      token = page->next_page_token();
    } while (!token.empty() && texts.size() < 1000);
    return texts;
  }

  absl::StatusOr<v1::Request> Merge(const std::string& request, const std::string& into) {
    return service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, request, [&](auto& call) {
      call.set_outcome(v1::TRIAGE_OUTCOME_MERGE);
      call.set_reason("同一需求");
      call.set_merge_into(into);
    });
  }

  static std::string OfRequest(const std::string& request) { return absl::StrCat("request = \"", request, "\""); }

  WholeService service_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_TESTING_FEEDBACK_FIXTURE_H_

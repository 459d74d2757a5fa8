// What an end user said about a system, and what became of it.
//
//   NEW ⇄ FOLDED
//    └→ DISMISSED
//
// Methods check etag and state and change nothing unless both hold.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/request.h"

namespace docket::request {

// The numbers of these two are those of the contract and of the tables.
enum class FeedbackState { kUnspecified = 0, kNew = 1, kFolded = 2, kDismissed = 3 };
enum class FeedbackChannel { kUnspecified = 0, kApp = 1, kPhone = 2, kCounter = 3, kSurvey = 4, kEmail = 5 };

// "NEW"; "APP".
absl::string_view FeedbackStateName(FeedbackState state);
absl::string_view FeedbackChannelName(FeedbackChannel channel);

// Of one request, so that a merge moves a bounded number of rows.
inline constexpr int64_t kMaxFeedbackOfRequest = 10'000;
// Clocks of apps may be ahead, not by more than this.
inline constexpr absl::Duration kMaxReceivedAhead = absl::Hours(24);

struct Feedback {
  std::string organization_id;
  // UUIDv7, 16 raw bytes.
  std::string id;
  std::string system_id;
  std::string text;
  FeedbackChannel channel = FeedbackChannel::kUnspecified;
  // Personal data; empty: not known.
  std::string reporter;
  absl::Time received_time;
  FeedbackState state = FeedbackState::kNew;
  // The `{request}` it is part of, 16 raw bytes, while folded; else empty.
  std::string request_id;
  std::string dismiss_reason;
  std::string creator;
  absl::Time create_time;
  absl::Time update_time;
  // Grows by one with every change.
  int64_t revision = 1;

  // `organizations/acme/feedback/0194…`.
  std::string Name() const;

  // ALREADY_EXISTS where it is part of this request already; FAILED_PRECONDITION / WRONG_STATE where it is part of
  // another (metadata `resource`), or was dismissed.
  absl::Status Fold(absl::string_view into_request_id, absl::Time now);
  absl::Status Unfold(absl::string_view etag, absl::Time now);
  absl::Status Dismiss(absl::string_view etag, absl::string_view reason, absl::Time now);

 private:
  absl::Status CheckState(FeedbackState allowed) const;
  void Enter(FeedbackState next, absl::Time now);
};

// `organizations/acme/feedback/0194…`.
std::string FeedbackName(absl::string_view organization_id, absl::string_view id_text);

// What the contract's rules cannot say of an item that comes in. INVALID_ARGUMENT / INVALID_FIELDS under `feedback.`.
absl::Status CheckReceived(const Feedback& feedback, absl::Time now);

// Whether items can be folded into the request: FAILED_PRECONDITION / WRONG_STATE for one that was never submitted or
// has ended.
absl::Status CheckFoldTarget(const Request& request);

// FAILED_PRECONDITION / LIMIT_REACHED where a request would hold more than kMaxFeedbackOfRequest.
absl::Status CheckFeedbackRoom(int64_t count, int64_t more);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_H_

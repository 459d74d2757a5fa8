// Matchers for absl::Status and absl::StatusOr whose failures print code, reason and message.
//
//   ASSERT_THAT(store.Insert(request), IsOk());
//   EXPECT_THAT(store.Get(id), IsOkAndHolds(Field(&Request::title, "登记")));
//   EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted));
//   EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
//   EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("page_size")));
#ifndef DOCKET_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define DOCKET_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::tests {
namespace internal {

inline const absl::Status& ToStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& ToStatus(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

inline std::string Describe(const absl::Status& status) {
  return status.ok() ? "OK" : status.ToString() + " [" + ReasonName(GetReason(status)) + "]";
}

// Matches the value of an absl::StatusOr that is OK.
template <typename Inner>
class IsOkAndHoldsMatcher {
 public:
  explicit IsOkAndHoldsMatcher(Inner inner) : inner_(std::move(inner)) {}

  template <typename StatusOrT>
  operator ::testing::Matcher<StatusOrT>() const {
    return ::testing::Matcher<StatusOrT>(new Impl<const StatusOrT&>(inner_));
  }

 private:
  template <typename StatusOrT>
  class Impl : public ::testing::MatcherInterface<StatusOrT> {
   public:
    using T = typename std::remove_cv_t<std::remove_reference_t<StatusOrT>>::value_type;
    explicit Impl(const Inner& inner) : matcher_(::testing::SafeMatcherCast<const T&>(inner)) {}

    bool MatchAndExplain(StatusOrT value, ::testing::MatchResultListener* listener) const override {
      if (!value.ok()) {
        *listener << "which is " << Describe(value.status());
        return false;
      }
      return matcher_.MatchAndExplain(*value, listener);
    }
    void DescribeTo(std::ostream* os) const override {
      *os << "is OK and holds a value that ";
      matcher_.DescribeTo(os);
    }
    void DescribeNegationTo(std::ostream* os) const override {
      *os << "is an error or holds a value that ";
      matcher_.DescribeNegationTo(os);
    }

   private:
    const ::testing::Matcher<const T&> matcher_;
  };

  const Inner inner_;
};

MATCHER_P(StatusIsImpl, code, absl::StrCat("is ", absl::StatusCodeToString(code))) {
  *result_listener << "which is " << Describe(ToStatus(arg));
  return ToStatus(arg).code() == code;
}

MATCHER_P2(StatusAndReasonAreImpl, code, reason,
           absl::StrCat("is ", absl::StatusCodeToString(code), " [", ReasonName(reason), "]")) {
  *result_listener << "which is " << Describe(ToStatus(arg));
  return ToStatus(arg).code() == code && GetReason(ToStatus(arg)) == reason;
}

MATCHER_P2(StatusAndMessageAreImpl, code, message,
           absl::StrCat("is ", absl::StatusCodeToString(code), " with a message that ",
                        ::testing::DescribeMatcher<std::string>(message, negation))) {
  *result_listener << "which is " << Describe(ToStatus(arg));
  return ToStatus(arg).code() == code && ::testing::Matches(::testing::SafeMatcherCast<const std::string&>(message))(
                                             std::string(ToStatus(arg).message()));
}

}  // namespace internal

MATCHER(IsOk, negation ? "is an error" : "is OK") {
  *result_listener << "which is " << internal::Describe(internal::ToStatus(arg));
  return internal::ToStatus(arg).ok();
}

template <typename Inner>
internal::IsOkAndHoldsMatcher<std::decay_t<Inner>> IsOkAndHolds(Inner&& inner) {
  return internal::IsOkAndHoldsMatcher<std::decay_t<Inner>>(std::forward<Inner>(inner));
}

inline auto StatusIs(absl::StatusCode code) { return internal::StatusIsImpl(code); }
inline auto StatusIs(absl::StatusCode code, Reason reason) { return internal::StatusAndReasonAreImpl(code, reason); }
template <typename MessageMatcher>
requires(!std::is_same_v<std::decay_t<MessageMatcher>, Reason>) auto StatusIs(absl::StatusCode code,
                                                                              MessageMatcher message) {
  return internal::StatusAndMessageAreImpl(code, std::move(message));
}

}  // namespace docket::tests

#endif  // DOCKET_TESTS_SUPPORT_STATUS_MATCHERS_H_

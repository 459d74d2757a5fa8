#include "tests/support/status_matchers.h"

#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

template <typename Matcher, typename Value>
std::string Explain(const Matcher& matcher, const Value& value) {
  ::testing::StringMatchResultListener listener;
  ::testing::SafeMatcherCast<const Value&>(matcher).MatchAndExplain(value, &listener);
  return listener.str();
}

const absl::Status kStale = Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "the etag is old");

TEST(StatusMatchersTest, TellOkFromErrors) {
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(kStale, Not(IsOk()));
  EXPECT_THAT(absl::StatusOr<int>(5), IsOk());
  EXPECT_THAT(absl::StatusOr<int>(kStale), Not(IsOk()));
}

TEST(StatusMatchersTest, MatchTheValue) {
  EXPECT_THAT(absl::StatusOr<int>(5), IsOkAndHolds(5));
  EXPECT_THAT(absl::StatusOr<int>(5), Not(IsOkAndHolds(6)));
  EXPECT_THAT(absl::StatusOr<std::string>("abc"), IsOkAndHolds(SizeIs(3)));
  EXPECT_THAT(absl::StatusOr<std::string>("abc"), IsOkAndHolds("abc"));
  EXPECT_THAT(absl::StatusOr<std::string>(kStale), Not(IsOkAndHolds("abc")));
}

TEST(StatusMatchersTest, MatchCodeReasonAndMessage) {
  EXPECT_THAT(kStale, StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(kStale, Not(StatusIs(absl::StatusCode::kNotFound)));
  EXPECT_THAT(kStale, StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(kStale, Not(StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE)));
  EXPECT_THAT(kStale, Not(StatusIs(absl::StatusCode::kNotFound, Reason::REASON_STALE_ETAG)));
  EXPECT_THAT(kStale, StatusIs(absl::StatusCode::kAborted, HasSubstr("etag")));
  EXPECT_THAT(kStale, StatusIs(absl::StatusCode::kAborted, "the etag is old"));
  EXPECT_THAT(kStale, Not(StatusIs(absl::StatusCode::kAborted, HasSubstr("new"))));
  EXPECT_THAT(absl::StatusOr<int>(kStale), StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(absl::StatusOr<int>(1), Not(StatusIs(absl::StatusCode::kAborted)));
}

TEST(StatusMatchersTest, ExplainWhatWasThere) {
  for (const std::string& explanation :
       {Explain(IsOk(), kStale), Explain(IsOkAndHolds(1), absl::StatusOr<int>(kStale)),
        Explain(StatusIs(absl::StatusCode::kNotFound), kStale),
        Explain(StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND), kStale)}) {
    EXPECT_THAT(explanation, HasSubstr("ABORTED"));
    EXPECT_THAT(explanation, HasSubstr("STALE_ETAG"));
    EXPECT_THAT(explanation, HasSubstr("the etag is old"));
  }
}

}  // namespace
}  // namespace docket::tests

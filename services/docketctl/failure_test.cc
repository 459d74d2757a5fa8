#include "services/docketctl/failure.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/docketctl/printable_text.h"

namespace docket::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

absl::Status FromService(absl::StatusCode code, Reason reason, const ErrorMetadata& metadata = {}) {
  return Error(code, reason, "the service says so", metadata);
}

TEST(ExitCodeTest, TellsKindsApart) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("x")), 1);
  EXPECT_EQ(ExitCodeOf(absl::UnknownError("x")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("--as is wrong")), 2);
  EXPECT_EQ(ExitCodeOf(FromService(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS)), 3);
  EXPECT_EQ(ExitCodeOf(FromService(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_EXPIRED)), 4);
  EXPECT_EQ(ExitCodeOf(FromService(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED)), 4);
  EXPECT_EQ(ExitCodeOf(FromService(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND)), 5);
  EXPECT_EQ(ExitCodeOf(absl::UnimplementedError("x")), 5);
  for (const auto code :
       {absl::StatusCode::kFailedPrecondition, absl::StatusCode::kAborted, absl::StatusCode::kAlreadyExists}) {
    EXPECT_EQ(ExitCodeOf(absl::Status(code, "x")), 6);
  }
  for (const auto code : {absl::StatusCode::kUnavailable, absl::StatusCode::kResourceExhausted,
                          absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kCancelled}) {
    EXPECT_EQ(ExitCodeOf(absl::Status(code, "x")), 7);
  }
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("x")), 8);
}

TEST(DescribeFailureTest, OwnMistakesAreOneLine) {
  EXPECT_EQ(DescribeFailure(absl::InvalidArgumentError("--as is needed")), "--as is needed\n");
}

TEST(DescribeFailureTest, ShowsReasonFactsAndWhatToDo) {
  const std::string text = DescribeFailure(
      FromService(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED, {{"required_roles", "AUDITOR"}}));
  EXPECT_THAT(text, HasSubstr("PERMISSION_DENIED ROLE_REQUIRED"));
  EXPECT_THAT(text, HasSubstr("the service says so"));
  EXPECT_THAT(text, HasSubstr("required_roles: AUDITOR"));
  EXPECT_THAT(text, HasSubstr("hint: the method is for other roles"));
}

TEST(DescribeFailureTest, ShowsEveryWrongField) {
  FieldViolations violations;
  violations.Add("request.title", "must not be empty");
  violations.Add("request.kind", "must be set");
  const std::string text = DescribeFailure(violations.ToStatus());
  EXPECT_THAT(text, HasSubstr("  field request.title: must not be empty\n"));
  EXPECT_THAT(text, HasSubstr("  field request.kind: must be set\n"));
  EXPECT_THAT(text, HasSubstr("docketctl describe"));
}

TEST(DescribeFailureTest, ShowsWhenToComeBack) {
  const std::string text = DescribeFailure(WithRetryDelay(
      FromService(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED), absl::Milliseconds(1500)));
  EXPECT_THAT(text, HasSubstr("retry after: 1.5s"));
  EXPECT_THAT(text, HasSubstr("same request_id"));
}

TEST(DescribeFailureTest, TextFromElsewhereMovesNoCursor) {
  const std::string text = DescribeFailure(
      Error(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND, "\x1b[2Jgone\nroot", {{"resource", "a\rb"}}));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, HasSubstr("?[2Jgone?root"));
}

TEST(PrintableTest, KeepsTextAndDropsCommands) {
  EXPECT_EQ(Printable("需求 42 – ok"), "需求 42 – ok");
  EXPECT_EQ(Printable(absl::string_view("a\tb\0c\x7f", 6)), "a?b?c?");
  EXPECT_EQ(Printable("x\xC2\x9B"
                      "31m\xC2\xA0y"),
            "x?31m\xC2\xA0y");
  EXPECT_EQ(Printable("\xC2"), "\xC2");
}

}  // namespace
}  // namespace docket::ctl

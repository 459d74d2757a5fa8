#include "common/status/error.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

TEST(ErrorTest, CarriesItsReasonAndFacts) {
  const absl::Status status =
      Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
            "only a submitted request can be endorsed", {{"state", "DRAFT"}, {"allowed_states", "SUBMITTED"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "only a submitted request can be endorsed");
  EXPECT_EQ(GetReason(status), Reason::REASON_WRONG_STATE);
  const auto info = GetErrorInfo(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason(), "WRONG_STATE");
  EXPECT_THAT(info->metadata(), UnorderedElementsAre(Pair("state", "DRAFT"), Pair("allowed_states", "SUBMITTED")));
  EXPECT_EQ(GetBadRequest(status), std::nullopt);
  EXPECT_EQ(GetRetryDelay(status), std::nullopt);
}

TEST(ErrorTest, EveryReasonComesBackAndFitsItsField) {
  for (int number = common::v1::Reason_MIN; number <= common::v1::Reason_MAX; ++number) {
    if (!common::v1::Reason_IsValid(number)) continue;
    const Reason reason = static_cast<Reason>(number);
    const std::string name = ReasonName(reason);
    EXPECT_FALSE(name.empty());
    EXPECT_LE(name.size(), 63u) << name;
    EXPECT_EQ(name.find("REASON_"), std::string::npos) << name;
    for (const char c : name) EXPECT_TRUE((c >= 'A' && c <= 'Z') || c == '_') << name;
    EXPECT_EQ(GetReason(Error(absl::StatusCode::kInternal, reason, "m")), reason) << name;
  }
}

TEST(ErrorTest, CutsLongTextsAtACharactersBorder) {
  std::string chinese;
  for (int i = 0; i < 1000; ++i) chinese += "门";
  for (const char* start : {"", "a", "ab"}) {
    const std::string prefix = start;
    const std::string text = prefix + chinese;
    const absl::Status status = Error(absl::StatusCode::kInternal, Reason::REASON_INTERNAL, text, {{"k", text}});
    for (const std::string& cut : {std::string(status.message()), GetErrorInfo(status)->metadata().at("k")}) {
      EXPECT_LE(cut.size(), 1024u);
      EXPECT_GT(cut.size(), 1020u);
      EXPECT_EQ((cut.size() - prefix.size()) % 3, 0u) << "a character is cut in two";
      EXPECT_EQ(text.compare(0, cut.size(), cut), 0);
    }
  }
  const std::string exact(1024, 'x');
  EXPECT_EQ(Error(absl::StatusCode::kInternal, Reason::REASON_INTERNAL, exact).message(), exact);
  // Continuation bytes without a beginning, which no border search may run through.
  EXPECT_LE(Error(absl::StatusCode::kInternal, Reason::REASON_INTERNAL, std::string(5000, '\x80')).message().size(),
            1024u);
}

TEST(ErrorTest, NamesWhatDoesNotExist) {
  const absl::Status status = NotFoundError("organizations/acme/requests/42");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetReason(status), Reason::REASON_NOT_FOUND);
  EXPECT_EQ(status.message(), "organizations/acme/requests/42 does not exist");
  EXPECT_THAT(GetErrorInfo(status)->metadata(),
              UnorderedElementsAre(Pair("resource", "organizations/acme/requests/42")));
}

TEST(ErrorTest, ADefectIsInternal) {
  const absl::Status status = InternalError("row without a state");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(GetReason(status), Reason::REASON_INTERNAL);
  EXPECT_THAT(GetErrorInfo(status)->metadata(), IsEmpty());
}

TEST(ErrorTest, WhatWasNotMadeHereHasNoReason) {
  EXPECT_EQ(GetReason(absl::OkStatus()), Reason::REASON_UNSPECIFIED);
  EXPECT_EQ(GetReason(absl::UnavailableError("gone")), Reason::REASON_UNSPECIFIED);
  EXPECT_EQ(GetErrorInfo(absl::UnavailableError("gone")), std::nullopt);
  absl::Status foreign = absl::UnavailableError("gone");
  foreign.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord("\xFF\xFF\xFF"));
  EXPECT_EQ(GetErrorInfo(foreign), std::nullopt);
  EXPECT_EQ(GetReason(foreign), Reason::REASON_UNSPECIFIED);
  google::rpc::ErrorInfo unknown;
  unknown.set_reason("OF_ANOTHER_VERSION");
  foreign.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord(unknown.SerializeAsString()));
  EXPECT_EQ(GetReason(foreign), Reason::REASON_UNSPECIFIED);
}

TEST(RetryDelayTest, ComesBackAsItWent) {
  for (const absl::Duration delay : {absl::ZeroDuration(), absl::Nanoseconds(1), absl::Milliseconds(250),
                                     absl::Seconds(1), absl::Seconds(90) + absl::Milliseconds(1), absl::Hours(24)}) {
    const absl::Status status =
        WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED, "full"), delay);
    EXPECT_EQ(GetRetryDelay(status), delay);
    EXPECT_EQ(GetReason(status), Reason::REASON_OVERLOADED);
    EXPECT_EQ(status.message(), "full");
  }
}

TEST(FieldViolationsTest, NoneIsOk) {
  FieldViolations violations;
  violations.Require(true, "a", "never seen");
  EXPECT_TRUE(violations.empty());
  EXPECT_TRUE(violations.ToStatus().ok());
}

TEST(FieldViolationsTest, ListsAllOfThemInOrder) {
  FieldViolations violations;
  violations.Add("request.title", "must not be empty");
  violations.Require(false, "request.targets[2].to_version", "must differ from from_version");
  EXPECT_FALSE(violations.empty());
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FIELDS);
  EXPECT_EQ(status.message(),
            "request.title: must not be empty; request.targets[2].to_version: must differ from from_version");
  EXPECT_THAT(GetErrorInfo(status)->metadata(),
              UnorderedElementsAre(Pair("fields", "request.title,request.targets[2].to_version")));
  const auto bad = GetBadRequest(status);
  ASSERT_TRUE(bad.has_value());
  ASSERT_THAT(bad->field_violations(), SizeIs(2));
  EXPECT_EQ(bad->field_violations(0).field(), "request.title");
  EXPECT_EQ(bad->field_violations(1).description(), "must differ from from_version");
}

TEST(FieldViolationsTest, KeepsTheFirstHundred) {
  FieldViolations violations;
  for (int i = 0; i < 250; ++i) violations.Add(absl::StrCat("field", i), "is wrong");
  const absl::Status status = violations.ToStatus();
  const auto bad = GetBadRequest(status);
  ASSERT_TRUE(bad.has_value());
  ASSERT_THAT(bad->field_violations(), SizeIs(100));
  EXPECT_EQ(bad->field_violations(99).field(), "field99");
  EXPECT_LE(status.message().size(), 1024u);
  EXPECT_THAT(std::string(status.message()), StartsWith("field0: is wrong; field1: is wrong"));
}

absl::Status ReturnsEarly(const absl::Status& status, int& steps) {
  DOCKET_RETURN_IF_ERROR(status);
  ++steps;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int>> Assigns(absl::StatusOr<std::string> first, absl::StatusOr<int> second) {
  DOCKET_ASSIGN_OR_RETURN(const std::string text, std::move(first));
  std::vector<int> values;
  DOCKET_ASSIGN_OR_RETURN(values.emplace_back(), second);
  values.push_back(static_cast<int>(text.size()));
  return values;
}

TEST(StatusMacrosTest, PassErrorsOnUnchanged) {
  int steps = 0;
  EXPECT_TRUE(ReturnsEarly(absl::OkStatus(), steps).ok());
  EXPECT_EQ(steps, 1);
  const absl::Status error = NotFoundError("organizations/acme");
  EXPECT_EQ(ReturnsEarly(error, steps), error);
  EXPECT_EQ(steps, 1);
  EXPECT_EQ(Assigns(error, 1).status(), error);
  EXPECT_EQ(Assigns("abc", error).status(), error);
  const auto values = Assigns("abc", 7);
  ASSERT_TRUE(values.ok());
  EXPECT_THAT(*values, ::testing::ElementsAre(7, 3));
}

}  // namespace
}  // namespace docket

#include "common/rpc/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "google/rpc/error_details.pb.h"

namespace docket::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kDomain[] = "docket.test";
constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";

google::rpc::Status Wire(const absl::Status& status) {
  const grpc::Status wire = ToWire(status, kDomain, kTrace);
  google::rpc::Status parsed;
  EXPECT_TRUE(parsed.ParseFromString(wire.error_details()));
  EXPECT_EQ(parsed.code(), wire.error_code());
  EXPECT_EQ(parsed.message(), wire.error_message());
  return parsed;
}

template <typename Detail>
std::vector<Detail> Find(const google::rpc::Status& status) {
  std::vector<Detail> found;
  for (const auto& any : status.details()) {
    if (Detail detail; any.UnpackTo(&detail)) found.push_back(detail);
  }
  return found;
}

// What both fields weigh in HTTP/2 as gRPC may send them.
size_t TrailerBytes(const absl::Status& status) {
  const grpc::Status wire = ToWire(status, kDomain, kTrace);
  size_t encoded = 0;
  for (const char c : wire.error_message()) encoded += c >= 0x20 && c < 0x7F && c != '%' ? 1 : 3;
  return encoded + (wire.error_details().size() + 2) / 3 * 4 + 3 * 64;
}

TEST(WireTest, OkIsOk) {
  EXPECT_TRUE(ToWire(absl::OkStatus(), kDomain, kTrace).ok());
  EXPECT_TRUE(FromWire(grpc::Status::OK).ok());
}

TEST(WireTest, CarriesReasonDomainAndBothLanguages) {
  const google::rpc::Status wire = Wire(Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
                                              "not now", {{"state", "DRAFT"}, {"allowed_states", "OPEN"}}));
  EXPECT_EQ(wire.code(), 9);
  EXPECT_EQ(wire.message(), "not now");
  const auto info = Find<google::rpc::ErrorInfo>(wire);
  ASSERT_EQ(info.size(), 1);
  EXPECT_EQ(info[0].reason(), "WRONG_STATE");
  EXPECT_EQ(info[0].domain(), kDomain);
  EXPECT_EQ(info[0].metadata().at("state"), "DRAFT");
  const auto texts = Find<google::rpc::LocalizedMessage>(wire);
  ASSERT_EQ(texts.size(), 2);
  EXPECT_EQ(texts[0].locale(), "zh-CN");
  EXPECT_THAT(texts[0].message(), HasSubstr("DRAFT"));
  EXPECT_EQ(texts[1].locale(), "en");
  EXPECT_TRUE(Find<google::rpc::RetryInfo>(wire).empty());
}

TEST(WireTest, KeepsTheDomainOfWhoMadeTheError) {
  const absl::Status theirs =
      FromWire(ToWire(NotFoundError("organizations/acme/requests/1"), "docket.request", kTrace));
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(Wire(theirs))[0].domain(), "docket.request");
}

TEST(WireTest, HidesDefectsBehindTheTraceId) {
  for (const absl::Status& status :
       {InternalError("Table 'docket.secret' doesn't exist"), absl::InternalError("secret"),
        absl::UnknownError("secret"), absl::DataLossError("secret")}) {
    const google::rpc::Status wire = Wire(status);
    EXPECT_EQ(wire.code(), 13);
    EXPECT_THAT(wire.SerializeAsString(), Not(HasSubstr("secret")));
    const auto info = Find<google::rpc::ErrorInfo>(wire);
    ASSERT_EQ(info.size(), 1);
    EXPECT_EQ(info[0].reason(), "INTERNAL");
    EXPECT_EQ(info[0].metadata().at("trace_id"), kTrace);
    EXPECT_THAT(Find<google::rpc::LocalizedMessage>(wire)[1].message(), HasSubstr(kTrace));
  }
}

TEST(WireTest, EveryErrorGetsAReason) {
  for (int code = 1; code <= 16; ++code) {
    const auto info = Find<google::rpc::ErrorInfo>(Wire(absl::Status(static_cast<absl::StatusCode>(code), "bare")));
    ASSERT_EQ(info.size(), 1) << code;
    Reason reason;
    EXPECT_TRUE(common::v1::Reason_Parse("REASON_" + info[0].reason(), &reason)) << code;
  }
}

TEST(WireTest, SaysWhenToComeBack) {
  const auto by_default = Find<google::rpc::RetryInfo>(
      Wire(Error(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, "")));
  ASSERT_EQ(by_default.size(), 1);
  EXPECT_EQ(by_default[0].retry_delay().seconds(), 1);
  const auto chosen = Find<google::rpc::RetryInfo>(Wire(WithRetryDelay(
      Error(absl::StatusCode::kResourceExhausted, Reason::REASON_RATE_LIMITED, ""), absl::Milliseconds(2500))));
  ASSERT_EQ(chosen.size(), 1);
  EXPECT_EQ(chosen[0].retry_delay().seconds(), 2);
  EXPECT_EQ(chosen[0].retry_delay().nanos(), 500'000'000);
}

TEST(WireTest, PrivatePayloadsStayInside) {
  absl::Status status = NotFoundError("x");
  status.SetPayload("docket.internal/errno", absl::Cord("1045"));
  status.SetPayload("type.googleapis.com/google.rpc.DebugInfo", absl::Cord("stack"));
  const google::rpc::Status wire = Wire(status);
  for (const auto& detail : wire.details()) {
    EXPECT_THAT(detail.type_url(), ::testing::AnyOf(HasSubstr("ErrorInfo"), HasSubstr("LocalizedMessage")));
  }
}

TEST(WireTest, ManyViolationsAreCutFromTheEndAndCounted) {
  FieldViolations violations;
  for (int i = 0; i < 100; ++i)
    violations.Add(absl::StrCat("request.targets[", i, "].to_version"), std::string(200, 'x'));
  const absl::Status status = violations.ToStatus();
  const google::rpc::Status wire = Wire(status);
  EXPECT_LE(wire.ByteSizeLong(), 4096);
  const auto bad = Find<google::rpc::BadRequest>(wire);
  ASSERT_EQ(bad.size(), 1);
  EXPECT_GT(bad[0].field_violations_size(), 5);
  EXPECT_EQ(bad[0].field_violations(0).field(), "request.targets[0].to_version");
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(wire)[0].metadata().at("violations_omitted"),
            absl::StrCat(100 - bad[0].field_violations_size()));
  EXPECT_EQ(Find<google::rpc::LocalizedMessage>(wire).size(), 2);
  EXPECT_LT(TrailerBytes(status), 8192);
}

TEST(WireTest, FewViolationsAllGo) {
  FieldViolations violations;
  for (int i = 0; i < 10; ++i) violations.Add(absl::StrCat("request.field_", i), "must not be empty");
  const google::rpc::Status wire = Wire(violations.ToStatus());
  EXPECT_EQ(Find<google::rpc::BadRequest>(wire)[0].field_violations_size(), 10);
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(wire)[0].metadata().count("violations_omitted"), 0);
}

TEST(WireTest, TheUgliestErrorsStaySmall) {
  std::string chinese;
  for (int i = 0; i < 5000; ++i) chinese += "错";
  ErrorMetadata metadata;
  for (int i = 0; i < 200; ++i) metadata[absl::StrCat("fact_", i)] = chinese;
  metadata["resource"] = chinese;
  absl::Status status = Error(absl::StatusCode::kUnavailable, Reason::REASON_NOT_FOUND, chinese, metadata);
  FieldViolations violations;
  for (int i = 0; i < 100; ++i) violations.Add(chinese, chinese);
  violations.ToStatus().ForEachPayload([&status](absl::string_view url, const absl::Cord& payload) {
    if (url != "type.googleapis.com/google.rpc.ErrorInfo") status.SetPayload(url, payload);
  });
  for (const absl::Status& ugly :
       {status, violations.ToStatus(), absl::Status(absl::StatusCode::kNotFound, std::string(5000, '\n')),
        absl::Status(absl::StatusCode::kNotFound, std::string(5000, '\xff'))}) {
    const google::rpc::Status wire = Wire(ugly);
    EXPECT_LE(wire.message().size(), 1024);
    EXPECT_LE(wire.ByteSizeLong(), 4096);
    EXPECT_EQ(Find<google::rpc::ErrorInfo>(wire).size(), 1);
    EXPECT_LT(TrailerBytes(ugly), 8192);
  }
}

TEST(WireTest, ComesBackAsItWas) {
  FieldViolations violations;
  violations.Add("request.title", "must not be empty");
  const absl::Status status = WithRetryDelay(violations.ToStatus(), absl::Seconds(3));
  const absl::Status back = FromWire(ToWire(status, kDomain, kTrace));
  EXPECT_EQ(back.code(), status.code());
  EXPECT_EQ(back.message(), status.message());
  EXPECT_EQ(GetReason(back), Reason::REASON_INVALID_FIELDS);
  EXPECT_EQ(GetErrorInfo(back)->domain(), kDomain);
  EXPECT_EQ(GetBadRequest(back)->field_violations(0).field(), "request.title");
  EXPECT_EQ(GetRetryDelay(back), absl::Seconds(3));
}

TEST(WireTest, WhatTheLibraryReportsGetsTheReasonThatFits) {
  EXPECT_EQ(GetReason(FromWire({grpc::StatusCode::UNAVAILABLE, "failed to connect to all addresses"})),
            Reason::REASON_BACKEND_UNAVAILABLE);
  EXPECT_EQ(GetReason(FromWire({grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"})),
            Reason::REASON_DEADLINE_EXCEEDED);
  EXPECT_EQ(GetReason(FromWire({grpc::StatusCode::NOT_FOUND, "x", "no message at all"})), Reason::REASON_NOT_FOUND);
}

}  // namespace
}  // namespace docket::rpc

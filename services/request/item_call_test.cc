#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/request/item_call_service.h"

namespace docket::request {
namespace {

TEST(ItemCallTest, EachItemHasItsId) {
  const std::string call = "0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17";
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(ItemRequestId(call, i));
  EXPECT_EQ(ids.size(), 1000u);
  for (const std::string& id : ids) EXPECT_TRUE(ParseUuid(id).has_value()) << id;
  EXPECT_EQ(ItemRequestId(call, 7), ItemRequestId(call, 7));
  EXPECT_FALSE(ids.contains(ItemRequestId("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c18", 7)));
}

TEST(ItemCallTest, TellsTheItemsFaultFromTheCalls) {
  EXPECT_TRUE(IsItemError(NotFoundError("organizations/yunqi/systems/x")));
  EXPECT_TRUE(IsItemError(Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "")));
  EXPECT_FALSE(IsItemError(Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "")));
  EXPECT_FALSE(IsItemError(Error(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, "")));
  EXPECT_FALSE(IsItemError(InternalError("")));
  EXPECT_FALSE(IsItemError(absl::DeadlineExceededError("")));
}

TEST(ItemCallTest, KeepsTheFirstFiveWrongFields) {
  FieldViolations violations;
  for (int i = 0; i < 20; ++i) violations.Add(absl::StrCat("system.components[", i, "].id"), "is wrong");
  const google::rpc::Status status = ItemError(violations.ToStatus(), std::string(32, 'a'), 10'000);
  EXPECT_EQ(status.code(), 3);
  google::rpc::BadRequest bad_request;
  bool found = false;
  for (const auto& detail : status.details()) found = found || detail.UnpackTo(&bad_request);
  ASSERT_TRUE(found);
  EXPECT_EQ(bad_request.field_violations_size(), 5);
  EXPECT_EQ(bad_request.field_violations(0).field(), "system.components[0].id");
}

TEST(ItemCallTest, StaysWithinItsBytes) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "门";
  const absl::Status error =
      Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_IN_USE, text, {{"resource", std::string(3000, 'r')}});
  for (const size_t bytes : {512, 900, 1800}) {
    const google::rpc::Status status = ItemError(error, std::string(32, 'a'), bytes);
    EXPECT_LE(status.ByteSizeLong(), bytes);
    google::rpc::ErrorInfo info;
    ASSERT_TRUE(status.details(0).UnpackTo(&info));
    EXPECT_EQ(info.reason(), "IN_USE");
  }
}

}  // namespace
}  // namespace docket::request

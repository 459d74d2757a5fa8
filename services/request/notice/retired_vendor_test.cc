// Notices of a vendor with whom the business has ended.
#include <string>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/notice/testing/notice_fixture.h"
#include "services/request/testing/directory_calls.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;

class RetiredVendorTest : public NoticeRoomTest {};

TEST_F(RetiredVendorTest, PublishesNothingNew) {
  const std::string name = Published();
  DirectoryCalls calls(service_);
  ASSERT_THAT(calls.RetirePerson("hik-zhang"), IsOk());
  ASSERT_THAT(calls.RetireVendor("hikvision"), IsOk());
  const auto refused = Create(admin_, Notice());
  ASSERT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(GetErrorInfo(refused.status())->metadata().at("resource"), "organizations/yunqi/vendors/hikvision");
  // Who has left the vendor acts for nobody.
  EXPECT_THAT(Create(vendor_, Notice()), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
  EXPECT_THAT(Get(vendor_, name), StatusIs(StatusCode::kNotFound));
  // What it published stays, and can be put right.
  v1::VendorNotice notice = *Get(admin_, name);
  notice.set_title("门禁软件升级计划（合同已终止）");
  EXPECT_THAT(Update(admin_, notice, {"title"}), IsOk());
  ASSERT_THAT(calls.ReinstateVendor("hikvision"), IsOk());
  EXPECT_THAT(Create(admin_, Notice()), IsOk());
}

TEST_F(RetiredVendorTest, NamesNothingOfAnotherVendors) {
  DirectoryCalls calls(service_);
  ASSERT_THAT(calls.CreateSystem("camera", "it", "dahua"), IsOk());
  v1::VendorNotice notice = Notice();
  notice.mutable_systems(0)->set_system("organizations/yunqi/systems/camera");
  v1::VendorNotice nowhere = Notice();
  nowhere.mutable_systems(0)->set_system("organizations/yunqi/systems/camerb");
  // The same is said of what there is and of what there is not.
  const auto refused = Create(vendor_, notice), unknown = Create(vendor_, nowhere);
  for (const auto& [answer, id] : {std::pair(refused, "camera"), std::pair(unknown, "camerb")}) {
    ASSERT_THAT(answer, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
    EXPECT_EQ(GetErrorInfo(answer.status())->metadata().at("resource"),
              std::string("organizations/yunqi/systems/") + id);
  }
  EXPECT_THAT(Create(admin_, notice), IsOk());
  v1::VendorNotice newer = Notice();
  newer.set_vendor("organizations/yunqi/vendors/dahua");
  const std::string foreign = Create(rival_, newer)->name();
  newer = Notice();
  newer.set_supersedes(foreign);
  EXPECT_THAT(Create(vendor_, newer), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
}

}  // namespace
}  // namespace docket::request

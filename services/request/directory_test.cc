#include "services/request/directory.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

Person With(std::vector<PersonRole> roles, std::string department, std::string vendor = "") {
  Person person;
  person.organization_id = "library";
  person.id = "zhang";
  person.display_name = "张敏";
  person.roles = std::move(roles);
  person.department_id = std::move(department);
  person.vendor_id = std::move(vendor);
  return person;
}

TEST(DirectoryTest, PeopleThatMakeSense) {
  for (Person person : {With({PersonRole::kRequester}, "reading-room"), With({PersonRole::kSupervisor}, ""),
                        With({PersonRole::kService}, "it"), With({PersonRole::kVendor}, "", "huiwen"),
                        With({PersonRole::kItDirector, PersonRole::kDepartmentHead}, "it")}) {
    EXPECT_THAT(PreparePerson(person), IsOk());
  }
}

TEST(DirectoryTest, PeopleThatDoNot) {
  for (Person person :
       {With({PersonRole::kRequester}, ""), With({PersonRole::kDepartmentHead}, ""), With({PersonRole::kVendor}, ""),
        With({PersonRole::kVendor}, "it", "huiwen"), With({PersonRole::kVendor, PersonRole::kViewer}, "", "huiwen"),
        With({PersonRole::kViewer}, "", "huiwen"), With({PersonRole::kService, PersonRole::kRequester}, "it"),
        With({PersonRole::kUnspecified}, "it"), With({PersonRole::kViewer, PersonRole::kViewer}, "it")}) {
    EXPECT_THAT(PreparePerson(person), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  }
}

TEST(DirectoryTest, RolesAreSorted) {
  Person person = With({PersonRole::kItDirector, PersonRole::kRequester}, "it");
  ASSERT_THAT(PreparePerson(person), IsOk());
  EXPECT_THAT(person.roles, ElementsAre(PersonRole::kRequester, PersonRole::kItDirector));
}

TEST(DirectoryTest, GoesOutOfUseOnceAndComesBackOnce) {
  Department department;
  const absl::Time then = absl::FromUnixSeconds(1), now = absl::FromUnixSeconds(2);
  EXPECT_THAT(MoveTo(RecordState::kActive, "departments/it", "x", then, department),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(department, Department());
  ASSERT_THAT(MoveTo(RecordState::kRetired, "departments/it", "并入工程部", then, department), IsOk());
  EXPECT_EQ(department.state, RecordState::kRetired);
  EXPECT_EQ(department.state_reason, "并入工程部");
  EXPECT_EQ(department.update_time, then);
  EXPECT_EQ(department.revision, 2);
  EXPECT_THAT(MoveTo(RecordState::kRetired, "departments/it", "x", now, department),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(MoveTo(RecordState::kActive, "departments/it", "重新设立", now, department), IsOk());
  EXPECT_EQ(department.state, RecordState::kActive);
  EXPECT_EQ(department.state_reason, "重新设立");
  EXPECT_EQ(department.revision, 3);
}

TEST(DirectoryTest, AnEditLeavesTheStateAlone) {
  Vendor vendor;
  ASSERT_THAT(MoveTo(RecordState::kRetired, "vendors/huiwen", "合同终止", absl::FromUnixSeconds(1), vendor), IsOk());
  EXPECT_FALSE(TakeEdit(vendor, Vendor(), absl::FromUnixSeconds(2))) << "the state is not the editor's";
  Vendor edited;
  edited.title = "汇文";
  EXPECT_TRUE(TakeEdit(vendor, edited, absl::FromUnixSeconds(2)));
  EXPECT_EQ(vendor.title, "汇文");
  EXPECT_EQ(vendor.state, RecordState::kRetired);
  EXPECT_EQ(vendor.state_reason, "合同终止");
  EXPECT_EQ(vendor.revision, 3);
}

TEST(DirectoryTest, TimeZonesMustExist) {
  EXPECT_THAT(LoadZone("Asia/Shanghai"), IsOk());
  EXPECT_THAT(LoadZone("Asia/Nowhere"), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

}  // namespace
}  // namespace docket::request

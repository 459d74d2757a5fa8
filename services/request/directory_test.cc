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

TEST(DirectoryTest, TimeZonesMustExist) {
  EXPECT_THAT(LoadZone("Asia/Shanghai"), IsOk());
  EXPECT_THAT(LoadZone("Asia/Nowhere"), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

}  // namespace
}  // namespace docket::request

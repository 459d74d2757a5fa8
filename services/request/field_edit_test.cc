#include <string>
#include <vector>

#include "docket/request/v1/collection_schedule.pb.h"
#include "docket/request/v1/organization.pb.h"
#include "docket/request/v1/system.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/field_edit_proto.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

google::protobuf::FieldMask Mask(const std::vector<std::string>& paths) {
  google::protobuf::FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  return mask;
}

v1::System System() {
  v1::System system;
  system.set_name("organizations/o/systems/s");
  system.set_title("门禁");
  system.set_criticality(common::v1::LEVEL_HIGH);
  system.mutable_environment()->set_hardware("x86");
  system.mutable_environment()->set_database("MySQL 8.0");
  system.add_components()->set_id("a");
  system.set_installed_version("1");
  system.set_state(v1::System::STATE_ACTIVE);
  system.set_etag("3");
  return system;
}

TEST(FieldEditTest, AMaskTakesWhatItNamesSetOrNot) {
  v1::System update;
  update.set_title("门禁平台");
  update.set_description("不在掩码内");
  v1::System system = System();
  ApplyUpdate(update, Mask({"title", "components", "criticality", "environment.database"}), &system);
  EXPECT_EQ(system.title(), "门禁平台");
  EXPECT_EQ(system.description(), "");
  EXPECT_EQ(system.components_size(), 0);
  EXPECT_EQ(system.criticality(), common::v1::LEVEL_UNSPECIFIED);
  // Emptied although the update has no environment at all; its neighbour stays.
  EXPECT_EQ(system.environment().database(), "");
  EXPECT_EQ(system.environment().hardware(), "x86");
  system = System();
  ApplyUpdate(update, Mask({"environment"}), &system);
  EXPECT_FALSE(system.has_environment());
}

TEST(FieldEditTest, WithoutAMaskWhatIsSetAndMayBe) {
  v1::System update;
  update.set_name("organizations/o/systems/other");
  update.set_installed_version("9");
  update.set_state(v1::System::STATE_RETIRED);
  update.set_etag("9");
  update.add_components()->set_id("b");
  v1::System system = System();
  ApplyUpdate(update, Mask({}), &system);
  v1::System expected = System();
  expected.mutable_components(0)->set_id("b");
  EXPECT_EQ(system.SerializeAsString(), expected.SerializeAsString());
  EXPECT_TRUE(UpdateNames(update, Mask({}), "components"));
  EXPECT_FALSE(UpdateNames(update, Mask({}), "dependencies"));
  EXPECT_FALSE(UpdateNames(update, Mask({}), "installed_version"));
  EXPECT_TRUE(UpdateNames(update, Mask({"dependencies"}), "dependencies"));
  EXPECT_TRUE(UpdateNames(update, Mask({"environment.database"}), "environment"));
}

TEST(FieldEditTest, RolesAndTimes) {
  v1::Person person, update;
  person.add_roles(common::v1::ROLE_REQUESTER);
  update.add_roles(common::v1::ROLE_EXECUTIVE);
  update.add_roles(common::v1::ROLE_AUDITOR);
  ApplyUpdate(update, Mask({"roles"}), &person);
  EXPECT_THAT(person.roles(), ElementsAre(common::v1::ROLE_EXECUTIVE, common::v1::ROLE_AUDITOR));
  v1::Vendor vendor, other;
  other.mutable_support_end_time()->set_seconds(7);
  ApplyUpdate(other, Mask({}), &vendor);
  EXPECT_EQ(vendor.support_end_time().seconds(), 7);
  ApplyUpdate(v1::Vendor(), Mask({"support_end_time"}), &vendor);
  EXPECT_FALSE(vendor.has_support_end_time());
}

TEST(FieldEditTest, HistoryIsReadable) {
  const v1::System before = System();
  v1::System after = before;
  EXPECT_THAT(FieldChanges(before, after), IsEmpty());
  after.set_title("");
  after.set_criticality(common::v1::LEVEL_LOW);
  after.mutable_environment()->clear_hardware();
  after.mutable_components(0)->set_title("甲");
  after.set_etag("4");
  after.set_state(v1::System::STATE_RETIRED);
  std::vector<std::string> lines;
  for (const events::Change& change : FieldChanges(before, after))
    lines.push_back(change.field + ": " + change.before + " > " + change.after);
  EXPECT_THAT(lines, ElementsAre("title: 门禁 > ", "criticality: LEVEL_HIGH > LEVEL_LOW",
                                 R"(environment: {"hardware":"x86","database":"MySQL 8.0"} > {"database":"MySQL 8.0"})",
                                 R"(components: [{"id":"a"}] > [{"id":"a","title":"甲"}])"));
}

TEST(FieldEditTest, HistoryOfListsOfNumbersAndNames) {
  v1::CollectionSchedule before;
  before.add_reminder_working_days(3);
  v1::CollectionSchedule after = before;
  after.add_reminder_working_days(1);
  ASSERT_EQ(FieldChanges(before, after).size(), 1u);
  EXPECT_EQ(FieldChanges(before, after)[0].before, "[3]");
  EXPECT_EQ(FieldChanges(before, after)[0].after, "[3,1]");
  v1::Person person;
  v1::Person promoted;
  promoted.add_roles(common::v1::ROLE_EXECUTIVE);
  ASSERT_EQ(FieldChanges(person, promoted).size(), 1u);
  EXPECT_EQ(FieldChanges(person, promoted)[0].after, R"(["ROLE_EXECUTIVE"])");
}

}  // namespace
}  // namespace docket::request

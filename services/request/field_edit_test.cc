#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "docket/request/v1/collection_schedule.pb.h"
#include "docket/request/v1/organization.pb.h"
#include "docket/request/v1/system.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/field_edit_proto.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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
  EXPECT_EQ(FieldChanges(before, after)[0].before, "[]");
  EXPECT_EQ(FieldChanges(before, after)[0].after, "[1]");
  v1::Person person;
  v1::Person promoted;
  promoted.add_roles(common::v1::ROLE_EXECUTIVE);
  ASSERT_EQ(FieldChanges(person, promoted).size(), 1u);
  EXPECT_EQ(FieldChanges(person, promoted)[0].before, "");
  EXPECT_EQ(FieldChanges(person, promoted)[0].after, R"(["ROLE_EXECUTIVE"])");
}

// A system of so many components: c0, c1 and so on.
v1::System Large(int components) {
  v1::System system;
  for (int i = 0; i < components; ++i) {
    v1::System::Component* added = system.add_components();
    added->set_id(absl::StrCat("c", i));
    added->set_title(std::string(100, 'x'));
  }
  return system;
}

std::vector<std::string> Lines(const std::vector<events::Change>& changes) {
  std::vector<std::string> lines;
  for (const events::Change& change : changes) {
    lines.push_back(absl::StrCat(change.field, ": ", change.before, " > ", change.after));
  }
  return lines;
}

// Both sides as the log keeps them, with every change's lists put together again.
std::pair<std::string, std::string> Rejoined(const std::vector<events::Change>& changes) {
  std::pair<std::string, std::string> sides;
  const auto join = [](const std::string& list, std::string& all) {
    ASSERT_EQ(list.front(), '[');
    ASSERT_EQ(list.back(), ']');
    if (list != "[]") absl::StrAppend(&all, all.empty() ? "" : ",", list.substr(1, list.size() - 2));
  };
  for (const events::Change& change : changes) {
    join(change.before, sides.first);
    join(change.after, sides.second);
  }
  return sides;
}

int CodePoints(absl::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

void ExpectWithinBounds(const std::vector<events::Change>& changes) {
  EXPECT_LE(changes.size(), events::kMaxChanges);
  for (const events::Change& change : changes) {
    EXPECT_LE(CodePoints(change.before), events::kMaxChangeText);
    EXPECT_LE(CodePoints(change.after), events::kMaxChangeText);
  }
}

TEST(FieldEditTest, HistoryOfALongListTellsTheElementsThatDiffer) {
  const v1::System before = Large(300);
  v1::System after = before;
  after.add_components()->set_id("new");
  EXPECT_THAT(Lines(FieldChanges(before, after)), ElementsAre(R"(components: [] > [{"id":"new"}])"));
  EXPECT_THAT(Lines(FieldChanges(after, before)), ElementsAre(R"(components: [{"id":"new"}] > [])"));
  v1::System changed = after;
  changed.mutable_components(300)->set_installed_version("2");
  EXPECT_THAT(Lines(FieldChanges(after, changed)),
              ElementsAre(R"(components: [{"id":"new"}] > [{"id":"new","installed_version":"2"}])"));
  // In the middle, with what follows in the same order.
  v1::System removed = before;
  removed.mutable_components()->DeleteSubrange(150, 1);
  ASSERT_THAT(FieldChanges(before, removed), SizeIs(1));
  EXPECT_THAT(FieldChanges(before, removed)[0].before, HasSubstr(R"([{"id":"c150",)"));
  EXPECT_EQ(FieldChanges(before, removed)[0].after, "[]");
}

TEST(FieldEditTest, HistoryOfAListCountsEqualElements) {
  v1::CollectionSchedule before, after;
  for (const int days : {5, 3, 5, 1}) before.add_reminder_working_days(days);
  for (const int days : {5, 3, 1, 1}) after.add_reminder_working_days(days);
  EXPECT_THAT(Lines(FieldChanges(before, after)), ElementsAre("reminder_working_days: [5] > [1]"));
  EXPECT_THAT(Lines(FieldChanges(before, v1::CollectionSchedule())),
              ElementsAre("reminder_working_days: [5,3,5,1] > "));
}

TEST(FieldEditTest, HistoryOfAnotherOrderIsBothLists) {
  v1::System before;
  for (const char* id : {"a", "b", "c"}) before.add_components()->set_id(id);
  v1::System after = before;
  after.mutable_components()->SwapElements(0, 2);
  EXPECT_THAT(Lines(FieldChanges(before, after)),
              ElementsAre(R"(components: [{"id":"a"},{"id":"b"},{"id":"c"}] > [{"id":"c"},{"id":"b"},{"id":"a"}])"));
  // However long it is.
  const v1::System long_before = Large(300);
  v1::System long_after = long_before;
  long_after.mutable_components()->SwapElements(0, 299);
  const std::vector<events::Change> changes = FieldChanges(long_before, long_after);
  EXPECT_GT(changes.size(), 1u);
  ExpectWithinBounds(changes);
  const auto [old_list, new_list] = Rejoined(changes);
  EXPECT_EQ(old_list.find(R"({"id":"c0",)"), 0u);
  EXPECT_EQ(new_list.find(R"({"id":"c299",)"), 0u);
  EXPECT_GT(new_list.find(R"({"id":"c0",)"), new_list.find(R"({"id":"c298",)"));
}

TEST(FieldEditTest, HistoryOfMoreThanAChangeHoldsIsSeveralChanges) {
  // Each alone is nearly what a change may be, in code points.
  std::string wide;
  for (int i = 0; i < 9'000; ++i) wide += "宽";
  v1::System before, after;
  for (int i = 0; i < 20; ++i) {
    before.add_components()->set_id(absl::StrCat("a", i));
    before.mutable_components(i)->set_title(wide);
    after.add_components()->set_id(absl::StrCat("b", i));
    after.mutable_components(i)->set_title(wide);
  }
  after.add_components()->set_id("last");
  const std::vector<events::Change> changes = FieldChanges(before, after);
  ASSERT_THAT(changes, SizeIs(20));
  ExpectWithinBounds(changes);
  for (size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].field, "components");
    EXPECT_EQ(changes[i].before, absl::StrCat(R"([{"id":"a)", i, R"(","title":")", wide, R"("}])"));
    EXPECT_THAT(changes[i].after, HasSubstr(absl::StrCat(R"({"id":"b)", i, R"(","title":")", wide, R"("})")));
  }
  EXPECT_THAT(changes[19].after, HasSubstr(R"(,{"id":"last"}])"));
}

TEST(FieldEditTest, HistoryOfAnElementThatIsTooLongIsInPieces) {
  std::string wide;
  for (int i = 0; i < 25'000; ++i) wide += "宽";
  v1::System before, after;
  before.add_components()->set_title(wide);
  after.add_components()->set_title(wide + "x");
  before.add_components()->set_id("a");
  after.add_components()->set_id("b");
  const std::vector<events::Change> changes = FieldChanges(before, after);
  ASSERT_THAT(changes, SizeIs(4));
  ExpectWithinBounds(changes);
  EXPECT_EQ(absl::StrCat(changes[0].before, changes[1].before, changes[2].before),
            absl::StrCat(R"([{"title":")", wide, R"("}])"));
  EXPECT_EQ(absl::StrCat(changes[0].after, changes[1].after, changes[2].after),
            absl::StrCat(R"([{"title":")", wide, R"(x"}])"));
  EXPECT_EQ(changes[3].before, R"([{"id":"a"}])");
  EXPECT_EQ(changes[3].after, R"([{"id":"b"}])");
}

}  // namespace
}  // namespace docket::request

#include "common/resource_name/resource_pattern.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

ResourcePattern Compiled(absl::string_view text) {
  auto pattern = ResourcePattern::Compile(text);
  EXPECT_TRUE(pattern.ok()) << pattern.status();
  return *std::move(pattern);
}

TEST(ResourcePatternTest, GivesTheIdentifiersInOrder) {
  const ResourcePattern pattern = Compiled("organizations/*/plans/*/workOrders/*");
  EXPECT_THAT(pattern.Ids("organizations/acme/plans/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17/workOrders/3"),
              Optional(ElementsAre("acme", "0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17", "3")));
  EXPECT_EQ(pattern.Ids("organizations/acme/plans/1"), std::nullopt);
  EXPECT_EQ(pattern.text(), "organizations/*/plans/*/workOrders/*");
}

TEST(ResourcePatternTest, TakesAnyAlternative) {
  const ResourcePattern pattern = Compiled("organizations/*/people/*|organizations/*/vendors/*|services/*");
  EXPECT_THAT(pattern.Ids("organizations/acme/people/li"), Optional(ElementsAre("acme", "li")));
  EXPECT_THAT(pattern.Ids("organizations/acme/vendors/v1"), Optional(ElementsAre("acme", "v1")));
  EXPECT_THAT(pattern.Ids("services/audit"), Optional(ElementsAre("audit")));
  EXPECT_FALSE(pattern.Matches("organizations/acme/systems/s"));
  EXPECT_FALSE(pattern.Matches("organizations/acme"));
  EXPECT_FALSE(pattern.Matches("organizations/acme/people/li|organizations/acme/vendors/v1"));
}

TEST(ResourcePatternTest, TakesTheWildcardOnlyWhereItIsWritten) {
  const ResourcePattern one = Compiled("organizations/*");
  EXPECT_FALSE(one.Matches("organizations/-"));
  EXPECT_FALSE(one.Matches("organizations/*"));
  const ResourcePattern any = Compiled("organizations/*|organizations/-");
  EXPECT_THAT(any.Ids("organizations/-"), Optional(ElementsAre("-")));
  EXPECT_TRUE(any.Matches("organizations/acme"));
  EXPECT_FALSE(any.Matches("organizations/--"));
  EXPECT_FALSE(any.Matches("organizations/*"));
}

TEST(ResourcePatternTest, RefusesEverySecondSpelling) {
  const ResourcePattern pattern = Compiled("organizations/*/workOrders/*");
  ASSERT_TRUE(pattern.Matches("organizations/acme/workOrders/42"));
  for (const std::string& name : {
           std::string(),
           std::string("/"),
           std::string("organizations"),
           std::string("organizations/acme/workOrders"),
           std::string("organizations/acme/workOrders/"),
           std::string("organizations/acme/workOrders/42/"),
           std::string("/organizations/acme/workOrders/42"),
           std::string("//docket/organizations/acme/workOrders/42"),
           std::string("organizations//acme/workOrders/42"),
           std::string("organizations/acme//workOrders/42"),
           std::string("organizations//workOrders/42"),
           std::string("organizations/acme/workOrders//42"),
           std::string("organizations/acme/workorders/42"),
           std::string("organizations/acme/WorkOrders/42"),
           std::string("Organizations/acme/workOrders/42"),
           std::string("organizations/Acme/workOrders/42"),
           std::string("organizations/acme/workOrders/4A"),
           std::string("organizations/acme/workOrders/ 42"),
           std::string("organizations/acme/workOrders/42 "),
           std::string("organizations/acme/workOrders/42\n"),
           std::string("organizations/acme/workOrders/42\t"),
           std::string(" organizations/acme/workOrders/42"),
           std::string("organizations/acme/workOrders/."),
           std::string("organizations/acme/workOrders/.."),
           std::string("organizations/./workOrders/42"),
           std::string("organizations/other/../acme/workOrders/42"),
           std::string("organizations/acme/workOrders/42."),
           std::string("organizations/acme/workOrders/4.2"),
           std::string("organizations/acme/workOrders/42\0", 33),
           std::string("organizations/ac\0me/workOrders/42", 33),
           std::string("organizations/acme\0/workOrders/42", 33),
           std::string("organizations/acme/workOrders/%34%32"),
           std::string("organizations%2Facme/workOrders/42"),
           std::string("organizations/acme/workOrders/42?x=1"),
           std::string("organizations/acme/workOrders/42#x"),
           std::string("organizations/acme/workOrders/42:cancel"),
           std::string("organizations/acme/workOrders/42;x"),
           std::string("organizations/acme/workOrders/-42"),
           std::string("organizations/acme/workOrders/42-"),
           std::string("organizations/acme/workOrders/4_2"),
           std::string("organizations\\acme\\workOrders\\42"),
           std::string("organizations/acme/workOrders/\xef\xbc\x94\xef\xbc\x92"),  // full-width digits
           std::string("organizations/\xd0\xb0"
                       "cme/workOrders/42"),                             // Cyrillic a
           std::string("organizations/acme/workOrders/42\xe2\x80\x8b"),  // zero-width space
           std::string("organizations/acme/workOrders/\xff"),
           std::string("organizations/acme/workOrders/42/items/1"),
           std::string("organizations/*/workOrders/*"),
           std::string("organizations/-/workOrders/-"),
       }) {
    EXPECT_FALSE(pattern.Matches(name)) << name;
    EXPECT_EQ(pattern.Ids(name), std::nullopt) << name;
  }
}

TEST(ResourcePatternTest, BoundsTheLength) {
  const ResourcePattern pattern = Compiled("organizations/*/plans/*/workOrders/*/steps/*");
  const auto name = [](size_t last) {
    return absl::StrCat("organizations/", std::string(50, 'a'), "/plans/", std::string(50, 'b'), "/workOrders/",
                        std::string(50, 'c'), "/steps/", std::string(last, 'd'));
  };
  const size_t rest = kMaxResourceNameLength - name(0).size();
  EXPECT_TRUE(pattern.Matches(name(rest)));
  EXPECT_FALSE(pattern.Matches(name(rest + 1)));
  EXPECT_FALSE(pattern.Matches(std::string(1 << 20, '/')));
  EXPECT_FALSE(Compiled("organizations/*").Matches(absl::StrCat("organizations/", std::string(64, 'a'))));
}

TEST(ResourcePatternTest, TakesWhatThereIsOneOf) {
  const ResourcePattern pattern = Compiled("organizations/*/workingCalendar");
  EXPECT_THAT(pattern.Ids("organizations/acme/workingCalendar"), Optional(ElementsAre("acme")));
  EXPECT_FALSE(pattern.Matches("organizations/acme"));
  EXPECT_FALSE(pattern.Matches("organizations/acme/workingCalendar/1"));
  EXPECT_FALSE(pattern.Matches("organizations/acme/workingCalendar/"));
  EXPECT_FALSE(pattern.Matches("organizations/acme/workingcalendar"));
}

TEST(ResourcePatternTest, RefusesPatternsThatAreWrong) {
  for (const std::string& text : {std::string(),
                                  std::string("|"),
                                  std::string("organizations"),
                                  std::string("organizations/*/requests"),
                                  std::string("*/*"),
                                  std::string("*"),
                                  std::string("organizations/acme"),
                                  std::string("organizations/**"),
                                  std::string("organizations/*/"),
                                  std::string("/organizations/*"),
                                  std::string("organizations/*|"),
                                  std::string("|organizations/*"),
                                  std::string("organizations/* | services/*"),
                                  std::string("Organizations/*"),
                                  std::string("work_orders/*"),
                                  std::string("work-orders/*"),
                                  std::string("organizations/{org}"),
                                  std::string("organizations/*\0", 16),
                                  std::string("organizations/--"),
                                  std::string("a/*/a/*/a/*/a/*/a/*/a/*/a/*/a/*/a/*")}) {
    EXPECT_EQ(ResourcePattern::Compile(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  std::string many = "a/*";
  for (int i = 0; i < 16; ++i) many += "|a/*";
  EXPECT_FALSE(ResourcePattern::Compile(many).ok());
}

}  // namespace
}  // namespace docket

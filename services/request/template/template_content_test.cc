#include "services/request/template/template_content.h"

#include <functional>
#include <set>
#include <string>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/template/change_template_proto.h"
#include "services/request/template/testing/sample_content.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;

std::set<std::string> ViolatedFields(const absl::Status& status) {
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  std::set<std::string> fields;
  if (const auto bad = GetBadRequest(status); bad.has_value()) {
    for (const auto& violation : bad->field_violations()) fields.insert(violation.field());
  }
  return fields;
}

TEST(TemplateContentTest, IsTakenAsItMustBe) {
  EXPECT_THAT(CheckTemplateContent(SampleContent(), SampleNow()), IsOk());
  TemplateContent last = SampleContent();
  last.expire_time = SampleNow() + kMaxTemplateValidity;
  EXPECT_THAT(CheckTemplateContent(last, SampleNow()), IsOk());
}

TEST(TemplateContentTest, EveryViolationIsNamed) {
  TemplateContent content = SampleContent();
  content.targets.push_back(content.targets.front());
  content.procedure.assign(9, std::string(1000, 'x'));
  content.risks.assign(5, {.risk = std::string(1000, 'x'), .response = std::string(1000, 'y')});
  content.test_requirements.emplace_back();
  content.expire_time = SampleNow();
  EXPECT_THAT(ViolatedFields(CheckTemplateContent(content, SampleNow())),
              ::testing::ElementsAre("version.expire_time", "version.procedure", "version.risks", "version.targets[1]",
                                     "version.test_requirements[1]"));
  content = SampleContent();
  content.expire_time = SampleNow() + kMaxTemplateValidity + absl::Microseconds(1);
  EXPECT_THAT(ViolatedFields(CheckTemplateContent(content, SampleNow())),
              ::testing::ElementsAre("version.expire_time"));
}

TEST(TemplateContentTest, LengthsAreCharactersNotBytes) {
  TemplateContent content = SampleContent();
  content.test_requirements.clear();
  std::string long_text;
  for (size_t i = 0; i < kMaxTemplateSectionText; ++i) long_text += "步";
  content.procedure = {long_text};
  EXPECT_THAT(CheckTemplateContent(content, SampleNow()), IsOk());
  content.procedure.push_back("骤");
  EXPECT_FALSE(CheckTemplateContent(content, SampleNow()).ok());
}

TEST(TemplateContentTest, EveryPartOfTheContentIsDigested) {
  const std::function<void(TemplateContent&)> changes[] = {
      [](TemplateContent&) {},
      [](TemplateContent& c) { c.title += "x"; },
      [](TemplateContent& c) { c.description += "x"; },
      [](TemplateContent& c) { c.targets[0].system_id += "x"; },
      [](TemplateContent& c) { c.targets[0].component += "x"; },
      [](TemplateContent& c) { c.targets[0].version_pattern += "x"; },
      [](TemplateContent& c) { c.targets.push_back({}); },
      [](TemplateContent& c) { c.procedure[0] += "x"; },
      [](TemplateContent& c) { c.procedure.emplace_back(); },
      [](TemplateContent& c) { c.risks[0].risk += "x"; },
      [](TemplateContent& c) { c.risks[0].response += "x"; },
      [](TemplateContent& c) { c.rollback_procedure += "x"; },
      [](TemplateContent& c) { c.test_requirements[0] += "x"; },
      [](TemplateContent& c) { c.max_risk_level = Level::kCritical; },
      [](TemplateContent& c) { c.budget.reset(); },
      [](TemplateContent& c) { c.budget->minor_units += 1; },
      [](TemplateContent& c) { c.budget->currency_code = "USD"; },
      [](TemplateContent& c) { c.expire_time += absl::Microseconds(1); },
  };
  std::set<std::string> digests;
  for (const auto& change : changes) {
    TemplateContent content = SampleContent();
    change(content);
    const std::string digest = TemplateContentSha256("yunqi", content);
    EXPECT_EQ(digest.size(), 32u);
    EXPECT_TRUE(digests.insert(digest).second);
    // What was read back is what was written.
    const absl::StatusOr<TemplateContent> read = ContentFromBytes(ContentToBytes("yunqi", content));
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(TemplateContentSha256("yunqi", *read), digest);
  }
  EXPECT_TRUE(digests.insert(TemplateContentSha256("library", SampleContent())).second);
}

TEST(TemplateContentTest, DamagedBytesAreNoContent) {
  EXPECT_THAT(ContentFromBytes("\xff\xff"), StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace docket::request

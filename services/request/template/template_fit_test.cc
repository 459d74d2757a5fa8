#include "services/request/template/template_fit.h"

#include <string>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/template/testing/sample_content.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::HasSubstr;

ChangeTemplateVersion Approved() {
  ChangeTemplateVersion version;
  version.key = {.organization_id = "yunqi", .template_id = "signatures", .number = 1};
  version.content = SampleContent();
  version.state = TemplateVersionState::kApproved;
  return version;
}

ApplicationForm Form() {
  ApplicationForm form;
  form.kind = ChangeKind::kStandard;
  form.impact = Level::kMedium;
  form.targets = {{.system_id = "access-control", .from_version = "4.1.0", .to_version = "4.2.0"},
                  {.system_id = "access-control", .component = "face", .from_version = "2.0", .to_version = "4.2"}};
  return form;
}

TEST(TemplateFitTest, CoversWhatItIsFor) {
  EXPECT_THAT(CheckTemplateFits(Approved(), Form(), SampleNow()), IsOk());
  // To the last moment.
  EXPECT_THAT(CheckTemplateFits(Approved(), Form(), Approved().content.expire_time), IsOk());
}

TEST(TemplateFitTest, NothingButApproved) {
  for (const TemplateVersionState state :
       {TemplateVersionState::kProposed, TemplateVersionState::kRejected, TemplateVersionState::kRetired}) {
    ChangeTemplateVersion version = Approved();
    version.state = state;
    const absl::Status status = CheckTemplateFits(version, Form(), SampleNow());
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
    EXPECT_EQ(GetErrorInfo(status)->metadata().at("state"), TemplateVersionStateName(state));
  }
}

TEST(TemplateFitTest, EveryLackIsListed) {
  ApplicationForm form = Form();
  form.impact = Level::kHigh;
  form.targets[0].to_version = "5.0.0";
  form.targets[1].system_id = "owner-app";
  const absl::Status status =
      CheckTemplateFits(Approved(), form, Approved().content.expire_time + absl::Microseconds(1));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  for (const char* lack : {"expired", "access-control to 5.0.0", "owner-app face", "impact"}) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(lack));
  }
}

TEST(TemplateFitTest, ComponentsAreTakenLiterally) {
  ChangeTemplateVersion version = Approved();
  version.content.targets[0].component = "";
  EXPECT_THAT(CheckTemplateFits(version, Form(), SampleNow()), StatusIs(absl::StatusCode::kFailedPrecondition));
  version.content.targets.push_back({.system_id = "access-control", .component = "face", .version_pattern = ""});
  EXPECT_THAT(CheckTemplateFits(version, Form(), SampleNow()), IsOk());
}

}  // namespace
}  // namespace docket::request

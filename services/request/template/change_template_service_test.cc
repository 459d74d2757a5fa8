// ChangeTemplateService as clients see it, on a real database.
#include "services/request/template/change_template_service.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/request_events.h"
#include "services/request/template/change_template_proto.h"
#include "services/request/template/testing/template_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

class ChangeTemplateServiceTest : public TemplateFixture {
 protected:
  static std::vector<std::string> Lines(const event::v1::Event& event) {
    std::vector<std::string> lines;
    for (const auto& change : event.changes()) {
      lines.push_back(absl::StrCat(change.field(), ": ", change.before(), " > ", change.after()));
    }
    return lines;
  }
};

TEST_F(ChangeTemplateServiceTest, FromProposalToApproval) {
  const auto created = Create();
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->name(), kName);
  EXPECT_EQ(created->title(), "门禁特征库月度更新");
  EXPECT_EQ(created->state(), v1::ChangeTemplate::STATE_ACTIVE);
  EXPECT_EQ(created->approved_version(), "");
  EXPECT_EQ(created->latest_version(), 1);
  EXPECT_EQ(created->creator(), admin_.name());

  v1::ChangeTemplateVersion version = GetVersion(kFirst);
  EXPECT_EQ(version.state(), v1::ChangeTemplateVersion::STATE_PROPOSED);
  EXPECT_EQ(version.proposer(), admin_.name());
  EXPECT_EQ(version.targets(0).system(), "organizations/yunqi/systems/access-control");
  EXPECT_EQ(version.procedure(1), "导入新特征库并重启服务");
  const auto approved = Approve(s_.executive, kFirst, version.etag());
  ASSERT_THAT(approved, IsOk());
  EXPECT_EQ(approved->state(), v1::ChangeTemplateVersion::STATE_APPROVED);
  EXPECT_EQ(approved->decider(), s_.executive.name());
  EXPECT_EQ(Get().approved_version(), kFirst);

  const event::v1::Event event = s_.LastEvent("ChangeTemplateVersionApproved");
  EXPECT_EQ(event.subject(), kFirst);
  EXPECT_EQ(event.reason(), "同意");
  EXPECT_EQ(event.actor().name(), s_.executive.name());
  EXPECT_THAT(Lines(event), ElementsAre("state: PROPOSED > APPROVED", absl::StrCat("decider:  > ", s_.executive.name()),
                                        absl::StrCat("change_template.approved_version:  > ", kFirst)));
  event::v1::ChangeTemplateVersionApproved payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.content_sha256(), TemplateContentSha256("yunqi", SampleContent()));
  EXPECT_EQ(payload.replaces(), "");
}

TEST_F(ChangeTemplateServiceTest, ANewVersionReplacesTheOld) {
  ASSERT_THAT(Create(), IsOk());
  ASSERT_THAT(Approve(s_.director), IsOk());
  const auto second = Propose();
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->name(), kSecond);
  EXPECT_EQ(GetVersion(kFirst).state(), v1::ChangeTemplateVersion::STATE_APPROVED) << "until the new one is approved";
  ASSERT_THAT(Approve(s_.director, kSecond), IsOk());
  EXPECT_EQ(GetVersion(kFirst).state(), v1::ChangeTemplateVersion::STATE_RETIRED);
  EXPECT_EQ(Get().approved_version(), kSecond);
  event::v1::ChangeTemplateVersionRetired retired;
  const event::v1::Event event = s_.LastEvent("ChangeTemplateVersionRetired");
  EXPECT_EQ(event.subject(), kFirst);
  ASSERT_TRUE(event.payload().UnpackTo(&retired));
  EXPECT_EQ(retired.replaced_by(), kSecond);
  event::v1::ChangeTemplateVersionApproved approved;
  ASSERT_TRUE(s_.LastEvent("ChangeTemplateVersionApproved").payload().UnpackTo(&approved));
  EXPECT_EQ(approved.replaces(), kFirst);
}

TEST_F(ChangeTemplateServiceTest, WhatAVersionChangesOfItsTemplateIsInItsEvent) {
  ASSERT_THAT(Create(), IsOk());
  EXPECT_THAT(Lines(s_.LastEvent("ChangeTemplateVersionProposed")), ElementsAre()) << "it came with its template";
  v1::ChangeTemplateVersion renamed = Content();
  renamed.set_title("门禁特征库每周更新");
  // While none is approved the newest gives the template its title.
  ASSERT_THAT(Propose(renamed), IsOk());
  EXPECT_THAT(Lines(s_.LastEvent("ChangeTemplateVersionProposed")),
              ElementsAre("change_template.title: 门禁特征库月度更新 > 门禁特征库每周更新",
                          "change_template.latest_version: 1 > 2"));
  ASSERT_THAT(Approve(s_.director, kFirst), IsOk());
  EXPECT_THAT(Lines(s_.LastEvent("ChangeTemplateVersionApproved")),
              ElementsAre("state: PROPOSED > APPROVED", absl::StrCat("decider:  > ", s_.director.name()),
                          "change_template.title: 门禁特征库每周更新 > 门禁特征库月度更新",
                          absl::StrCat("change_template.approved_version:  > ", kFirst)));
  ASSERT_THAT(Approve(s_.director, kSecond), IsOk());
  EXPECT_THAT(Lines(s_.LastEvent("ChangeTemplateVersionRetired")),
              ElementsAre("state: APPROVED > RETIRED", absl::StrCat("state_reason:  > replaced by ", kSecond)));
  EXPECT_THAT(Lines(s_.LastEvent("ChangeTemplateVersionApproved")),
              ElementsAre("state: PROPOSED > APPROVED", absl::StrCat("decider:  > ", s_.director.name()),
                          "change_template.title: 门禁特征库月度更新 > 门禁特征库每周更新",
                          absl::StrCat("change_template.approved_version: ", kFirst, " > ", kSecond)));
}

TEST_F(ChangeTemplateServiceTest, EveryVersionThatRetiresWithItsTemplateIsReported) {
  ASSERT_THAT(Create(), IsOk());
  ASSERT_THAT(Propose(), IsOk());
  ASSERT_THAT(Propose(), IsOk());
  ASSERT_THAT(Reject(s_.director, kFirst), IsOk());
  ASSERT_THAT(Approve(s_.director, kSecond), IsOk());
  const v1::ChangeTemplateVersion approved = GetVersion(kSecond);
  ASSERT_THAT(Retire(), IsOk());

  const std::vector<event::v1::Event> retired = s_.EventsOf("ChangeTemplateVersionRetired");
  ASSERT_EQ(retired.size(), 2u) << "what was rejected stays so";
  EXPECT_EQ(retired[0].subject(), kSecond);
  EXPECT_THAT(Lines(retired[0]), ElementsAre("state: APPROVED > RETIRED", "state_reason:  > 特征库含恶意样本"));
  EXPECT_EQ(retired[0].reason(), "特征库含恶意样本");
  EXPECT_EQ(retired[0].actor().name(), s_.director.name());
  EXPECT_EQ(retired[0].systems(0), "organizations/yunqi/systems/access-control");
  EXPECT_EQ(retired[0].before_sha256(), ContentSha256(approved));
  const v1::ChangeTemplateVersion now = GetVersion(kSecond);
  EXPECT_EQ(retired[0].after_sha256(), ContentSha256(now));
  EXPECT_EQ(absl::StrCat(retired[0].subject_revision()), now.etag());
  event::v1::ChangeTemplateVersionRetired payload;
  ASSERT_TRUE(retired[0].payload().UnpackTo(&payload));
  EXPECT_EQ(payload.replaced_by(), "");
  EXPECT_EQ(payload.content_sha256(), TemplateContentSha256("yunqi", SampleContent()));
  EXPECT_EQ(retired[1].subject(), absl::StrCat(kName, "/versions/3"));
  EXPECT_THAT(Lines(retired[1]), ElementsAre("state: PROPOSED > RETIRED", "state_reason:  > 特征库含恶意样本"));
  EXPECT_THAT(Lines(s_.LastEvent("ChangeTemplateRetired")),
              ElementsAre("state: ACTIVE > RETIRED", absl::StrCat("approved_version: ", kSecond, " > "),
                          "retire_reason:  > 特征库含恶意样本"));

  // For cause afterwards: no version is left to retire.
  ASSERT_THAT(Retire(/*for_cause=*/true), IsOk());
  EXPECT_EQ(s_.EventsOf("ChangeTemplateVersionRetired").size(), 2u);
  EXPECT_THAT(Lines(s_.LastEvent("ChangeTemplateRetired")), ElementsAre("withdrawn_for_cause: false > true"));
}

TEST_F(ChangeTemplateServiceTest, ProposerAndApproverAreTwoPeople) {
  v1::CreateChangeTemplateRequest call;
  call.set_parent("organizations/yunqi");
  call.set_change_template_id("signatures");
  *call.mutable_version() = Content();
  ASSERT_THAT(Do<v1::ChangeTemplate>("CreateChangeTemplate", s_.director, call), IsOk());
  EXPECT_THAT(Approve(s_.director), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_THAT(Reject(s_.director), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  // The attempt is on record.
  const event::v1::Event denied = s_.LastEvent("CallDenied");
  EXPECT_EQ(denied.subject(), kFirst);
  EXPECT_EQ(denied.actor().name(), s_.director.name());
  EXPECT_THAT(Approve(second_director_), IsOk());
}

TEST_F(ChangeTemplateServiceTest, RolesByMethod) {
  ASSERT_THAT(Create(), IsOk());
  const common::v1::Principal pipeline = PersonOf("yunqi", "ci", "it", {common::v1::ROLE_SERVICE});
  for (const common::v1::Principal& nobody : {s_.author, s_.head, s_.auditor, pipeline}) {
    EXPECT_THAT(Approve(nobody), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
    EXPECT_THAT(Reject(nobody), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  }
  EXPECT_THAT(Approve(admin_), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  const common::v1::Principal stranger = PersonOf("library", "xu", "", {common::v1::ROLE_IT_DIRECTOR});
  EXPECT_THAT(Approve(stranger), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
}

TEST_F(ChangeTemplateServiceTest, RejectionsAndRetirement) {
  ASSERT_THAT(Create(), IsOk());
  const auto rejected = Reject(s_.director);
  ASSERT_THAT(rejected, IsOk());
  EXPECT_EQ(rejected->state(), v1::ChangeTemplateVersion::STATE_REJECTED);
  EXPECT_EQ(rejected->state_reason(), "缺少回退演练");
  EXPECT_EQ(s_.LastEvent("ChangeTemplateVersionRejected").reason(), "缺少回退演练");
  EXPECT_THAT(Approve(s_.director), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));

  ASSERT_THAT(Propose(), IsOk());
  ASSERT_THAT(Approve(s_.director, kSecond), IsOk());
  ASSERT_THAT(Propose(), IsOk());
  const auto retired = Retire();
  ASSERT_THAT(retired, IsOk());
  EXPECT_EQ(retired->state(), v1::ChangeTemplate::STATE_RETIRED);
  EXPECT_EQ(retired->approved_version(), "");
  EXPECT_EQ(Numbers("state = RETIRED"), (std::vector<std::string>{"3", "2"}));
  EXPECT_EQ(Numbers("state = REJECTED"), (std::vector<std::string>{"1"}));
  EXPECT_THAT(Propose(), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Retire(), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Retire(/*for_cause=*/true), IsOk());
  event::v1::ChangeTemplateRetired payload;
  ASSERT_TRUE(s_.LastEvent("ChangeTemplateRetired").payload().UnpackTo(&payload));
  EXPECT_TRUE(payload.withdrawn_for_cause());
}

TEST_F(ChangeTemplateServiceTest, WhatItIsForMustBeInTheCatalogue) {
  v1::ChangeTemplateVersion content = Content();
  content.mutable_targets(0)->set_component("face-engine");
  EXPECT_THAT(Create("a", content), IsOk());
  content.mutable_targets(0)->set_component("");
  EXPECT_THAT(Create("b", content), IsOk());
  content.mutable_targets(0)->set_component("no-such-part");
  EXPECT_THAT(Create("c", content), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  content = Content();
  content.mutable_targets(0)->set_system("organizations/yunqi/systems/nowhere");
  EXPECT_THAT(Create("c", content), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
}

TEST_F(ChangeTemplateServiceTest, EveryViolationAtOnce) {
  const auto created = Create("Bad_Id", v1::ChangeTemplateVersion());
  EXPECT_THAT(created, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  std::vector<std::string> fields;
  const auto bad = GetBadRequest(created.status());
  ASSERT_TRUE(bad.has_value());
  for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("change_template_id", "version.title", "version.targets",
                                                      "version.procedure", "version.risks",
                                                      "version.rollback_procedure", "version.test_requirements",
                                                      "version.max_risk_level", "version.expire_time"));
}

TEST_F(ChangeTemplateServiceTest, NastyInput) {
  struct Case {
    const char* what;
    std::function<void(v1::ChangeTemplateVersion&)> spoil;
  };
  for (const Case& one : std::vector<Case>{
           {"NUL", [](auto& v) { v.set_title(std::string("a\0b", 3)); }},
           {"too long", [](auto& v) { v.set_title(std::string(201, 'x')); }},
           {"very long", [](auto& v) { v.set_rollback_procedure(std::string(1 << 20, 'x')); }},
           {"empty step", [](auto& v) { v.add_procedure(""); }},
           {"too many steps",
            [](auto& v) {
              for (int i = 0; i < 50; ++i) v.add_procedure("x");
            }},
           {"regex for a pattern", [](auto& v) { v.mutable_targets(0)->set_version_pattern("4\\.[0-9]+"); }},
           {"SQL for a pattern", [](auto& v) { v.mutable_targets(0)->set_version_pattern("4%' OR 1=1"); }},
           {"no system", [](auto& v) { v.mutable_targets(0)->set_system("organizations/yunqi/systems/a/b"); }},
           {"unknown level", [](auto& v) { v.set_max_risk_level(static_cast<common::v1::Level>(9)); }},
           {"year 0", [](auto& v) { v.mutable_expire_time()->set_seconds(-62135596801); }},
           {"year 9999", [](auto& v) { v.mutable_expire_time()->set_seconds(253402300799); }},
           {"yesterday", [](auto& v) { v.mutable_expire_time()->set_seconds(1790000000 - 86400); }},
           {"a debt", [](auto& v) { v.mutable_budget()->set_minor_units(-1); }}}) {
    v1::ChangeTemplateVersion content = Content();
    one.spoil(content);
    EXPECT_THAT(Create("nasty", content), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS))
        << one.what;
  }
  v1::ChangeTemplateVersion odd = Content();
  odd.set_title("🚀 \u202Eمرحبا\u202C 门禁 ");
  odd.set_procedure(0, "'; DROP TABLE request; --\n\t%_!");
  ASSERT_THAT(Create("odd", odd), IsOk());
  const v1::ChangeTemplateVersion kept = GetVersion("organizations/yunqi/changeTemplates/odd/versions/1");
  EXPECT_EQ(kept.title(), odd.title());
  EXPECT_EQ(kept.procedure(0), odd.procedure(0));
  // A twin by case is no identifier, a trailing blank neither.
  EXPECT_THAT(Create("Odd"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Create("odd "), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST_F(ChangeTemplateServiceTest, NamesOfNothing) {
  ASSERT_THAT(Create(), IsOk());
  EXPECT_THAT(Create(), StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  for (const char* number : {"2", "01", "x", "0"}) {
    EXPECT_THAT(Approve(s_.director, absl::StrCat(kName, "/versions/", number)),
                StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND))
        << number;
  }
  v1::ListChangeTemplateVersionsRequest call;
  call.set_parent("organizations/yunqi/changeTemplates/nowhere");
  EXPECT_THAT(s_.Call<v1::ListChangeTemplateVersionsResponse>("ChangeTemplateService/ListChangeTemplateVersions",
                                                              s_.author, call),
              StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

TEST_F(ChangeTemplateServiceTest, RepeatedCallsAreAnsweredOnce) {
  ASSERT_THAT(Create(), IsOk());
  v1::ProposeChangeTemplateVersionRequest call;
  call.set_parent(kName);
  *call.mutable_version() = Content();
  call.set_request_id(s_.NewRequestId());
  const auto first = Do<v1::ChangeTemplateVersion>("ProposeChangeTemplateVersion", admin_, call);
  const auto again = Do<v1::ChangeTemplateVersion>("ProposeChangeTemplateVersion", admin_, call);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  EXPECT_EQ(Get().latest_version(), 2);
  call.mutable_version()->set_title("另一个");
  EXPECT_THAT(Do<v1::ChangeTemplateVersion>("ProposeChangeTemplateVersion", admin_, call),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
}

TEST_F(ChangeTemplateServiceTest, StaleEtags) {
  ASSERT_THAT(Create(), IsOk());
  ASSERT_THAT(Propose(), IsOk());
  v1::ProposeChangeTemplateVersionRequest call;
  call.set_parent(kName);
  *call.mutable_version() = Content();
  call.set_etag("1");
  EXPECT_THAT(Do<v1::ChangeTemplateVersion>("ProposeChangeTemplateVersion", admin_, call),
              StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(Approve(s_.director, kFirst, "2"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

}  // namespace
}  // namespace docket::request

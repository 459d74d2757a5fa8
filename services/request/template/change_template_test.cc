#include "services/request/template/change_template.h"

#include <functional>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

constexpr char kProposer[] = "organizations/yunqi/people/proposer";
constexpr char kApprover[] = "organizations/yunqi/people/approver";

Attempt By(const char* caller, std::string etag = "") {
  return {.caller = caller, .etag = std::move(etag), .now = SampleNow() + absl::Hours(1)};
}

// A template with version 1 proposed, and what may happen to both.
struct Scene {
  Scene() {
    owner = ChangeTemplate::Create("yunqi", "signatures", {.caller = kProposer, .now = SampleNow()});
    versions[1] = *owner.Propose({.caller = kProposer, .now = SampleNow()}, SampleContent());
  }
  absl::Status Propose(int number) {
    absl::StatusOr<ChangeTemplateVersion> made = owner.Propose(By(kProposer), SampleContent());
    if (made.ok()) versions[number] = *made;
    return made.status();
  }
  absl::Status Approve(int number, const char* caller = kApprover, std::string etag = "") {
    ChangeTemplateVersion* replaced = owner.approved_version == 0 ? nullptr : &versions[owner.approved_version];
    return owner.Approve(By(caller, std::move(etag)), versions[number], replaced);
  }
  absl::Status Reject(int number, const char* caller = kApprover) {
    return owner.Reject(By(caller), "步骤不全", versions[number]);
  }
  absl::Status Retire(bool for_cause = false) { return owner.Retire(By(kApprover), "不再使用", for_cause); }
  int Approved() const {
    int approved = 0;
    for (const auto& [number, version] : versions) approved += version.state == TemplateVersionState::kApproved;
    return approved;
  }

  ChangeTemplate owner;
  std::map<int, ChangeTemplateVersion> versions;
};

TEST(ChangeTemplateTest, BeginsWithAProposedVersion) {
  const Scene scene;
  EXPECT_EQ(scene.owner.Name(), "organizations/yunqi/changeTemplates/signatures");
  EXPECT_EQ(scene.owner.title, "门禁特征库月度更新");
  EXPECT_EQ(scene.owner.latest_version, 1);
  EXPECT_EQ(scene.owner.approved_version, 0);
  const ChangeTemplateVersion& first = scene.versions.at(1);
  EXPECT_EQ(first.Name(), "organizations/yunqi/changeTemplates/signatures/versions/1");
  EXPECT_EQ(first.state, TemplateVersionState::kProposed);
  EXPECT_EQ(first.content_sha256, TemplateContentSha256("yunqi", SampleContent()));
  EXPECT_EQ(first.proposer, kProposer);
  EXPECT_EQ(first.revision, 1);
}

TEST(ChangeTemplateTest, TransitionsByState) {
  const std::pair<const char*, std::function<void(Scene&)>> states[] = {
      {"PROPOSED", [](Scene&) {}},
      {"APPROVED", [](Scene& s) { ASSERT_THAT(s.Approve(1), IsOk()); }},
      {"REJECTED", [](Scene& s) { ASSERT_THAT(s.Reject(1), IsOk()); }},
      {"REPLACED",
       [](Scene& s) {
         ASSERT_THAT(s.Approve(1), IsOk());
         ASSERT_THAT(s.Propose(2), IsOk());
         ASSERT_THAT(s.Approve(2), IsOk());
       }},
      {"TEMPLATE_RETIRED", [](Scene& s) { ASSERT_THAT(s.Retire(), IsOk()); }},
      {"WITHDRAWN", [](Scene& s) { ASSERT_THAT(s.Retire(true), IsOk()); }},
  };
  const std::pair<const char*, std::function<absl::Status(Scene&)>> moves[] = {
      {"approve", [](Scene& s) { return s.Approve(1); }},    {"reject", [](Scene& s) { return s.Reject(1); }},
      {"propose", [](Scene& s) { return s.Propose(9); }},    {"retire", [](Scene& s) { return s.Retire(); }},
      {"withdraw", [](Scene& s) { return s.Retire(true); }},
  };
  const std::string allowed =
      "PROPOSED:approve PROPOSED:reject PROPOSED:propose PROPOSED:retire PROPOSED:withdraw "
      "APPROVED:propose APPROVED:retire APPROVED:withdraw "
      "REJECTED:propose REJECTED:retire REJECTED:withdraw "
      "REPLACED:propose REPLACED:retire REPLACED:withdraw "
      // What turns out to be unsafe later can still be withdrawn.
      "TEMPLATE_RETIRED:withdraw ";
  for (const auto& [state, reach] : states) {
    for (const auto& [name, move] : moves) {
      Scene scene;
      reach(scene);
      const ChangeTemplate before = scene.owner;
      const absl::Status moved = move(scene);
      const bool may = absl::StrContains(allowed, absl::StrCat(state, ":", name, " "));
      EXPECT_EQ(moved.ok(), may) << state << " " << name << " " << moved;
      EXPECT_EQ(scene.owner.revision, before.revision + (may ? 1 : 0)) << state << " " << name;
      EXPECT_LE(scene.Approved(), 1);
      if (!may) {
        EXPECT_THAT(moved, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE)) << name;
      }
    }
  }
}

// What the versions are after each move, oldest first, and that a refused one changed nothing at all.
TEST(ChangeTemplateTest, VersionsByState) {
  using Name = const char*;
  const std::pair<Name, std::function<void(Scene&)>> states[] = {
      {"PROPOSED", [](Scene&) {}},
      {"APPROVED", [](Scene& s) { ASSERT_THAT(s.Approve(1), IsOk()); }},
      {"REJECTED", [](Scene& s) { ASSERT_THAT(s.Reject(1), IsOk()); }},
      {"RETIRED",
       [](Scene& s) {
         ASSERT_THAT(s.Approve(1), IsOk());
         ASSERT_THAT(s.Propose(2), IsOk());
         ASSERT_THAT(s.Approve(2), IsOk());
       }},
      {"OVERTAKEN",
       [](Scene& s) {
         ASSERT_THAT(s.Propose(2), IsOk());
         ASSERT_THAT(s.Approve(2), IsOk());
       }},
      {"TEMPLATE_RETIRED", [](Scene& s) { ASSERT_THAT(s.Retire(), IsOk()); }},
  };
  const std::pair<Name, std::function<absl::Status(Scene&)>> moves[] = {
      {"approve", [](Scene& s) { return s.Approve(1); }},
      {"reject", [](Scene& s) { return s.Reject(1); }},
      {"propose", [](Scene& s) { return s.Propose(s.owner.latest_version + 1); }},
      {"retire", [](Scene& s) { return s.Retire(); }},
  };
  const auto now = [](const Scene& s) {
    std::string text = absl::StrCat(TemplateStateName(s.owner.state), s.owner.approved_version);
    for (const auto& [number, version] : s.versions) {
      absl::StrAppend(&text, " ", TemplateVersionStateName(version.state), version.revision);
    }
    return text;
  };
  // Nothing: refused. A template's retirement retires its versions one by one, each by RetireVersion.
  const std::map<std::string, std::string> outcomes = {
      {"PROPOSED approve", "ACTIVE1 APPROVED2"},
      {"PROPOSED reject", "ACTIVE0 REJECTED2"},
      {"PROPOSED propose", "ACTIVE0 PROPOSED1 PROPOSED1"},
      {"PROPOSED retire", "RETIRED0 PROPOSED1"},
      {"APPROVED propose", "ACTIVE1 APPROVED2 PROPOSED1"},
      {"APPROVED retire", "RETIRED0 APPROVED2"},
      {"REJECTED propose", "ACTIVE0 REJECTED2 PROPOSED1"},
      {"REJECTED retire", "RETIRED0 REJECTED2"},
      {"RETIRED propose", "ACTIVE2 RETIRED3 APPROVED2 PROPOSED1"},
      {"RETIRED retire", "RETIRED0 RETIRED3 APPROVED2"},
      {"OVERTAKEN reject", "ACTIVE2 REJECTED2 APPROVED2"},
      {"OVERTAKEN propose", "ACTIVE2 PROPOSED1 APPROVED2 PROPOSED1"},
      {"OVERTAKEN retire", "RETIRED0 PROPOSED1 APPROVED2"},
  };
  for (const auto& [state, reach] : states) {
    for (const auto& [name, move] : moves) {
      const std::string what = absl::StrCat(state, " ", name);
      Scene scene;
      reach(scene);
      const std::string before = now(scene);
      const absl::Status moved = move(scene);
      const auto outcome = outcomes.find(what);
      EXPECT_EQ(moved.ok(), outcome != outcomes.end()) << what << " " << moved;
      EXPECT_EQ(now(scene), outcome == outcomes.end() ? before : outcome->second) << what;
    }
  }
}

TEST(ChangeTemplateTest, VersionsRetireWithTheirTemplate) {
  for (const bool was_approved : {false, true}) {
    Scene scene;
    if (was_approved) {
      ASSERT_THAT(scene.Approve(1), IsOk());
    }
    ASSERT_THAT(scene.Retire(), IsOk());
    const int64_t revision = scene.versions[1].revision;
    scene.owner.RetireVersion(scene.versions[1]);
    EXPECT_EQ(scene.versions[1].state, TemplateVersionState::kRetired);
    EXPECT_EQ(scene.versions[1].state_reason, "不再使用");
    EXPECT_EQ(scene.versions[1].update_time, scene.owner.update_time);
    EXPECT_EQ(scene.versions[1].revision, revision + 1);
  }
}

TEST(ChangeTemplateTest, WhoProposedNeverDecides) {
  Scene scene;
  EXPECT_THAT(scene.Approve(1, kProposer),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_THAT(scene.Reject(1, kProposer),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_EQ(scene.versions[1].state, TemplateVersionState::kProposed);
  // Not even where the etag or the state would refuse it as well: who may not decide learns nothing of either.
  ASSERT_THAT(scene.Approve(1), IsOk());
  EXPECT_THAT(scene.Approve(1, kProposer, "99"),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
}

TEST(ChangeTemplateTest, ANewApprovalRetiresTheOld) {
  Scene scene;
  ASSERT_THAT(scene.Approve(1), IsOk());
  TemplateContent renamed = SampleContent();
  renamed.title = "门禁特征库每周更新";
  scene.versions[2] = *scene.owner.Propose(By(kProposer), renamed);
  EXPECT_EQ(scene.owner.title, "门禁特征库月度更新") << "what is approved gives the name";
  ASSERT_THAT(scene.Approve(2), IsOk());
  EXPECT_EQ(scene.owner.title, "门禁特征库每周更新");
  EXPECT_EQ(scene.owner.approved_version, 2);
  EXPECT_EQ(scene.versions[1].state, TemplateVersionState::kRetired);
  EXPECT_THAT(scene.versions[1].state_reason, HasSubstr("/versions/2"));
  EXPECT_EQ(scene.versions[1].revision, 3);
  EXPECT_EQ(scene.versions[2].state, TemplateVersionState::kApproved);
  EXPECT_EQ(scene.versions[2].decider, kApprover);
  EXPECT_EQ(scene.versions[2].decide_time, SampleNow() + absl::Hours(1));
}

TEST(ChangeTemplateTest, AnOlderVersionDoesNotReplaceANewerOne) {
  Scene scene;
  ASSERT_THAT(scene.Propose(2), IsOk());
  ASSERT_THAT(scene.Approve(2), IsOk());
  EXPECT_THAT(scene.Approve(1), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(scene.owner.approved_version, 2);
  EXPECT_THAT(scene.Reject(1), IsOk());
}

TEST(ChangeTemplateTest, WhatExpiredIsNotApproved) {
  Scene scene;
  scene.versions[1].content.expire_time = SampleNow() + absl::Hours(1);
  EXPECT_THAT(scene.Approve(1), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  scene.versions[1].content.expire_time += absl::Microseconds(1);
  EXPECT_THAT(scene.Approve(1), IsOk());
}

TEST(ChangeTemplateTest, StaleEtags) {
  Scene scene;
  EXPECT_THAT(scene.Approve(1, kApprover, "7"), StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(scene.owner.Propose(By(kProposer, "7"), SampleContent()),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(scene.owner.Retire(By(kApprover, "7"), "x", false),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(scene.Approve(1, kApprover, "1"), IsOk());
}

TEST(ChangeTemplateTest, VersionsAreBounded) {
  Scene scene;
  scene.owner.latest_version = kMaxTemplateVersions;
  EXPECT_THAT(scene.Propose(501), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
}

TEST(ChangeTemplateTest, AWithdrawalIsRemembered) {
  Scene scene;
  ASSERT_THAT(scene.Approve(1), IsOk());
  ASSERT_THAT(scene.Retire(), IsOk());
  EXPECT_EQ(scene.owner.approved_version, 0);
  EXPECT_FALSE(scene.owner.withdrawn_for_cause);
  EXPECT_EQ(scene.owner.retire_reason, "不再使用");
  ASSERT_THAT(scene.Retire(true), IsOk());
  EXPECT_TRUE(scene.owner.withdrawn_for_cause);
}

TEST(TemplateVersionKeyTest, NamesAndTheirParts) {
  const auto key = TemplateVersionKey::Of("organizations/yunqi/changeTemplates/signatures/versions/12");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->organization_id, "yunqi");
  EXPECT_EQ(key->template_id, "signatures");
  EXPECT_EQ(key->number, 12);
  for (const char* wrong :
       {"", "organizations/yunqi/changeTemplates/signatures",
        "organizations/yunqi/changeTemplates/signatures/versions/0",
        "organizations/yunqi/changeTemplates/signatures/versions/-1",
        "organizations/yunqi/changeTemplates/signatures/versions/07",
        "organizations/yunqi/changeTemplates/signatures/versions/+7",
        "organizations/yunqi/changeTemplates/signatures/versions/ 7",
        "organizations/yunqi/changeTemplates/signatures/versions/99999999999",
        "organizations/yunqi/changeTemplates/signatures/versions/one",
        "organizations/yunqi/templates/signatures/versions/1", "organizations/yunqi/changeTemplates/a/b/versions/1"}) {
    EXPECT_FALSE(TemplateVersionKey::Of(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace docket::request

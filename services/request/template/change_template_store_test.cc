#include "services/request/template/change_template_store.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/template/change_template_proto.h"
#include "services/request/template/testing/sample_content.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using tests::IsOk;
using tests::StatusIs;

class ChangeTemplateStoreTest : public ::testing::Test {
 protected:
  static Attempt By(const char* caller) { return {.caller = caller, .now = SampleNow()}; }
  absl::Time Deadline() { return absl::Now() + absl::Seconds(20); }
  template <typename F>
  auto Run(F function) {
    return mysql::RunInTransaction(database_.pool(), Deadline(), function);
  }
  // A stored template of `versions` proposed versions.
  ChangeTemplate Stored(const std::string& organization, const std::string& id, int versions = 1) {
    ChangeTemplate made = ChangeTemplate::Create(organization, id, By("organizations/x/people/proposer"));
    std::vector<ChangeTemplateVersion> all;
    for (int i = 0; i < versions; ++i) {
      all.push_back(*made.Propose(By("organizations/x/people/proposer"), SampleContent()));
    }
    EXPECT_THAT(Run([&](mysql::Transaction& tx) -> absl::Status {
                  if (absl::Status status = store_.Insert(tx, made); !status.ok()) return status;
                  for (const ChangeTemplateVersion& version : all) {
                    if (absl::Status status = store_.InsertVersion(tx, version); !status.ok()) return status;
                  }
                  return absl::OkStatus();
                }),
                IsOk());
    return made;
  }
  ChangeTemplateVersion FindVersion(const TemplateVersionKey& key) {
    auto found = store_.FindVersion(Deadline(), key);
    EXPECT_THAT(found, IsOk());
    EXPECT_TRUE(found.ok() && found->has_value());
    return found.ok() && found->has_value() ? **found : ChangeTemplateVersion();
  }

  MigratedDatabase database_;
  ChangeTemplateStore store_{database_.pool()};
};

TEST_F(ChangeTemplateStoreTest, EveryFieldSurvives) {
  ChangeTemplate made = Stored("yunqi", "signatures");
  ChangeTemplateVersion version = FindVersion(made.VersionKey(1));
  EXPECT_EQ(ToProto(version).content_sha256().size(), 64u);
  EXPECT_EQ(TemplateContentSha256("yunqi", version.content), version.content_sha256);
  EXPECT_FALSE(version.decide_time.has_value());

  made.title = "改名";
  made.state = TemplateState::kRetired;
  made.approved_version = 1;
  made.retire_reason = "不再使用 🛑";
  made.withdrawn_for_cause = true;
  made.update_time += absl::Seconds(1);
  made.revision = 7;
  version.state = TemplateVersionState::kRejected;
  version.decider = "organizations/x/people/approver";
  version.state_reason = "步骤不全";
  version.decide_time = SampleNow() + absl::Seconds(2);
  version.update_time += absl::Seconds(2);
  version.revision = 5;
  ASSERT_THAT(Run([&](mysql::Transaction& tx) -> absl::Status {
                if (absl::Status status = store_.Save(tx, made, 1); !status.ok()) return status;
                return store_.SaveVersion(tx, version, 1);
              }),
              IsOk());
  const auto found = store_.Find(Deadline(), "yunqi", "signatures");
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ(ToProto(**found).ShortDebugString(), ToProto(made).ShortDebugString());
  EXPECT_EQ(ToProto(FindVersion(made.VersionKey(1))).ShortDebugString(), ToProto(version).ShortDebugString());
}

TEST_F(ChangeTemplateStoreTest, IdentifiersAreTakenOncePerOrganisation) {
  const ChangeTemplate made = Stored("yunqi", "signatures");
  Stored("library", "signatures");
  EXPECT_THAT(Run([&](mysql::Transaction& tx) { return store_.Insert(tx, made); }),
              StatusIs(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  const auto nowhere = store_.Find(Deadline(), "elsewhere", "signatures");
  ASSERT_THAT(nowhere, IsOk());
  EXPECT_FALSE(nowhere->has_value());
}

TEST_F(ChangeTemplateStoreTest, AnOldRevisionIsNotWritten) {
  ChangeTemplate made = Stored("yunqi", "signatures");
  ChangeTemplateVersion version = FindVersion(made.VersionKey(1));
  EXPECT_THAT(Run([&](mysql::Transaction& tx) { return store_.Save(tx, made, 99); }),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_THAT(Run([&](mysql::Transaction& tx) { return store_.SaveVersion(tx, version, 99); }),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
}

TEST_F(ChangeTemplateStoreTest, OpenVersionsAreThoseProposedOrApproved) {
  const ChangeTemplate made = Stored("yunqi", "signatures", 4);
  ChangeTemplateVersion rejected = FindVersion(made.VersionKey(2));
  rejected.state = TemplateVersionState::kRejected;
  ChangeTemplateVersion approved = FindVersion(made.VersionKey(3));
  approved.state = TemplateVersionState::kApproved;
  Stored("yunqi", "other", 5);
  std::vector<int> open;
  ASSERT_THAT(Run([&](mysql::Transaction& tx) -> absl::Status {
                for (const ChangeTemplateVersion* moved : {&rejected, &approved}) {
                  if (absl::Status status = store_.SaveVersion(tx, *moved, 1); !status.ok()) return status;
                }
                const auto found = store_.OpenVersions(tx, made);
                if (found.ok()) open = *found;
                return found.status();
              }),
              IsOk());
  EXPECT_THAT(open, ::testing::ElementsAre(1, 3, 4));
}

TEST_F(ChangeTemplateStoreTest, OfManyApproversAtOnceOneVersionRemainsApproved) {
  constexpr int kVersions = 8;
  const ChangeTemplate made = Stored("yunqi", "signatures", kVersions);
  std::vector<std::thread> approvers;
  for (int number = 1; number <= kVersions; ++number) {
    approvers.emplace_back([this, &made, number] {
      // Refused where a newer one was first; nothing else may go wrong.
      const absl::Status status = Run([&](mysql::Transaction& tx) -> absl::Status {
        auto owner = store_.LoadForUpdate(tx, "yunqi", "signatures");
        if (!owner.ok()) return owner.status();
        auto version = store_.LoadVersion(tx, made.VersionKey(number));
        if (!version.ok()) return version.status();
        std::optional<ChangeTemplateVersion> replaced;
        if ((*owner)->approved_version != 0) {
          auto loaded = store_.LoadVersion(tx, made.VersionKey((*owner)->approved_version));
          if (!loaded.ok()) return loaded.status();
          replaced = *loaded;
        }
        const int64_t owner_revision = (*owner)->revision;
        const int64_t replaced_revision = replaced.has_value() ? replaced->revision : 0;
        absl::Status moved = (*owner)->Approve(By("organizations/x/people/approver"), **version,
                                               replaced.has_value() ? &*replaced : nullptr);
        if (moved.ok() && replaced.has_value()) moved = store_.SaveVersion(tx, *replaced, replaced_revision);
        if (moved.ok()) moved = store_.Save(tx, **owner, owner_revision);
        return moved.ok() ? store_.SaveVersion(tx, **version, 1) : moved;
      });
      EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kFailedPrecondition) << status;
    });
  }
  for (std::thread& approver : approvers) approver.join();
  std::vector<int> approved;
  for (int number = 1; number <= kVersions; ++number) {
    if (FindVersion(made.VersionKey(number)).state == TemplateVersionState::kApproved) approved.push_back(number);
  }
  // The newest always gets through.
  EXPECT_THAT(approved, ::testing::ElementsAre(kVersions));
}

}  // namespace
}  // namespace docket::request

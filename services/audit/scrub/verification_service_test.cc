#include "services/audit/scrub/verification_service.h"

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/rpc/testing/test_server.h"
#include "services/audit/scrub/scrub_room.h"
#include "services/audit/scrub/testing/scrub_fixture.h"

namespace docket::audit {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

constexpr char kMethod[] = "docket.audit.v1.VerificationService/GetVerificationStatus";

class VerificationServiceTest : public ScrubTest {
 protected:
  VerificationServiceTest() {
    process::v1::ScrubPace pace;
    pace.set_entries_per_step(100);
    room_ = std::make_unique<ScrubRoom>(ScrubRoom::Parts{.pool = &db_.pool(),
                                                         .store = &log_->store,
                                                         .checkpointer = &log_->checkpointer,
                                                         .guard = &log_->guard,
                                                         .clock = &clock_,
                                                         .logger = &log_->logger,
                                                         .metrics = &metrics_,
                                                         .schema = OrExit(SchemaOf(Schema()), "schema")},
                                        pace);
    rpc::MethodTable table;
    room_->Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  absl::StatusOr<v1::VerificationStatus> Get(const std::optional<common::v1::Principal>& principal) {
    return server_->Call<v1::VerificationStatus>(kMethod, principal, v1::GetVerificationStatusRequest());
  }
  v1::VerificationStatus Get() { return OrExit(Get(auditor_), "status"); }
  void Step(int count = 1) {
    for (; count > 0; --count) ASSERT_THAT(room_->scrubber().Step(Soon()), IsOk());
  }

  Metrics metrics_;
  const std::unique_ptr<LogProcess> log_ = NewProcess();
  std::unique_ptr<ScrubRoom> room_;
  std::unique_ptr<rpc::testing::TestServer> server_;
  const common::v1::Principal auditor_ = rpc::testing::Person("yunqi", "sun-yu", {common::v1::ROLE_AUDITOR});
};

TEST_F(VerificationServiceTest, TellsOfLaps) {
  Grow(*log_, 250);
  v1::VerificationStatus status = Get();
  EXPECT_EQ(status.state(), v1::VerificationStatus::STATE_OPEN);
  EXPECT_EQ(status.lap(), 0);
  EXPECT_FALSE(status.has_lap_start_time());
  EXPECT_FALSE(status.has_last_lap());
  EXPECT_EQ(status.oldest_unverified_time().seconds(), absl::ToUnixSeconds(clock_.Now()));

  Step(2);
  status = Get();
  EXPECT_EQ(status.lap(), 1);
  EXPECT_EQ(status.position(), 200);
  EXPECT_EQ(status.lap_size(), 250);
  EXPECT_EQ(status.lap_start_time().seconds(), absl::ToUnixSeconds(clock_.Now()));

  clock_.Advance(absl::Milliseconds(90'500));
  // What is left of the entries, and the keys by which repeats are known, a hundred at a time.
  Step(1 + 3);
  status = Get();
  EXPECT_EQ(status.position(), 250);
  ASSERT_TRUE(status.has_last_lap());
  EXPECT_EQ(status.last_lap().number(), 1);
  EXPECT_EQ(status.last_lap().size(), 250);
  EXPECT_EQ(status.last_lap().root_sha256(), merkle::ReferenceRoot(Leaves()).ToBytes());
  EXPECT_EQ(status.last_lap().duration().seconds(), 90);
  EXPECT_EQ(status.last_lap().duration().nanos(), 500'000'000);
  EXPECT_EQ(status.reason(), "");
  EXPECT_FALSE(status.has_last_good_checkpoint());
}

TEST_F(VerificationServiceTest, SaysWhyTheLogIsFrozenAndWhatStillStands) {
  Grow(*log_, 250);
  const SignedCheckpoint signed_before = Sign(*log_);
  db_.Run({"UPDATE entry SET actor = '' WHERE log_index = 77"});
  Step(1);
  const v1::VerificationStatus status = Get();
  EXPECT_EQ(status.state(), v1::VerificationStatus::STATE_FROZEN);
  EXPECT_THAT(status.reason(), HasSubstr("entry 77 is not found by what its bytes say: actor"));
  EXPECT_EQ(status.last_good_checkpoint().note(), signed_before.note);
  EXPECT_EQ(status.last_good_checkpoint().size(), 250);
}

TEST_F(VerificationServiceTest, RolesThatMayAsk) {
  using namespace common::v1;
  const std::set<Role> may = {ROLE_AUDITOR,    ROLE_IT_DIRECTOR, ROLE_EXECUTIVE, ROLE_SYSTEM_ADMIN,
                              ROLE_DATA_ADMIN, ROLE_SUPERVISOR,  ROLE_VIEWER};
  for (int number = Role_MIN + 1; number <= Role_MAX; ++number) {
    const Role role = static_cast<Role>(number);
    if (role == ROLE_SERVICE) continue;
    const auto status = Get(rpc::testing::Person("yunqi", "someone", {role}));
    if (may.contains(role)) {
      EXPECT_THAT(status, IsOk()) << Role_Name(role);
    } else {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied)) << Role_Name(role);
    }
  }
  EXPECT_THAT(Get(rpc::testing::DocketService("request")), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(Get(std::nullopt), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(VerificationServiceTest, ExportsWhatItKnows) {
  Grow(*log_, 250);
  Step(1);
  clock_.Advance(absl::Seconds(30));
  std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("docket_audit_log_frozen 0\n"));
  EXPECT_THAT(text, HasSubstr("docket_audit_scrub_lap 1\n"));
  EXPECT_THAT(text, HasSubstr("docket_audit_scrub_position 100\n"));
  EXPECT_THAT(text, HasSubstr("docket_audit_scrub_lap_entries 250\n"));
  EXPECT_THAT(text, HasSubstr("docket_audit_scrub_last_lap_seconds 0\n"));
  EXPECT_THAT(text, HasSubstr("docket_audit_scrub_oldest_unverified_seconds 30\n"));
  EXPECT_THAT(text, HasSubstr("docket_metrics_refused_total 0\n"));
  Step(5);
  log_->guard.Freeze("because");
  text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("docket_audit_log_frozen 1\n"));
  EXPECT_THAT(text, HasSubstr("docket_audit_scrub_last_lap_seconds 30\n"));
}

TEST_F(VerificationServiceTest, AStartLooksAtTheSchemaFirst) {
  Grow(*log_, 3);
  ASSERT_THAT(room_->VerifyAtStart(Soon()), IsOk());
  ASSERT_THAT(log_->guard.CheckOpen(), IsOk());
  db_.Run({"ALTER TABLE entry DROP KEY by_organization"});
  ASSERT_THAT(room_->VerifyAtStart(Soon()), IsOk());
  EXPECT_THAT(log_->guard.CheckOpen(), IsFrozenFor("the table entry has no key by_organization"));
}

TEST_F(VerificationServiceTest, AStartLooksAtTheEvidence) {
  Grow(*log_, 3);
  db_.Run({"DELETE FROM entry WHERE log_index = 2"});
  ASSERT_THAT(room_->VerifyAtStart(Soon()), IsOk());
  EXPECT_THAT(log_->guard.CheckOpen(), IsFrozenFor("the table of entries ends at 2"));
}

TEST(OtherKeysTest, AreOfTheOrigin) {
  process::v1::AuditLog settings;
  settings.set_origin(kOrigin);
  EXPECT_THAT(OtherKeys(settings), IsOk());
  const auto key = OrExit(merkle::NoteSigner::Generate(kOrigin), "key").verifier();
  settings.add_other_verifier_keys(key.ToText());
  const auto keys = OtherKeys(settings);
  ASSERT_THAT(keys, IsOk());
  EXPECT_EQ(keys->at(0).key_id(), key.key_id());
  settings.add_other_verifier_keys(
      OrExit(merkle::NoteSigner::Generate("docket.example/else"), "key").verifier().ToText());
  EXPECT_THAT(OtherKeys(settings),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("audit_log.other_verifier_keys")));
}

}  // namespace
}  // namespace docket::audit

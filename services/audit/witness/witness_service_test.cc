#include "services/audit/witness/witness_service.h"

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/merkle/proof.h"
#include "common/page_token/page_token.h"
#include "common/rpc/testing/test_server.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/event/v1/witness_events.pb.h"
#include "services/audit/log_service.h"
#include "services/audit/witness/testing/witness_fixture.h"

namespace docket::audit {
namespace {

using rpc::testing::DocketService;
using rpc::testing::Person;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

class WitnessServiceTest : public WitnessTest {
 protected:
  WitnessServiceTest()
      : log_service_({.store = &log_->store,
                      .appender = &log_->appender,
                      .checkpointer = &log_->checkpointer,
                      .growth = &log_->growth,
                      .guard = &log_->guard,
                      .page_tokens = &page_tokens_,
                      .reads = &reads_,
                      .show_cosigned = [this](absl::Time deadline, v1::Checkpoint& shown) {
                        return room_->Show(deadline, shown);
                      }}) {
    rpc::MethodTable table;
    log_service_.Register(table);
    room_->Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  absl::StatusOr<v1::Cosignature> Add(int64_t size, const std::string& line, const std::string& request_id = "",
                                      const std::optional<common::v1::Principal>& by = std::nullopt) {
    v1::AddCosignatureRequest request;
    request.set_size(size);
    request.set_line(line);
    request.set_request_id(request_id.empty() ? FormatUuid(uuids_.Next()) : request_id);
    return server_->Call<v1::Cosignature>("docket.audit.v1.WitnessService/AddCosignature", by.value_or(auditor_),
                                          request);
  }
  absl::StatusOr<v1::Checkpoint> GetCheckpoint() {
    return server_->Call<v1::Checkpoint>("docket.audit.v1.LogService/GetCheckpoint", auditor_,
                                         v1::GetCheckpointRequest());
  }
  std::vector<event::v1::Event> Events() {
    std::vector<event::v1::Event> events;
    for (const mysql::Row& row :
         OrExit(db_.pool().Query(Soon(), "SELECT envelope FROM outbox ORDER BY event_id"), "outbox")) {
      EXPECT_TRUE(events.emplace_back().ParseFromString(row.Text(0)));
    }
    return events;
  }

  const PageTokenCodec page_tokens_ = OrExit(PageTokenCodec::Create(std::string(32, 'k')), "page tokens");
  EvidenceReads reads_{log_->appender, clock_, uuids_};
  LogService log_service_;
  std::unique_ptr<rpc::testing::TestServer> server_;
  const common::v1::Principal auditor_ = Person("yunqi", "sun-yu", {common::v1::ROLE_AUDITOR});
};

TEST_F(WitnessServiceTest, ACosignatureIsBroughtAndShown) {
  Grow(*log_, 5);
  const SignedCheckpoint checkpoint = Sign();
  const std::string line = carried_.Cosign(checkpoint.note);
  const auto added = Add(5, line);
  ASSERT_THAT(added, IsOk());
  EXPECT_EQ(added->witness(), "见证.example/三");
  EXPECT_EQ(added->size(), 5);
  EXPECT_EQ(added->sign_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(added->line() + "\n", line);

  Grow(*log_, 300);
  const auto shown = GetCheckpoint();
  ASSERT_THAT(shown, IsOk());
  EXPECT_EQ(shown->size(), 305);
  const v1::CosignedCheckpoint& cosigned = shown->cosigned();
  EXPECT_EQ(cosigned.size(), 5);
  ASSERT_EQ(cosigned.cosignatures_size(), 1);
  EXPECT_EQ(cosigned.cosignatures(0).SerializeAsString(), added->SerializeAsString());
  // A stranger with the keys verifies it, and that the log has gone on from there.
  const auto note = merkle::ParseNote(cosigned.note());
  ASSERT_THAT(note, IsOk());
  const auto verified = merkle::VerifyCosignatures(note->text, note->signatures, {carried_.key()});
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->size(), 1u);
  const auto old_checkpoint = merkle::VerifyCheckpoint(cosigned.note(), kOrigin, {signer_.verifier()});
  const auto new_checkpoint = merkle::VerifyCheckpoint(shown->note(), kOrigin, {signer_.verifier()});
  ASSERT_THAT(old_checkpoint, IsOk());
  ASSERT_THAT(new_checkpoint, IsOk());
  const auto hashes = merkle::HashesFromBytes(cosigned.consistency_hashes());
  ASSERT_THAT(hashes, IsOk());
  EXPECT_THAT(merkle::VerifyConsistency(5, 305, old_checkpoint->root, new_checkpoint->root, *hashes), IsOk());
}

TEST_F(WitnessServiceTest, ATrailComesWithIt) {
  Grow(*log_, 5);
  ASSERT_THAT(Add(5, carried_.Cosign(Sign().note)), IsOk());
  Grow(*log_, 5);
  v1::GetChangeTrailRequest request;
  request.set_change("organizations/yunqi/requests/r1");
  const auto trail = server_->Call<v1::ChangeTrail>("docket.audit.v1.LogService/GetChangeTrail", auditor_, request);
  ASSERT_THAT(trail, IsOk());
  EXPECT_EQ(trail->checkpoint().cosigned().size(), 5);
  EXPECT_EQ(trail->checkpoint().cosigned().cosignatures_size(), 1);
}

TEST_F(WitnessServiceTest, NothingIsShownWhereNothingWasCosigned) {
  Grow(*log_, 5);
  const auto shown = GetCheckpoint();
  ASSERT_THAT(shown, IsOk());
  EXPECT_FALSE(shown->has_cosigned());
}

TEST_F(WitnessServiceTest, OncePerWitnessAndCheckpoint) {
  Grow(*log_, 5);
  const std::string note = Sign().note;
  const std::string id = FormatUuid(uuids_.Next());
  const auto first = Add(5, carried_.Cosign(note), id);
  ASSERT_THAT(first, IsOk());
  // The same call, and the same line without its newline in another.
  EXPECT_EQ(Add(5, carried_.Cosign(note), id)->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Add(5, first->line())->SerializeAsString(), first->SerializeAsString());
  // A later one of the same checkpoint: the first stays.
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Add(5, carried_.Cosign(note))->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Rows(), 1);
  EXPECT_THAT(Add(5, one_.Cosign(note), id),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  const std::vector<event::v1::Event> events = Events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type(), "CheckpointCosigned");
  EXPECT_EQ(events[0].subject(), "checkpoints/5");
  EXPECT_EQ(events[0].organization(), "organizations/yunqi");
  EXPECT_EQ(events[0].actor().name(), "organizations/yunqi/people/sun-yu");
  event::v1::CheckpointCosigned facts;
  ASSERT_TRUE(events[0].payload().UnpackTo(&facts));
  EXPECT_EQ(facts.size(), 5);
  EXPECT_EQ(facts.witness(), "见证.example/三");
  // Another witness's stands beside it.
  ASSERT_THAT(Add(5, one_.Cosign(note)), IsOk());
  EXPECT_EQ(GetCheckpoint()->cosigned().cosignatures_size(), 2);
}

TEST_F(WitnessServiceTest, ManyCarriersAtOnce) {
  Grow(*log_, 5);
  const std::string note = Sign().note;
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        if (Add(5, (i % 2 == 0 ? carried_ : one_).Cosign(note)).ok()) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
  EXPECT_EQ(Rows(), 2);
  EXPECT_EQ(Events().size(), 2u);
}

TEST_F(WitnessServiceTest, WhatDoesNotVerifyIsRefusedAndLeavesNothing) {
  Grow(*log_, 5);
  const std::string note = Sign().note;
  Grow(*log_, 5);
  const std::string newer = Sign().note;
  FakeWitness stranger = NewWitness("stranger.example");
  FakeWitness impostor = NewWitness(carried_.key().name());
  const std::string good = carried_.Cosign(note);
  const std::string logs_own = note.substr(note.find("\n\n") + 2);
  clock_.Advance(absl::Minutes(6));
  const std::string future = carried_.Cosign(note);
  clock_.Advance(-absl::Minutes(6));
  const std::vector<std::pair<std::string, std::string>> refused = {
      {stranger.Cosign(note), "no witness"},
      {impostor.Cosign(note), "no witness"},
      {logs_own, "no witness"},
      {carried_.Cosign(newer), "is wrong"},
      {future, "in the future"},
      {good + good, "not one signature line"},
      {good + "\n", "not one signature line"},
      {note, "not one signature line"},
      {"见证😀\u202E", "not one signature line"},
      {std::string("\0", 1), "control characters"},
      {good.substr(0, good.size() - 5), "is wrong"},
      {good.substr(0, good.find_last_of(' ')), "not one signature line"},
  };
  for (const auto& [line, why] : refused) {
    EXPECT_THAT(Add(5, line), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line"))) << line;
    EXPECT_THAT(Add(5, line), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(why))) << line;
  }
  EXPECT_EQ(Rows(), 0);
  EXPECT_TRUE(Events().empty());
  EXPECT_FALSE(GetCheckpoint()->has_cosigned());
  ASSERT_THAT(Add(5, good), IsOk());
}

TEST_F(WitnessServiceTest, OnlyForCheckpointsThatWereSigned) {
  Grow(*log_, 5);
  const std::string line = carried_.Cosign(Sign().note);
  for (const int64_t size : {int64_t{4}, int64_t{6}, int64_t{9'007'199'254'740'991}}) {
    EXPECT_THAT(Add(size, line), StatusIs(absl::StatusCode::kNotFound)) << size;
  }
  for (const int64_t size : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_THAT(Add(size, line), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("size"))) << size;
  }
  EXPECT_THAT(Add(5, ""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line")));
  EXPECT_THAT(Add(5, std::string(501, 'x')), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line")));
  EXPECT_THAT(Add(5, line, "no-uuid"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("request_id")));
}

TEST_F(WitnessServiceTest, WhoMayBringOne) {
  Grow(*log_, 5);
  const std::string line = carried_.Cosign(Sign().note);
  const std::set<common::v1::Role> may = {common::v1::ROLE_AUDITOR, common::v1::ROLE_SYSTEM_ADMIN,
                                          common::v1::ROLE_SERVICE};
  for (int number = common::v1::Role_MIN + 1; number <= common::v1::Role_MAX; ++number) {
    const auto role = static_cast<common::v1::Role>(number);
    if (!common::v1::Role_IsValid(number)) continue;
    const auto by = role == common::v1::ROLE_SERVICE ? DocketService("request") : Person("yunqi", "x", {role});
    const auto added = Add(5, line, "", by);
    if (may.contains(role)) {
      EXPECT_THAT(added, IsOk()) << common::v1::Role_Name(role);
    } else {
      EXPECT_THAT(added, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED))
          << common::v1::Role_Name(role);
    }
  }
  EXPECT_EQ(Rows(), 1);
}

TEST_F(WitnessServiceTest, AReplacedCheckpointFreezesTheLogWhenItIsShown) {
  Grow(*log_, 5);
  ASSERT_THAT(Add(5, carried_.Cosign(Sign().note)), IsOk());
  Grow(*log_, 5);
  Sign();
  db_.Run({"UPDATE checkpoint SET root = REPEAT('x', 32) WHERE size = 5"});
  EXPECT_THAT(GetCheckpoint(), StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
}

}  // namespace
}  // namespace docket::audit

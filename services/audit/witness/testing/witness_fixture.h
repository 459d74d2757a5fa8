// For tests: a log with two witnesses that it asks and one whose cosignatures are brought.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_TESTING_WITNESS_FIXTURE_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_TESTING_WITNESS_FIXTURE_H_

#include <memory>
#include <string>

#include "common/mutation/mutation.h"
#include "services/audit/testing/log_fixture.h"
#include "services/audit/witness/testing/fake_witness.h"
#include "services/audit/witness/witness_room.h"

namespace docket::audit {

class WitnessTest : public LogTest {
 protected:
  WitnessTest() : mutations_(db_.pool(), clock_, uuids_, log_->logger, "services/audit", nullptr) {
    network_.Add("http://one.example/w", &one_);
    network_.Add("http://two.example", &two_);
    room_ = NewRoom();
  }

  FakeWitness NewWitness(const std::string& name) {
    return FakeWitness(OrExit(merkle::CosignatureSigner::Generate(name), "witness"), signer_.verifier(), clock_);
  }
  // As another replica, or this one after a restart.
  std::unique_ptr<WitnessRoom> NewRoom() {
    return std::make_unique<WitnessRoom>(
        WitnessRoom::Parts{.pool = db_.pool(),
                           .log = log_->store,
                           .checkpointer = log_->checkpointer,
                           .mutations = mutations_,
                           .http = network_,
                           .clock = clock_,
                           .logger = log_->logger},
        std::vector<Witness>{
            {one_.key(), "http://one.example/w"}, {two_.key(), "http://two.example"}, {carried_.key(), ""}});
  }
  // One round of asking.
  int Submit(WitnessRoom& room) {
    const absl::StatusOr<int> taken = room.submitter().RunOnce(absl::Seconds(10));
    EXPECT_THAT(taken, tests::IsOk());
    return taken.value_or(-1);
  }
  int Submit() { return Submit(*room_); }
  SignedCheckpoint Sign() { return OrExit(log_->checkpointer.Current(Soon()), "checkpoint"); }
  std::optional<CosignedCheckpoint> Newest() {
    return OrExit(room_->checkpoints().Newest(INT64_MAX, Soon()), "newest cosigned checkpoint");
  }
  int64_t Rows() { return db_.Count("SELECT COUNT(*) FROM cosignature"); }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  Mutations mutations_;
  FakeWitness one_ = NewWitness("witness.example/one");
  FakeWitness two_ = NewWitness("witness.example/two");
  FakeWitness carried_ = NewWitness("见证.example/三");
  FakeWitnessNetwork network_;
  std::unique_ptr<WitnessRoom> room_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_TESTING_WITNESS_FIXTURE_H_

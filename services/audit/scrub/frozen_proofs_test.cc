// Proofs of a frozen log: those that lead to the last checkpoint that still stands are given, no others.
#include <memory>
#include <optional>
#include <string>

#include "common/merkle/proof.h"
#include "common/page_token/page_token.h"
#include "common/rpc/testing/test_server.h"
#include "docket/audit/v1/log_service.pb.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/log_service.h"
#include "services/audit/scrub/testing/forger.h"
#include "services/audit/scrub/testing/scrub_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;
using tests::StatusIs;

class FrozenProofsTest : public ScrubTest {
 protected:
  FrozenProofsTest()
      : log_service_({.store = &log_->store,
                      .appender = &log_->appender,
                      .checkpointer = &log_->checkpointer,
                      .growth = &log_->growth,
                      .guard = &log_->guard,
                      .page_tokens = &page_tokens_,
                      .reads = &reads_}) {
    rpc::MethodTable table;
    log_service_.Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
    Grow(*log_, 300);
    first_ = Sign(*log_).checkpoint;
    Grow(*log_, 300);
    second_ = Sign(*log_).checkpoint;
    // Behind the last checkpoint.
    Grow(*log_, 50);
    leaves_ = Leaves();
  }

  absl::StatusOr<v1::InclusionProof> Inclusion(int64_t index, int64_t size) {
    v1::GetInclusionProofRequest request;
    request.set_index(index);
    request.set_size(size);
    return server_->Call<v1::InclusionProof>("docket.audit.v1.LogService/GetInclusionProof", auditor_, request);
  }
  absl::StatusOr<v1::ConsistencyProof> Consistency(int64_t first, int64_t second) {
    v1::GetConsistencyProofRequest request;
    request.set_first_size(first);
    request.set_second_size(second);
    return server_->Call<v1::ConsistencyProof>("docket.audit.v1.LogService/GetConsistencyProof", auditor_, request);
  }
  merkle::Hash RootOf(uint64_t size) { return merkle::ReferenceRoot(absl::MakeSpan(leaves_).subspan(0, size)); }

  // That the proof is given, and shows what the entries were before anybody touched them.
  void ExpectProven(uint64_t index, uint64_t size) {
    const auto proof = Inclusion(static_cast<int64_t>(index), static_cast<int64_t>(size));
    ASSERT_THAT(proof, IsOk()) << index << " in " << size;
    EXPECT_EQ(proof->size(), static_cast<int64_t>(size));
    EXPECT_EQ(proof->leaf_sha256(), leaves_[index].ToBytes());
    const auto hashes = OrExit(merkle::HashesFromBytes(proof->hashes()), "hashes");
    EXPECT_THAT(merkle::VerifyInclusion(leaves_[index], index, size, hashes, RootOf(size)), IsOk());
  }
  void ExpectConsistent(uint64_t first, uint64_t second) {
    const auto proof = Consistency(static_cast<int64_t>(first), static_cast<int64_t>(second));
    ASSERT_THAT(proof, IsOk()) << first << " to " << second;
    const auto hashes = OrExit(merkle::HashesFromBytes(proof->hashes()), "hashes");
    EXPECT_THAT(merkle::VerifyConsistency(first, second, RootOf(first), RootOf(second), hashes), IsOk());
  }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  const PageTokenCodec page_tokens_ = OrExit(PageTokenCodec::Create(std::string(32, 'k')), "page tokens");
  EvidenceReads reads_{log_->appender, clock_, uuids_};
  LogService log_service_;
  std::unique_ptr<rpc::testing::TestServer> server_;
  merkle::Checkpoint first_;
  merkle::Checkpoint second_;
  merkle::Hashes leaves_;
  Forger forger_{db_};
  const common::v1::Principal auditor_ = rpc::testing::Person("yunqi", "sun-yu", {common::v1::ROLE_AUDITOR});
  const ::testing::Matcher<const absl::Status&> frozen_ =
      StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN);
};

TEST_F(FrozenProofsTest, AreGivenUpToTheLastCheckpoint) {
  log_->guard.Freeze("entry 620 is not what its leaf was made of");
  for (const uint64_t size : {1, 255, 256, 257, 300, 512, 599, 600}) ExpectProven(size / 2, size);
  ExpectConsistent(1, 600);
  ExpectConsistent(300, 600);
  ExpectConsistent(256, 300);
  const auto newest = Inclusion(0, 0);
  ASSERT_THAT(newest, IsOk());
  EXPECT_EQ(newest->size(), 600) << "the newest size that proofs are given for";
  // What was never signed is not proven.
  EXPECT_THAT(Inclusion(0, 601).status(), frozen_);
  EXPECT_THAT(Consistency(1, 650).status(), frozen_);
  EXPECT_EQ(db_.Count("SELECT MAX(size) FROM checkpoint"), 600) << "something was signed";
}

TEST_F(FrozenProofsTest, AreGivenOfWhatWasNotTouched) {
  db_.Run({"UPDATE entry SET entry = CONCAT(entry, 'x') WHERE log_index = 10"});
  // The first to ask for it freezes the log.
  EXPECT_THAT(Inclusion(10, 600).status(), IsFrozenFor("entry 10 is not the one that its tile was made of"));
  EXPECT_THAT(Inclusion(10, 300).status(), frozen_);
  ExpectProven(11, 600);
  ExpectProven(400, 500);
  ExpectConsistent(300, 600);
}

TEST_F(FrozenProofsTest, AreNotGivenThroughATileThatWasChanged) {
  db_.Run(
      {"UPDATE tile SET hashes = CONCAT(REVERSE(LEFT(hashes, 32)), SUBSTR(hashes, 33)) "
       "WHERE level = 0 AND tile_index = 0"});
  log_->guard.Freeze("tile 0/0");
  EXPECT_THAT(Inclusion(1, 600).status(), frozen_);
  EXPECT_THAT(Inclusion(1, 100).status(), frozen_);
  ExpectProven(300, 600);
  EXPECT_THAT(Consistency(100, 600).status(), frozen_);
}

// Everything is consistent in itself, but not what was signed.
TEST_F(FrozenProofsTest, AreGivenAgainstAnEarlierCheckpointWhereTheLastOneNoLongerStands) {
  forger_.RewriteActor(450, "organizations/yunqi/people/wang", Forger::Thoroughness::kTree);
  log_->guard.Freeze("the root over the first 600 entries is not that of the last checkpoint");
  ExpectProven(20, 300);
  ExpectConsistent(100, 300);
  EXPECT_THAT(Inclusion(20, 600).status(), frozen_);
  EXPECT_THAT(Inclusion(450, 600).status(), frozen_);
  EXPECT_EQ(OrExit(log_->checkpointer.ForProofs(Soon()), "checkpoint").checkpoint, first_);
}

TEST_F(FrozenProofsTest, AreNotGivenWhereNoCheckpointStands) {
  forger_.RewriteActor(10, "organizations/yunqi/people/wang", Forger::Thoroughness::kTree);
  log_->guard.Freeze("because");
  EXPECT_THAT(Inclusion(5, 300).status(), frozen_);
  EXPECT_THAT(Consistency(1, 2).status(), frozen_);
}

TEST_F(FrozenProofsTest, StrangersCheckpointsDoNotCount) {
  const auto stranger = OrExit(merkle::NoteSigner::Generate(kOrigin), "stranger");
  forger_.RewriteActor(10, "organizations/yunqi/people/wang", Forger::Thoroughness::kTree);
  const TreeState tree = OrExit(log_->store.ReadTreeState(Soon()), "tree");
  merkle::Checkpoint forged{.origin = kOrigin, .size = tree.size, .root = tree.root};
  const std::string note = OrExit(merkle::SignCheckpoint(forged, {stranger}), "note");
  db_.Run({absl::StrCat("INSERT INTO checkpoint VALUES (", tree.size, ", ", Forger::Quoted(tree.root.ToBytes()), ", ",
                        Forger::Quoted(note), ", 0)")});
  log_->guard.Freeze("because");
  EXPECT_THAT(Inclusion(10, static_cast<int64_t>(tree.size)).status(), frozen_);
}

}  // namespace
}  // namespace docket::audit

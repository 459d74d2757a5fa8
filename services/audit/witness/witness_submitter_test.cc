#include "services/audit/witness/witness_submitter.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/audit/witness/testing/witness_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;

class WitnessSubmitterTest : public WitnessTest {
 protected:
  // Until every pause is over.
  void WaitOutPauses() { clock_.Advance(WitnessSubmitter::kLongestPause + absl::Seconds(1)); }
  static std::function<std::optional<HttpAnswer>(int)> Always(HttpAnswer answer) {
    return [answer](int) { return answer; };
  }
  std::string FirstWitness() {
    return OrExit(room_->checkpoints().Newest(INT64_MAX, Soon()), "newest")->cosignatures.at(0).line.key_name;
  }
};

TEST_F(WitnessSubmitterTest, NothingToSayOfAnEmptyLog) {
  EXPECT_EQ(Submit(), 0);
  EXPECT_EQ(one_.requests(), 0);
}

TEST_F(WitnessSubmitterTest, FetchesCosignaturesAsTheLogGrows) {
  for (const int grown : {1, 1, 254, 1, 300}) {
    Grow(*log_, grown);
    EXPECT_EQ(Submit(), 2);
    const SignedCheckpoint current = Sign();
    const std::optional<CosignedCheckpoint> cosigned = Newest();
    ASSERT_TRUE(cosigned.has_value());
    EXPECT_EQ(cosigned->checkpoint, current.checkpoint);
    EXPECT_EQ(one_.size(), current.checkpoint.size);
    // Whoever has the three keys can check all of it.
    const auto note = merkle::ParseNote(cosigned->note);
    ASSERT_THAT(note, IsOk());
    EXPECT_THAT(merkle::VerifyCheckpoint(cosigned->note, kOrigin, {signer_.verifier()}), IsOk());
    const auto verified = merkle::VerifyCosignatures(note->text, note->signatures, {one_.key(), two_.key()});
    ASSERT_THAT(verified, IsOk());
    ASSERT_EQ(verified->size(), 2u);
    EXPECT_EQ((*verified)[0].time, absl::ToUnixSeconds(clock_.Now()));
  }
  // One request each time: what the witness knows is known here.
  EXPECT_EQ(one_.requests(), 5);
  // A log that stands still is not brought again.
  EXPECT_EQ(Submit(), 0);
  EXPECT_EQ(one_.requests(), 5);
  EXPECT_EQ(Rows(), 10);
  // And asking makes no entries, which would have to be cosigned in turn.
  EXPECT_EQ(Sign().checkpoint.size, 557u);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM outbox"), 0);
}

TEST_F(WitnessSubmitterTest, GoesOnAfterARestart) {
  Grow(*log_, 10);
  EXPECT_EQ(Submit(), 2);
  Grow(*log_, 10);
  const std::unique_ptr<WitnessRoom> again = NewRoom();
  EXPECT_EQ(Submit(*again), 2);
  EXPECT_EQ(one_.requests(), 2);
}

TEST_F(WitnessSubmitterTest, LearnsFromAConflictWhatTheWitnessKnows) {
  Grow(*log_, 300);
  const SignedCheckpoint earlier = Sign();
  Grow(*log_, 300);
  // Somebody else has brought that one.
  one_.Remember(300, earlier.checkpoint.root);
  EXPECT_EQ(Submit(), 2);
  EXPECT_EQ(one_.requests(), 2);
  EXPECT_EQ(one_.size(), 600u);
}

TEST_F(WitnessSubmitterTest, TwoReplicasDisturbEachOtherLittle) {
  const std::unique_ptr<WitnessRoom> other = NewRoom();
  for (int i = 0; i < 5; ++i) {
    Grow(*log_, 7);
    EXPECT_EQ(Submit(i % 2 == 0 ? *room_ : *other), 2);
    EXPECT_EQ(Submit(i % 2 == 0 ? *other : *room_), 0);
  }
  EXPECT_EQ(one_.requests(), 5);
}

TEST_F(WitnessSubmitterTest, OneThatKnowsThisCheckpointCosignsItAgain) {
  Grow(*log_, 20);
  // It has cosigned, but its answer was lost.
  one_.Remember(20, Sign().checkpoint.root);
  EXPECT_EQ(Submit(), 2);
  EXPECT_EQ(one_.requests(), 2);
}

struct Lie {
  const char* name;
  HttpAnswer answer;
  int requests;
};

class LyingWitnessTest : public WitnessSubmitterTest, public ::testing::WithParamInterface<Lie> {};

// Whatever it answers: it is asked a bounded number of times, then left alone, and the other one is none the worse.
TEST_P(LyingWitnessTest, CostsLittleAndChangesNothing) {
  Grow(*log_, 50);
  one_.instead = Always(GetParam().answer);
  EXPECT_EQ(Submit(), 1);
  EXPECT_EQ(one_.requests(), GetParam().requests);
  EXPECT_EQ(Rows(), 1);
  EXPECT_EQ(FirstWitness(), "witness.example/two");
  // Paused.
  EXPECT_EQ(Submit(), 0);
  EXPECT_EQ(one_.requests(), GetParam().requests);
  // Once it behaves, it is taken back.
  one_.instead = nullptr;
  WaitOutPauses();
  EXPECT_EQ(Submit(), 1);
  EXPECT_EQ(Rows(), 2);
}

const std::string kDash = "\xE2\x80\x94 ";

INSTANTIATE_TEST_SUITE_P(
    Answers, LyingWitnessTest,
    ::testing::Values(
        Lie{"Nothing", {200, ""}, 1}, Lie{"NoSignature", {200, "thank you\n"}, 1},
        Lie{"SomebodyElses", {200, kDash + "other.example AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"}, 1},
        Lie{"TooMuch", {200, std::string(64 << 10, '\n')}, 1}, Lie{"ConflictWithoutSize", {409, ""}, 1},
        Lie{"ConflictWithText", {409, "many\n"}, 1}, Lie{"ConflictWithSign", {409, "-1\n"}, 1},
        Lie{"ConflictWithZeroes", {409, "007\n"}, 1}, Lie{"ConflictWithoutNewline", {409, "7"}, 1},
        Lie{"ConflictAtWhatItWasTold", {409, "0\n"}, 1}, Lie{"ConflictTwiceTheSame", {409, "7\n"}, 2},
        Lie{"KnowsMoreThanThereIs", {409, "51\n"}, 1}, Lie{"KnowsThisSize", {409, "50\n"}, 2},
        Lie{"Huge", {409, "9223372036854775808\n"}, 1},
        Lie{"HugerThanAnyNumber", {409, "99999999999999999999999\n"}, 1}, Lie{"RefusesTheProof", {422, ""}, 1},
        Lie{"Forbidden", {403, ""}, 1}, Lie{"Unknown", {404, ""}, 1}, Lie{"Broken", {500, "<html>"}, 1},
        Lie{"Redirects", {302, ""}, 1}, Lie{"Teapot", {418, ""}, 1}),
    [](const auto& lie) { return std::string(lie.param.name); });

// One that names another size whenever it is asked does not keep the log busy.
TEST_F(WitnessSubmitterTest, ASlipperyWitnessIsAskedThreeTimes) {
  Grow(*log_, 50);
  one_.instead = [](int request) { return HttpAnswer{.status = 409, .body = absl::StrCat(request, "\n")}; };
  EXPECT_EQ(Submit(), 1);
  EXPECT_EQ(one_.requests(), WitnessSubmitter::kMaxRequests);
  for (int round = 0; round < 10; ++round) {
    WaitOutPauses();
    EXPECT_EQ(Submit(), 0);
  }
  EXPECT_EQ(one_.requests(), 11 * WitnessSubmitter::kMaxRequests);
}

TEST_F(WitnessSubmitterTest, ForgedCosignaturesAreNotTaken) {
  Grow(*log_, 50);
  const std::string note = Sign().note;
  const std::string good = one_.Cosign(note);
  // Of another text, with its last character changed, and with another's signature under its name.
  FakeWitness impostor = NewWitness("witness.example/one");
  const auto impostors = merkle::ParseSignatureLines(impostor.Cosign(note));
  ASSERT_THAT(impostors, IsOk());
  const std::string renamed = *merkle::FormatSignatureLine(
      {.key_name = one_.key().name(), .key_id = one_.key().key_id(), .signature = impostors->front().signature});
  Grow(*log_, 1);
  for (const std::string& body : {good, renamed, impostor.Cosign(Sign().note)}) {
    one_.instead = Always({.status = 200, .body = body});
    WaitOutPauses();
    Submit();
    EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM cosignature WHERE witness = 'witness.example/one'"), 0);
  }
}

// A row that somebody wrote into the table keeps no witness from being asked.
TEST_F(WitnessSubmitterTest, ForgedRowsDoNotStopTheAsking) {
  Grow(*log_, 50);
  const std::string key = absl::StrCat("'witness.example/one', ", one_.key().key_id());
  db_.Run({absl::StrCat("INSERT INTO cosignature VALUES (18446744073709551615, ", key, ", 1, 'x', 1)"),
           absl::StrCat("INSERT INTO cosignature VALUES (51, ", key, ", 1, 'x', 1)"),
           absl::StrCat("INSERT INTO cosignature VALUES (20, ", key, ", 1, 'x', 1)")});
  EXPECT_EQ(Submit(), 2);
  EXPECT_EQ(one_.size(), 50u);
  EXPECT_EQ(Newest()->cosignatures.size(), 2u);
}

TEST_F(WitnessSubmitterTest, ACosignatureOfTheFutureIsNotTaken) {
  Grow(*log_, 5);
  const std::string note = Sign().note;
  clock_.Advance(absl::Minutes(6));
  const std::string future = one_.Cosign(note);
  clock_.Advance(-absl::Minutes(6));
  one_.instead = Always({.status = 200, .body = future});
  EXPECT_EQ(Submit(), 1);
  EXPECT_EQ(Rows(), 1);
}

TEST_F(WitnessSubmitterTest, StrangersLinesBesideTheWitnesssAreIgnored) {
  Grow(*log_, 5);
  const std::string note = Sign().note;
  FakeWitness stranger = NewWitness("stranger.example");
  one_.instead = Always({.status = 200, .body = stranger.Cosign(note) + one_.Cosign(note) + stranger.Cosign(note)});
  EXPECT_EQ(Submit(), 2);
  EXPECT_EQ(Rows(), 2);
}

TEST_F(WitnessSubmitterTest, PausesGrowAndAreForgotten) {
  Grow(*log_, 5);
  one_.instead = Always({.status = 500});
  Submit();
  EXPECT_EQ(one_.requests(), 1);
  clock_.Advance(WitnessSubmitter::kFirstPause);
  Submit();
  EXPECT_EQ(one_.requests(), 2);
  // The second pause is longer.
  clock_.Advance(WitnessSubmitter::kFirstPause);
  Submit();
  EXPECT_EQ(one_.requests(), 2);
  clock_.Advance(WitnessSubmitter::kFirstPause);
  Submit();
  EXPECT_EQ(one_.requests(), 3);
  // But never longer than the longest.
  for (int i = 4; i < 40; ++i) {
    clock_.Advance(WitnessSubmitter::kLongestPause);
    Submit();
    EXPECT_EQ(one_.requests(), i);
  }
  one_.instead = nullptr;
  clock_.Advance(WitnessSubmitter::kLongestPause);
  EXPECT_EQ(Submit(), 1);
  Grow(*log_, 5);
  one_.instead = Always({.status = 500});
  Submit();
  const int before = one_.requests();
  clock_.Advance(WitnessSubmitter::kFirstPause);
  Submit();
  EXPECT_EQ(one_.requests(), before + 1);
}

TEST_F(WitnessSubmitterTest, AWitnessThatIsAwayHoldsUpNoOther) {
  FakeWitnessNetwork nobody;
  nobody.Add("http://two.example", &two_);
  WitnessRoom room({.pool = db_.pool(),
                    .log = log_->store,
                    .checkpointer = log_->checkpointer,
                    .mutations = mutations_,
                    .http = nobody,
                    .clock = clock_,
                    .logger = log_->logger},
                   {{one_.key(), "http://one.example/w"}, {two_.key(), "http://two.example"}});
  Grow(*log_, 5);
  EXPECT_EQ(Submit(room), 1);
}

TEST_F(WitnessSubmitterTest, AFrozenLogAsksNobody) {
  Grow(*log_, 5);
  log_->guard.Freeze("test");
  EXPECT_FALSE(room_->submitter().RunOnce(absl::Seconds(10)).ok());
  EXPECT_EQ(one_.requests(), 0);
}

}  // namespace
}  // namespace docket::audit

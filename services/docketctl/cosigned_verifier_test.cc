#include "services/docketctl/cosigned_verifier.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/merkle/note.h"
#include "common/merkle/reference_tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

constexpr char kOrigin[] = "docket.test/audit";
constexpr int64_t kTime = 1790000000;

class CosignedVerifierTest : public ::testing::Test {
 protected:
  CosignedVerifierTest() {
    merkle::ReferenceReader reader(leaves_);
    checkpoint_.set_note(NoteOf(20, log_));
    audit::v1::CosignedCheckpoint& cosigned = *checkpoint_.mutable_cosigned();
    cosigned.set_note(Cosigned(NoteOf(13, log_), {&one_, &two_}));
    const std::vector<merkle::Hash> proof = *merkle::ConsistencyProof(reader, 13, 20);
    for (const merkle::Hash& hash : proof) cosigned.add_consistency_hashes(hash.ToBytes());
  }
  std::string NoteOf(size_t size, const merkle::NoteSigner& signer) const {
    return *merkle::SignCheckpoint({.origin = signer.name(),
                                    .size = size,
                                    .root = merkle::ReferenceRoot(absl::MakeSpan(leaves_).subspan(0, size))},
                                   {signer});
  }
  static std::string Cosigned(std::string note, const std::vector<const merkle::CosignatureSigner*>& signers) {
    const std::string text = merkle::ParseNote(note)->text;
    for (const merkle::CosignatureSigner* signer : signers) {
      note += *merkle::FormatSignatureLine(*signer->Sign(text, kTime));
    }
    return note;
  }
  absl::StatusOr<std::vector<Witnessed>> Verify() const {
    return VerifyCosigned(checkpoint_, log_.verifier().ToText() + "\n", {one_.verifier(), two_.verifier()});
  }

  const merkle::Hashes leaves_ = merkle::TestLeaves(20);
  const merkle::NoteSigner log_ = *merkle::NoteSigner::Generate(kOrigin);
  const merkle::CosignatureSigner one_ = *merkle::CosignatureSigner::Generate("witness.test/one");
  const merkle::CosignatureSigner two_ = *merkle::CosignatureSigner::Generate("witness.test/two");
  audit::v1::Checkpoint checkpoint_;
};

TEST_F(CosignedVerifierTest, SaysWhoCosignedWhatAndWhen) {
  const auto witnessed = Verify();
  ASSERT_THAT(witnessed, IsOk());
  ASSERT_EQ(witnessed->size(), 2u);
  EXPECT_EQ((*witnessed)[0].witness, "witness.test/one");
  EXPECT_EQ((*witnessed)[0].size, 13u);
  EXPECT_EQ((*witnessed)[1].time, absl::FromUnixSeconds(kTime));
}

TEST_F(CosignedVerifierTest, EachThingThatIsWrongIsNamed) {
  const audit::v1::Checkpoint good = checkpoint_;
  const merkle::NoteSigner other_log = *merkle::NoteSigner::Generate(kOrigin);
  const merkle::CosignatureSigner impostor = *merkle::CosignatureSigner::Generate("witness.test/one");
  const std::vector<std::pair<std::function<void(audit::v1::CosignedCheckpoint&)>, std::string>> changes = {
      {[&](auto& c) { c.set_note(Cosigned(NoteOf(13, other_log), {&one_})); }, "none of the known keys"},
      {[&](auto& c) { c.set_note(NoteOf(13, log_)); }, "none of these witnesses"},
      {[&](auto& c) { c.set_note(Cosigned(NoteOf(13, log_), {&impostor})); }, "none of these witnesses"},
      {[&](auto& c) { c.set_note(Cosigned(NoteOf(12, log_), {&one_})); }, "not merely grown"},
      {[&](auto& c) { c.clear_consistency_hashes(); }, "not merely grown"},
      {[&](auto& c) { c.add_consistency_hashes(std::string(32, 'x')); }, "not merely grown"},
      {[&](auto& c) { c.add_consistency_hashes("short"); }, "not merely grown"},
      {[&](auto& c) { (*c.mutable_consistency_hashes(0))[5] ^= 1; }, "not merely grown"},
      {[&](auto& c) { c.set_note(""); }, "the cosigned checkpoint"},
      {[&](auto& c) {
         // The witness's signature of another checkpoint.
         const std::string lines = Cosigned(NoteOf(12, log_), {&one_});
         c.set_note(NoteOf(13, log_) + lines.substr(NoteOf(12, log_).size()));
       },
       "witness.test/one is wrong"},
  };
  for (const auto& [change, why] : changes) {
    checkpoint_ = good;
    change(*checkpoint_.mutable_cosigned());
    EXPECT_THAT(Verify(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(why)));
  }
  checkpoint_ = good;
  checkpoint_.set_note(NoteOf(20, other_log));
  EXPECT_THAT(Verify(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the checkpoint: ")));
  checkpoint_ = good;
  checkpoint_.clear_cosigned();
  EXPECT_THAT(Verify(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no witness has cosigned")));
}

TEST_F(CosignedVerifierTest, ReadsKeysLineByLine) {
  const std::string one = one_.verifier().ToText();
  const std::string two = two_.verifier().ToText();
  EXPECT_EQ(ParseWitnessKeys("# 见证人\n\n" + one + "\r\n  " + two)->size(), 2u);
  EXPECT_THAT(ParseWitnessKeys(""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseWitnessKeys("# none\n"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseWitnessKeys(one + "\n\n" + log_.verifier().ToText()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 3")));
}

}  // namespace
}  // namespace docket::ctl

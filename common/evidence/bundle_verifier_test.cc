#include "common/evidence/bundle_verifier.h"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/evidence/bundle_writer.h"
#include "common/evidence/running_hash.h"
#include "common/evidence/testing/made_bundle.h"
#include "common/merkle/commitment.h"
#include "common/merkle/cosignature.h"
#include "common/merkle/note.h"
#include "docket/audit/v1/entry.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::evidence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MadeBundle;
using ::testing::Not;

BundleReport Verify(const std::string& file, const ExpectedKey& expected = {}) {
  std::istringstream stream(file);
  return VerifyBundle(stream, expected);
}

std::string Told(const BundleReport& report) {
  return absl::StrJoin(report.faults, "; ", [](std::string* out, const Fault& fault) {
    absl::StrAppend(out, fault.where, "/", fault.check, ": ", fault.what);
  });
}

// The places and checks of the faults.
std::vector<std::string> Places(const BundleReport& report) {
  std::vector<std::string> places;
  for (const Fault& fault : report.faults) places.push_back(absl::StrCat(fault.where, "/", fault.check));
  return places;
}

template <typename Line>
Line& At(std::vector<BundleLine>& lines, size_t place) {
  return std::get<Line>(lines[place]);
}

TEST(BundleVerifierTest, AWholeBundleIsProven) {
  const MadeBundle made(6);
  const BundleReport report = Verify(made.Write(), {.key = made.key()});
  EXPECT_EQ(Told(report), "");
  EXPECT_EQ(report.change, testing::kChange);
  EXPECT_EQ(report.log_size, 25u);
  EXPECT_EQ(report.entries, 6u);
  EXPECT_TRUE(report.key_is_expected);
  EXPECT_EQ(report.fingerprint, KeyFingerprint(made.key()));
  EXPECT_THAT(report.records, ElementsAre("BB-2026-000001", "DJ-2026-000001"));
  EXPECT_THAT(report.without_payload, IsEmpty());
  EXPECT_EQ(Told(Verify(made.Write(), {.fingerprint = KeyFingerprint(made.key())})), "");
}

TEST(BundleVerifierTest, ABundleOfOneEntryIsProven) {
  const MadeBundle made(1);
  const BundleReport report = Verify(made.Write(), {.key = made.key()});
  EXPECT_EQ(Told(report), "");
  EXPECT_THAT(report.records, IsEmpty());
}

TEST(BundleVerifierTest, WritingAgainGivesTheSameBytes) {
  const MadeBundle made(5);
  EXPECT_EQ(made.Write(), made.Write());
}

TEST(BundleVerifierTest, WithoutAKeyToCompareNothingIsTrusted) {
  const MadeBundle made(3);
  const BundleReport report = Verify(made.Write());
  EXPECT_EQ(Told(report), "");
  EXPECT_FALSE(report.key_is_expected);
}

TEST(BundleVerifierTest, AnotherKeyIsToldFromBrokenEvidence) {
  const MadeBundle made(3);
  const MadeBundle forged(3);
  for (const ExpectedKey& expected :
       {ExpectedKey{.key = made.key()}, ExpectedKey{.fingerprint = KeyFingerprint(made.key())},
        ExpectedKey{.key = made.key(), .fingerprint = KeyFingerprint(forged.key())}}) {
    const BundleReport report = Verify(forged.Write(), expected);
    ASSERT_EQ(report.faults.size(), 1u) << Told(report);
    EXPECT_EQ(report.faults[0].kind, FaultKind::kOtherKey);
    EXPECT_FALSE(report.key_is_expected);
  }
}

TEST(BundleVerifierTest, ARedactedPayloadIsNamedAndTheRestProven) {
  const MadeBundle made(4);
  const BundleReport report =
      Verify(made.Write([](auto& lines) { At<BundleEntry>(lines, 2).payload.reset(); }), {.key = made.key()});
  EXPECT_EQ(Told(report), "");
  EXPECT_THAT(report.without_payload, ElementsAre(7));
}

TEST(BundleVerifierTest, ARecordThatTheRegisterLostIsNamed) {
  const MadeBundle made(4);
  const BundleReport report =
      Verify(made.Write([](auto& lines) { At<BundleRecord>(lines, 6).bytes.reset(); }), {.key = made.key()});
  EXPECT_EQ(Told(report), "");
  EXPECT_THAT(report.without_record, ElementsAre(7));
  EXPECT_THAT(report.records, ElementsAre("DJ-2026-000001"));
}

// Whoever holds the log's key can seal anything; the entries must still be those of the signed log. Lines: 0 header, 1
// to 4 entries 3, 7, 11, 15, 5 proof, 6 filing, 7 registration.
struct Forgery {
  const char* what;
  void (*change)(std::vector<BundleLine>&);
  std::vector<std::string> places;
};

TEST(BundleVerifierTest, SaysWhatFailsWhere) {
  const MadeBundle made(4);
  const Forgery forgeries[] = {
      {"bytes", [](auto& lines) { At<BundleEntry>(lines, 2).bytes.back() ^= 1; }, {"entry 7/leaf"}},
      {"bytes and leaf",
       [](auto& lines) {
         BundleEntry& entry = At<BundleEntry>(lines, 1);
         audit::v1::Entry parsed;
         parsed.ParseFromString(entry.bytes);
         parsed.mutable_event()->mutable_actor()->set_name("organizations/yunqi/people/nobody");
         entry.bytes = parsed.SerializeAsString();
         entry.leaf = merkle::LeafHash(entry.bytes);
       },
       {"entries 3 to 15/inclusion"}},
      {"payload", [](auto& lines) { At<BundleEntry>(lines, 3).payload->bytes += "x"; }, {"entry 11/payload"}},
      {"salt", [](auto& lines) { At<BundleEntry>(lines, 3).payload->salt[5] ^= 1; }, {"entry 11/payload"}},
      {"index", [](auto& lines) { At<BundleEntry>(lines, 4).index = 14; }, {"entries 3 to 14/inclusion"}},
      {"order", [](auto& lines) { std::swap(lines[1], lines[4]); }, {"entry 7/order"}},
      {"hash",
       [](auto& lines) { At<BundleProof>(lines, 5).hashes[1] = merkle::EmptyRoot(); },
       {"entries 3 to 15/inclusion"}},
      {"a hash less", [](auto& lines) { At<BundleProof>(lines, 5).hashes.pop_back(); }, {"entries 3 to 15/inclusion"}},
      {"a hash more",
       [](auto& lines) { At<BundleProof>(lines, 5).hashes.push_back(merkle::EmptyRoot()); },
       {"entries 3 to 15/inclusion"}},
      {"another change",
       [](auto& lines) { At<BundleHeader>(lines, 0).change += "x"; },
       {"entry 3/change", "entry 7/change", "entry 11/change", "entry 15/change"}},
      {"log size", [](auto& lines) { ++At<BundleHeader>(lines, 0).log_size; }, {"checkpoint/signature"}},
      {"record",
       [](auto& lines) { At<BundleRecord>(lines, 6).bytes->append("\x32\x01x"); },
       {"record of entry 7/record"}},
      {"no record", [](auto& lines) { lines.pop_back(); }, {"line 8/completeness"}},
      {"records swapped", [](auto& lines) { std::swap(lines[6], lines[7]); }, {"line 7/order"}},
      {"an entry less",
       [](auto& lines) {
         lines.erase(lines.begin() + 4);
         At<BundleProof>(lines, 4).entries = 3;
       },
       {"entries 3 to 11/inclusion"}},
  };
  for (const Forgery& forgery : forgeries) {
    const BundleReport report = Verify(made.Write(forgery.change), {.key = made.key()});
    EXPECT_EQ(Places(report), forgery.places) << forgery.what << ": " << Told(report);
  }
}

TEST(BundleVerifierTest, AReceiptThatIsNotTheRecordsIsFound) {
  void (*const changes[])(audit::v1::Filing&) = {
      [](audit::v1::Filing& filing) { filing.set_receipt(MadeBundle(1).filing().receipt()); },
      [](audit::v1::Filing& filing) { filing.set_title("另一个标题"); },
      [](audit::v1::Filing& filing) { filing.clear_receipt(); },
  };
  for (const auto& change : changes) {
    const MadeBundle made(4, change);
    EXPECT_THAT(Places(Verify(made.Write(), {.key = made.key()})), ElementsAre("record of entry 7/receipt"));
  }
}

TEST(BundleVerifierTest, WhatOnlyTheSealHoldsTogetherIsHeld) {
  const MadeBundle made(4);
  std::vector<std::string> lines = absl::StrSplit(made.Write(), '\n');
  // That a payload was there is proven by nothing but the seal, which says of which entry it was.
  BundleEntry entry = std::get<BundleEntry>(made.lines()[2]);
  entry.payload.reset();
  lines[2] = FormatBundleLine(entry);
  lines[2].pop_back();
  const BundleReport report = Verify(absl::StrJoin(lines, "\n"), {.key = made.key()});
  EXPECT_THAT(Places(report), ElementsAre("entry 7/payload", "seal/completeness"));
  EXPECT_THAT(Told(report), HasSubstr("it was cut out: the bundle was sealed with it"));
}

TEST(BundleVerifierTest, RedactedEntriesAreToldAndOthersCannotBeCutOutBesideThem) {
  const MadeBundle made(6);
  const std::string file = made.Write([](auto& lines) {
    for (const size_t place : {2, 3, 5}) At<BundleEntry>(lines, place).payload.reset();
  });
  const BundleReport report = Verify(file, {.key = made.key()});
  EXPECT_EQ(Told(report), "");
  EXPECT_THAT(report.without_payload, ElementsAre(7, 11, 19));
  std::vector<std::string> lines = absl::StrSplit(file, '\n');
  auto entry = std::get<BundleEntry>(made.lines()[4]);
  entry.payload.reset();
  lines[4] = FormatBundleLine(entry);
  lines[4].pop_back();
  EXPECT_THAT(Places(Verify(absl::StrJoin(lines, "\n"), {.key = made.key()})),
              ElementsAre("entry 15/payload", "seal/completeness"));
  // Without saying so it is no line of a bundle.
  lines[4] = lines[4].substr(0, lines[4].find(",\"missing\"")) + "}";
  EXPECT_THAT(Places(Verify(absl::StrJoin(lines, "\n"), {.key = made.key()})), ElementsAre("line 5/format"));
}

TEST(BundleVerifierTest, SealsOfVersion1AreTaken) {
  const MadeBundle made(4);
  std::string file = made.Write([](auto& lines) { At<BundleEntry>(lines, 3).payload.reset(); });
  const size_t seal = file.rfind("{\"seal\"");
  RunningHash hash;
  hash.Add(file.substr(0, seal));
  const auto note = merkle::SignNote(FormerSealText(testing::kChange, 17, hash.Finish().value()), {made.signer()});
  ASSERT_TRUE(note.ok());
  file = file.substr(0, seal) + FormatBundleLine(BundleSeal{.note = *note});
  const BundleReport report = Verify(file, {.key = made.key()});
  EXPECT_EQ(Told(report), "");
  EXPECT_THAT(report.without_payload, ElementsAre(11));
}

TEST(BundleVerifierTest, EveryByteChangedIsNoticed) {
  const MadeBundle made(3);
  const std::string file = made.Write();
  ASSERT_EQ(Told(Verify(file)), "");
  size_t tries = 0;
  for (size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
    // With the right key, and with none, where a forger would have changed the key as well.
    ASSERT_NE(Told(Verify(changed, {.key = made.key()})), "") << "byte " << at;
    ASSERT_NE(Told(Verify(changed)), "") << "byte " << at;
    ++tries;
  }
  EXPECT_GT(tries, 2000u);
}

TEST(BundleVerifierTest, EveryTruncationAndExtensionIsNoticed) {
  const MadeBundle made(3);
  const std::string file = made.Write();
  for (size_t size = 0; size < file.size(); ++size) {
    const BundleReport report = Verify(file.substr(0, size), {.key = made.key()});
    ASSERT_FALSE(report.faults.empty()) << "cut to " << size;
    EXPECT_EQ(report.faults.back().kind, FaultKind::kDamaged);
  }
  for (const char* more : {"\n", " ", "{}", "{}\n", "x"}) {
    EXPECT_NE(Told(Verify(file + more, {.key = made.key()})), "") << more;
    EXPECT_NE(Told(Verify(more + file, {.key = made.key()})), "") << more;
  }
  const size_t middle = file.find('\n') + 1;
  EXPECT_NE(Told(Verify(file.substr(0, middle) + "\n" + file.substr(middle), {.key = made.key()})), "");
}

TEST(BundleVerifierTest, LinesLeftOutRepeatedOrSwappedAreNoticed) {
  const MadeBundle made(3);
  std::vector<std::string> lines = absl::StrSplit(made.Write(), '\n');
  lines.pop_back();
  const auto verify = [&](const std::vector<std::string>& some) {
    return Told(Verify(absl::StrJoin(some, "\n") + "\n", {.key = made.key()}));
  };
  ASSERT_EQ(verify(lines), "");
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> less = lines;
    less.erase(less.begin() + static_cast<int>(i));
    EXPECT_NE(verify(less), "") << "without line " << i;
    std::vector<std::string> twice = lines;
    twice.insert(twice.begin() + static_cast<int>(i), lines[i]);
    EXPECT_NE(verify(twice), "") << "line " << i << " twice";
    for (size_t j = i + 1; j < lines.size(); ++j) {
      std::vector<std::string> swapped = lines;
      std::swap(swapped[i], swapped[j]);
      EXPECT_NE(verify(swapped), "") << i << " and " << j;
    }
  }
}

TEST(BundleVerifierTest, PartsOfTwoBundlesMakeNone) {
  const MadeBundle a(3);
  const MadeBundle b(3);
  std::vector<std::string> of_a = absl::StrSplit(a.Write(), '\n');
  const std::vector<std::string> of_b = absl::StrSplit(b.Write(), '\n');
  for (size_t i = 0; i + 1 < of_a.size(); ++i) {
    std::vector<std::string> mixed = of_a;
    if (mixed[i] == of_b[i]) continue;
    mixed[i] = of_b[i];
    EXPECT_NE(Told(Verify(absl::StrJoin(mixed, "\n"), {.key = a.key()})), "") << "line " << i;
  }
}

TEST(BundleVerifierTest, NoFileIsABundleByAccident) {
  for (const char* text : {"", "\n", "{}\n", "[]\n", "null\n", "{\"docket_bundle\":2}\n", "{\"seal\":\"\"}\n",
                           "{\"entry\":0}\n", "\xff\xfe\n", "{\"docket_bundle\":1,\"change\":7}\n"}) {
    const BundleReport report = Verify(text);
    ASSERT_FALSE(report.faults.empty()) << text;
    EXPECT_EQ(report.faults.back().kind, FaultKind::kDamaged) << text;
  }
}

TEST(BundleVerifierTest, ALineThatIsTooLongOrTooDeepIsRefused) {
  const MadeBundle made(1);
  const std::string header = made.Write().substr(0, made.Write().find('\n') + 1);
  const auto verify = [&](const std::string& line) {
    const BundleReport report = Verify(header + line + "\n");
    return report.faults.empty() ? FaultKind::kUnproven : report.faults.back().kind;
  };
  EXPECT_EQ(verify(std::string(kMaxBundleLineBytes + 1, 'x')), FaultKind::kDamaged);
  EXPECT_EQ(verify("{\"proof_of\":1,\"hashes\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}"),
            FaultKind::kDamaged);
  EXPECT_EQ(verify(std::string(1'000'000, '[')), FaultKind::kDamaged);
}

TEST(BundleVerifierTest, FaultsAreBounded) {
  const MadeBundle made(300);
  const BundleReport report = Verify(made.Write([](auto& lines) { At<BundleHeader>(lines, 0).change += "x"; }));
  EXPECT_EQ(report.faults.size(), kMaxFaults);
}

class CosignedBundleTest : public ::testing::Test {
 protected:
  static merkle::CosignatureSigner Witness(const std::string& name) {
    return merkle::CosignatureSigner::Generate(name).value();
  }
  // The bundle with a cosigned checkpoint of that size behind its seal.
  std::string Write(size_t size, const std::vector<const merkle::CosignatureSigner*>& by) const {
    return made_.Write() + FormatBundleLine(made_.Cosigned(size, by, kTime));
  }
  BundleReport VerifyBy(const std::string& file, std::vector<merkle::CosignatureVerifier> witnesses) const {
    return Verify(file, {.key = made_.key(), .witnesses = std::move(witnesses)});
  }

  static constexpr int64_t kTime = 1794800000;
  const MadeBundle made_{4};  // at a log size of 17
  const merkle::CosignatureSigner one_ = Witness("witness.example/w1");
  const merkle::CosignatureSigner two_ = Witness("witness.example/w2");
};

TEST_F(CosignedBundleTest, CosignaturesOfOlderEqualAndNewerCheckpointsAreVerified) {
  for (const size_t size : {1, 3, 8, 16, 17, 18, 32, 100}) {
    const BundleReport report = VerifyBy(Write(size, {&one_, &two_}), {one_.verifier(), two_.verifier()});
    EXPECT_EQ(Told(report), "") << size;
    EXPECT_EQ(report.cosigned_size, size);
    ASSERT_EQ(report.cosigned_by.size(), 2u);
    EXPECT_EQ(report.cosigned_by[1].name, "witness.example/w2");
    EXPECT_EQ(report.cosigned_by[1].time, absl::FromUnixSeconds(kTime));
    EXPECT_THAT(report.unchecked_witnesses, IsEmpty());
  }
}

TEST_F(CosignedBundleTest, WhatIsNotCheckedIsTold) {
  const BundleReport report = VerifyBy(Write(17, {&one_, &two_}), {two_.verifier()});
  EXPECT_EQ(Told(report), "");
  ASSERT_EQ(report.cosigned_by.size(), 1u);
  EXPECT_EQ(report.cosigned_by[0].name, "witness.example/w2");
  EXPECT_THAT(report.unchecked_witnesses, ElementsAre("witness.example/w1"));
  EXPECT_THAT(VerifyBy(Write(17, {&one_}), {}).unchecked_witnesses, ElementsAre("witness.example/w1"));
  // One of the same name with another key is another.
  const merkle::CosignatureSigner imposter = Witness("witness.example/w1");
  const BundleReport imposed = VerifyBy(Write(17, {&imposter}), {one_.verifier()});
  EXPECT_THAT(Places(imposed), ElementsAre("witnesses/cosignature"));
  EXPECT_THAT(imposed.unchecked_witnesses, ElementsAre("witness.example/w1"));
}

TEST_F(CosignedBundleTest, OneOfTheExpectedWitnessesMustBeThere) {
  EXPECT_THAT(Places(VerifyBy(made_.Write(), {one_.verifier()})), ElementsAre("witnesses/cosignature"));
  EXPECT_THAT(Places(VerifyBy(Write(17, {&two_}), {one_.verifier()})), ElementsAre("witnesses/cosignature"));
  const BundleReport report = VerifyBy(Write(17, {&two_}), {one_.verifier(), two_.verifier()});
  EXPECT_EQ(Told(report), "");
  EXPECT_THAT(report.absent_witnesses, ElementsAre("witness.example/w1"));
  EXPECT_FALSE(Verify(made_.Write(), {.key = made_.key()}).cosigned_size.has_value());
}

TEST_F(CosignedBundleTest, ForgedCosignedCheckpointsAreNamed) {
  const MadeBundle other(4);
  const auto with = [&](const BundleCosigned& cosigned) { return made_.Write() + FormatBundleLine(cosigned); };
  // Of another log, by its key.
  EXPECT_THAT(Places(VerifyBy(with(other.Cosigned(17, {&one_}, kTime)), {})),
              ElementsAre("cosigned checkpoint/signature"));
  // Of the log's key over another history.
  BundleCosigned split = made_.Cosigned(30, {&one_}, kTime);
  split.hashes[0] = merkle::EmptyRoot();
  EXPECT_THAT(Places(VerifyBy(with(split), {})), ElementsAre("cosigned checkpoint/consistency"));
  split = made_.Cosigned(30, {&one_}, kTime);
  split.hashes.pop_back();
  EXPECT_THAT(Places(VerifyBy(with(split), {})), ElementsAre("cosigned checkpoint/consistency"));
  // The signature of another checkpoint.
  auto note = merkle::ParseNote(made_.Cosigned(17, {&one_}, kTime).note).value();
  note.signatures[1] = merkle::ParseNote(made_.Cosigned(16, {&one_}, kTime).note).value().signatures[1];
  EXPECT_THAT(Places(VerifyBy(with({.note = merkle::FormatNote(note).value()}), {one_.verifier()})),
              ElementsAre("witness witness.example/w1/cosignature", "witnesses/cosignature"));
}

TEST_F(CosignedBundleTest, ItStandsLastAndOnce) {
  const std::string line = FormatBundleLine(made_.Cosigned(17, {&one_}, kTime));
  const std::string file = made_.Write();
  EXPECT_THAT(Places(Verify(file + line + line)), ElementsAre("line 11/order"));
  const size_t seal = file.rfind("{\"seal\"");
  EXPECT_THAT(Places(Verify(file.substr(0, seal) + line + file.substr(seal))), ElementsAre("line 9/order"));
  for (size_t size = 1; size < line.size(); ++size) {
    const BundleReport report = Verify(file + line.substr(0, size), {.key = made_.key()});
    ASSERT_FALSE(report.faults.empty()) << "cut to " << size;
    EXPECT_EQ(report.faults.back().kind, FaultKind::kDamaged);
  }
}

}  // namespace
}  // namespace docket::evidence

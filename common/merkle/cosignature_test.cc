#include "common/merkle/cosignature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"

namespace docket::merkle {
namespace {

using testing::HasSubstr;

// The key of RFC 8032, section 7.1, test 1, under a witness's name, and a checkpoint that it cosigned; computed with
// another implementation.
constexpr char kSeed[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr char kPublic[] = "witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
constexpr char kText[] = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr int64_t kTime = 1679315147;
constexpr char kLine[] =
    "\xE2\x80\x94 witness.example/w1 63YswgAAAABkGFDL+TPmh4BYuAjsYRoqMJCWb/gWJaeRF/kmm5tlCr9sJ57DLErur7K0yDXc2ArN+"
    "TIuotuB/HbuL3AJsp3bv/aNCQ==\n";

CosignatureSigner Signer() { return *CosignatureSigner::Create("witness.example/w1", absl::HexStringToBytes(kSeed)); }

TEST(CosignatureTest, KnownAnswers) {
  const CosignatureSigner signer = Signer();
  EXPECT_EQ(signer.verifier().ToText(), kPublic);
  EXPECT_EQ(signer.verifier().key_id(), 0xeb762cc2u);
  const absl::StatusOr<NoteSignature> line = signer.Sign(kText, kTime);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(*FormatSignatureLine(*line), kLine);
  const absl::StatusOr<std::vector<NoteSignature>> parsed = ParseSignatureLines(kLine);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->size(), 1u);
  EXPECT_EQ((*parsed)[0], *line);
  const absl::StatusOr<CosignatureVerifier> verifier = CosignatureVerifier::Parse(kPublic);
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ(*verifier->Verify(kText, (*parsed)[0]), kTime);
}

TEST(CosignatureTest, NothingElseIsACosignature) {
  const CosignatureSigner signer = Signer();
  const CosignatureVerifier& verifier = signer.verifier();
  const NoteSignature good = *signer.Sign(kText, kTime);
  for (size_t bit = 0; bit < 8 * good.signature.size(); ++bit) {
    NoteSignature flipped = good;
    flipped.signature[bit / 8] = static_cast<char>(flipped.signature[bit / 8] ^ (1 << bit % 8));
    ASSERT_EQ(verifier.Verify(kText, flipped).status().code(), absl::StatusCode::kDataLoss) << bit;
  }
  for (const size_t size : {size_t{0}, size_t{8}, size_t{64}, size_t{71}}) {
    NoteSignature cut = good;
    cut.signature.resize(size);
    EXPECT_FALSE(verifier.Verify(kText, cut).ok()) << size;
  }
  NoteSignature longer = good;
  longer.signature.push_back('x');
  EXPECT_FALSE(verifier.Verify(kText, longer).ok());
  EXPECT_FALSE(verifier.Verify(absl::StrCat(kText, "\n"), good).ok());
  EXPECT_FALSE(verifier.Verify("", good).ok());
  NoteSignature renamed = good;
  renamed.key_name = "witness.example/w2";
  EXPECT_FALSE(verifier.Verify(kText, renamed).ok());
  NoteSignature other_id = good;
  other_id.key_id ^= 1;
  EXPECT_FALSE(verifier.Verify(kText, other_id).ok());
  // The same key's plain signature of the text says nothing of a time.
  const NoteSigner plain = *NoteSigner::FromSeed("witness.example/w1", absl::HexStringToBytes(kSeed));
  NoteSignature without_time{.key_name = good.key_name, .key_id = good.key_id, .signature = *plain.Sign(kText)};
  EXPECT_FALSE(verifier.Verify(kText, without_time).ok());
  // Times that no witness gives, though the key signed them.
  for (const uint64_t time : {uint64_t{0}, uint64_t{1} << 63, UINT64_MAX}) {
    NoteSignature line{.key_name = good.key_name, .key_id = good.key_id};
    for (int i = 7; i >= 0; --i) line.signature.push_back(static_cast<char>(time >> (8 * i)));
    line.signature += *plain.Sign(absl::StrCat("cosignature/v1\ntime ", time, "\n", kText));
    EXPECT_FALSE(verifier.Verify(kText, line).ok()) << time;
  }
  EXPECT_FALSE(signer.Sign(kText, 0).ok());
  EXPECT_FALSE(signer.Sign(kText, -1).ok());
}

TEST(CosignatureTest, AKeyIsOfOneType) {
  // The same public key as a log's; and this one under another id.
  const std::string logs = Signer().verifier().name() + "+00000000+";
  const std::string plain =
      NoteSigner::FromSeed("witness.example/w1", absl::HexStringToBytes(kSeed))->verifier().ToText();
  EXPECT_FALSE(CosignatureVerifier::Parse(plain).ok());
  EXPECT_FALSE(NoteVerifier::Parse(kPublic).ok());
  for (const std::string& text :
       {std::string(), std::string("+"), std::string("++"), std::string(kPublic) + "=", std::string(kPublic) + "\n",
        std::string("witness.example/w2+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"),
        std::string("witness.example/w1+EB762CC2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"),
        std::string("witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1E="), logs}) {
    EXPECT_EQ(CosignatureVerifier::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(CosignatureSigner::Create("a b", absl::HexStringToBytes(kSeed)).ok());
  EXPECT_FALSE(CosignatureSigner::Create("a", "short").ok());
}

TEST(CosignatureTest, AmongOtherLines) {
  const CosignatureSigner one = Signer();
  const CosignatureSigner two = *CosignatureSigner::Generate("witness.example/w2");
  const CosignatureSigner stranger = *CosignatureSigner::Generate("witness.example/w1");
  const std::vector<CosignatureVerifier> known = {one.verifier(), two.verifier()};
  const std::vector<NoteSignature> lines = {*stranger.Sign(kText, 5), *two.Sign(kText, 7), *one.Sign(kText, 6),
                                            *two.Sign(kText, 8)};
  const absl::StatusOr<std::vector<Cosignature>> verified = VerifyCosignatures(kText, lines, known);
  ASSERT_TRUE(verified.ok()) << verified.status();
  ASSERT_EQ(verified->size(), 2u);
  EXPECT_EQ((*verified)[0].line.key_name, "witness.example/w2");
  EXPECT_EQ((*verified)[0].time, 7);
  EXPECT_EQ((*verified)[1].line.key_name, "witness.example/w1");
  EXPECT_EQ((*verified)[1].time, 6);
  EXPECT_TRUE(VerifyCosignatures(kText, lines, {})->empty());
  // A line that claims a known key and is not by it condemns them all.
  std::vector<NoteSignature> forged = lines;
  forged.push_back(*one.Sign("another text\n", 9));
  const absl::Status status = VerifyCosignatures(kText, forged, known).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("witness.example/w1"));
}

TEST(SignatureLinesTest, OneFormEach) {
  EXPECT_TRUE(ParseSignatureLines("")->empty());
  EXPECT_EQ(ParseSignatureLines(absl::StrCat(kLine, kLine))->size(), 2u);
  std::string many;
  for (size_t i = 0; i <= kMaxNoteSignatures; ++i) many += kLine;
  const std::string line = kLine;
  for (const std::string& text : {line.substr(0, line.size() - 1), "\n" + line, line + "\n", line.substr(1), many,
                                  std::string("\xE2\x80\x94 a\n"), std::string("\xE2\x80\x94 a AAAA\n"),
                                  std::string("- a AAAAAAAAAAA=\n"), line + "nonsense\n"}) {
    EXPECT_EQ(ParseSignatureLines(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(FormatSignatureLine({.key_name = "a b", .key_id = 1, .signature = "x"}).ok());
  EXPECT_FALSE(FormatSignatureLine({.key_name = "a", .key_id = 1}).ok());
}

}  // namespace
}  // namespace docket::merkle

#include "common/merkle/note_key.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace docket::merkle {
namespace {

// The key of RFC 8032, section 7.1, test 1, under a name; computed with another implementation.
constexpr char kPublic[] = "docket.example/audit+c992d083+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
constexpr char kSecret[] = "PRIVATE+KEY+docket.example/audit+c992d083+AZ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";

TEST(NoteKeyTest, KnownAnswers) {
  const absl::StatusOr<NoteSigner> signer = NoteSigner::Parse(kSecret);
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->name(), "docket.example/audit");
  EXPECT_EQ(signer->key_id(), 0xc992d083u);
  EXPECT_EQ(signer->verifier().ToText(), kPublic);
  EXPECT_EQ(*signer->ToSecretText(), kSecret);
  const absl::StatusOr<NoteVerifier> verifier = NoteVerifier::Parse(kPublic);
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ(verifier->key_id(), 0xc992d083u);
  // RFC 8032's signature of the empty message.
  const std::string signature = absl::HexStringToBytes(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
      "655141438e7a"
      "100b");
  EXPECT_EQ(*signer->Sign(""), signature);
  EXPECT_TRUE(verifier->Verify("", signature));
}

TEST(NoteKeyTest, SignsAndVerifies) {
  const NoteSigner signer = *NoteSigner::Generate("docket.example/audit");
  const std::string signature = *signer.Sign("text");
  EXPECT_EQ(*signer.Sign("text"), signature);
  EXPECT_TRUE(signer.verifier().Verify("text", signature));
  EXPECT_FALSE(signer.verifier().Verify("text\n", signature));
  EXPECT_FALSE(signer.verifier().Verify("text", ""));
  EXPECT_FALSE(signer.verifier().Verify("text", signature.substr(1)));
  EXPECT_FALSE(signer.verifier().Verify("text", signature + "x"));
  EXPECT_FALSE(NoteVerifier::Parse(kPublic)->Verify("text", signature));
  for (size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string flipped = signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    ASSERT_FALSE(signer.verifier().Verify("text", flipped)) << bit;
  }
  // None of this leaves anything behind for the thread's next TLS call to stumble over.
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(NoteKeyTest, ASignatureHasOneForm) {
  // S plus the group's order is the same point of the curve; RFC 8032 demands that it be refused.
  const NoteSigner signer = *NoteSigner::Parse(kSecret);
  std::string signature = *signer.Sign("text");
  const std::string order = absl::HexStringToBytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  int carry = 0;
  for (size_t i = 0; i < 32; ++i) {
    const int sum = static_cast<uint8_t>(signature[32 + i]) + static_cast<uint8_t>(order[i]) + carry;
    signature[32 + i] = static_cast<char>(sum);
    carry = sum >> 8;
  }
  EXPECT_FALSE(signer.verifier().Verify("text", signature));
}

TEST(NoteKeyTest, KeysAreReadInOneSpellingOnly) {
  const std::string text = kPublic;
  const std::string secret = kSecret;
  std::vector<std::string> bad = {"", "+", "++", text + "\n", " " + text, text + "=", secret};
  for (size_t begin = 0; begin < text.size(); ++begin) {
    if (begin > 0) bad.push_back(text.substr(begin));
    if (begin > 0) bad.push_back(text.substr(0, begin));
    std::string changed = text;
    ++changed[begin];
    bad.push_back(changed);
  }
  for (const std::string& key : bad) {
    EXPECT_EQ(NoteVerifier::Parse(key).status().code(), absl::StatusCode::kInvalidArgument) << key;
  }
  for (size_t i = 0; i < secret.size(); ++i) {
    std::string changed = secret;
    ++changed[i];
    const absl::Status status = NoteSigner::Parse(changed).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << changed;
    EXPECT_FALSE(absl::StrContains(status.message(), "nYWxne"));
    EXPECT_FALSE(NoteSigner::Parse(secret.substr(0, i)).ok());
  }
  EXPECT_FALSE(NoteSigner::Parse(text).ok());
  // Upper case in the id, another type of key.
  EXPECT_FALSE(NoteVerifier::Parse(absl::StrCat("docket.example/audit+C992D083", text.substr(29))).ok());
  EXPECT_FALSE(
      NoteVerifier::Parse(absl::StrCat(text.substr(0, 30), "BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea")).ok());
}

TEST(NoteKeyTest, TheIdIsOfNameAndKey) {
  const std::string key(32, 'k');
  const NoteVerifier a = *NoteVerifier::Create("a.example", key);
  const NoteVerifier b = *NoteVerifier::Create("b.example", key);
  EXPECT_NE(a.key_id(), b.key_id());
  EXPECT_FALSE(NoteVerifier::Create("a.example", std::string(31, 'k')).ok());
  EXPECT_FALSE(NoteVerifier::Create("a example", key).ok());
}

TEST(NoteKeyTest, Names) {
  for (const absl::string_view name : {"a", "docket.example/audit", "审计", "a-b_c~d", "\xE2\x80\x94"}) {
    EXPECT_TRUE(IsKeyName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a+b"), std::string("a\nb"), std::string("a\tb"),
        std::string("a\0b", 3), std::string("a\x7F"), std::string("a\xC2\x85"), std::string("a\xC2\xA0"),
        std::string("a\xE2\x80\xA8"), std::string("a\xE3\x80\x80"), std::string("a\xE1\x9A\x80"), std::string("\xFF"),
        std::string("a\xC0\xAF"), std::string(kMaxKeyNameBytes + 1, 'a')}) {
    EXPECT_FALSE(IsKeyName(name)) << absl::CEscape(name);
    EXPECT_FALSE(NoteSigner::Generate(name).ok());
  }
  EXPECT_TRUE(IsKeyName(std::string(kMaxKeyNameBytes, 'a')));
}

}  // namespace
}  // namespace docket::merkle

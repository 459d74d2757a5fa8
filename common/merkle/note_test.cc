#include "common/merkle/note.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace docket::merkle {
namespace {

constexpr char kDash[] = "\xE2\x80\x94 ";

// From the documentation of the format's first implementation.
constexpr char kForeignPublic[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr char kForeignSecret[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr char kForeignText[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr char kForeignLine[] =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

class NoteTest : public testing::Test {
 protected:
  std::string Signed(absl::string_view text) const { return *SignNote(text, {signer_}); }
  absl::StatusCode Open(absl::string_view note) const { return OpenNote(note, {signer_.verifier()}).status().code(); }

  const NoteSigner signer_ = *NoteSigner::Generate("docket.example/audit");
  const NoteSigner other_ = *NoteSigner::Generate("witness.example/w");
};

TEST_F(NoteTest, AgreesWithAnotherImplementation) {
  const NoteSigner signer = *NoteSigner::Parse(kForeignSecret);
  const std::string note = absl::StrCat(kForeignText, "\n", kForeignLine);
  EXPECT_EQ(*SignNote(kForeignText, {signer}), note);
  const absl::StatusOr<VerifiedNote> opened = OpenNote(note, {*NoteVerifier::Parse(kForeignPublic)});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->text, kForeignText);
  ASSERT_EQ(opened->verified.size(), 1u);
  EXPECT_EQ(opened->verified[0].key_name, "PeterNeumann");
  EXPECT_EQ(opened->verified[0].key_id, 0xc74f20a3u);
}

TEST_F(NoteTest, TextsOfEveryShapeComeBack) {
  for (const std::string& text :
       {std::string("one\n"), std::string("two\nlines\n"), std::string("\n"), std::string("\n\n\n"),
        std::string("a blank line\n\nwithin\n"), std::string("one at the end\n\n"), std::string("第一行\n"),
        absl::StrCat("not a signature:\n\n", kForeignLine)}) {
    const absl::StatusOr<VerifiedNote> opened = OpenNote(Signed(text), {signer_.verifier()});
    ASSERT_TRUE(opened.ok()) << absl::CEscape(text) << opened.status();
    EXPECT_EQ(opened->text, text);
    const absl::StatusOr<UnverifiedNote> parsed = ParseNote(Signed(text));
    EXPECT_EQ(*FormatNote(*parsed), Signed(text));
  }
}

TEST_F(NoteTest, WillNotSignWhatIsNoText) {
  for (const std::string& text : {std::string(), std::string("no newline"), std::string("a\tb\n"), std::string("a\r\n"),
                                  std::string("a\0b\n", 4), std::string("\xFF\n"), std::string("\xED\xA0\x80\n"),
                                  std::string("\x1B[31m\n"), std::string(kMaxNoteBytes, '\n')}) {
    EXPECT_EQ(SignNote(text, {signer_}).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(SignNote("text\n", {}).ok());
}

TEST_F(NoteTest, EveryFlippedBitIsNoticed) {
  const std::string note = Signed("docket.example/audit\n8\n\n");
  ASSERT_EQ(Open(note), absl::StatusCode::kOk);
  for (size_t bit = 0; bit < 8 * note.size(); ++bit) {
    std::string flipped = note;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    ASSERT_NE(Open(flipped), absl::StatusCode::kOk) << bit;
  }
  for (size_t size = 0; size < note.size(); ++size)
    ASSERT_NE(Open(note.substr(0, size)), absl::StatusCode::kOk) << size;
}

TEST_F(NoteTest, RefusesWhatIsAlmostANote) {
  const std::string line = Signed("text\n").substr(6);
  const std::string name = "docket.example/audit";
  ASSERT_EQ(Open("text\n\n" + line), absl::StatusCode::kOk);
  const std::string base64 = line.substr(line.rfind(' ') + 1);
  for (const std::string& note : {
           std::string(),
           std::string("\n"),
           std::string("\n\n"),
           line,
           "\n" + line,                 // no text
           "text\n" + line,             // no blank line
           std::string("text\n\n"),     // no signature
           "text\n\n\n" + line + "\n",  // a blank line at the end
           "text\n\n" + line + "x",
           "text\n\n" + line + "x\n",
           "text\n\n" + line.substr(0, line.size() - 1),
           "text\n\n " + line,
           "text\r\n\r\n" + line,
           "te\txt\n\n" + line,
           "te\x01xt\n\n" + line,
           "te\xFFxt\n\n" + line,
           "text\n\n- " + name + " " + base64,             // a hyphen
           "text\n\n\xE2\x80\x93 " + name + " " + base64,  // an en dash
           absl::StrCat("text\n\n", kDash, " ", base64),   // no name
           absl::StrCat("text\n\n", kDash, name, "  ", base64),
           absl::StrCat("text\n\n", kDash, name, " ", base64.substr(0, base64.size() - 1), " \n"),
           absl::StrCat("text\n\n", kDash, name, "\n"),
           absl::StrCat("text\n\n", kDash, name, " \n"),
           absl::StrCat("text\n\n", kDash, name, " AAAAAA==\n"),  // a key id and no signature
           absl::StrCat("text\n\n", kDash, "na+me ", base64),
           absl::StrCat("text\n\n", kDash, "na\xC2\xA0me ", base64),
           absl::StrCat("text\n\n", kDash, name, " ", absl::StrReplaceAll(base64, {{"=", ""}})),
           absl::StrCat("text\n\n", kDash, name, " ", base64.substr(0, base64.size() - 2), "==\n"),
           std::string(kMaxNoteBytes, 'x') + "\n\n" + line,
       }) {
    EXPECT_EQ(Open(note), absl::StatusCode::kInvalidArgument) << absl::CEscape(note.substr(0, 200));
  }
}

TEST_F(NoteTest, SignaturesDoNotReachAcrossABlankLine) {
  // A whole note, and under it the same signature again: now the first signature is part of the text.
  const std::string note = Signed("text\n");
  EXPECT_EQ(Open(absl::StrCat(note, "\n", note.substr(6))), absl::StatusCode::kDataLoss);
}

TEST_F(NoteTest, UnknownSignaturesAreKeptAndWorthNothing) {
  const std::string note = *SignNote("text\n", {other_, signer_});
  const absl::StatusOr<VerifiedNote> opened = OpenNote(note, {signer_.verifier()});
  ASSERT_TRUE(opened.ok());
  ASSERT_EQ(opened->verified.size(), 1u);
  EXPECT_EQ(opened->verified[0].key_name, signer_.name());
  ASSERT_EQ(opened->unknown.size(), 1u);
  EXPECT_EQ(opened->unknown[0].key_name, other_.name());

  EXPECT_EQ(OpenNote(*SignNote("text\n", {other_}), {signer_.verifier()}).status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(OpenNote(note, {}).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(OpenNote(note, {signer_.verifier(), other_.verifier()})->verified.size(), 2u);
}

TEST_F(NoteTest, NameAndIdMustBothFit) {
  const NoteSigner namesake = *NoteSigner::Generate(signer_.name());
  UnverifiedNote note = *ParseNote(Signed("text\n"));
  // The id of the known key under another name, and its name with another id: unknown, both.
  note.signatures.push_back({"other.example", signer_.key_id(), "not looked at"});
  note.signatures.push_back({signer_.name(), namesake.key_id(), "not looked at"});
  const absl::StatusOr<VerifiedNote> opened = OpenNote(*FormatNote(note), {signer_.verifier()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->unknown.size(), 2u);
}

TEST_F(NoteTest, AnotherKeyOfTheSameNameAndIdGetsNowhere) {
  // Ids are short enough to be made to collide; the signature is not the known key's all the same.
  UnverifiedNote note;
  note.text = "text\n";
  note.signatures.push_back({signer_.name(), signer_.key_id(), *other_.Sign("text\n")});
  EXPECT_EQ(Open(*FormatNote(note)), absl::StatusCode::kDataLoss);
}

TEST_F(NoteTest, ABadSignatureByAKnownKeyCondemnsTheNote) {
  UnverifiedNote note = *ParseNote(Signed("text\n"));
  note.signatures.push_back({signer_.name(), signer_.key_id(), *signer_.Sign("another text\n")});
  EXPECT_EQ(Open(*FormatNote(note)), absl::StatusCode::kDataLoss);
  std::swap(note.signatures[0], note.signatures[1]);
  EXPECT_EQ(Open(*FormatNote(note)), absl::StatusCode::kDataLoss);
  // Beside a good one by another known key, too.
  note.signatures[1] = {other_.name(), other_.key_id(), *other_.Sign("text\n")};
  EXPECT_EQ(OpenNote(*FormatNote(note), {signer_.verifier(), other_.verifier()}).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(NoteTest, ARepeatedSignatureCountsOnce) {
  const absl::StatusOr<VerifiedNote> opened = OpenNote(*SignNote("text\n", {signer_, signer_}), {signer_.verifier()});
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->verified.size(), 1u);
  EXPECT_EQ(OpenNote(Signed("text\n"), {signer_.verifier(), signer_.verifier()}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(NoteTest, SignaturesAreBounded) {
  UnverifiedNote note = *ParseNote(Signed("text\n"));
  while (note.signatures.size() < kMaxNoteSignatures) note.signatures.push_back({"w.example", 1, "x"});
  const std::string full = *FormatNote(note);
  EXPECT_EQ(Open(full), absl::StatusCode::kOk);
  EXPECT_EQ(Open(absl::StrCat(full, kDash, "w.example AAAAAXg=\n")), absl::StatusCode::kInvalidArgument);
  note.signatures.push_back({"w.example", 1, "x"});
  EXPECT_EQ(FormatNote(note).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace docket::merkle

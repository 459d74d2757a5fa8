#include "common/merkle/checkpoint.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/merkle/node.h"
#include "common/merkle/note.h"

namespace docket::merkle {
namespace {

constexpr char kOrigin[] = "docket.example/audit";
constexpr char kRoot[] = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=";
// The tree of the eight usual entries, signed with the key of RFC 8032's first test; computed with another
// implementation.
constexpr char kSecret[] = "PRIVATE+KEY+docket.example/audit+c992d083+AZ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
constexpr char kNote[] =
    "docket.example/audit\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n"
    "\xE2\x80\x94 docket.example/audit "
    "yZLQg86ba2iRD6qM6pmU0GEyG6m3HTdr0FQcR1jb1WB6Q0u/fAKygEZGnRPDQEqzFfDfsE6HaAGSp1vOXWE6PHZmtAI=\n";

TEST(CheckpointTest, KnownAnswer) {
  const NoteSigner signer = *NoteSigner::Parse(kSecret);
  const Checkpoint checkpoint{kOrigin, 8, *Hash::FromBase64(kRoot)};
  EXPECT_EQ(*SignCheckpoint(checkpoint, {signer}), kNote);
  // And again, after whatever happened in between.
  EXPECT_EQ(*SignCheckpoint(checkpoint, {*NoteSigner::Parse(kSecret)}), kNote);
  EXPECT_EQ(*VerifyCheckpoint(kNote, kOrigin, {signer.verifier()}), checkpoint);
}

TEST(CheckpointTest, EverySizeComesBack) {
  for (const uint64_t size : {uint64_t{1}, uint64_t{10}, uint64_t{20852163}, kMaxTreeSize}) {
    const Checkpoint checkpoint{kOrigin, size, LeafHash("x")};
    EXPECT_EQ(*ParseCheckpoint(*FormatCheckpoint(checkpoint)), checkpoint);
  }
  const Checkpoint empty{"审计", 0, EmptyRoot()};
  EXPECT_EQ(*ParseCheckpoint(*FormatCheckpoint(empty)), empty);
}

TEST(CheckpointTest, RefusesEveryOtherSpelling) {
  const std::string good = absl::StrCat(kOrigin, "\n8\n", kRoot, "\n");
  ASSERT_TRUE(ParseCheckpoint(good).ok());
  for (const absl::string_view size : {"08", "+8", "-8", " 8", "8 ", "", "0x8", "8.0", "8e0", "a",
                                       "9223372036854775809", "18446744073709551616", "٨"}) {
    const std::string text = absl::StrCat(kOrigin, "\n", size, "\n", kRoot, "\n");
    EXPECT_EQ(ParseCheckpoint(text).status().code(), absl::StatusCode::kInvalidArgument) << size;
  }
  for (const std::string& text : {
           std::string(),
           std::string("\n\n\n"),
           good.substr(0, good.size() - 1),
           good + "\n",
           good + "extension\n",
           good + "x",
           "\n" + good,
           " " + good,
           absl::StrCat("\n8\n", kRoot, "\n"),
           absl::StrCat("two words\n8\n", kRoot, "\n"),
           absl::StrCat("docket+audit\n8\n", kRoot, "\n"),
           absl::StrCat(kOrigin, "\r\n8\r\n", kRoot, "\r\n"),
           absl::StrCat(kOrigin, "\n8\n", kRoot),
           absl::StrCat(kOrigin, "\n8\n", kRoot, "=\n"),
           absl::StrCat(kOrigin, "\n8\n", std::string(kRoot).substr(1), "\n"),
           absl::StrCat(kOrigin, "\n8\n", std::string(43, 'A'), "\n"),
           absl::StrCat(kOrigin, "\n8\n", std::string(42, 'A'), "B=\n"),
           absl::StrCat(kOrigin, "\n8\n\n"),
           absl::StrCat(kOrigin, "\n0\n", kRoot, "\n"),  // no entries have this root
       }) {
    EXPECT_EQ(ParseCheckpoint(text).status().code(), absl::StatusCode::kInvalidArgument) << absl::CEscape(text);
  }
}

TEST(CheckpointTest, WillNotFormatWhatItWouldNotRead) {
  EXPECT_FALSE(FormatCheckpoint({"", 1, Hash()}).ok());
  EXPECT_FALSE(FormatCheckpoint({"two\nlines", 1, Hash()}).ok());
  EXPECT_FALSE(FormatCheckpoint({"a b", 1, Hash()}).ok());
  EXPECT_FALSE(FormatCheckpoint({kOrigin, kMaxTreeSize + 1, Hash()}).ok());
  EXPECT_FALSE(FormatCheckpoint({kOrigin, 0, Hash()}).ok());
}

TEST(CheckpointTest, KeysAreOfTheLog) {
  const NoteSigner log = *NoteSigner::Generate(kOrigin);
  const NoteSigner witness = *NoteSigner::Generate("witness.example");
  const Checkpoint checkpoint{kOrigin, 8, *Hash::FromBase64(kRoot)};
  EXPECT_EQ(SignCheckpoint(checkpoint, {witness}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(SignCheckpoint(checkpoint, {}).ok());
  // A witness alone does not make it the log's.
  const std::string witnessed = *SignNote(*FormatCheckpoint(checkpoint), {witness});
  EXPECT_EQ(VerifyCheckpoint(witnessed, kOrigin, {log.verifier()}).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(VerifyCheckpoint(witnessed, kOrigin, {witness.verifier()}).status().code(),
            absl::StatusCode::kInvalidArgument);
  // Beside the log it does no harm.
  const std::string both = *SignNote(*FormatCheckpoint(checkpoint), {log, witness});
  EXPECT_EQ(*VerifyCheckpoint(both, kOrigin, {log.verifier()}), checkpoint);
}

TEST(CheckpointTest, KeysMayOverlapWhileOneReplacesAnother) {
  const NoteSigner before = *NoteSigner::Generate(kOrigin);
  const NoteSigner after = *NoteSigner::Generate(kOrigin);
  const Checkpoint checkpoint{kOrigin, 8, *Hash::FromBase64(kRoot)};
  const std::string note = *SignCheckpoint(checkpoint, {before, after});
  EXPECT_TRUE(VerifyCheckpoint(note, kOrigin, {before.verifier()}).ok());
  EXPECT_TRUE(VerifyCheckpoint(note, kOrigin, {after.verifier()}).ok());
  EXPECT_TRUE(VerifyCheckpoint(note, kOrigin, {before.verifier(), after.verifier()}).ok());
}

TEST(CheckpointTest, WhatTheLogMustNotHaveSigned) {
  const NoteSigner log = *NoteSigner::Generate(kOrigin);
  const std::string other = *SignNote(*FormatCheckpoint({"other.example", 8, Hash()}), {log});
  EXPECT_EQ(VerifyCheckpoint(other, kOrigin, {log.verifier()}).status().code(), absl::StatusCode::kDataLoss);
  for (const absl::string_view text : {"docket.example/audit\n8\n", "hello\n"}) {
    EXPECT_EQ(VerifyCheckpoint(*SignNote(text, {log}), kOrigin, {log.verifier()}).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(VerifyCheckpoint("rubbish", kOrigin, {log.verifier()}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace docket::merkle

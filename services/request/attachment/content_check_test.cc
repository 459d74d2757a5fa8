#include "services/request/attachment/content_check.h"

#include <openssl/sha.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "common/log/utf8.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

std::string Sha256(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

// The verdict on content that comes in pieces of this size.
absl::Status Check(const char* type, const std::string& content, size_t piece) {
  ContentCheck check(*FindMediaType(type));
  for (size_t at = 0; at < content.size(); at += piece) check.Add(content.substr(at, piece));
  return check.Finish(static_cast<int64_t>(content.size()), Sha256(content));
}

std::string Zip(const std::string& first_entry) {
  std::string head = std::string("PK\x03\x04", 4) + std::string(22, '\0');
  head += static_cast<char>(first_entry.size());
  return head + std::string(3, '\0') + first_entry + "content";
}

constexpr char kDocx[] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

TEST(MediaTypeTest, OnlyExactNamesAreTaken) {
  EXPECT_NE(FindMediaType("application/pdf"), nullptr);
  for (const char* name : {"", "application/PDF", "application/pdf ", "text/plain; charset=utf-8", "text/html",
                           "image/svg+xml", "application/x-msdownload", "application/octet-stream"}) {
    EXPECT_EQ(FindMediaType(name), nullptr) << name;
  }
}

TEST(ContentCheckTest, ContentIsOfItsTypeByItsBeginning) {
  const struct {
    const char* type;
    std::string content;
    bool fits;
  } kCases[] = {
      {"application/pdf", "%PDF-1.7\n...", true},
      {"application/pdf", "%PDX-1.7\n", false},
      {"application/pdf", "MZ\x90", false},
      {"image/png", "\x89PNG\r\n\x1A\n....", true},
      {"image/png", "\x89PNG\n", false},
      {"image/jpeg", "\xFF\xD8\xFF\xE0", true},
      {"image/jpeg", "\xFF\xD8", false},
      {"application/zip", Zip("a.txt"), true},
      {"application/zip", std::string("PK\x05\x06", 4) + std::string(18, '\0'), true},
      {"application/zip", "PK", false},
      {kDocx, Zip("[Content_Types].xml"), true},
      {kDocx, Zip("_rels/.rels"), true},
      {kDocx, Zip("evil.exe"), false},
      {kDocx, std::string("PK\x03\x04", 4), false},
      {"text/plain", "任何文字", true},
      {"application/json", "\xEF\xBB\xBF  {\"a\": 1}", true},
      {"application/json", "not json", true},  // begins as null does: the beginning is all that is judged
      {"application/json", "<html>", false},
      {"application/json", "   ", false},
      {"application/xml", "\n<?xml version=\"1.0\"?>", true},
      {"application/xml", "{}", false},
  };
  for (const auto& one : kCases) {
    for (const size_t piece : {size_t{1}, size_t{3}, size_t{1000}}) {
      const absl::Status status = Check(one.type, one.content, piece);
      if (one.fits) {
        EXPECT_THAT(status, IsOk()) << one.type << " in pieces of " << piece;
      } else {
        EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS)) << one.type;
      }
    }
  }
}

TEST(ContentCheckTest, TextIsUtf8ToTheLastByteWhereverItIsCut) {
  const std::string text = "报备登记 résumé 😀 конец";
  for (size_t piece = 1; piece <= text.size(); ++piece) EXPECT_THAT(Check("text/plain", text, piece), IsOk()) << piece;
  const std::string kWrong[] = {text.substr(0, 2), text + "\xE6\x8A",   text + "\xFF" + text, std::string("a\0b", 3),
                                "\xC0\xAF",        "\xED\xA0\x80 tail", "\xF5\x80\x80\x80"};
  for (const std::string& wrong : kWrong) {
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{5}, size_t{1000}}) {
      EXPECT_THAT(Check("text/csv", wrong, piece), StatusIs(StatusCode::kInvalidArgument, HasSubstr("UTF-8")))
          << wrong << " in pieces of " << piece;
    }
  }
}

TEST(ContentCheckTest, TheVerdictDoesNotDependOnWhereTheContentIsCut) {
  // Bytes that begin, continue, end and break characters.
  const std::string kBytes("a\n\0\x7F\x80\xBF\xC0\xC2\xE0\xE4\xED\xA0\x9F\xF0\x90\xF4\xF5\xFF\xB9\xA6", 20);
  const std::string kWhole[] = {"a", "é", "书", "😀"};
  std::mt19937 random(20261122);
  for (int round = 0; round < 20'000; ++round) {
    std::string content;
    const size_t parts = 1 + random() % 8;
    for (size_t i = 0; i < parts; ++i) {
      // Mostly whole characters: otherwise nothing long would ever be text.
      content += random() % 8 == 0 ? std::string(1, kBytes[random() % kBytes.size()]) : kWhole[random() % 4];
    }
    const bool is_text = FindInvalidUtf8(content) == std::string::npos && content.find('\0') == std::string::npos;
    ContentCheck check(*FindMediaType("text/plain"));
    for (size_t at = 0; at < content.size();) {
      const size_t piece = 1 + random() % 5;
      check.Add(absl::string_view(content).substr(at, piece));
      at += piece;
    }
    ASSERT_EQ(check.Finish(static_cast<int64_t>(content.size()), Sha256(content)).ok(), is_text)
        << absl::CHexEscape(content);
  }
}

TEST(ContentCheckTest, AnotherDigestOrSizeIsAMismatch) {
  ContentCheck check(*FindMediaType("text/plain"));
  check.Add("abc");
  EXPECT_THAT(check.Finish(3, Sha256("abd")), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_DIGEST_MISMATCH));
  ContentCheck shorter(*FindMediaType("text/plain"));
  shorter.Add("abc");
  EXPECT_THAT(shorter.Finish(4, Sha256("abc")), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_DIGEST_MISMATCH));
}

}  // namespace
}  // namespace docket::request

#include "common/page_token/page_token.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/page_token/page_size.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using ::testing::HasSubstr;

class PageTokenTest : public ::testing::Test {
 protected:
  static PageTokenCodec Codec(char key) {
    auto codec = PageTokenCodec::Create(std::string(32, key));
    EXPECT_TRUE(codec.ok()) << codec.status();
    return *std::move(codec);
  }

  void ExpectRefused(absl::string_view token, const PageTokenCodec& codec) {
    const auto decoded = codec.Decode(token, query_);
    EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument) << token;
    EXPECT_EQ(GetReason(decoded.status()), Reason::REASON_INVALID_PAGE_TOKEN) << token;
  }

  const PageTokenCodec codec_ = Codec('k');
  const std::string query_ = QueryFingerprint({"ListRequests", "organizations/acme", "state = DRAFT", ""});
};

TEST_F(PageTokenTest, ComesBackAsItWent) {
  for (const PageToken& token : std::vector<PageToken>{
           {.key = {}, .snapshot = 0, .fingerprint = query_},
           {.key = {""}, .snapshot = 1, .fingerprint = query_},
           {.key = {"1741064767000008", std::string("\0\x01\xff\x7f", 4)},
           .snapshot = UINT64_MAX,
           .fingerprint = query_},
           {.key = std::vector<std::string>(16, "x"), .snapshot = 42, .fingerprint = query_},
           {.key = {std::string(4096, '\xee')}, .snapshot = 42, .fingerprint = query_},
           {.key = {"门禁", "", "'; DROP TABLE"}, .snapshot = 7, .fingerprint = query_},
       }) {
    const std::string text = codec_.Encode(token);
    for (const char c : text) EXPECT_TRUE(absl::ascii_isalnum(c) || c == '-' || c == '_') << text;
    const auto decoded = codec_.Decode(text, query_);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->key, token.key);
    EXPECT_EQ(decoded->snapshot, token.snapshot);
    EXPECT_EQ(decoded->fingerprint, token.fingerprint);
  }
}

TEST_F(PageTokenTest, RefusesEveryChangedBit) {
  std::string bytes;
  const std::string text = codec_.Encode({.key = {"abc", "de"}, .snapshot = 3, .fingerprint = query_});
  ASSERT_TRUE(absl::WebSafeBase64Unescape(text, &bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      ExpectRefused(absl::WebSafeBase64Escape(changed), codec_);
    }
  }
}

TEST_F(PageTokenTest, RefusesEveryChangedCharacterAndLength) {
  const std::string text = codec_.Encode({.key = {"abc"}, .snapshot = 3, .fingerprint = query_});
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    for (const char c : {'A', '_', '=', '+', '/', ' ', '\n', '\0', '\x80'}) {
      if (text[i] == c) continue;
      changed[i] = c;
      ExpectRefused(changed, codec_);
    }
    ExpectRefused(text.substr(0, i), codec_);
    ExpectRefused(absl::StrCat(text.substr(0, i), text.substr(i + 1)), codec_);
  }
  for (const char* more : {"A", "AA", "=", "==", "\n", " ", "!"}) ExpectRefused(absl::StrCat(text, more), codec_);
  ExpectRefused(absl::StrCat(text, text), codec_);
  ExpectRefused(std::string(1 << 20, 'A'), codec_);
  ExpectRefused("", codec_);
  ExpectRefused("!", codec_);
  ExpectRefused(std::string(64, 'A'), codec_);
}

TEST_F(PageTokenTest, RefusesAForeignKey) {
  ExpectRefused(Codec('x').Encode({.key = {"abc"}, .fingerprint = query_}), codec_);
}

TEST_F(PageTokenTest, RefusesAnotherQuery) {
  const std::string text = codec_.Encode({.key = {"abc"}, .fingerprint = query_});
  for (const std::string& other : {std::string(), std::string("x"), query_.substr(0, 15), query_ + "x",
                                   QueryFingerprint({"ListRequests", "organizations/other", "state = DRAFT", ""}),
                                   QueryFingerprint({"ListRequests", "organizations/acme", "state = DRAFT"}),
                                   QueryFingerprint({"ListRequests", "organizations/acme", "", "state = DRAFT"})}) {
    const auto decoded = codec_.Decode(text, other);
    EXPECT_EQ(GetReason(decoded.status()), Reason::REASON_INVALID_PAGE_TOKEN);
    EXPECT_THAT(decoded.status().message(), HasSubstr("another query"));
  }
  // Not even a token that was made without a query fits a query that has none.
  EXPECT_FALSE(codec_.Decode(codec_.Encode({.key = {"abc"}}), "").ok());
}

TEST_F(PageTokenTest, WhatIsTooLargeNeverLooksLikeTheEndOfTheList) {
  for (const PageToken& token : std::vector<PageToken>{
           {.key = std::vector<std::string>(17, "x"), .fingerprint = query_},
           {.key = std::vector<std::string>(272, "x"), .fingerprint = query_},
           {.key = {std::string(4097, 'x')}, .fingerprint = query_},
           {.key = {std::string(1 << 20, 'x')}, .fingerprint = query_},
           {.key = {}, .fingerprint = std::string(256, 'f')},
       }) {
    const std::string text = codec_.Encode(token);
    EXPECT_FALSE(text.empty());
    ExpectRefused(text, codec_);
  }
}

TEST_F(PageTokenTest, NeedsALongKey) {
  EXPECT_EQ(PageTokenCodec::Create("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PageTokenCodec::Create(std::string(31, 'k')).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(PageTokenCodec::Create(std::string(32, '\0')).ok());
}

TEST_F(PageTokenTest, TheMacIsHmacSha256) {
  // Made with Python's hmac and base64. A change of the layout must change the version: tokens outlive a deployment.
  const std::string text = codec_.Encode({.key = {"k"}, .snapshot = 5, .fingerprint = "abcd"});
  EXPECT_EQ(text, "AQRhYmNkAAAAAAAAAAUBAAFrAZEsTGWR27uaxQrlHbNRXdnZlTeZNMccmPL_TyNMcv4");
}

TEST(QueryFingerprintTest, TellsPartsApart) {
  std::set<std::string> all;
  for (const std::string& print :
       {QueryFingerprint({}), QueryFingerprint({""}), QueryFingerprint({"", ""}), QueryFingerprint({"ab"}),
        QueryFingerprint({"a", "b"}), QueryFingerprint({"ab", ""}), QueryFingerprint({"", "ab"}),
        QueryFingerprint({"b", "a"}), QueryFingerprint({absl::string_view("ab\0", 3)})}) {
    EXPECT_EQ(print.size(), 16u);
    all.insert(print);
  }
  EXPECT_EQ(all.size(), 9u);
  EXPECT_EQ(QueryFingerprint({"a", "b"}), QueryFingerprint({"a", "b"}));
}

TEST(PageSizeTest, Clamps) {
  struct Case {
    int32_t requested;
    int want;
    bool ok;
  };
  for (const Case& c : std::vector<Case>{{0, 50, true},
                                         {1, 1, true},
                                         {50, 50, true},
                                         {999, 999, true},
                                         {1000, 1000, true},
                                         {1001, 1000, true},
                                         {INT32_MAX, 1000, true},
                                         {-1, 50, false},
                                         {INT32_MIN, 50, false}}) {
    FieldViolations violations;
    EXPECT_EQ(PageSize(c.requested, violations), c.want) << c.requested;
    EXPECT_EQ(violations.empty(), c.ok) << c.requested;
  }
  FieldViolations violations;
  PageSize(-1, violations, "request.page_size");
  EXPECT_THAT(violations.ToStatus().message(), HasSubstr("request.page_size: must not be negative"));
}

}  // namespace
}  // namespace docket

#include "common/jwt/caching_verifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/jwt/signer.h"
#include "common/jwt/test_issuer.h"
#include "common/status/error.h"

namespace docket::jwt {
namespace {

using nlohmann::json;

class CachingVerifierTest : public testing::Test {
 protected:
  static Verifier For(const TestIssuer& issuer) {
    return Verifier(*KeySet::Parse(json{{"keys", {issuer.Jwk()}}}.dump()),
                    {.issuer = "https://login.example", .audience = "docket"});
  }
  std::string Token(int subject, int64_t lifetime = 3600) const {
    json payload = TestPayload();
    payload["sub"] = std::to_string(subject);
    payload["exp"] = kTestNow + lifetime;
    return issuer_.Token(payload);
  }

  const TestIssuer issuer_{Algorithm::kEdDsa, "k"};
  FakeClock clock_{absl::FromUnixSeconds(kTestNow)};
  CachingVerifier verifier_{For(issuer_), clock_, 3};
};

TEST_F(CachingVerifierTest, RemembersGoodTokens) {
  const std::string token = Token(1);
  const auto first = verifier_.Verify(token);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)->subject, "1");
  const auto second = verifier_.Verify(token);
  EXPECT_EQ(first->get(), second->get());
  EXPECT_EQ(verifier_.counts().hits, 1u);
  EXPECT_EQ(verifier_.counts().misses, 1u);
  EXPECT_EQ(verifier_.counts().entries, 1u);
}

TEST_F(CachingVerifierTest, NotPastTheirTime) {
  const std::string token = Token(1, 100);
  ASSERT_TRUE(verifier_.Verify(token).ok());
  clock_.Advance(absl::Seconds(99));
  EXPECT_TRUE(verifier_.Verify(token).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(GetReason(verifier_.Verify(token).status()), Reason::REASON_TOKEN_EXPIRED);
  EXPECT_EQ(verifier_.counts().entries, 0u);
  EXPECT_EQ(GetReason(verifier_.Verify(token).status()), Reason::REASON_TOKEN_EXPIRED);
}

TEST_F(CachingVerifierTest, BadTokensAreNotRememberedAndDisplaceNothing) {
  ASSERT_TRUE(verifier_.Verify(Token(1)).ok());
  const TestIssuer stranger(Algorithm::kEdDsa, "k");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(GetReason(verifier_.Verify(stranger.Token(TestPayload())).status()), Reason::REASON_TOKEN_INVALID);
    EXPECT_FALSE(verifier_.Verify(std::string(kMaxTokenBytes + 1, 'x')).ok());
    EXPECT_FALSE(verifier_.Verify("").ok());
  }
  EXPECT_EQ(verifier_.counts().entries, 1u);
  // Nor does a token that differs from a remembered one in a single place pass for it.
  std::string changed = Token(1);
  changed.back() = changed.back() == 'A' ? 'Q' : 'A';
  EXPECT_FALSE(verifier_.Verify(changed).ok());
  EXPECT_EQ(verifier_.counts().hits, 0u);
}

TEST_F(CachingVerifierTest, TheLeastRecentlyUsedGoes) {
  const std::string tokens[] = {Token(0), Token(1), Token(2), Token(3)};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(verifier_.Verify(tokens[i]).ok());
  ASSERT_TRUE(verifier_.Verify(tokens[0]).ok());  // now 1 is the oldest
  EXPECT_EQ(verifier_.counts().hits, 1u);
  ASSERT_TRUE(verifier_.Verify(tokens[3]).ok());
  EXPECT_EQ(verifier_.counts().entries, 3u);
  for (const int i : {0, 2, 3}) ASSERT_TRUE(verifier_.Verify(tokens[i]).ok());
  EXPECT_EQ(verifier_.counts().hits, 4u);
  ASSERT_TRUE(verifier_.Verify(tokens[1]).ok());
  EXPECT_EQ(verifier_.counts().hits, 4u);
}

TEST_F(CachingVerifierTest, NoCapacityNoMemory) {
  CachingVerifier none(For(issuer_), clock_, 0);
  const std::string token = Token(1);
  EXPECT_TRUE(none.Verify(token).ok());
  EXPECT_TRUE(none.Verify(token).ok());
  EXPECT_EQ(none.counts().hits, 0u);
  EXPECT_EQ(none.counts().entries, 0u);
}

TEST_F(CachingVerifierTest, AWithdrawnKeyIsWithdrawnAtOnce) {
  const std::string token = Token(1);
  ASSERT_TRUE(verifier_.Verify(token).ok());
  const TestIssuer successor(Algorithm::kEdDsa, "k2");
  verifier_.Replace(For(successor));
  EXPECT_FALSE(verifier_.Verify(token).ok());
  EXPECT_TRUE(verifier_.Verify(successor.Token(TestPayload())).ok());
}

TEST_F(CachingVerifierTest, ManyThreads) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 8; ++i) tokens.push_back(Token(i));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 200; ++i) {
        const size_t which = (i * 7 + t) % tokens.size();
        const auto claims = verifier_.Verify(tokens[which]);
        if (!claims.ok() || (*claims)->subject != std::to_string(which)) ++wrong;
        if (t == 0 && i % 50 == 0) verifier_.Replace(For(issuer_));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(verifier_.counts().entries, 3u);
  EXPECT_EQ(verifier_.counts().hits + verifier_.counts().misses, 800u);
}

}  // namespace
}  // namespace docket::jwt

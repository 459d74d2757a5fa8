#include "common/jwt/signer.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "common/jwt/base64url.h"
#include "common/jwt/jwks.h"
#include "common/jwt/openssl.h"
#include "common/jwt/test_issuer.h"
#include "common/jwt/verifier.h"

namespace docket::jwt {
namespace {

using nlohmann::json;

// The key of RFC 8037, appendix A.1, in PKCS #8 (written by the openssl command).
constexpr char kPem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

class SignerTest : public testing::Test {
 protected:
  SignerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "docket-jwt-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~SignerTest() override { std::filesystem::remove_all(directory_); }
  std::string Path(const std::string& name) const { return directory_ / name; }
  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(Path(name)) << text;
    chmod(Path(name).c_str(), mode);
    return Path(name);
  }

  static Claims TestClaims() { return *ParseClaims(TestPayload().dump()); }
  static Verifier VerifierOf(const std::string& jwks) {
    return Verifier(*KeySet::Parse(jwks), {.issuer = "https://login.example", .audience = "docket"});
  }

  std::filesystem::path directory_;
  const absl::Time now_ = absl::FromUnixSeconds(kTestNow);
};

TEST_F(SignerTest, KnownAnswer) {
  const absl::StatusOr<SigningKey> key = SigningKey::Parse(kPem);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(EncodeBase64Url(key->public_key()), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  EXPECT_EQ(EncodeBase64Url(*key->Sign("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  EXPECT_EQ(*key->ToPem(), kPem);
  EXPECT_EQ(json::parse(PublicJwk(*key, "dev")),
            json::parse(R"({"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"dev",
                            "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"));
}

TEST_F(SignerTest, WhatIsMintedVerifies) {
  ASSERT_TRUE(GenerateSigningKey(Path("key.pem")).ok());
  struct stat info;
  ASSERT_EQ(stat(Path("key.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const absl::StatusOr<SigningKey> key = SigningKey::Load(Path("key.pem"));
  ASSERT_TRUE(key.ok()) << key.status();
  const absl::StatusOr<std::string> token = MintToken(*key, "dev", TestClaims());
  ASSERT_TRUE(token.ok()) << token.status();
  const absl::StatusOr<Claims> claims = VerifierOf(PublicJwks(*key, "dev")).Verify(*token, now_);
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(*FormatClaims(*claims), *FormatClaims(TestClaims()));
  EXPECT_EQ(claims->display_name, "林梅");
  EXPECT_FALSE(VerifierOf(PublicJwks(*SigningKey::Generate(), "dev")).Verify(*token, now_).ok());
  EXPECT_FALSE(VerifierOf(PublicJwks(*key, "other")).Verify(*token, now_).ok());
}

TEST_F(SignerTest, MintsNothingThatCannotVerify) {
  const SigningKey key = *SigningKey::Generate();
  EXPECT_FALSE(MintToken(key, "", TestClaims()).ok());
  EXPECT_FALSE(MintToken(key, std::string(kMaxKidBytes + 1, 'k'), TestClaims()).ok());
  EXPECT_FALSE(MintToken(key, "dev", Claims()).ok());
  Claims claims = TestClaims();
  claims.audience.assign(kMaxAudiences, std::string(kMaxClaimTextBytes, 'a'));
  EXPECT_EQ(MintToken(key, "dev", claims).status().code(), absl::StatusCode::kInvalidArgument);
  claims = TestClaims();
  claims.expires_at = absl::InfiniteFuture();
  EXPECT_FALSE(MintToken(key, "dev", claims).ok());
}

TEST_F(SignerTest, KeyFiles) {
  EXPECT_EQ(SigningKey::Load(Path("missing")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(SigningKey::Load(directory_).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(SigningKey::Load(Write("good", kPem)).ok());
  EXPECT_TRUE(SigningKey::Load(Write("read-only", kPem, 0400)).ok());
  for (const mode_t mode : {0640u, 0604u, 0620u, 0602u, 0644u, 0666u}) {
    EXPECT_EQ(SigningKey::Load(Write("open", kPem, mode)).status().code(), absl::StatusCode::kFailedPrecondition)
        << mode;
  }
  ASSERT_TRUE(GenerateSigningKey(Path("key")).ok());
  EXPECT_EQ(GenerateSigningKey(Path("key")).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(GenerateSigningKey(Path("good")).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*SigningKey::Load(Path("good"))->ToPem(), kPem);
}

TEST_F(SignerTest, OtherKindsOfKeysAreRefused) {
  const auto pem_of = [](EVP_PKEY* key, const EVP_CIPHER* cipher) {
    const Owned<BIO> bio(BIO_new(BIO_s_mem()));
    unsigned char passphrase[] = "secret";
    PEM_write_bio_PrivateKey(bio.get(), key, cipher, cipher == nullptr ? nullptr : passphrase,
                             cipher == nullptr ? 0 : 6, nullptr, nullptr);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<size_t>(size));
  };
  const TestIssuer ec(Algorithm::kEs256, "k");
  const TestIssuer ed(Algorithm::kEdDsa, "k");
  ASSERT_TRUE(SigningKey::Parse(pem_of(ed.key(), nullptr)).ok());
  for (const std::string& pem : {pem_of(ec.key(), nullptr), pem_of(ed.key(), EVP_aes_128_cbc()), std::string(),
                                 std::string("rubbish"), std::string(kPem).substr(0, 60), std::string(100'000, 'x'),
                                 std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")}) {
    const absl::Status status = SigningKey::Parse(pem).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(absl::StrContains(status.message(), "AAAA"));
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST_F(SignerTest, AKidThatIsNoTextHarmsNobody) {
  const SigningKey key = *SigningKey::Generate();
  const std::string jwks = PublicJwks(key, "\xFF\"}");
  EXPECT_TRUE(KeySet::Parse(jwks).ok());
  EXPECT_EQ(KeySet::Parse(jwks)->Find("\xEF\xBF\xBD\"}")->kid, "\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace docket::jwt

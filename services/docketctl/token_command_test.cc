#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/jwt/jwks.h"
#include "common/jwt/verifier.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/docketctl/commands.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

Arguments Parse(std::vector<std::string> words) {
  words.insert(words.begin(), "docketctl");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return Arguments::Parse(static_cast<int>(argv.size()), argv.data());
}

constexpr char kOrganization[] = R"(
organization: {id: yunqi, title: 云栖}
vendors: [{id: haiwei}]
people:
  - {id: li, display_name: 李晓云, department: security, roles: [REQUESTER, DEPARTMENT_HEAD]}
  - {id: wu, vendor: haiwei, roles: [VENDOR]}
)";

class TokenCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(
        TokenKeyCommand(Parse({"token", "key", "--out=" + dir_.Path("key.pem"), "--jwks=" + dir_.Path("jwks.json")})),
        IsOk());
  }
  absl::Status Mint(const std::string& yaml, const std::string& lifetime = "1h") {
    return TokenMintAllCommand(Parse(
        {"token", "mint-all", "--key=" + dir_.Path("key.pem"), "--issuer=https://issuer.test", "--audience=docket",
         "--lifetime=" + lifetime, "--file=" + dir_.Write("organization.yaml", yaml), "--out=" + dir_.Path("token")}));
  }
  absl::StatusOr<jwt::Claims> Verify(const std::string& file, absl::Time now = absl::Now()) {
    auto keys = jwt::KeySet::Parse(tests::ReadFile(dir_.Path("jwks.json")));
    if (!keys.ok()) return keys.status();
    const jwt::Verifier verifier(*std::move(keys), {.issuer = "https://issuer.test", .audience = "docket"});
    const std::string token = tests::ReadFile(dir_.Path(file));
    return verifier.Verify(absl::StripSuffix(token, "\n"), now);
  }

  tests::TempDir dir_;
};

TEST_F(TokenCommandTest, EveryPersonGetsATokenThatTheGatewayTakes) {
  ASSERT_THAT(Mint(kOrganization), IsOk());
  const auto li = Verify("token/yunqi/li.jwt");
  ASSERT_THAT(li, IsOk());
  EXPECT_EQ(li->name, "organizations/yunqi/people/li");
  EXPECT_EQ(li->display_name, "李晓云");
  EXPECT_EQ(li->department, "organizations/yunqi/departments/security");
  EXPECT_THAT(li->roles, ElementsAre("REQUESTER", "DEPARTMENT_HEAD"));
  const auto wu = Verify("token/yunqi/wu.jwt");
  ASSERT_THAT(wu, IsOk());
  EXPECT_EQ(wu->vendor, "organizations/yunqi/vendors/haiwei");
  const auto administrator = Verify("token/platform/administrator.jwt");
  ASSERT_THAT(administrator, IsOk());
  EXPECT_EQ(administrator->name, "services/administrator");
  EXPECT_THAT(administrator->roles, ElementsAre("ADMINISTRATOR"));
}

TEST_F(TokenCommandTest, TokensEnd) {
  ASSERT_THAT(Mint(kOrganization, "30m"), IsOk());
  EXPECT_THAT(Verify("token/yunqi/li.jwt", absl::Now() + absl::Minutes(29)), IsOk());
  EXPECT_THAT(Verify("token/yunqi/li.jwt", absl::Now() + absl::Minutes(31)),
              StatusIs(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_EXPIRED));
}

TEST_F(TokenCommandTest, OnlyTheirOwnerMayReadThem) {
  ASSERT_THAT(Mint(kOrganization), IsOk());
  for (const char* file : {"key.pem", "token/yunqi/li.jwt", "token/platform/administrator.jwt"}) {
    struct stat info;
    ASSERT_EQ(stat(dir_.Path(file).c_str(), &info), 0) << file;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << file;
  }
}

TEST_F(TokenCommandTest, MintingAgainReplacesTokensEvenAfterOneThatWasInterrupted) {
  ASSERT_THAT(Mint(kOrganization), IsOk());
  const std::string first = tests::ReadFile(dir_.Path("token/yunqi/li.jwt"));
  std::ofstream(dir_.Path("token/yunqi/li.jwt.new")) << "half of";
  ASSERT_EQ(chmod(dir_.Path("token/yunqi/li.jwt.new").c_str(), 0644), 0);
  ASSERT_THAT(Mint(kOrganization, "2h"), IsOk());
  EXPECT_NE(tests::ReadFile(dir_.Path("token/yunqi/li.jwt")), first);
  EXPECT_THAT(Verify("token/yunqi/li.jwt"), IsOk());
  struct stat info;
  ASSERT_EQ(stat(dir_.Path("token/yunqi/li.jwt").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(TokenCommandTest, AKeyIsNeverOverwritten) {
  EXPECT_THAT(
      TokenKeyCommand(Parse({"token", "key", "--out=" + dir_.Path("key.pem"), "--jwks=" + dir_.Path("other.json")})),
      StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(TokenCommandTest, MistakesMintNothing) {
  EXPECT_THAT(Mint("organization: {id: yunqi}"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("people")));
  EXPECT_THAT(Mint("organization: {id: yunqi}\npeople: [{id: 7}]"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("entry 1")));
  EXPECT_THAT(Mint("organization: {id: yunqi}\npeople: [{id: ../../evil}]"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Mint("organization: {id: yunqi}\npeople: [{id: li, roles: [no such]}]"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Mint(kOrganization, "soon"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--lifetime")));
  EXPECT_EQ(tests::ReadFile(dir_.Path("token/yunqi/li.jwt")), "");
  EXPECT_THAT(TokenMintAllCommand(Parse({"token", "mint-all"})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--key")));
}

}  // namespace
}  // namespace docket::ctl

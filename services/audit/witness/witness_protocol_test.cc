#include "services/audit/witness/witness_protocol.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/audit/witness/witness_list.h"
#include "tests/support/status_matchers.h"

namespace docket::audit {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

TEST(WitnessProtocolTest, TheBodyIsThatOfTheSpecification) {
  const std::string note =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
      "\xE2\x80\x94 example.com/behind-the-sofa "
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
  const auto hash1 = merkle::Hash::FromBase64("PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=");
  const auto hash2 = merkle::Hash::FromBase64("jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=");
  EXPECT_EQ(AddCheckpointBody(20852014, {*hash1, *hash2}, note),
            "old 20852014\n"
            "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
            "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
            "\n" +
                note);
  EXPECT_EQ(AddCheckpointBody(0, {}, note), "old 0\n\n" + note);
}

TEST(WitnessProtocolTest, AConflictNamesOneSize) {
  EXPECT_THAT(ParseConflict("0\n"), IsOkAndHolds(0u));
  EXPECT_THAT(ParseConflict("20852163\n"), IsOkAndHolds(20852163u));
  EXPECT_THAT(ParseConflict("9223372036854775808\n"), IsOkAndHolds(uint64_t{1} << 63));
  for (const char* body : {"", "\n", "7", "07\n", "+7\n", "-7\n", " 7\n", "7 \n", "7\r\n", "7\n\n", "7\n8\n", "0x7\n",
                           "7.0\n", "9223372036854775809\n", "99999999999999999999\n", "many\n"}) {
    EXPECT_FALSE(ParseConflict(body).ok()) << body;
  }
}

TEST(WitnessProtocolTest, FindsTheWitnesssOwnLine) {
  const auto one = *merkle::CosignatureSigner::Generate("witness.example/one");
  const auto other = *merkle::CosignatureSigner::Generate("witness.example/one");
  const std::string line = *merkle::FormatSignatureLine(*one.Sign("text\n", 5));
  const std::string others = *merkle::FormatSignatureLine(*other.Sign("text\n", 5));
  EXPECT_THAT(FindCosignature(line, one.verifier()), IsOk());
  EXPECT_THAT(FindCosignature(others + line, one.verifier()), IsOk());
  EXPECT_THAT(FindCosignature(others, one.verifier()), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(FindCosignature("", one.verifier()), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(FindCosignature(line + "x", one.verifier()), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(WitnessListTest, SaysWhichSettingIsWrong) {
  const std::string key = merkle::CosignatureSigner::Generate("w/1")->verifier().ToText();
  const auto list = [](const std::vector<std::pair<std::string, std::string>>& witnesses) {
    process::v1::AuditLog settings;
    for (const auto& [text, url] : witnesses) {
      process::v1::Witness* witness = settings.add_witnesses();
      witness->set_verifier_key(text);
      witness->set_url(url);
    }
    return ReadWitnesses(settings);
  };
  const auto good = list({{key, "https://w.example/a/"},
                          {merkle::CosignatureSigner::Generate("w/1")->verifier().ToText(), "http://127.0.0.1:8080"},
                          {merkle::CosignatureSigner::Generate("w/2")->verifier().ToText(), ""}});
  ASSERT_THAT(good, IsOk());
  EXPECT_EQ((*good)[0].url, "https://w.example/a");
  EXPECT_EQ((*good)[1].url, "http://127.0.0.1:8080");
  EXPECT_THAT(list({{key, ""}, {key, ""}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("witnesses[1].verifier_key")));
  EXPECT_THAT(list({{"w+1+x", ""}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("witnesses[0].verifier_key")));
  // A log's key is no witness's.
  EXPECT_FALSE(list({{merkle::NoteSigner::Generate("w/1")->verifier().ToText(), ""}}).ok());
  for (const char* url : {"w.example", "ftp://w.example", "https://", "https:///x", "https://w.example/?a",
                          "https://w.example/#a", "https://w.example/ a", "file:///etc/passwd"}) {
    EXPECT_THAT(list({{key, url}}), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("witnesses[0].url")))
        << url;
  }
}

}  // namespace
}  // namespace docket::audit

#include <fstream>
#include <string>
#include <vector>

#include "common/evidence/receipt.h"
#include "common/evidence/testing/made_bundle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/failure.h"
#include "services/docketctl/part_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::ctl {
namespace {

using evidence::testing::MadeBundle;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

class VerifyCommandTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& content) {
    std::ofstream(dir_.Path(name), std::ios::binary) << content;
    return dir_.Path(name);
  }
  static absl::Status Run(absl::Status (*command)(const Arguments&), std::vector<std::string> words) {
    words.insert(words.begin(), "docketctl");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return command(Arguments::Parse(static_cast<int>(argv.size()), argv.data()));
  }
  static absl::Status VerifyBundle(const std::string& file, const std::string& option) {
    return Run(VerifyBundleCommand, {"verify", "bundle", file, option});
  }
  static absl::Status VerifyReceipt(const std::string& file, const std::string& key) {
    return Run(VerifyReceiptCommand, {"verify", "receipt", file, "--key=" + key});
  }

  tests::TempDir dir_;
  const MadeBundle made_{4};
  const MadeBundle other_{4};
};

TEST_F(VerifyCommandTest, ABundleVerifiesByKeyFileOrFingerprint) {
  const std::string file = Write("bundle", made_.Write());
  const std::string key = made_.key().ToText();
  EXPECT_THAT(VerifyBundle(file, "--key=" + key), IsOk());
  EXPECT_THAT(VerifyBundle(file, "--key=" + Write("vkey", key + "\n")), IsOk());
  EXPECT_THAT(VerifyBundle(file, "--fingerprint=" + evidence::KeyFingerprint(made_.key())), IsOk());
}

TEST_F(VerifyCommandTest, EveryKindOfFailureHasACode) {
  const std::string whole = made_.Write();
  const std::string key = "--key=" + made_.key().ToText();
  const std::string file = Write("bundle", whole);
  EXPECT_EQ(ExitCodeOf(VerifyBundle(file, "--key=" + other_.key().ToText())), kExitOtherKey);
  const absl::Status unknown = Run(VerifyBundleCommand, {"verify", "bundle", file});
  EXPECT_EQ(ExitCodeOf(unknown), kExitOtherKey) << "no key was expected, so none is trusted";
  EXPECT_EQ(ExitCodeOf(VerifyBundle(Write("cut", whole.substr(0, whole.size() / 2)), key)), kExitDamaged);
  EXPECT_EQ(ExitCodeOf(VerifyBundle(Write("empty", ""), key)), kExitDamaged);
  EXPECT_EQ(ExitCodeOf(VerifyBundle(dir_.Path("nowhere"), key)), kExitNotFound);
  const std::string forged =
      made_.Write([](auto& lines) { std::get<evidence::BundleEntry>(lines[3]).payload->bytes += "x"; });
  const absl::Status unproven = VerifyBundle(Write("forged", forged), key);
  EXPECT_EQ(ExitCodeOf(unproven), kExitUnverified);
  EXPECT_THAT(DescribeFailure(unproven), HasSubstr("entry 11: payload: "));
  EXPECT_EQ(ExitCodeOf(VerifyBundle(file, "--key=no-key")), kExitUsage);
}

TEST_F(VerifyCommandTest, OneOfTheWitnessesMustHaveCosigned) {
  const auto one = merkle::CosignatureSigner::Generate("witness.example/w1").value();
  const auto two = merkle::CosignatureSigner::Generate("witness.example/w2").value();
  const auto three = merkle::CosignatureSigner::Generate("witness.example/w3").value();
  const std::string file =
      Write("bundle", made_.Write() + evidence::FormatBundleLine(made_.Cosigned(12, {&one, &two}, 1794800000)));
  const auto verify = [&](const std::string& keys) {
    return Run(VerifyBundleCommand,
               {"verify", "bundle", file, "--key=" + made_.key().ToText(), "--witness-keys=" + Write("keys", keys)});
  };
  ::testing::internal::CaptureStdout();
  EXPECT_THAT(verify(one.verifier().ToText() + "\n" + three.verifier().ToText() + "\n"), IsOk());
  const std::string shown = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(shown, HasSubstr("cosigned at log size 12 by witness.example/w1 at 2026-11-16T03:33:20Z"));
  EXPECT_THAT(shown, HasSubstr("not covered by that: entries from 12 on"));
  EXPECT_THAT(shown, HasSubstr("not checked: cosignatures of witness.example/w2; give --witness-keys=FILE"));
  EXPECT_THAT(shown, HasSubstr("not there: cosignatures of witness.example/w3"));
  EXPECT_THAT(verify(one.verifier().ToText() + "\n" + two.verifier().ToText() + "\n"), IsOk());
  const absl::Status absent = verify(three.verifier().ToText() + "\n");
  EXPECT_EQ(ExitCodeOf(absent), kExitUnverified);
  EXPECT_THAT(DescribeFailure(absent), HasSubstr("witnesses: cosignature: "));
  EXPECT_EQ(ExitCodeOf(verify("nonsense\n")), kExitUsage);
}

TEST_F(VerifyCommandTest, AReceiptVerifiesAloneAndWithItsRecord) {
  const std::string key = made_.key().ToText();
  EXPECT_THAT(VerifyReceipt(Write("receipt", made_.filing().receipt()), key), IsOk());
  const auto filing = ToJson(made_.filing());
  const auto registration = ToJson(made_.registration());
  ASSERT_THAT(filing, IsOk());
  ASSERT_THAT(registration, IsOk());
  EXPECT_THAT(VerifyReceipt(Write("filing", *filing), key), IsOk());
  EXPECT_THAT(VerifyReceipt(Write("registration", *registration), key), IsOk());

  audit::v1::Filing changed = made_.filing();
  changed.set_title("另一个标题");
  const auto changed_json = ToJson(changed);
  ASSERT_THAT(changed_json, IsOk());
  EXPECT_EQ(ExitCodeOf(VerifyReceipt(Write("changed", *changed_json), key)), kExitUnverified);
  EXPECT_EQ(ExitCodeOf(VerifyReceipt(Write("receipt", other_.filing().receipt()), key)), kExitOtherKey);
  EXPECT_EQ(ExitCodeOf(VerifyReceipt(Write("none", "no receipt"), key)), kExitDamaged);
  std::string receipt = made_.filing().receipt();
  receipt.replace(receipt.find("BB-2026-000001"), 14, "BB-2026-000002");
  EXPECT_EQ(ExitCodeOf(VerifyReceipt(Write("forged", receipt), key)), kExitUnverified);
}

TEST(PartFileTest, AppearsWholeOrNotAtAllAndIsBounded) {
  const tests::TempDir dir;
  const std::string path = dir.Path("out");
  auto file = PartFile::Create(path, 10);
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->Write("12345"), IsOk());
  EXPECT_FALSE(std::ifstream(path).good());
  EXPECT_THAT(file->Write("67890"), IsOk());
  EXPECT_THAT(file->Write("1"), StatusIs(absl::StatusCode::kResourceExhausted));
  auto again = PartFile::Create(path, 10);
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(again->Write("12345"), IsOk());
  EXPECT_THAT(again->Finish(), IsOk());
  std::ifstream whole(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(whole), {}), "12345");
  EXPECT_THAT(PartFile::Create(path, 10), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(PartFile::Create(dir.Path("no/folder"), 10), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace docket::ctl

#include "common/evidence/receipt.h"

#include <string>

#include "common/evidence/testing/made_bundle.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/note.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::evidence {
namespace {

using ::testing::HasSubstr;
using testing::MadeBundle;
using tests::IsOk;
using tests::StatusIs;

ReceiptFacts Facts() {
  return {.kind = "filing",
          .number = "BB-2026-000001",
          .request = "organizations/yunqi/requests/r1",
          .content_sha256 = std::string(64, 'a'),
          .record_sha256 = std::string(64, 'b'),
          .time = absl::FromUnixMicros(1790000000000001)};
}

TEST(ReceiptTest, SaysWhatWasEnteredInBothVersions) {
  ReceiptFacts facts = Facts();
  EXPECT_EQ(ReceiptText(facts), "docket-receipt/v2\nfiling BB-2026-000001\norganizations/yunqi/requests/r1\n" +
                                    std::string(64, 'a') + "\n2026-09-21T14:13:20.000001Z\n" + std::string(64, 'b') +
                                    "\n");
  const auto parsed = ParseReceiptText(ReceiptText(facts));
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(*parsed, facts);
  facts.record_sha256.clear();
  EXPECT_EQ(ReceiptText(facts), "docket-receipt/v1\nfiling BB-2026-000001\norganizations/yunqi/requests/r1\n" +
                                    std::string(64, 'a') + "\n2026-09-21T14:13:20.000001Z\n");
  const auto first_version = ParseReceiptText(ReceiptText(facts));
  ASSERT_THAT(first_version, IsOk());
  EXPECT_EQ(*first_version, facts);
  // One key signs both: a receipt must never be taken for a checkpoint.
  EXPECT_FALSE(merkle::ParseCheckpoint(ReceiptText(facts)).ok());
}

TEST(ReceiptTest, ReadsNothingElse) {
  const std::string text = ReceiptText(Facts());
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(ParseReceiptText(text.substr(0, size)).ok()) << size;
  EXPECT_FALSE(ParseReceiptText(text + "\n").ok());
  EXPECT_FALSE(ParseReceiptText(text + "x\n").ok());
  ReceiptFacts facts = Facts();
  facts.kind = "plan";
  EXPECT_FALSE(ParseReceiptText(ReceiptText(facts)).ok());
  facts = Facts();
  facts.content_sha256[0] = 'A';
  EXPECT_FALSE(ParseReceiptText(ReceiptText(facts)).ok());
}

TEST(ReceiptTest, VerifiesWithTheKeyAlone) {
  const MadeBundle made(3);
  const auto facts = VerifyReceipt(made.filing().receipt(), {made.key()});
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ(facts->number, "BB-2026-000001");
  EXPECT_THAT(VerifyReceipt(made.filing().receipt(), {MadeBundle(1).key()}),
              StatusIs(absl::StatusCode::kUnauthenticated));
  std::string changed = made.filing().receipt();
  changed.replace(changed.find("BB-2026-000001"), 14, "BB-2026-000002");
  EXPECT_THAT(VerifyReceipt(changed, {made.key()}), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(VerifyReceipt("no note", {made.key()}), StatusIs(absl::StatusCode::kInvalidArgument));
  const auto signed_otherwise = merkle::SignNote("docket-receipt/v3\n", {made.signer()});
  ASSERT_THAT(signed_otherwise, IsOk());
  EXPECT_THAT(VerifyReceipt(*signed_otherwise, {made.key()}), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(ReceiptTest, BelongsToItsRecordOnly) {
  const MadeBundle made(3);
  const auto receipt = VerifyReceipt(made.filing().receipt(), {made.key()});
  ASSERT_THAT(receipt, IsOk());
  EXPECT_THAT(CheckReceiptOf(made.filing(), *receipt), IsOk());
  audit::v1::Filing filing = made.filing();
  filing.set_state(audit::v1::Filing::STATE_ACKNOWLEDGED);
  filing.set_acknowledger("organizations/yunqi/people/zhou-jian");
  filing.set_etag("2");
  EXPECT_THAT(CheckReceiptOf(filing, *receipt), IsOk()) << "what came later is not what was signed";
  filing.set_title("另一个标题");
  EXPECT_THAT(CheckReceiptOf(filing, *receipt), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("content")));
  filing = made.filing();
  filing.set_number("BB-2026-000002");
  EXPECT_THAT(CheckReceiptOf(filing, *receipt), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("number")));
  EXPECT_THAT(CheckReceiptOf(made.registration(), *receipt), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace docket::evidence

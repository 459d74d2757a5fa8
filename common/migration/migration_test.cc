#include "common/migration/migration.h"

#include "common/migration/sample/schema.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::migration {
namespace {

using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SplitStatementsTest, SplitsAtSemicolonsOutsideQuotesAndComments) {
  EXPECT_THAT(SplitStatements("A;B ;\n C\n;"), IsOkAndHolds(ElementsAre("A", "B", "C")));
  EXPECT_THAT(SplitStatements("A 'x;''y\\';' \"b;\" `c;`;"), IsOkAndHolds(ElementsAre("A 'x;''y\\';' \"b;\" `c;`")));
  EXPECT_THAT(SplitStatements("-- one;\nA -- two;\nB # three;\n/* four; */C;"), IsOkAndHolds(ElementsAre("A \nB \nC")));
  EXPECT_THAT(SplitStatements("SELECT 1--1 / 2;"), IsOkAndHolds(ElementsAre("SELECT 1--1 / 2")));
}

TEST(SplitStatementsTest, NothingIsNoStatement) {
  EXPECT_THAT(SplitStatements(""), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(SplitStatements(" ;; \n-- only a comment"), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(SplitStatements("--"), IsOkAndHolds(IsEmpty()));
}

TEST(SplitStatementsTest, RefusesWhatIsNotClosed) {
  EXPECT_THAT(SplitStatements("A; B"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("B")));
  for (const char* sql : {"'", "'a''", "\"a", "`a", "/* a", "/*", "'\\"}) {
    EXPECT_THAT(SplitStatements(sql), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not closed"))) << sql;
  }
}

TEST(Sha256HexTest, IsTheKnownOne) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(EmbeddedSchemaTest, HoldsTheFilesByteForByte) {
  const std::vector<Migration> schema = sample::Schema();
  ASSERT_EQ(schema.size(), 2u);
  EXPECT_EQ(schema[0].version, 1);
  EXPECT_EQ(schema[0].name, "create_sample");
  EXPECT_THAT(schema[0].sql, HasSubstr("lists; brackets [ ], \"quotes\", ${braces} and 变更."));
  EXPECT_EQ(schema[1].version, 2);
  EXPECT_EQ(schema[1].name, "fill_kinds");
  EXPECT_EQ(
      schema[1].sql,
      "INSERT INTO sample_kind (kind, label) VALUES (1, '新增;功能'), (2, 'back\\\\slash') ON DUPLICATE KEY UPDATE "
      "label = VALUES(label);\n");
}

}  // namespace
}  // namespace docket::migration

#include "services/audit/scrub/schema_check.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "services/audit/grants.h"
#include "services/audit/scrub/testing/scrub_fixture.h"

namespace docket::audit {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

TEST(SchemaOfTest, ReadsColumnsAndKeys) {
  const auto schema = SchemaOf({{.version = 1, .name = "one", .sql = R"(
      -- A comment, with a KEY in it (and brackets
      CREATE TABLE IF NOT EXISTS apple (
        id BIGINT NOT NULL COMMENT 'KEY by_none (id), it''s nothing',
        colour VARBINARY(8) NOT NULL DEFAULT 'a,b(',
        /* PRIMARY KEY (colour) */
        weight DECIMAL(10, 2),
        PRIMARY KEY (id),
        UNIQUE KEY by_colour (colour, id),
        KEY by_weight (weight)
      ) ENGINE=InnoDB COMMENT='Apples (red, green)';
      INSERT INTO apple VALUES (1, 'x', 2);)"},
                                {.version = 2, .name = "two", .sql = R"(
      ALTER TABLE apple ADD COLUMN IF NOT EXISTS age INT NOT NULL AFTER id,
        ADD KEY by_age (age, id), ADD UNIQUE KEY by_id_age (id, age);)"},
                                {.version = 3, .name = "three", .sql = R"(
      SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE column_name = 'ripe') = 0,
        'ALTER TABLE apple ADD COLUMN ripe TINYINT COMMENT ''It''''s ripe, KEY'', ADD KEY by_ripe (ripe, id)', 'DO 0');
      PREPARE change_if_missing FROM @change;
      EXECUTE change_if_missing;
      DEALLOCATE PREPARE change_if_missing;
      CREATE OR REPLACE VIEW ripe_apple AS SELECT id FROM apple WHERE ripe = 1;
      ALTER TABLE apple MODIFY weight DECIMAL(12, 2), DROP KEY by_weight;)"}});
  ASSERT_THAT(schema, IsOk());
  const ExpectedSchema expected = {{"apple",
                                    {.columns = {"id", "colour", "weight", "age", "ripe"},
                                     .keys = {{"PRIMARY", {.unique = true, .columns = {"id"}}},
                                              {"by_colour", {.unique = true, .columns = {"colour", "id"}}},
                                              {"by_ripe", {.unique = false, .columns = {"ripe", "id"}}},
                                              {"by_age", {.unique = false, .columns = {"age", "id"}}},
                                              {"by_id_age", {.unique = true, .columns = {"id", "age"}}}}}}};
  EXPECT_EQ(*schema, expected);
}

TEST(SchemaOfTest, SaysWhatItCannotRead) {
  for (const std::string sql :
       {"DROP TABLE apple;", "ALTER TABLE apple RENAME COLUMN age TO years;", "RENAME TABLE a TO b;"}) {
    EXPECT_THAT(SchemaOf({{.version = 1, .name = "one", .sql = sql}}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(sql.substr(0, sql.size() - 1))));
  }
}

class SchemaCheckTest : public ScrubTest {
 protected:
  const ExpectedSchema expected_ = OrExit(SchemaOf(Schema()), "schema");
};

// The reader of migrations and the database agree on every table that the service's migrations make, so that nothing
// which a later migration adds is overlooked.
TEST_F(SchemaCheckTest, TheMigrationsMakeWhatIsReadFromThem) {
  const auto found = ReadSchema(db_.pool(), Soon());
  ASSERT_THAT(found, IsOk());
  EXPECT_GE(expected_.size(), 8u);
  for (const auto& [name, table] : expected_) {
    ASSERT_TRUE(found->contains(name)) << name;
    EXPECT_EQ(found->at(name).columns, table.columns) << name;
    EXPECT_TRUE(found->at(name).keys == table.keys) << name;
  }
  EXPECT_THAT(SchemaCheck(db_.pool(), expected_).Run(Soon()), IsOk());
}

TEST_F(SchemaCheckTest, FurtherColumnsAndKeysDoNoHarm) {
  db_.Run({"ALTER TABLE entry ADD COLUMN extra INT, ADD KEY by_extra (extra)", "CREATE TABLE further (id INT)"});
  EXPECT_THAT(SchemaCheck(db_.pool(), expected_).Run(Soon()), IsOk());
}

// With the rights that the service has.
TEST_F(SchemaCheckTest, TheServicesUserSeesEnough) {
  const std::string user = absl::StrCat("s", absl::BytesToHexString(uuids_.Next().substr(10)));
  db_.Run({absl::StrCat("CREATE USER `", user, "`@`%` IDENTIFIED BY 'geheim'")});
  for (const process::TableGrant& grant : Grants()) {
    db_.Run({absl::StrCat("GRANT ", grant.rights, " ON `", db_.database().name(), "`.`", grant.table, "` TO `", user,
                          "`@`%`")});
  }
  mysql::ConnectionOptions options = db_.database().options();
  options.user = user;
  options.password = "geheim";
  auto pool = mysql::Pool::Create({.connection = options, .max_connections = 2});
  EXPECT_THAT(SchemaCheck(*pool, expected_).Run(Soon()), IsOk());
  db_.Run({"ALTER TABLE entry DROP KEY by_change"});
  EXPECT_THAT(SchemaCheck(*pool, expected_).Run(Soon()),
              StatusIs(absl::StatusCode::kDataLoss, "the table entry has no key by_change"));
  pool.reset();
  db_.Run({absl::StrCat("DROP USER `", user, "`@`%`")});
}

}  // namespace
}  // namespace docket::audit

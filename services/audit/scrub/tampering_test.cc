// A database administrator changes what the log has written: one lap of the scrubber finds each change and says what
// and where. What a start finds as well is in checkpointer_test.cc and tampered_history_test.cc.
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/audit/scrub/testing/scrub_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;

struct Tampering {
  std::string name;
  std::vector<std::string> statements;
  // What the log is frozen for.
  std::string found;
};

void PrintTo(const Tampering& tampering, std::ostream* out) { *out << tampering.name; }

// The statements that swap two rows of a table.
std::vector<std::string> Swap(const std::string& table, const std::string& column, int a, int b) {
  const auto move = [&](int from, int to) {
    return absl::StrCat("UPDATE ", table, " SET ", column, " = ", to, " WHERE ", column, " = ", from);
  };
  return {move(a, 99'999), move(b, a), move(99'999, b)};
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const char kFlip[] = "CONCAT(LEFT(entry, 10), CHAR(ASCII(SUBSTR(entry, 11, 1)) ^ 1), SUBSTR(entry, 12))";

class TamperingTest : public ScrubTest, public ::testing::WithParamInterface<Tampering> {
 protected:
  // Two complete tiles and 88 entries after them, signed at 300 and at the end.
  TamperingTest() {
    const auto log = NewProcess();
    Grow(*log, 300);
    Sign(*log);
    Grow(*log, 300);
    Sign(*log);
  }
};

TEST_P(TamperingTest, IsFoundByTheScrubber) {
  ASSERT_THAT(StatusAfterLap(), IsOk());
  db_.Run(GetParam().statements);
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor(GetParam().found));
  // However small its steps are.
  EXPECT_THAT(StatusAfterLap({.entries = 37, .bytes = 3000}), IsFrozenFor(GetParam().found));
}

INSTANTIATE_TEST_SUITE_P(
    Entries, TamperingTest,
    ::testing::Values(
        Tampering{"Byte",
                  {absl::StrCat("UPDATE entry SET entry = ", kFlip, " WHERE log_index = 10")},
                  "entry 10 is not what its leaf was made of"},
        Tampering{"ByteOfTheTail",
                  {absl::StrCat("UPDATE entry SET entry = ", kFlip, " WHERE log_index = 590")},
                  "entry 590 is not what its leaf was made of"},
        Tampering{"Leaf",
                  {"UPDATE entry SET leaf_hash = REVERSE(leaf_hash) WHERE log_index = 11"},
                  "entry 11 is not what its leaf was made of"},
        Tampering{"DeletedInTheMiddle", {"DELETE FROM entry WHERE log_index = 100"}, "entry 100 is missing"},
        Tampering{"DeletedInTheTail", {"DELETE FROM entry WHERE log_index = 550"}, "entry 550 is missing"},
        Tampering{"LastOneDeleted", {"DELETE FROM entry WHERE log_index = 599"}, "entry 599 is missing"},
        Tampering{"Swapped", Swap("entry", "log_index", 20, 30), "the payload of entry 20"},
        Tampering{"SwappedWithPayloads", Swap("entry", "log_index", 20, 30) + Swap("payload", "log_index", 20, 30),
                  "the key of entry 20 in dedupe names entry 30"},
        Tampering{"SwappedWithAllThatIsTheirs",
                  Swap("entry", "log_index", 20, 30) + Swap("payload", "log_index", 20, 30) +
                      Swap("dedupe", "log_index", 20, 30),
                  "entry 20 is not the one that its tile was made of, tile 0/0"},
        Tampering{"SwappedInTheTail",
                  Swap("entry", "log_index", 520, 530) + Swap("payload", "log_index", 520, 530) +
                      Swap("dedupe", "log_index", 520, 530),
                  "the root over the first 600 entries is not that of the checkpoint of size 600"},
        Tampering{"AddedBeyondTheEnd",
                  {"INSERT INTO entry SELECT 600, leaf_hash, entry, receive_us, occur_us, organization_id, "
                   "change_name, subject, actor, type, source, method, outcome, trace_id FROM entry "
                   "WHERE log_index = 1"},
                  "the table entry has a row 600, beyond the end of the tree"},
        Tampering{"ReceivedEarlier",
                  {"UPDATE tree_state SET last_receive_us = last_receive_us - 1"},
                  "tree_state has another time than entry 599"}),
    [](const auto& way) { return way.param.name; });

Tampering Column(const std::string& column, const std::string& value) {
  return {absl::StrCat("Column_", column),
          {absl::StrCat("UPDATE entry SET ", column, " = ", value, " WHERE log_index = 77")},
          absl::StrCat("entry 77 is not found by what its bytes say: ", column)};
}

INSTANTIATE_TEST_SUITE_P(Projections, TamperingTest,
                         ::testing::Values(Column("actor", "'organizations/yunqi/people/wang'"),
                                           Column("receive_us", "receive_us + 1"), Column("occur_us", "0"),
                                           Column("organization_id", "'library'"), Column("change_name", "''"),
                                           Column("subject", "REVERSE(subject)"), Column("type", "'PlanCreated'"),
                                           Column("source", "'services/audit'"), Column("method", "''"),
                                           Column("outcome", "2"), Column("trace_id", "REVERSE(trace_id)")),
                         [](const auto& way) { return way.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Payloads, TamperingTest,
    ::testing::Values(Tampering{"Swapped", Swap("payload", "log_index", 50, 60),
                                "the payload of entry 50 is not the one that it commits to"},
                      Tampering{"Edited",
                                {"UPDATE payload SET payload = CONCAT(payload, 'x') WHERE log_index = 40"},
                                "the payload of entry 40 is not the one that it commits to"},
                      Tampering{"Salt",
                                {"UPDATE payload SET salt = REVERSE(salt) WHERE log_index = 41"},
                                "the payload of entry 41 is not the one that it commits to"},
                      Tampering{"TakenAway",
                                {"DELETE FROM payload WHERE log_index = 42"},
                                "the payload of entry 42 is missing and no entry says that it was taken away"},
                      Tampering{"AddedBeyondTheEnd",
                                {"INSERT INTO payload (log_index, salt, payload) SELECT 600, salt, payload FROM "
                                 "payload WHERE log_index = 1"},
                                "the table payload has a row 600"}),
    [](const auto& way) { return way.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Keys, TamperingTest,
    ::testing::Values(
        Tampering{"Dropped", {"DELETE FROM dedupe WHERE log_index = 400"}, "entry 400 has no key in dedupe"},
        Tampering{"NamesAnother",
                  {"UPDATE dedupe SET log_index = 402 WHERE log_index = 401"},
                  "the key of entry 401 in dedupe names entry 402"},
        Tampering{"Digest",
                  {"UPDATE dedupe SET content_sha256 = REVERSE(content_sha256) WHERE log_index = 403"},
                  "the digest of entry 403 in dedupe is not that of its event"},
        Tampering{"AddedForAnEntry",
                  {"INSERT INTO dedupe SELECT 'services/zzz', event_id, content_sha256, log_index FROM dedupe "
                   "WHERE log_index = 404"},
                  "dedupe has a key that names entry 404 and is not that of its event"},
        Tampering{"AddedForNoEntry",
                  {"INSERT INTO dedupe SELECT 'services/aaa', event_id, content_sha256, 700 FROM dedupe "
                   "WHERE log_index = 405"},
                  "dedupe has the key of an entry 700 that is not there"}),
    [](const auto& way) { return way.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Trees, TamperingTest,
    ::testing::Values(
        Tampering{"TileHashes",
                  {"UPDATE tile SET hashes = CONCAT(LEFT(hashes, 320), REVERSE(SUBSTR(hashes, 321, 32)), "
                   "SUBSTR(hashes, 353)) WHERE level = 0 AND tile_index = 1"},
                  "entry 266 is not the one that its tile was made of, tile 0/1"},
        Tampering{"TileShortened",
                  {"UPDATE tile SET hashes = LEFT(hashes, 8160) WHERE level = 0 AND tile_index = 1"},
                  "tile 0/1 has 8160 bytes"},
        Tampering{"TileRoot",
                  {"UPDATE tile SET root = REVERSE(root) WHERE level = 0 AND tile_index = 0"},
                  "the root of tile 0/0 is not made of its hashes"},
        Tampering{"TileDeleted", {"DELETE FROM tile WHERE level = 0 AND tile_index = 0"}, "tile 0/0 is missing"},
        Tampering{"TileAdded",
                  {"INSERT INTO tile SELECT 0, 2, root, hashes FROM tile WHERE tile_index = 1"},
                  "the table tile has a row 2"},
        Tampering{"TileOfAHigherLevelAdded",
                  {"INSERT INTO tile SELECT 1, 0, root, hashes FROM tile WHERE tile_index = 1"},
                  "the table tile has a row 0"},
        Tampering{"TreeStateRoot", {"UPDATE tree_state SET root = REVERSE(root)"}, "the edge in tree_state"},
        Tampering{"TreeStateDeleted", {"DELETE FROM tree_state"}, "tree_state has no row"},
        Tampering{"CheckpointRoot",
                  {"UPDATE checkpoint SET root = REVERSE(root) WHERE size = 300"},
                  "the checkpoint of size 300 is not one that this log signed"},
        Tampering{"CheckpointNote",
                  {"UPDATE checkpoint SET note = CONCAT(note, ' ') WHERE size = 300"},
                  "the checkpoint of size 300 is not one that this log signed"},
        Tampering{"CheckpointOfAnotherSize",
                  {"UPDATE checkpoint SET size = 299 WHERE size = 300"},
                  "the checkpoint of size 299 is not one that this log signed"},
        Tampering{"CheckpointBeyondTheEnd",
                  {"UPDATE checkpoint SET size = 601 WHERE size = 600"},
                  "the table checkpoint has a row 601"}),
    [](const auto& way) { return way.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Schemas, TamperingTest,
    ::testing::Values(
        Tampering{"IndexDropped", {"ALTER TABLE entry DROP KEY by_actor"}, "the table entry has no key by_actor"},
        Tampering{"IndexOverOtherColumns",
                  {"ALTER TABLE entry DROP KEY by_type, ADD KEY by_type (type, log_index)"},
                  "the key by_type of the table entry is not over organization_id, type, log_index"},
        Tampering{"PrimaryKeyDropped", {"ALTER TABLE dedupe DROP PRIMARY KEY"}, "the table dedupe has no key PRIMARY"},
        Tampering{"UniquenessLost",
                  {"ALTER TABLE dedupe DROP PRIMARY KEY, ADD PRIMARY KEY (source, event_id, log_index)"},
                  "the key PRIMARY of the table dedupe is not unique over source, event_id"},
        Tampering{"ColumnDropped", {"ALTER TABLE entry DROP COLUMN method"}, "the table entry has no column method"},
        Tampering{"TableDropped", {"DROP TABLE registration"}, "there is no table registration"}),
    [](const auto& way) { return way.param.name; });

}  // namespace
}  // namespace docket::audit

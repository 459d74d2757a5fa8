// For tests: a database administrator who can write everything, but has neither the signing key nor the anchor file.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_TESTING_FORGER_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_TESTING_FORGER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/events/event_bytes.h"
#include "common/merkle/compact_range.h"
#include "common/merkle/tile_builder.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/log_entry.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {

class Forger {
 public:
  explicit Forger(AuditDatabase& db) : db_(db) {}

  // How far a change of one entry is carried on.
  enum class Thoroughness { kEntryAndLeaf, kColumns, kDigest, kTree };

  // Changes the actor in an entry's bytes, and what the database derives from them.
  void RewriteActor(uint64_t index, const std::string& actor, Thoroughness thoroughness) {
    const auto rows = Query(absl::StrCat(
        "SELECT e.entry, p.payload FROM entry e JOIN payload p USING (log_index) WHERE log_index = ", index));
    v1::Entry entry;
    ASSERT_TRUE(entry.ParseFromString(rows.at(0).Text(0)));
    entry.mutable_event()->mutable_actor()->set_name(actor);
    const std::string bytes = entry.SerializeAsString();
    const std::string digest = events::EventDigest(OrExit(UnsealEvent(bytes, rows.at(0).Text(1)), "event"));
    const std::string where = absl::StrCat(" WHERE log_index = ", index);
    db_.Run({absl::StrCat("UPDATE entry SET entry = ", Quoted(bytes),
                          ", leaf_hash = ", Quoted(merkle::LeafHash(bytes).ToBytes()), where)});
    if (thoroughness >= Thoroughness::kColumns) {
      db_.Run({absl::StrCat("UPDATE entry SET actor = ", Quoted(actor), where)});
    }
    if (thoroughness >= Thoroughness::kDigest) {
      db_.Run({absl::StrCat("UPDATE dedupe SET content_sha256 = ", Quoted(digest), where)});
    }
    if (thoroughness >= Thoroughness::kTree) DeriveTree();
  }

  // Makes tiles and tree_state of the entries that are there.
  void DeriveTree() {
    merkle::CompactRange tree;
    merkle::TileBuilder tiles;
    for (const mysql::Row& row : Query("SELECT entry FROM entry ORDER BY log_index")) {
      tree.Append(merkle::LeafHash(row.Text(0)),
                  [&](const merkle::NodeId& node, const merkle::Hash& hash) { tiles.Add(node, hash); });
    }
    db_.Run({"DELETE FROM tile"});
    for (const merkle::CompleteTile& tile : tiles.TakeCompleted()) {
      db_.Run({absl::StrCat("INSERT INTO tile (level, tile_index, root, hashes) VALUES (", tile.id.level, ", ",
                            tile.id.index, ", ", Quoted(tile.root.ToBytes()), ", ", Quoted(tile.bytes), ")")});
    }
    db_.Run({absl::StrCat("UPDATE tree_state SET size = ", tree.size(), ", root = ", Quoted(tree.Root().ToBytes()),
                          ", edge = ", Quoted(tree.Serialize()),
                          ", last_receive_us = (SELECT MAX(receive_us) FROM entry)")});
  }

  // Keeps a copy of everything, and puts it back.
  void Dump() {
    for (const char* table : kTables) {
      db_.Run({absl::StrCat("CREATE TABLE yesterday_", table, " LIKE ", table),
               absl::StrCat("INSERT INTO yesterday_", table, " SELECT * FROM ", table)});
    }
  }
  void Restore() {
    for (const char* table : kTables) {
      db_.Run({absl::StrCat("DELETE FROM ", table),
               absl::StrCat("INSERT INTO ", table, " SELECT * FROM yesterday_", table)});
    }
  }

  static std::string Quoted(const std::string& bytes) {
    return absl::StrCat("UNHEX('", absl::BytesToHexString(bytes), "')");
  }

 private:
  static constexpr const char* kTables[] = {"entry", "payload", "dedupe", "tile", "checkpoint", "tree_state"};

  std::vector<mysql::Row> Query(const std::string& sql) { return OrExit(db_.pool().Query(Soon(), sql), sql); }

  AuditDatabase& db_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_TESTING_FORGER_H_

#include "tests/bench/proof_questions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/merkle/hash.h"
#include "common/merkle/tile_reader.h"
#include "common/mysql/value.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/audit/v1/log_service.pb.h"
#include "services/audit/log_store.h"
#include "services/audit/log_tiles.h"
#include "tests/bench/audit_events.h"
#include "tests/bench/proof_rows.h"

namespace docket::bench {
namespace {

constexpr char kInclusionPath[] = "/docket.audit.v1.LogService/GetInclusionProof";
constexpr char kConsistencyPath[] = "/docket.audit.v1.LogService/GetConsistencyProof";
constexpr char kTrailPath[] = "/docket.audit.v1.LogService/GetChangeTrail";
constexpr int kChecks = 3;
// So many are made beforehand; turns go round.
constexpr int64_t kPrepared = 1024;
constexpr absl::Duration kLimit = absl::Minutes(1);

constexpr char kSelectTrail[] =
    "SELECT e.log_index, e.leaf_hash, e.entry, e.receive_us, p.payload, p.salt, p.format, p.key_id FROM entry e FORCE "
    "INDEX (by_change)"
    " LEFT JOIN payload p ON p.log_index = e.log_index"
    " WHERE e.organization_id = ? AND e.change_name = ? AND e.log_index < ? ORDER BY e.log_index";
constexpr char kSelectEntry[] = "SELECT entry FROM entry WHERE log_index = ?";

absl::StatusOr<std::vector<merkle::Hash>> HashesOf(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<merkle::Hash> hashes;
  for (const std::string& text : texts) {
    DOCKET_ASSIGN_OR_RETURN(hashes.emplace_back(), merkle::Hash::FromBytes(text));
  }
  return hashes;
}

// The root that the tables make of the first `size` entries.
absl::StatusOr<merkle::Hash> RootOf(mysql::Pool& pool, uint64_t size) {
  const audit::LogStore store(pool);
  const absl::Time deadline = absl::Now() + kLimit;
  DOCKET_ASSIGN_OR_RETURN(const audit::TreeState tree, store.ReadTreeState(deadline));
  audit::LogTiles tiles(store, tree.size, deadline);
  merkle::TileNodeReader nodes(tiles, tree.size);
  return merkle::RootAt(nodes, size);
}

// `entry`: its exact bytes.
absl::Status CheckInclusion(const audit::v1::InclusionProof& proof, const std::string& entry,
                            const merkle::Hash& root) {
  const merkle::Hash leaf = merkle::LeafHash(entry);
  if (proof.leaf_sha256() != leaf.bytes()) return absl::InternalError("the proof is one of another leaf");
  DOCKET_ASSIGN_OR_RETURN(const auto hashes, HashesOf(proof.hashes()));
  return merkle::VerifyInclusion(leaf, static_cast<uint64_t>(proof.index()), static_cast<uint64_t>(proof.size()),
                                 hashes, root);
}

absl::StatusOr<ProofRows> RowsOfInclusion(absl::Span<const uint64_t> indexes, uint64_t size) {
  NodeCollector nodes;
  for (const uint64_t index : indexes) {
    DOCKET_RETURN_IF_ERROR(merkle::InclusionProof(nodes, index, size).status());
    nodes.nodes.push_back({.level = 0, .index = index});
  }
  return ProofRows::Of(nodes.nodes, size);
}

absl::StatusOr<AuditQuestion> InclusionQuestion(const AuditSample& sample, mysql::Pool& pool) {
  const auto call_of = [size = sample.log_size](int64_t turn) {
    audit::v1::GetInclusionProofRequest call;
    call.set_index(Scatter(turn, static_cast<int64_t>(size)));
    return call;
  };
  auto rows = std::make_shared<std::vector<ProofRows>>();
  for (int64_t turn = 0; turn < kPrepared; ++turn) {
    const uint64_t index = static_cast<uint64_t>(call_of(turn).index());
    DOCKET_ASSIGN_OR_RETURN(rows->emplace_back(), RowsOfInclusion({index}, sample.log_size));
  }
  return AuditQuestion{
      .path = kInclusionPath,
      .request = [call_of](int64_t turn) { return call_of(turn % kPrepared).SerializeAsString(); },
      .min_reply_bytes = merkle::Hash::kSize * 8,
      .check = [call_of, &pool](const LoadOptions& service, mysql::Connection& tables) -> absl::Status {
        for (int64_t turn = 0; turn < kChecks; ++turn) {
          audit::v1::InclusionProof proof;
          DOCKET_RETURN_IF_ERROR(CallOnce(service, call_of(turn), proof));
          DOCKET_ASSIGN_OR_RETURN(const auto entry, tables.Query(kSelectEntry, mysql::Params{call_of(turn).index()}));
          DOCKET_ASSIGN_OR_RETURN(const merkle::Hash root, RootOf(pool, static_cast<uint64_t>(proof.size())));
          DOCKET_RETURN_IF_ERROR(CheckInclusion(proof, entry.at(0).Text(0), root));
        }
        return absl::OkStatus();
      },
      .ask_tables =
          [rows](int64_t turn, mysql::Connection& tables) {
            return rows->at(static_cast<size_t>(turn % kPrepared)).Read(tables);
          }};
}

absl::StatusOr<AuditQuestion> ConsistencyQuestion(const AuditSample& sample, mysql::Pool& pool) {
  const auto call_of = [size = static_cast<int64_t>(sample.log_size)](int64_t turn) {
    const auto [first, second] = std::minmax({1 + Scatter(2 * turn + 1, size), 1 + Scatter(2 * turn + 2, size)});
    audit::v1::GetConsistencyProofRequest call;
    call.set_first_size(first);
    call.set_second_size(second);
    return call;
  };
  auto rows = std::make_shared<std::vector<ProofRows>>();
  for (int64_t turn = 0; turn < kPrepared; ++turn) {
    const audit::v1::GetConsistencyProofRequest call = call_of(turn);
    const auto first = static_cast<uint64_t>(call.first_size());
    const auto second = static_cast<uint64_t>(call.second_size());
    NodeCollector nodes;
    // The answer has both roots.
    DOCKET_RETURN_IF_ERROR(merkle::ConsistencyProof(nodes, first, second).status());
    DOCKET_RETURN_IF_ERROR(merkle::RootAt(nodes, first).status());
    DOCKET_RETURN_IF_ERROR(merkle::RootAt(nodes, second).status());
    DOCKET_ASSIGN_OR_RETURN(rows->emplace_back(), ProofRows::Of(nodes.nodes, sample.log_size));
  }
  return AuditQuestion{
      .path = kConsistencyPath,
      .request = [call_of](int64_t turn) { return call_of(turn % kPrepared).SerializeAsString(); },
      .min_reply_bytes = merkle::Hash::kSize * 2,
      .check = [call_of, &pool](const LoadOptions& service, mysql::Connection&) -> absl::Status {
        for (int64_t turn = 0; turn < kChecks; ++turn) {
          const audit::v1::GetConsistencyProofRequest call = call_of(turn);
          audit::v1::ConsistencyProof proof;
          DOCKET_RETURN_IF_ERROR(CallOnce(service, call, proof));
          const auto first = static_cast<uint64_t>(call.first_size());
          const auto second = static_cast<uint64_t>(call.second_size());
          DOCKET_ASSIGN_OR_RETURN(const merkle::Hash first_root, RootOf(pool, first));
          DOCKET_ASSIGN_OR_RETURN(const merkle::Hash second_root, RootOf(pool, second));
          if (proof.first_root_sha256() != first_root.bytes() || proof.second_root_sha256() != second_root.bytes())
            return absl::InternalError("a consistency proof has other roots than the tables");
          DOCKET_ASSIGN_OR_RETURN(const auto hashes, HashesOf(proof.hashes()));
          DOCKET_RETURN_IF_ERROR(merkle::VerifyConsistency(first, second, first_root, second_root, hashes));
        }
        return absl::OkStatus();
      },
      .ask_tables =
          [rows](int64_t turn, mysql::Connection& tables) {
            return rows->at(static_cast<size_t>(turn % kPrepared)).Read(tables);
          }};
}

absl::StatusOr<std::vector<mysql::Row>> ReadTrail(const std::string& change, uint64_t size, mysql::Connection& tables) {
  DOCKET_ASSIGN_OR_RETURN(auto rows, tables.Query(kSelectTrail, mysql::Params{kSampleOrganizationId, change, size}));
  if (rows.size() < static_cast<size_t>(kEventsPerChange))
    return absl::NotFoundError(absl::StrCat(change, " has ", rows.size(), " entries"));
  return rows;
}

absl::Status CheckTrail(const std::string& change, const LoadOptions& service, mysql::Connection& tables,
                        mysql::Pool& pool) {
  audit::v1::GetChangeTrailRequest call;
  call.set_change(change);
  audit::v1::ChangeTrail trail;
  DOCKET_RETURN_IF_ERROR(CallOnce(service, call, trail));
  const auto size = static_cast<uint64_t>(trail.checkpoint().size());
  DOCKET_ASSIGN_OR_RETURN(const auto rows, ReadTrail(change, size, tables));
  if (static_cast<size_t>(trail.entries_size()) != rows.size() || trail.proofs_size() != trail.entries_size())
    return absl::InternalError(absl::StrCat(change, " has a trail of ", trail.entries_size(), " entries"));
  // Everything was logged, and nothing taken away.
  if (trail.missing_size() > 0)
    return absl::InternalError(absl::StrCat(change, ": ", trail.missing(0).ShortDebugString()));
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash root, RootOf(pool, size));
  for (int i = 0; i < trail.entries_size(); ++i) {
    if (trail.entries(i).payload().empty()) return absl::InternalError(absl::StrCat(change, " lacks a payload"));
    DOCKET_RETURN_IF_ERROR(CheckInclusion(trail.proofs(i), trail.entries(i).entry(), root));
  }
  return absl::OkStatus();
}

// The statements leave out, beside what proofs do, what is missing in the trail and the checkpoint that its proofs end
// in. A trail that was read has one more entry for it.
absl::StatusOr<AuditQuestion> TrailQuestion(const AuditSample& sample, mysql::Pool& pool) {
  auto proofs = std::make_shared<std::vector<ProofRows>>();
  DOCKET_ASSIGN_OR_RETURN(auto connection, pool.Acquire(absl::Now() + kLimit));
  for (const std::string& change : sample.changes) {
    DOCKET_ASSIGN_OR_RETURN(const auto rows, ReadTrail(change, sample.log_size, *connection));
    std::vector<uint64_t> indexes;
    for (const mysql::Row& row : rows) indexes.push_back(row.UInt(0));
    DOCKET_ASSIGN_OR_RETURN(proofs->emplace_back(), RowsOfInclusion(indexes, sample.log_size));
  }
  return AuditQuestion{
      .path = kTrailPath,
      .request =
          [&sample](int64_t turn) {
            audit::v1::GetChangeTrailRequest call;
            call.set_change(Pick(sample.changes, turn));
            return call.SerializeAsString();
          },
      .min_reply_bytes = static_cast<size_t>(kEventsPerChange) * 800,
      .check = [&sample, &pool](const LoadOptions& service, mysql::Connection& tables) -> absl::Status {
        for (int64_t turn = 0; turn < kChecks; ++turn) {
          DOCKET_RETURN_IF_ERROR(CheckTrail(Pick(sample.changes, turn), service, tables, pool));
        }
        return absl::OkStatus();
      },
      .ask_tables = [&sample, proofs](int64_t turn, mysql::Connection& tables) -> absl::Status {
        DOCKET_RETURN_IF_ERROR(ReadTrail(Pick(sample.changes, turn), sample.log_size, tables).status());
        return Pick(*proofs, turn).Read(tables);
      }};
}

}  // namespace

std::vector<std::string> ProofQuestionNames() { return {"log-trail", "log-inclusion", "log-consistency"}; }

absl::StatusOr<AuditQuestion> MakeProofQuestion(const std::string& name, const AuditSample& sample, mysql::Pool& pool) {
  if (name == "log-inclusion") return InclusionQuestion(sample, pool);
  if (name == "log-consistency") return ConsistencyQuestion(sample, pool);
  return TrailQuestion(sample, pool);
}

}  // namespace docket::bench

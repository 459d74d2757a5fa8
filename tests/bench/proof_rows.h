// The fewest rows that a proof can be made of.
#ifndef DOCKET_TESTS_BENCH_PROOF_ROWS_H_
#define DOCKET_TESTS_BENCH_PROOF_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/merkle/node.h"
#include "common/merkle/proof.h"
#include "common/mysql/connection.h"
#include "common/mysql/value.h"

namespace docket::bench {

// Learns which nodes a proof needs. Its hashes are zero.
class NodeCollector final : public merkle::NodeReader {
 public:
  absl::StatusOr<std::vector<merkle::Hash>> ReadNodes(absl::Span<const merkle::NodeId> nodes) override;

  std::vector<merkle::NodeId> nodes;
};

// Where nodes of a tree lie: in complete tiles, in the edge that tree_state keeps, or, in the tiles that are not
// complete yet, under leaves and roots of tiles. All by primary key. Reading them makes no proof: the hashes between
// them are not computed, nothing is verified.
class ProofRows {
 public:
  static absl::StatusOr<ProofRows> Of(absl::Span<const merkle::NodeId> nodes, uint64_t tree_size);

  // NOT_FOUND where one is missing.
  absl::Status Read(mysql::Connection& tables) const;

 private:
  // Rows of one statement.
  struct Rows {
    std::string sql;
    mysql::Params params;
    size_t count = 0;
  };

  std::vector<Rows> rows_;
};

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_PROOF_ROWS_H_

// One secret per entry at the price of one row per 256: a seed from which the 256 seeds of a block of entries are made,
// and from which single ones can be taken out for good.
//
// The seeds are the leaves of a binary tree in which both children of a node are made of it by a hash; whoever has a
// node has all leaves below and none beside it (Goldreich, Goldwasser and Micali 1986). At first the root is kept. To
// take a leaf out, the kept node above it is replaced by the nodes beside the way down to it: at most eight for one
// leaf and 128 in the worst case.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_ENTRY_SEEDS_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_ENTRY_SEEDS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::audit {

inline constexpr uint64_t kBlockEntries = 256;
inline uint64_t BlockOf(uint64_t index) { return index / kBlockEntries; }
inline int PlaceOf(uint64_t index) { return static_cast<int>(index % kBlockEntries); }

class EntrySeeds {
 public:
  // All 256, from fresh randomness.
  static EntrySeeds Fresh();
  // DATA_LOSS where the bytes are not those of Serialize().
  static absl::StatusOr<EntrySeeds> Parse(absl::string_view bytes);
  // 2 bytes of node number and 32 of seed for each kept node.
  std::string Serialize() const;

  // `place` is 0 to 255. 32 bytes; nullopt: taken out.
  std::optional<std::string> Find(int place) const;
  // All at once, for less than one by one; empty ones were taken out.
  std::vector<std::string> All() const;
  // False: it was taken out before.
  bool TakeOut(int place);

 private:
  // By number: the root is 1, the children of n are 2n and 2n + 1, the leaves are 256 to 511.
  std::map<uint16_t, std::string> nodes_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_ENTRY_SEEDS_H_

#include "services/audit/privacy/entry_seeds.h"

#include <array>
#include <utility>

#include "common/identifier/random.h"
#include "services/audit/privacy/sha512.h"

namespace docket::audit {
namespace {

constexpr size_t kSeedBytes = 32;
constexpr size_t kNodeBytes = 2 + kSeedBytes;
constexpr uint16_t kFirstLeaf = kBlockEntries;

// Both halves of SHA-512 over a name of the purpose and the node.
std::array<std::string, 2> ChildrenOf(absl::string_view node) {
  const std::string hash = Sha512({"docket entry seeds 1", node});
  return {hash.substr(0, kSeedBytes), hash.substr(kSeedBytes)};
}

int DepthOf(uint16_t node) {
  int depth = 0;
  for (; node > 1; node >>= 1) ++depth;
  return depth;
}

void Expand(uint16_t node, const std::string& seed, std::vector<std::string>& leaves) {
  if (node >= kFirstLeaf) {
    leaves[node - kFirstLeaf] = seed;
    return;
  }
  const std::array<std::string, 2> children = ChildrenOf(seed);
  Expand(static_cast<uint16_t>(2 * node), children[0], leaves);
  Expand(static_cast<uint16_t>(2 * node + 1), children[1], leaves);
}

}  // namespace

EntrySeeds EntrySeeds::Fresh() {
  EntrySeeds seeds;
  seeds.nodes_[1] = RandomBytes(kSeedBytes);
  return seeds;
}

absl::StatusOr<EntrySeeds> EntrySeeds::Parse(absl::string_view bytes) {
  EntrySeeds seeds;
  if (bytes.size() % kNodeBytes != 0) return absl::DataLossError("the seeds of a block are cut off");
  for (; !bytes.empty(); bytes.remove_prefix(kNodeBytes)) {
    const auto node =
        static_cast<uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]));
    if (node == 0 || node >= 2 * kFirstLeaf) return absl::DataLossError("a block has a seed outside its tree");
    seeds.nodes_[node] = std::string(bytes.substr(2, kSeedBytes));
  }
  return seeds;
}

std::string EntrySeeds::Serialize() const {
  std::string bytes;
  bytes.reserve(nodes_.size() * kNodeBytes);
  for (const auto& [node, seed] : nodes_) {
    bytes.push_back(static_cast<char>(node >> 8));
    bytes.push_back(static_cast<char>(node & 0xff));
    bytes.append(seed);
  }
  return bytes;
}

std::optional<std::string> EntrySeeds::Find(int place) const {
  const auto leaf = static_cast<uint16_t>(kFirstLeaf + place);
  for (int up = 0; up <= DepthOf(leaf); ++up) {
    const auto kept = nodes_.find(static_cast<uint16_t>(leaf >> up));
    if (kept == nodes_.end()) continue;
    std::string seed = kept->second;
    for (int down = up - 1; down >= 0; --down) seed = ChildrenOf(seed)[(leaf >> down) & 1];
    return seed;
  }
  return std::nullopt;
}

std::vector<std::string> EntrySeeds::All() const {
  std::vector<std::string> leaves(kBlockEntries);
  for (const auto& [node, seed] : nodes_) Expand(node, seed, leaves);
  return leaves;
}

bool EntrySeeds::TakeOut(int place) {
  const auto leaf = static_cast<uint16_t>(kFirstLeaf + place);
  for (int up = 0; up <= DepthOf(leaf); ++up) {
    auto kept = nodes_.extract(static_cast<uint16_t>(leaf >> up));
    if (kept.empty()) continue;
    std::string seed = std::move(kept.mapped());
    for (int down = up - 1; down >= 0; --down) {
      std::array<std::string, 2> children = ChildrenOf(seed);
      const auto way = static_cast<uint16_t>(leaf >> down);
      nodes_[way ^ 1] = std::move(children[(way & 1) ^ 1]);
      seed = std::move(children[way & 1]);
    }
    return true;
  }
  return false;
}

}  // namespace docket::audit

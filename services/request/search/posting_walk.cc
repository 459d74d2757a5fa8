#include "services/request/search/posting_walk.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <utility>

#include "common/status/status_macros.h"

namespace docket::request {
namespace {

constexpr int kFirstStep = 4;
constexpr int kGrowth = 4;
constexpr int kLastStep = 64;
constexpr int64_t kNone = std::numeric_limits<int64_t>::min();

// The newest postings of one term, newest first.
struct Window {
  std::map<int64_t, BlockMembers, std::greater<>> blocks;
  // The window says everything about blocks from this one on.
  int64_t known_from = kNone;
};

std::vector<Window> WindowsOf(std::vector<Posting> postings, size_t terms, int limit) {
  std::vector<Window> windows(terms);
  for (Posting& posting : postings) windows[posting.term].blocks.emplace(posting.block, posting.members);
  for (Window& window : windows) {
    if (window.blocks.size() >= static_cast<size_t>(limit)) window.known_from = window.blocks.rbegin()->first;
  }
  return windows;
}

}  // namespace

PostingWalk::PostingWalk(PostingSource& source, std::vector<std::string> terms, DocumentNumber before)
    : source_(source), terms_(std::move(terms)), before_(before), step_(kFirstStep) {}

absl::StatusOr<std::vector<DocumentNumber>> PostingWalk::Next() {
  if (at_end_ || before_ <= 0) {
    at_end_ = true;
    return std::vector<DocumentNumber>();
  }
  DOCKET_ASSIGN_OR_RETURN(std::vector<Posting> newest, source_.Newest(terms_, BlockOf(before_ - 1), step_));
  const std::vector<Window> windows = WindowsOf(std::move(newest), terms_.size(), step_);
  // One that is known whole reaches furthest of all; of several such, the shortest.
  const Window& leading = *std::min_element(windows.begin(), windows.end(), [](const Window& a, const Window& b) {
    return std::pair(a.known_from, a.blocks.size()) < std::pair(b.known_from, b.blocks.size());
  });

  // What all windows that know a block have in common in it.
  std::map<int64_t, BlockMembers, std::greater<>> common = leading.blocks;
  blocks_ += static_cast<int>(common.size());
  std::vector<std::string> unknown_terms;
  std::map<int64_t, size_t> lookups;  // of blocks: by how many terms
  for (size_t term = 0; term < windows.size(); ++term) {
    const Window& window = windows[term];
    if (&window == &leading) continue;
    for (auto block = common.begin(); block != common.end();) {
      if (block->first < window.known_from) break;
      const auto known = window.blocks.find(block->first);
      if (known != window.blocks.end()) block->second.KeepThoseOf(known->second);
      block = known == window.blocks.end() || block->second.empty() ? common.erase(block) : std::next(block);
    }
  }
  for (size_t term = 0; term < windows.size(); ++term) {
    if (common.empty() || common.rbegin()->first >= windows[term].known_from) continue;
    unknown_terms.push_back(terms_[term]);
    for (const auto& [block, members] : common) {
      if (block < windows[term].known_from) ++lookups[block];
    }
  }
  if (!lookups.empty()) {
    std::vector<int64_t> blocks;
    for (const auto& [block, count] : lookups) blocks.push_back(block);
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Posting> found, source_.At(unknown_terms, blocks));
    std::map<int64_t, size_t> there;
    for (const Posting& posting : found) {
      const auto block = common.find(posting.block);
      if (block == common.end()) continue;
      block->second.KeepThoseOf(posting.members);
      ++there[posting.block];
    }
    // Every one of these terms must be there, whether its window knew the block or not.
    for (const int64_t block : blocks) {
      if (there[block] < unknown_terms.size()) common.erase(block);
    }
  }

  std::vector<DocumentNumber> documents;
  for (const auto& [block, members] : common) {
    const DocumentNumber first = block << kBlockBits;
    for (DocumentNumber document = first + static_cast<int64_t>(kBlockSize) - 1; document >= first; --document) {
      if (document < before_ && members.Has(document)) documents.push_back(document);
    }
  }
  at_end_ = leading.known_from == kNone;
  before_ = at_end_ ? 0 : leading.known_from << kBlockBits;
  step_ = std::min(step_ * kGrowth, kLastStep);
  return documents;
}

}  // namespace docket::request

#include "services/audit/fresh_entries.h"

#include <utility>

namespace docket::audit {
namespace {

size_t SizeOf(const PreparedEvent& event) { return event.parts.event.size() + event.parts.payload.size(); }

}  // namespace

void FreshEntries::Offer(uint64_t first, Entries entries) {
  absl::MutexLock lock(&mutex_);
  if (first != first_ + entries_.size()) {
    entries_.clear();
    bytes_ = 0;
    first_ = first;
  }
  for (std::shared_ptr<const PreparedEvent>& entry : entries) {
    bytes_ += SizeOf(*entry);
    entries_.push_back(std::move(entry));
  }
  while (entries_.size() > kMaxEntries || bytes_ > kMaxBytes) DropFirst();
}

FreshEntries::Entries FreshEntries::Take(uint64_t begin, size_t limit) {
  Entries taken;
  absl::MutexLock lock(&mutex_);
  while (!entries_.empty() && first_ < begin) DropFirst();
  if (first_ != begin) return taken;
  while (!entries_.empty() && taken.size() < limit) {
    taken.push_back(entries_.front());
    DropFirst();
  }
  return taken;
}

void FreshEntries::DropFirst() {
  bytes_ -= SizeOf(*entries_.front());
  entries_.pop_front();
  ++first_;
}

}  // namespace docket::audit

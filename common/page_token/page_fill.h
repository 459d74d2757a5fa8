// Filling one page of a list from chunks of rows, so that neither the answer nor the memory for making it grows with
// the size of the rows.
#ifndef DOCKET_COMMON_PAGE_TOKEN_PAGE_FILL_H_
#define DOCKET_COMMON_PAGE_TOKEN_PAGE_FILL_H_

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "common/status/status_macros.h"

namespace docket {

// A page ends early here: messages hold 4 MiB.
inline constexpr size_t kMaxPageBytes = 2 * 1024 * 1024;
inline constexpr int kPageChunk = 32;

// Calls `fetch(limit)` for the rows after the last one taken, and `take(row)`, which adds the row to the page and
// returns its size in bytes, until the page is full or there are no more rows. Returns whether more rows follow.
template <typename Fetch, typename Take>
absl::StatusOr<bool> FillPage(int page_size, Fetch fetch, Take take) {
  int taken = 0;
  size_t bytes = 0;
  while (true) {
    // One more than needed tells whether there is a next page.
    const int limit = std::min(page_size - taken, kPageChunk) + 1;
    DOCKET_ASSIGN_OR_RETURN(auto rows, fetch(limit));
    for (size_t i = 0; i < rows.size(); ++i) {
      if (taken == page_size || bytes >= kMaxPageBytes) return true;
      bytes += take(std::move(rows[i]));
      ++taken;
    }
    if (rows.size() < static_cast<size_t>(limit)) return false;
  }
}

// How many of the rows go on one page, where all that may are in memory: at least one. `size_of(row)` is its size in
// bytes.
template <typename Rows, typename SizeOf>
size_t RowsOnPage(const Rows& rows, size_t page_size, SizeOf size_of) {
  size_t taken = 0;
  for (size_t bytes = 0; taken < std::min(rows.size(), page_size) && bytes < kMaxPageBytes; ++taken)
    bytes += size_of(rows[taken]);
  return taken;
}

}  // namespace docket

#endif  // DOCKET_COMMON_PAGE_TOKEN_PAGE_FILL_H_

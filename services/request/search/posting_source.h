// Where the lists of the index come from: the table search_posting, or what a test says.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_POSTING_SOURCE_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_POSTING_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/request/search/posting.h"

namespace docket::request {

// The documents of one block that have a term.
struct Posting {
  // Which of the terms that were asked for.
  size_t term = 0;
  int64_t block = 0;
  BlockMembers members;
};

class PostingSource {
 public:
  virtual ~PostingSource() = default;

  // For each term its `limit` newest postings from block `newest_block` on downwards, in any order.
  virtual absl::StatusOr<std::vector<Posting>> Newest(const std::vector<std::string>& terms, int64_t newest_block,
                                                      int limit) = 0;
  // What there is of these terms in these blocks, in any order. Neither is empty.
  virtual absl::StatusOr<std::vector<Posting>> At(const std::vector<std::string>& terms,
                                                  const std::vector<int64_t>& blocks) = 0;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_POSTING_SOURCE_H_

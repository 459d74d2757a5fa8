// Walks the documents that have several terms, newest first, reading as little of the terms' lists as it takes.
//
// Step by step: the newest few postings of every term are read. The list that reaches furthest back with them is, as
// far as they reach, the sparsest, and leads: only in its blocks can there be a document with all terms. Of the other
// lists just these blocks are read, where they are not there yet. So a rare word beside common ones costs what the rare
// one's list is long, no matter how long the others are, and nobody needs to know beforehand which is rare. Steps grow
// from 4 blocks to 64, so that a page of common words reads little.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_POSTING_WALK_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_POSTING_WALK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/request/search/posting.h"
#include "services/request/search/posting_source.h"

namespace docket::request {

class PostingWalk {
 public:
  // `terms` must not be empty. `source` must outlive the walk. Begins with the document before `before`.
  PostingWalk(PostingSource& source, std::vector<std::string> terms, DocumentNumber before);

  // The next documents, newest first; there may be none although the walk goes on.
  absl::StatusOr<std::vector<DocumentNumber>> Next();

  // Whether there is nothing further to be read.
  bool at_end() const { return at_end_; }
  // All documents from here on have been walked over.
  DocumentNumber reached() const { return before_; }
  // How many blocks the leading lists had so far, which is what the walk costs.
  int blocks() const { return blocks_; }

 private:
  PostingSource& source_;
  const std::vector<std::string> terms_;
  DocumentNumber before_;
  int step_;
  int blocks_ = 0;
  bool at_end_ = false;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_POSTING_WALK_H_

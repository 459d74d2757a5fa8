#include "services/request/request_search_worker.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/mysql/transaction.h"
#include "common/status/status_macros.h"
#include "services/request/request_store.h"
#include "services/request/search/posting.h"
#include "services/request/search/search_queue_store.h"
#include "services/request/search/terms.h"

namespace docket::request {
namespace {

constexpr int kRequestsAtATime = 256;
// A transaction changes about so many rows at most: what clusters certify as a whole should stay small.
constexpr size_t kRowsAtATime = 16384;

// By block and term.
using Additions = std::map<int64_t, std::map<std::string, BlockMembers>>;

// Adds the terms of one text; returns how many rows that adds to.
size_t Collect(const RequestStore::Texts& texts, Additions& additions) {
  // Submitted requests have a number. One that has not cannot be found, and must not stop the others.
  const std::optional<DocumentNumber> document = DocumentNumberOf(texts.number);
  if (!document.has_value()) return 0;
  std::map<std::string, BlockMembers>& block = additions[BlockOf(*document)];
  const size_t before = block.size();
  for (const std::string& term : DocumentTerms({texts.title, texts.need, texts.problem, texts.business_impact})) {
    block[term].Add(*document);
  }
  return block.size() - before;
}

}  // namespace

absl::StatusOr<int> SearchIndexer::RunOnce(absl::Time deadline) {
  int indexed = 0;
  absl::Status failed;
  std::string organization_id;
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(organization_id, SearchQueueStore::NextOrganization(pool_, deadline, organization_id));
    if (organization_id.empty()) break;
    const absl::StatusOr<int> batch = IndexBatch(deadline, organization_id);
    // What is wrong in one organisation's index keeps no other's back.
    failed.Update(batch.status());
    indexed += batch.value_or(0);
  }
  if (!failed.ok()) return failed;
  return indexed;
}

absl::StatusOr<int> SearchIndexer::IndexBatch(absl::Time deadline, absl::string_view organization_id) {
  return mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) -> absl::StatusOr<int> {
    DOCKET_RETURN_IF_ERROR(postings_.BecomeWriter(tx, organization_id));
    // Taken and read after becoming the writer: what another one has done meanwhile is seen.
    DOCKET_ASSIGN_OR_RETURN(std::vector<std::string> ids,
                            SearchQueueStore::Take(tx, organization_id, kRequestsAtATime));
    if (ids.empty()) return 0;
    DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestStore::Texts> texts,
                            RequestStore::LoadTexts(tx, organization_id, ids));
    std::map<std::string, const RequestStore::Texts*> by_id;
    for (const RequestStore::Texts& one : texts) by_id[one.id] = &one;
    Additions additions;
    size_t rows = 0, done = 0;
    for (; done < ids.size() && rows < kRowsAtATime; ++done) {
      // What is not there was never submitted.
      if (const auto found = by_id.find(ids[done]); found != by_id.end()) rows += Collect(*found->second, additions);
    }
    ids.resize(done);
    for (const auto& [block, members_by_term] : additions) {
      DOCKET_RETURN_IF_ERROR(postings_.Add(tx, organization_id, block, members_by_term));
    }
    DOCKET_RETURN_IF_ERROR(SearchQueueStore::Remove(tx, organization_id, ids));
    return static_cast<int>(done);
  });
}

}  // namespace docket::request

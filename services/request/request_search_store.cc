#include "services/request/request_search_store.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "common/page_token/page_fill.h"
#include "common/status/status_macros.h"
#include "services/request/search/posting_store.h"
#include "services/request/search/posting_walk.h"

namespace docket::request {
namespace {

constexpr size_t kMaxAtATime = 512;

// Those of the proposals that the search is for, latest submitted first.
absl::StatusOr<std::vector<Request>> Check(RequestStore& store, absl::Time deadline, const RequestSearch& search,
                                           const std::vector<DocumentNumber>& proposals) {
  std::vector<std::string> numbers;
  for (const DocumentNumber document : proposals) numbers.push_back(RequestNumberOf(document));
  DOCKET_ASSIGN_OR_RETURN(std::vector<Request> requests,
                          store.FindSubmitted(deadline, search.organization_id, numbers, search.filter));
  std::vector<std::pair<DocumentNumber, Request>> found;
  for (Request& request : requests) {
    const ApplicationForm& form = request.form;
    if (!search.query.Matches({form.title, form.need, form.problem, form.business_impact})) continue;
    const DocumentNumber document = DocumentNumberOf(request.number).value_or(0);
    found.emplace_back(document, std::move(request));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Request> sorted;
  for (auto& [document, request] : found) sorted.push_back(std::move(request));
  return sorted;
}

}  // namespace

absl::StatusOr<FoundRequests> FindRequests(mysql::Pool& pool, RequestStore& store, absl::Time deadline,
                                           const RequestSearch& search) {
  StoredPostings postings(pool, deadline, search.organization_id);
  PostingWalk walk(postings, search.query.driving_terms(), search.before);
  FoundRequests page;
  // Newest first; proposed, and not looked at yet.
  std::vector<DocumentNumber> proposals;
  size_t looked_at = 0;
  size_t bytes = 0;
  // One more than is needed tells whether there is another page.
  size_t at_a_time = std::min(search.page_size + 1, kMaxAtATime);
  while (true) {
    while (proposals.size() < at_a_time && !walk.at_end() && walk.blocks() < kMaxBlocksAPage) {
      DOCKET_ASSIGN_OR_RETURN(const std::vector<DocumentNumber> more, walk.Next());
      proposals.insert(proposals.end(), more.begin(), more.end());
    }
    if (proposals.empty()) {
      if (!walk.at_end()) page.next = walk.reached();
      return page;
    }
    if (looked_at >= kMaxProposalsAPage) {
      page.next = proposals.front() + 1;
      return page;
    }
    const auto end = proposals.begin() + static_cast<std::ptrdiff_t>(std::min(at_a_time, proposals.size()));
    DOCKET_ASSIGN_OR_RETURN(std::vector<Request> found, Check(store, deadline, search, {proposals.begin(), end}));
    looked_at += static_cast<size_t>(end - proposals.begin());
    proposals.erase(proposals.begin(), end);
    for (Request& request : found) {
      if (page.requests.size() == search.page_size || bytes >= kMaxPageBytes) {
        page.next = DocumentNumberOf(page.requests.back().number).value_or(0);
        return page;
      }
      bytes += TextBytes(request.form);
      page.requests.push_back(std::move(request));
    }
    at_a_time = std::min(at_a_time * 2, kMaxAtATime);
  }
}

}  // namespace docket::request

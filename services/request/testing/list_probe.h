// Walks lists that may grow for ever from their first page to their last, straight from their stores: what is found is
// compared with what a plain statement finds, and what each page costs the server with what it may.
//
// A test fills two organisations with lists of the same kind, of which one is so large that a page which read all of it
// would be found out.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_LIST_PROBE_H_
#define DOCKET_SERVICES_REQUEST_TESTING_LIST_PROBE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"

namespace docket::request {

inline constexpr char kSmallOrganization[] = "small";
inline constexpr char kLargeOrganization[] = "large";
inline constexpr int kSmallList = 1500;
inline constexpr int kLargeList = 12 * kSmallList;

inline constexpr int kProbedPageSize = 200;
// What a page may cost that an index leads to directly: the rows on it, and nothing else to speak of.
inline constexpr int64_t kDirectCost = kProbedPageSize + 10;
// Of one that is filled or at the list's end in the first of the windows that it is walked in.
inline constexpr int64_t kFirstWindowCost = 1100;
// Of one that was given up after kMaxWalkedAPage rows: the key and the row of each, and what is sorted of them.
inline constexpr int64_t kGivenUpCost = 10000;
static_assert(kGivenUpCost < kLargeList);

// As filters or orders ask, and as SQL does. `@` in the former stands for the organisation's name.
struct Probe {
  std::string asked;
  std::string sql;
};

class ListProbe {
 public:
  struct Page {
    // Of its rows, 16 raw bytes each.
    std::vector<std::string> ids;
    std::string next_page_token;
  };
  // Reads one page of an organisation's list.
  using Read = std::function<Page(const std::string& organization, const ListCall& call, const PageTokenCodec& codec)>;

  // The table of the list and its key. The pool must outlive it.
  ListProbe(mysql::Pool& pool, std::string table, std::string key, Read read)
      : pool_(pool), table_(std::move(table)), key_(std::move(key)), read_(std::move(read)) {}

  // Expects the pages of either list to have what a plain statement finds, once and in its order, and none of them to
  // cost more than `bound` rows read. Returns how many pages the large list had.
  int Expect(const Probe& filter, const Probe& order, int64_t bound) const;

 private:
  int ExpectOf(const std::string& organization, const Probe& filter, const Probe& order, int64_t bound) const;
  std::vector<std::string> PlainlySelected(const std::string& organization, const std::string& condition,
                                           const std::string& order) const;

  mysql::Pool& pool_;
  const std::string table_;
  const std::string key_;
  const Read read_;
  const PageTokenCodec codec_ = *PageTokenCodec::Create(std::string(32, 'k'));
};

inline absl::Time ProbeDeadline() { return absl::Now() + absl::Seconds(60); }

// The request message of a List method.
template <typename Call>
Call CallFor(const ListCall& asked) {
  Call call;
  call.set_parent(std::string(asked.parent));
  call.set_page_size(asked.page_size);
  call.set_page_token(std::string(asked.page_token));
  call.set_filter(std::string(asked.filter));
  call.set_order_by(std::string(asked.order_by));
  return call;
}

// What a caller gets of the rows that were found; ends the test program where that failed. `of` is as for
// ListPage::Trim.
template <typename Row, typename... Of>
ListProbe::Page ProbedPage(const ListPage& page, absl::StatusOr<Listed<Row>> found, const PageTokenCodec& codec,
                           Of... of) {
  ListProbe::Page probed;
  probed.next_page_token = page.Trim(found.value(), codec, of...);
  for (const Row& row : found->rows) probed.ids.push_back(row.id);
  return probed;
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TESTING_LIST_PROBE_H_

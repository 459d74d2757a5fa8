// Walking the keys of a list in its order, window by window, straight from an index: what a window costs does not
// depend on how many rows there are nor on how deep in the list it lies.
#ifndef DOCKET_COMMON_LISTING_KEY_WALK_H_
#define DOCKET_COMMON_LISTING_KEY_WALK_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/filter/order_by.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "common/mysql/pool.h"
#include "common/mysql/value.h"

namespace docket {

// A page looks at no more rows than these, however few of them it finds to show.
inline constexpr size_t kMaxWalkedAPage = 4096;

// What gives keys in an order.
struct KeyWalk {
  // "SELECT … WHERE …": the order's columns first among what is selected, then the key. All of one index, which it
  // names, because servers sort a list where they think that cheaper.
  std::string select;
  mysql::Params params;
  filter::Order order;
  // Not empty: `select` ends with one more `?`, and the keys are those that it gives for any of these values, each
  // once, merged by their order from a list for each.
  std::vector<filter::FilterValue> choices;
};

struct KeyWindow {
  std::vector<std::string> ids;
  // The order's values of the last one; empty where there is none.
  std::vector<filter::FilterValue> last;
  bool at_end = false;
};

// A part of a list that an index has in one piece.
struct Stretch {
  filter::Condition condition;
  // Without what all of it has in common, because MariaDB sorts by that too where it is a text.
  filter::Order order;
};

// What comes after the last of a page, to be asked for one stretch after the other. Apart, because servers do not see
// that `priority < ? OR priority = ? AND request_id < ?` is two stretches of one index, and read all of a priority for
// a page in its middle.
std::vector<Stretch> StretchesAfter(const filter::Order& order, const std::vector<filter::FilterValue>& after);

// The first `size` rows of a stretch of the walk.
absl::StatusOr<std::vector<mysql::Row>> ReadStretch(mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk,
                                                    const Stretch& stretch, size_t size);

// The next `size` keys.
absl::StatusOr<KeyWindow> ReadWindow(mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk,
                                     const std::vector<filter::FilterValue>& after, size_t size);

// The next `size` keys of each of several walks.
absl::StatusOr<std::vector<KeyWindow>> ReadWindows(mysql::Pool& pool, absl::Time deadline,
                                                   const std::vector<KeyWalk>& walks,
                                                   const std::vector<filter::FilterValue>& after, size_t size);

// The largest of windows that grow.
inline constexpr size_t kLargestWindow = 1024;

// Gives `take` the keys of one window after the other, from `window` on, which has `size` keys or is the last one. Ends
// where `take` says that the page is full, at the list's end, after kMaxWalkedAPage keys, or once half of the time to
// the deadline is spent, so that a filter that takes long to look at a row still gets on: only in the last two cases it
// returns where the list goes on, after these values of the order.
absl::StatusOr<std::vector<filter::FilterValue>> WalkOn(
    mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk, KeyWindow window, size_t size,
    absl::FunctionRef<absl::StatusOr<bool>(const std::vector<std::string>& ids)> take);

// The place of the window that is known furthest: at its end, or at rows that come later in the order than where the
// others stop. Its list is the sparsest. Of at least one window, all in the order of their keys.
size_t FurthestOf(const std::vector<KeyWindow>& windows, bool descending);

}  // namespace docket

#endif  // DOCKET_COMMON_LISTING_KEY_WALK_H_

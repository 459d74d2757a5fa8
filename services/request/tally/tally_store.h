// The table tally: how many items of feedback, vendors' notices and version drifts there are, in each state, of each
// kind and with each owner, kept in the transactions that change it (compare count/, which does the same for requests).
//
// Each number is spread over 16 rows of which a transaction writes one, so that two that move the same number rarely
// wait for each other. Their sum is exact; a single one may be anything.
//
// Whoever writes what is counted gathers the changes and applies them late, after the counts of requests: so all who
// write both hold them in one order.
#ifndef DOCKET_SERVICES_REQUEST_TALLY_TALLY_STORE_H_
#define DOCKET_SERVICES_REQUEST_TALLY_TALLY_STORE_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/translate.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"

namespace docket::request {

// What is counted. The numbers are those of the table.
enum class Tallied { kFeedback = 1, kVendorNotices = 2, kVersionDrifts = 3 };
inline constexpr Tallied kAllTallied[] = {Tallied::kFeedback, Tallied::kVendorNotices, Tallied::kVersionDrifts};

// "feedback", "vendor notices", "version drifts".
absl::string_view TalliedName(Tallied tallied);

// By what it is counted. State and kind are the tables' numbers.
struct TallyKey {
  std::string organization_id;
  Tallied tallied = Tallied::kFeedback;
  int state = 0;
  // A feedback's channel, a notice's kind, a drift's direction.
  int kind = 0;
  // The system; of a notice the vendor.
  std::string owner;

  friend auto operator<=>(const TallyKey&, const TallyKey&) = default;
};

// What one transaction changes, gathered and then written in one statement.
class TallyChanges {
 public:
  // `id`, 16 raw bytes, is of what came or went. The first one chooses the rows for all, so that a batch writes as many
  // rows as there are keys in it.
  void Add(const TallyKey& key, absl::string_view id, int64_t amount);
  // From one number to another; nothing where they are the same.
  void Move(const TallyKey& from, const TallyKey& to, absl::string_view id);

 private:
  friend class TallyStore;
  std::optional<int> shard_;
  std::map<TallyKey, int64_t> changes_;
};

struct TallyAmount {
  TallyKey key;
  int64_t amount = 0;
};

struct TallyQuestion {
  std::string organization_id;
  Tallied tallied = Tallied::kFeedback;
  // Which columns tell the numbers apart; the others are left 0 or empty.
  bool by_state = false;
  bool by_kind = false;
  bool by_owner = false;
  // Over the columns state, kind and owner.
  filter::Condition filter;
  // Set: only what is this owner's.
  std::optional<std::string> owner;
};

struct TallyCounts {
  std::vector<TallyAmount> amounts;
  // Of those too that are beyond the bound.
  int64_t total = 0;
};

class TallyStore {
 public:
  // The pool must outlive the store.
  explicit TallyStore(mysql::Pool& pool);

  // Rows are written in the order of their keys, so that two transactions never wait for each other in a ring. Holds
  // them until the transaction ends, so write late.
  absl::Status Apply(mysql::Transaction& tx, const TallyChanges& changes) const;

  // By state, kind and owner, at most kMaxCounts; numbers that are 0 are left out.
  absl::StatusOr<TallyCounts> Count(absl::Time deadline, const TallyQuestion& question) const;

  // Where the numbers differ from the rows that are counted, with the difference; as of one moment, and in nobody's
  // way. Reads every row of the organisation.
  absl::StatusOr<std::vector<TallyAmount>> FindDrift(absl::Time deadline, absl::string_view organization_id,
                                                     Tallied tallied) const;

  // Puts the numbers right where they differ, and returns by how much they did; nobody has to wait meanwhile, because
  // whoever changes what is counted changes the number by the same. Removes the rows that are 0.
  absl::StatusOr<std::vector<TallyAmount>> Mend(absl::Time deadline, absl::string_view organization_id,
                                                Tallied tallied) const;

 private:
  mysql::Pool& pool_;
  const mysql::MultiInsert add_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TALLY_TALLY_STORE_H_

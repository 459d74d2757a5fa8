// The tables of rounds: collection_round, collection_answer, collection_reminder, collection_request. Counting a
// round's requests also reads the present kind, priority and state of each from `request`, by its primary key.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_STORE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/collection/collection_round.h"

namespace docket::request {

// Which round.
struct RoundKey {
  std::string organization_id;
  // 16 bytes.
  std::string id;
};

class RoundStore {
 public:
  // The pool must outlive the store.
  explicit RoundStore(mysql::Pool& pool) : pool_(pool) {}

  // With its answers and reminders. ALREADY_EXISTS where the schedule has a round for this occurrence.
  absl::Status Insert(mysql::Transaction& tx, const CollectionRound& round, const std::vector<Reminder>& reminders);
  // What Answer changed. `before_revision` is the one that was loaded; ABORTED / CONCURRENT_CHANGE where it is another
  // by now.
  absl::Status SaveAnswer(mysql::Transaction& tx, const CollectionRound& round, absl::string_view department,
                          int64_t before_revision);
  // What Close changed; reminders that are still waiting become needless.
  absl::Status SaveClosed(mysql::Transaction& tx, const CollectionRound& round, int64_t before_revision);
  // What Edit changed; `reminders` are those of the round that changed with it.
  absl::Status SaveEdited(mysql::Transaction& tx, const CollectionRound& round, const std::vector<Reminder>& reminders,
                          int64_t before_revision);
  // What Ask changed: `come` are the departments that it returned. Now that there is somebody to remind, reminders
  // that were needless wait again where their time is still ahead.
  absl::Status SaveAsked(mysql::Transaction& tx, const CollectionRound& round, const std::vector<std::string>& come,
                         int64_t before_revision);
  // All of the round's, which is held.
  absl::StatusOr<std::vector<Reminder>> LoadReminders(mysql::Transaction& tx, const CollectionRound& round);
  // Marks the reminders that are due at `now` as reported, or as needless. Returns their days before the due day.
  absl::StatusOr<std::vector<int>> TakeReminders(mysql::Transaction& tx, const CollectionRound& round, absl::Time now,
                                                 bool needless);

  absl::StatusOr<std::optional<CollectionRound>> Find(absl::Time deadline, absl::string_view organization_id,
                                                      absl::string_view id);
  absl::StatusOr<std::optional<CollectionRound>> LoadForUpdate(mysql::Transaction& tx,
                                                               absl::string_view organization_id, absl::string_view id);
  absl::StatusOr<std::vector<CollectionRound>> List(absl::Time deadline, absl::string_view organization_id,
                                                    const ListPage& page);

  // Of all organisations, the longest due first.
  absl::StatusOr<std::vector<RoundKey>> ListToClose(absl::Time deadline, absl::Time now, int limit);
  absl::StatusOr<std::vector<RoundKey>> ListToRemind(absl::Time deadline, absl::Time now, int limit);

  // The state of a round, which cannot change until the transaction ends, nor can its answers; nothing where there is
  // no such round. Others may hold it too unless it is held `to_change` it.
  absl::StatusOr<std::optional<RoundState>> HoldState(mysql::Transaction& tx, const RoundKey& round, bool to_change);
  // False as well where the department was not asked.
  absl::StatusOr<bool> HasNilReturn(mysql::Transaction& tx, const RoundKey& round, absl::string_view department);
  absl::StatusOr<bool> HasRequest(mysql::Transaction& tx, const RoundKey& round, absl::string_view request_id);
  absl::Status AddRequest(mysql::Transaction& tx, const RoundKey& round, absl::string_view request_id);
  // The requests that have the round as their source, submitted and not withdrawn.
  absl::StatusOr<std::vector<RequestTally>> Tally(absl::Time deadline, const CollectionRound& round);
  absl::StatusOr<std::vector<RequestTally>> Tally(mysql::Transaction& tx, const CollectionRound& round);

 private:
  // What may change of a round, apart from its answers and reminders.
  static absl::Status SaveRound(mysql::Transaction& tx, const CollectionRound& round, int64_t before_revision);
  static absl::Status InsertAnswers(mysql::Transaction& tx, const CollectionRound& round,
                                    const std::vector<CollectionAnswer>& answers);

  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_STORE_H_

// What goes along when a request is merged into another.
#ifndef DOCKET_SERVICES_REQUEST_MERGE_FOLLOWER_H_
#define DOCKET_SERVICES_REQUEST_MERGE_FOLLOWER_H_

#include "absl/status/status.h"
#include "common/events/event_recorder.h"
#include "services/request/request.h"

namespace docket::mysql {
class Transaction;
}  // namespace docket::mysql

namespace docket::request {

// Thread-safe.
class MergeFollower {
 public:
  virtual ~MergeFollower() = default;

  // `merged` goes into `target`; the rows of both are held. Within the merge's transaction: an error undoes the merge.
  virtual absl::Status OnMerge(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& merged,
                               const Request& target) = 0;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_MERGE_FOLLOWER_H_

// A change of state as one transaction: the resource's rows, the events that report it, and the record that lets the
// same call be answered again.
//
//   return mutations_.Run<v1::Request>(context, {.resource = call.name(), .change = call.name()},
//       [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Request> {
//         DOCKET_ASSIGN_OR_RETURN(Request request, store_.LoadForUpdate(tx, call.name()));
//         DOCKET_RETURN_IF_ERROR(request.Endorse(context.principal()));
//         DOCKET_RETURN_IF_ERROR(store_.Save(tx, request));
//         recorder.Add(EndorsedEvent(request),
//                      {.subject = request.name, .revision = request.revision, .change = request.name});
//         return ToProto(request);
//       });
//
// Repeated calls: the record's key is (organisation, caller, request_id). The same call again, whether after success,
// while the first is still running or after a COMMIT whose answer was lost, gets the first answer; another body or
// method under the same id is INVALID_ARGUMENT / REQUEST_ID_REUSED. A call that failed left no record and may be
// repeated. Records are kept for 7 days. An answer may have at most 1 MiB. A call without a request_id is simply run.
//
// Refused calls: PERMISSION_DENIED and FAILED_PRECONDITION leave a CallDenied event about the resource, in a
// transaction of its own. A refusal that cannot be recorded is logged and refused all the same.
//
// The function may run several times (see common/mysql/transaction.h); the recorder is cleared before each run. A
// repeated call runs it too: its record is written last and finds the first one there, whereupon everything is rolled
// back and the first answer given. That spares every first call a look for a record that is not there. So the function
// leaves the world outside its transaction alone.
#ifndef DOCKET_COMMON_MUTATION_MUTATION_H_
#define DOCKET_COMMON_MUTATION_MUTATION_H_

#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/rpc/call_context.h"
#include "google/protobuf/message.h"

namespace docket {

// What a call is about, for the event that a refusal leaves.
struct MutationSubject {
  std::string resource;
  // Name of the change's request; empty: none or not known yet.
  std::string change;
};

// Thread-safe.
class Mutations {
 public:
  // All references must outlive it. `source` is `services/request`; `wake_relay` is called after a commit that left
  // events.
  Mutations(mysql::Pool& pool, Clock& clock, UuidGenerator& uuids, Logger& logger, std::string source,
            std::function<void()> wake_relay);

  template <typename Reply, typename F>
  absl::StatusOr<Reply> Run(const rpc::CallContext& context, const MutationSubject& subject, F&& function) {
    Reply reply;
    absl::Status status =
        RunInto(context, subject, &reply,
                [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::Status {
                  absl::StatusOr<Reply> made = function(transaction, recorder);
                  if (made.ok()) reply = *std::move(made);
                  return made.status();
                });
    if (!status.ok()) return status;
    return reply;
  }

  // Leaves the CallDenied event of a call that was refused outside Run (a read, say). Does nothing for errors that are
  // no refusal, and where no organisation is known. A failure is logged.
  void RecordDenial(const rpc::CallContext& context, const MutationSubject& subject, const absl::Status& refusal);

  // Deletes records of calls older than 7 days, at most `limit`. Returns how many.
  absl::StatusOr<int64_t> PruneRecords(absl::Time deadline, int limit);

 private:
  using Body = absl::FunctionRef<absl::Status(mysql::Transaction&, events::EventRecorder&)>;
  absl::Status RunInto(const rpc::CallContext& context, const MutationSubject& subject,
                       google::protobuf::Message* reply, Body body);
  absl::Status RunTransaction(const rpc::CallContext& context, google::protobuf::Message* reply, Body body);

  mysql::Pool& pool_;
  Clock& clock_;
  UuidGenerator& uuids_;
  Logger& logger_;
  const std::string source_;
  const std::function<void()> wake_relay_;
};

}  // namespace docket

#endif  // DOCKET_COMMON_MUTATION_MUTATION_H_

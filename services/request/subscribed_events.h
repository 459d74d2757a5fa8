// What the request service does on others' events: a request follows its evaluation, its plan, its execution and its
// entry in the register, and the catalogue follows what was accepted.
#ifndef DOCKET_SERVICES_REQUEST_SUBSCRIBED_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_SUBSCRIBED_EVENTS_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_receiver.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/audit_events.pb.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/request_progress.h"
#include "services/request/request_store.h"

namespace docket::request {

class SubscribedEvents {
 public:
  // All references must outlive it.
  SubscribedEvents(RequestStore& store, CatalogStore& catalog, Clock& clock)
      : store_(store), catalog_(catalog), clock_(clock) {}

  // What else is to happen in the transaction in which the catalogue shows another version: `change` is what the system
  // or its component went from and to, `request` the name of the change that brought it.
  using OnInstalled =
      std::function<absl::Status(mysql::Transaction& tx, events::EventRecorder& recorder, const System& system,
                                 const VersionChange& change, const std::string& request)>;
  void WhenInstalled(OnInstalled on_installed) { on_installed_ = std::move(on_installed); }

  // What else is to happen in the transaction in which it stands what became of a request: rejected, rolled back or
  // carried out, in which case the catalogue shows it already.
  using OnDecided =
      std::function<absl::Status(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request)>;
  void WhenDecided(OnDecided on_decided) { on_decided_ = std::move(on_decided); }

  // Names the handlers. `this` must outlive the receiver.
  void Subscribe(events::EventReceiver& receiver);

 private:
  // What else belongs to a step, asked before and done after the request took it.
  using Check = absl::FunctionRef<absl::Status(const Request& request)>;

  // The request that `event.change` names takes the step; OK where it is past it. `check` sees the request as it
  // stands.
  absl::Status Follow(mysql::Transaction& tx, const event::v1::Event& event, absl::string_view source, Step step,
                      events::EventRecorder& recorder, Check check, Check after);

  // It stands what became of the request.
  absl::Status Decided(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request);

  // The plan's targets now run: versions, their history, and one event each.
  absl::Status AdvanceInstalled(mysql::Transaction& tx, const Request& request, const event::v1::PlanSnapshot& plan,
                                events::EventRecorder& recorder);

  RequestStore& store_;
  CatalogStore& catalog_;
  Clock& clock_;
  OnInstalled on_installed_;
  OnDecided on_decided_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SUBSCRIBED_EVENTS_H_

// What may be done to the directory, within a transaction of the caller's: checks, rows, events. One RPC about one
// record and an import of many do the same things here.
//
// Every check comes before the first write, so that an edit that is refused leaves its transaction as it was.
#ifndef DOCKET_SERVICES_REQUEST_DIRECTORY_EDIT_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_DIRECTORY_EDIT_SERVICE_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "services/request/catalog_edit_service.h"
#include "services/request/catalog_store.h"
#include "services/request/directory.h"
#include "services/request/directory_store.h"

namespace docket::request {

class DirectoryEdits {
 public:
  // All references must outlive it.
  DirectoryEdits(DirectoryStore& store, CatalogStore& catalog, Clock& clock)
      : store_(store), catalog_(catalog), clock_(clock) {}

  // A new record, which is an Organization, a Department, a Vendor or a Person. ALREADY_EXISTS where the identifier is
  // taken; else what is wrong with it.
  template <typename T>
  absl::StatusOr<T> Enter(mysql::Transaction& tx, events::EventRecorder& recorder, T record);

  // The record of `key`'s identifier, as `edit` makes it from what is there. `etag` as CheckEtag takes it. NOT_FOUND,
  // ABORTED / STALE_ETAG, else what is wrong with it.
  template <typename T>
  absl::StatusOr<Edited<T>> Update(mysql::Transaction& tx, events::EventRecorder& recorder, const T& key,
                                   absl::string_view etag, absl::FunctionRef<T(const T&)> edit);

  // Takes a Department, a Vendor or a Person out of use, or back into it. Errors as RetireDepartment and its like say.
  template <typename T>
  absl::StatusOr<T> Retire(mysql::Transaction& tx, events::EventRecorder& recorder, const T& key,
                           absl::string_view etag, absl::string_view reason);
  template <typename T>
  absl::StatusOr<T> Reinstate(mysql::Transaction& tx, events::EventRecorder& recorder, const T& key,
                              absl::string_view etag, absl::string_view reason);

 private:
  // Whether the record may be as it is; `before` is nullptr for a new one.
  absl::Status Check(mysql::Transaction& tx, const Organization* before, Organization& organization);
  absl::Status Check(mysql::Transaction& tx, const Department* before, Department& department);
  absl::Status Check(mysql::Transaction& tx, const Vendor* before, Vendor& vendor);
  absl::Status Check(mysql::Transaction& tx, const Person* before, Person& person);

  template <typename T>
  absl::StatusOr<T> Move(mysql::Transaction& tx, events::EventRecorder& recorder, const T& key, absl::string_view etag,
                         RecordState state, absl::string_view reason);
  // Whether the record, which was just moved, may be in that state.
  template <typename T>
  absl::Status CheckMoved(mysql::Transaction& tx, const T& owner);
  absl::Status CheckMoved(mysql::Transaction& tx, const Person& person);

  DirectoryStore& store_;
  CatalogStore& catalog_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DIRECTORY_EDIT_SERVICE_H_

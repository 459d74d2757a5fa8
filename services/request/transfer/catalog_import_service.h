// One item of an import: created where it is not there, brought up to date where it is.
#ifndef DOCKET_SERVICES_REQUEST_TRANSFER_CATALOG_IMPORT_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_TRANSFER_CATALOG_IMPORT_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "docket/request/v1/catalog_transfer_service.pb.h"
#include "services/request/catalog_edit_service.h"
#include "services/request/directory_edit_service.h"

namespace docket::request {

// The name of the item's resource; empty where it has none.
std::string NameOf(absl::string_view organization_id, const v1::CatalogItem& item);

class CatalogImport {
 public:
  // All references must outlive it.
  CatalogImport(DirectoryEdits& directory, CatalogEdits& catalog, Clock& clock)
      : directory_(directory), catalog_(catalog), clock_(clock) {}

  // CREATED, UPDATED or UNCHANGED. The item has passed its field rules; paths in errors begin at the item.
  absl::StatusOr<v1::ImportOutcome> Apply(mysql::Transaction& tx, events::EventRecorder& recorder,
                                          const std::string& organization_id, const v1::CatalogItem& item);

 private:
  template <typename T>
  absl::StatusOr<v1::ImportOutcome> ApplyRecord(mysql::Transaction& tx, events::EventRecorder& recorder,
                                                const T& record, const std::string& etag);
  absl::StatusOr<v1::ImportOutcome> ApplySystem(mysql::Transaction& tx, events::EventRecorder& recorder,
                                                const System& wanted, const std::string& etag);

  DirectoryEdits& directory_;
  CatalogEdits& catalog_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TRANSFER_CATALOG_IMPORT_SERVICE_H_

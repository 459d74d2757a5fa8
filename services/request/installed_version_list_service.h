// What the history of a system's installed versions can be filtered and ordered by.
#ifndef DOCKET_SERVICES_REQUEST_INSTALLED_VERSION_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_INSTALLED_VERSION_LIST_SERVICE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "common/listing/list_page.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "services/request/catalog.h"

namespace docket::request {

// The page that a call asks for.
absl::StatusOr<ListPage> ReadInstalledVersionPage(const v1::ListInstalledVersionsRequest& call,
                                                  const PageTokenCodec& codec);

// What the column of a field of the order holds.
filter::FilterValue InstalledVersionKey(absl::string_view field, const InstalledVersion& version);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_INSTALLED_VERSION_LIST_SERVICE_H_

// What systems can be filtered and ordered by.
#ifndef DOCKET_SERVICES_REQUEST_CATALOG_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_CATALOG_LIST_SERVICE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "services/request/catalog.h"

namespace docket::request {

// A vendor's caller cannot ask for dependencies, which would name the systems of others.
filter::Schema SystemSchema(const std::string& organization_id, bool for_vendor);

// What the column of a sortable field holds, for ListPage::Trim.
filter::FilterValue SystemKey(absl::string_view field, const System& system);

// Names of resources of this organisation, of which a column holds the last part: `DepartmentName` makes
// `organizations/acme/departments/it` match `it`.
filter::Converter LastIdOf(std::string organization_id, std::string (*name)(absl::string_view, absl::string_view));

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_LIST_SERVICE_H_

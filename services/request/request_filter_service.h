// By what requests and their counts can be filtered.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_FILTER_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_FILTER_SERVICE_H_

#include <string>

#include "common/filter/schema.h"

namespace docket::request {

// The fields that ListRequests documents, over the columns of the table request and its child tables.
filter::Schema RequestFilter(const std::string& organization_id);

// The fields that CountRequests documents, over the columns of the table request_count.
filter::Schema CountFilter(const std::string& organization_id);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_FILTER_SERVICE_H_

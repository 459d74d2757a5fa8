// Names in a filter of which the column holds the last part.
#ifndef DOCKET_SERVICES_REQUEST_NAME_FILTER_H_
#define DOCKET_SERVICES_REQUEST_NAME_FILTER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/filter/schema.h"

namespace docket::request {

// `name` makes a full name of the organisation and the last part, e.g. SystemName. Names of other organisations, and of
// other resources, do not convert.
filter::Converter LastIdOf(std::string organization_id, std::string (*name)(absl::string_view, absl::string_view));
// The same for resources whose last part is a UUID: 16 raw bytes.
filter::Converter LastUuidOf(std::string organization_id, std::string (*name)(absl::string_view, absl::string_view));

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NAME_FILTER_H_

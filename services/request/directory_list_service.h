// What organisations, departments, vendors and people can be filtered and ordered by. The keys are what ListPage::Trim
// asks for.
#ifndef DOCKET_SERVICES_REQUEST_DIRECTORY_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_DIRECTORY_LIST_SERVICE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "common/listing/list_page.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/directory_service.pb.h"
#include "services/request/directory.h"

namespace docket::request {

absl::StatusOr<ListPage> ReadOrganizationsPage(const v1::ListOrganizationsRequest& call, const PageTokenCodec& codec);
absl::StatusOr<ListPage> ReadDepartmentsPage(const v1::ListDepartmentsRequest& call, const PageTokenCodec& codec);
// Not empty: `vendor_id` is the only one that the caller may see.
absl::StatusOr<ListPage> ReadVendorsPage(const v1::ListVendorsRequest& call, absl::string_view vendor_id,
                                         const PageTokenCodec& codec);
absl::StatusOr<ListPage> ReadPeoplePage(const v1::ListPeopleRequest& call, const PageTokenCodec& codec);

filter::FilterValue OrganizationKey(absl::string_view field, const Organization& organization);
filter::FilterValue DepartmentKey(absl::string_view field, const Department& department);
filter::FilterValue VendorKey(absl::string_view field, const Vendor& vendor);
filter::FilterValue PersonKey(absl::string_view field, const Person& person);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DIRECTORY_LIST_SERVICE_H_

// The directory between the domain and the contract, both directions side by side.
#ifndef DOCKET_SERVICES_REQUEST_DIRECTORY_PROTO_H_
#define DOCKET_SERVICES_REQUEST_DIRECTORY_PROTO_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/request/v1/organization.pb.h"
#include "services/request/directory.h"

namespace docket::request {

v1::Organization ToProto(const Organization& organization);
v1::Department ToProto(const Department& department);
v1::Vendor ToProto(const Vendor& vendor);
v1::Person ToProto(const Person& person);

// New records, made now, revision 1.
Organization OrganizationFromProto(absl::string_view id, const v1::Organization& proto, absl::Time now);
Department DepartmentFromProto(absl::string_view organization_id, absl::string_view id, const v1::Department& proto,
                               absl::Time now);
Vendor VendorFromProto(absl::string_view organization_id, absl::string_view id, const v1::Vendor& proto,
                       absl::Time now);
Person PersonFromProto(absl::string_view organization_id, absl::string_view id, const v1::Person& proto,
                       absl::Time now);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DIRECTORY_PROTO_H_

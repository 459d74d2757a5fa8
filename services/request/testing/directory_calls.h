// Fills a directory and a catalogue and takes parts of them out of use, for tests through the whole service. All of it
// in `organizations/yunqi`; whatever is named without its organisation is of it.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_DIRECTORY_CALLS_H_
#define DOCKET_SERVICES_REQUEST_TESTING_DIRECTORY_CALLS_H_

#include <string>

#include "absl/status/statusor.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "docket/request/v1/directory_service.pb.h"
#include "services/request/testing/whole_service.h"

namespace docket::request {

class DirectoryCalls {
 public:
  // The service must outlive it.
  explicit DirectoryCalls(WholeService& service) : service_(service) {}

  absl::StatusOr<v1::Department> CreateDepartment(const std::string& id);
  absl::StatusOr<v1::Vendor> CreateVendor(const std::string& id);
  // Of a department, a viewer; of a vendor, with ROLE_VENDOR. Empty: not of one.
  absl::StatusOr<v1::Person> CreatePerson(const std::string& id, const std::string& department,
                                          const std::string& vendor = "");
  absl::StatusOr<v1::System> CreateSystem(const std::string& id, const std::string& department,
                                          const std::string& vendor = "");
  // Someone of a vendor, who is in the directory.
  common::v1::Principal VendorPerson(const std::string& id, const std::string& vendor);

  // E.g. Move<v1::RetireVendorRequest, v1::Vendor>("DirectoryService/RetireVendor", name).
  template <typename Call, typename Reply>
  absl::StatusOr<Reply> Move(const std::string& method, const std::string& name, const std::string& etag = "",
                             const std::string& reason = "机构调整") {
    Call call;
    call.set_name(name);
    call.set_reason(reason);
    call.set_etag(etag);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<Reply>(method, service_.administrator, call);
  }
  absl::StatusOr<v1::Department> RetireDepartment(const std::string& id, const std::string& etag = "");
  absl::StatusOr<v1::Department> ReinstateDepartment(const std::string& id, const std::string& etag = "");
  absl::StatusOr<v1::Vendor> RetireVendor(const std::string& id, const std::string& etag = "");
  absl::StatusOr<v1::Vendor> ReinstateVendor(const std::string& id, const std::string& etag = "");
  absl::StatusOr<v1::Person> RetirePerson(const std::string& id, const std::string& etag = "");
  absl::StatusOr<v1::Person> ReinstatePerson(const std::string& id, const std::string& etag = "");
  absl::StatusOr<v1::System> RetireSystem(const std::string& id);
  absl::StatusOr<v1::System> ReinstateSystem(const std::string& id);

 private:
  WholeService& service_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TESTING_DIRECTORY_CALLS_H_

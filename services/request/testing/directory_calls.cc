#include "services/request/testing/directory_calls.h"

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

constexpr char kOrganization[] = "yunqi";
constexpr char kParent[] = "organizations/yunqi";

std::string DepartmentNamed(const std::string& id) { return DepartmentName(kOrganization, id); }
std::string VendorNamed(const std::string& id) { return VendorName(kOrganization, id); }
std::string PersonNamed(const std::string& id) { return PersonName(kOrganization, id); }
std::string SystemNamed(const std::string& id) { return SystemName(kOrganization, id); }

}  // namespace

absl::StatusOr<v1::Department> DirectoryCalls::CreateDepartment(const std::string& id) {
  v1::CreateDepartmentRequest call;
  call.set_parent(kParent);
  call.set_department_id(id);
  call.mutable_department()->set_title(absl::StrCat("部门 ", id));
  call.set_request_id(service_.NewRequestId());
  return service_.Call<v1::Department>("DirectoryService/CreateDepartment", service_.administrator, call);
}

absl::StatusOr<v1::Vendor> DirectoryCalls::CreateVendor(const std::string& id) {
  v1::CreateVendorRequest call;
  call.set_parent(kParent);
  call.set_vendor_id(id);
  call.mutable_vendor()->set_title(absl::StrCat("供应商 ", id));
  call.set_request_id(service_.NewRequestId());
  return service_.Call<v1::Vendor>("DirectoryService/CreateVendor", service_.administrator, call);
}

absl::StatusOr<v1::Person> DirectoryCalls::CreatePerson(const std::string& id, const std::string& department,
                                                        const std::string& vendor) {
  v1::CreatePersonRequest call;
  call.set_parent(kParent);
  call.set_person_id(id);
  call.mutable_person()->set_display_name(absl::StrCat("人员 ", id));
  if (!department.empty()) call.mutable_person()->set_department(DepartmentNamed(department));
  if (!vendor.empty()) call.mutable_person()->set_vendor(VendorNamed(vendor));
  call.mutable_person()->add_roles(vendor.empty() ? common::v1::ROLE_VIEWER : common::v1::ROLE_VENDOR);
  call.set_request_id(service_.NewRequestId());
  return service_.Call<v1::Person>("DirectoryService/CreatePerson", service_.administrator, call);
}

absl::StatusOr<v1::System> DirectoryCalls::CreateSystem(const std::string& id, const std::string& department,
                                                        const std::string& vendor) {
  v1::CreateSystemRequest call;
  call.set_parent(kParent);
  call.set_system_id(id);
  call.mutable_system()->set_title(absl::StrCat("系统 ", id));
  call.mutable_system()->set_owner_department(DepartmentNamed(department));
  if (!vendor.empty()) call.mutable_system()->set_vendor(VendorNamed(vendor));
  call.mutable_system()->set_criticality(common::v1::LEVEL_MEDIUM);
  call.mutable_system()->set_installed_version("1.0");
  call.set_request_id(service_.NewRequestId());
  return service_.Call<v1::System>("CatalogService/CreateSystem", service_.administrator, call);
}

common::v1::Principal DirectoryCalls::VendorPerson(const std::string& id, const std::string& vendor) {
  EXPECT_THAT(CreatePerson(id, "", vendor), tests::IsOk());
  common::v1::Principal principal = PersonOf(kOrganization, id, "", {common::v1::ROLE_VENDOR});
  principal.set_vendor(VendorNamed(vendor));
  return principal;
}

absl::StatusOr<v1::Department> DirectoryCalls::RetireDepartment(const std::string& id, const std::string& etag) {
  return Move<v1::RetireDepartmentRequest, v1::Department>("DirectoryService/RetireDepartment", DepartmentNamed(id),
                                                           etag);
}

absl::StatusOr<v1::Department> DirectoryCalls::ReinstateDepartment(const std::string& id, const std::string& etag) {
  return Move<v1::ReinstateDepartmentRequest, v1::Department>("DirectoryService/ReinstateDepartment",
                                                              DepartmentNamed(id), etag);
}

absl::StatusOr<v1::Vendor> DirectoryCalls::RetireVendor(const std::string& id, const std::string& etag) {
  return Move<v1::RetireVendorRequest, v1::Vendor>("DirectoryService/RetireVendor", VendorNamed(id), etag);
}

absl::StatusOr<v1::Vendor> DirectoryCalls::ReinstateVendor(const std::string& id, const std::string& etag) {
  return Move<v1::ReinstateVendorRequest, v1::Vendor>("DirectoryService/ReinstateVendor", VendorNamed(id), etag);
}

absl::StatusOr<v1::Person> DirectoryCalls::RetirePerson(const std::string& id, const std::string& etag) {
  return Move<v1::RetirePersonRequest, v1::Person>("DirectoryService/RetirePerson", PersonNamed(id), etag);
}

absl::StatusOr<v1::Person> DirectoryCalls::ReinstatePerson(const std::string& id, const std::string& etag) {
  return Move<v1::ReinstatePersonRequest, v1::Person>("DirectoryService/ReinstatePerson", PersonNamed(id), etag);
}

absl::StatusOr<v1::System> DirectoryCalls::RetireSystem(const std::string& id) {
  return Move<v1::RetireSystemRequest, v1::System>("CatalogService/RetireSystem", SystemNamed(id));
}

absl::StatusOr<v1::System> DirectoryCalls::ReinstateSystem(const std::string& id) {
  return Move<v1::ReinstateSystemRequest, v1::System>("CatalogService/ReinstateSystem", SystemNamed(id));
}

}  // namespace docket::request

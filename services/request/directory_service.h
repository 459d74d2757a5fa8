// Serves docket.request.v1.DirectoryService.
#ifndef DOCKET_SERVICES_REQUEST_DIRECTORY_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_DIRECTORY_SERVICE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/directory_service.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "services/request/directory_edit_service.h"
#include "services/request/directory_store.h"

namespace docket::request {

class DirectoryService {
 public:
  // All references must outlive the service.
  DirectoryService(DirectoryStore& store, DirectoryEdits& edits, Mutations& mutations,
                   const PageTokenCodec& page_tokens, Clock& clock)
      : store_(store), edits_(edits), mutations_(mutations), page_tokens_(page_tokens), clock_(clock) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::Organization> CreateOrganization(const rpc::CallContext& context,
                                                      const v1::CreateOrganizationRequest& call);
  absl::StatusOr<v1::Organization> GetOrganization(const rpc::CallContext& context,
                                                   const v1::GetOrganizationRequest& call);
  absl::StatusOr<v1::Organization> UpdateOrganization(const rpc::CallContext& context,
                                                      const v1::UpdateOrganizationRequest& call);
  absl::StatusOr<v1::ListOrganizationsResponse> ListOrganizations(const rpc::CallContext& context,
                                                                  const v1::ListOrganizationsRequest& call);
  absl::StatusOr<v1::Department> CreateDepartment(const rpc::CallContext& context,
                                                  const v1::CreateDepartmentRequest& call);
  absl::StatusOr<v1::Department> GetDepartment(const rpc::CallContext& context, const v1::GetDepartmentRequest& call);
  absl::StatusOr<v1::ListDepartmentsResponse> ListDepartments(const rpc::CallContext& context,
                                                              const v1::ListDepartmentsRequest& call);
  absl::StatusOr<v1::Department> UpdateDepartment(const rpc::CallContext& context,
                                                  const v1::UpdateDepartmentRequest& call);
  absl::StatusOr<v1::Department> RetireDepartment(const rpc::CallContext& context,
                                                  const v1::RetireDepartmentRequest& call);
  absl::StatusOr<v1::Department> ReinstateDepartment(const rpc::CallContext& context,
                                                     const v1::ReinstateDepartmentRequest& call);
  absl::StatusOr<v1::Vendor> CreateVendor(const rpc::CallContext& context, const v1::CreateVendorRequest& call);
  absl::StatusOr<v1::Vendor> GetVendor(const rpc::CallContext& context, const v1::GetVendorRequest& call);
  absl::StatusOr<v1::ListVendorsResponse> ListVendors(const rpc::CallContext& context,
                                                      const v1::ListVendorsRequest& call);
  absl::StatusOr<v1::Vendor> UpdateVendor(const rpc::CallContext& context, const v1::UpdateVendorRequest& call);
  absl::StatusOr<v1::Vendor> RetireVendor(const rpc::CallContext& context, const v1::RetireVendorRequest& call);
  absl::StatusOr<v1::Vendor> ReinstateVendor(const rpc::CallContext& context, const v1::ReinstateVendorRequest& call);
  absl::StatusOr<v1::Person> CreatePerson(const rpc::CallContext& context, const v1::CreatePersonRequest& call);
  absl::StatusOr<v1::Person> GetPerson(const rpc::CallContext& context, const v1::GetPersonRequest& call);
  absl::StatusOr<v1::ListPeopleResponse> ListPeople(const rpc::CallContext& context, const v1::ListPeopleRequest& call);
  absl::StatusOr<v1::Person> UpdatePerson(const rpc::CallContext& context, const v1::UpdatePersonRequest& call);
  absl::StatusOr<v1::Person> RetirePerson(const rpc::CallContext& context, const v1::RetirePersonRequest& call);
  absl::StatusOr<v1::Person> ReinstatePerson(const rpc::CallContext& context, const v1::ReinstatePersonRequest& call);

  // Loads what `update` names, edits it by the mask and saves it. `from_proto` makes a record of the contract's
  // message.
  template <typename Proto, typename FromProto>
  absl::StatusOr<Proto> Update(const rpc::CallContext& context, absl::string_view field, const Proto& update,
                               const google::protobuf::FieldMask& mask, FromProto from_proto);

  // Takes what `call` names out of use, or back into it, as `move` does.
  template <typename T, typename Proto, typename Call>
  absl::StatusOr<Proto> Move(const rpc::CallContext& context, const Call& call,
                             absl::StatusOr<T> (DirectoryEdits::*move)(mysql::Transaction&, events::EventRecorder&,
                                                                       const T&, absl::string_view, absl::string_view));

  // OK for callers who serve all organisations.
  static absl::Status RequirePlatform(const rpc::CallContext& context, const std::string& resource);

  // Microseconds are all that the tables keep.
  absl::Time Now() { return absl::FromUnixMicros(clock_.NowMicros()); }

  DirectoryStore& store_;
  DirectoryEdits& edits_;
  Mutations& mutations_;
  const PageTokenCodec& page_tokens_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DIRECTORY_SERVICE_H_

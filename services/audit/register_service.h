// The handlers of docket.audit.v1.RegisterService.
#ifndef DOCKET_SERVICES_AUDIT_REGISTER_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_REGISTER_SERVICE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/filter/schema.h"
#include "common/merkle/note_key.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/register.pb.h"
#include "docket/audit/v1/register_service.pb.h"
#include "docket/common/v1/types.pb.h"
#include "docket/scheduling/v1/plan.pb.h"
#include "services/audit/register_store.h"

namespace docket::audit {

struct OrganizationFacts {
  std::string title;
  // By which years begin and times are printed.
  absl::TimeZone zone;
  // `zh-CN` or `en`
  std::string language_code;
};

// What the register asks other services, now. A question that is not answered is an error: UNAVAILABLE.
class RegisterSources {
 public:
  virtual ~RegisterSources() = default;
  virtual absl::StatusOr<scheduling::v1::Plan> GetPlan(const rpc::CallContext& context, const std::string& name) = 0;
  virtual absl::StatusOr<OrganizationFacts> GetOrganization(const rpc::CallContext& context,
                                                            const std::string& organization) = 0;
  // The files of a request that are there in whole, oldest first.
  virtual absl::StatusOr<std::vector<common::v1::Document>> ListAttachments(const rpc::CallContext& context,
                                                                            const std::string& request) = 0;
};

class RegisterService {
 public:
  struct Parts {
    RegisterStore* store = nullptr;
    RegisterSources* sources = nullptr;
    Mutations* mutations = nullptr;
    const PageTokenCodec* page_tokens = nullptr;
    Clock* clock = nullptr;
  };
  // The signer signs receipts.
  RegisterService(Parts parts, merkle::NoteSigner signer);

  void Register(rpc::MethodTable& table);

  absl::StatusOr<v1::Filing> CreateFiling(const rpc::CallContext& context, const v1::CreateFilingRequest& request);
  absl::StatusOr<v1::Filing> AcknowledgeFiling(const rpc::CallContext& context,
                                               const v1::AcknowledgeFilingRequest& request);
  absl::StatusOr<v1::Filing> GetFiling(const rpc::CallContext& context, const v1::GetFilingRequest& request);
  absl::StatusOr<v1::ListFilingsResponse> ListFilings(const rpc::CallContext& context,
                                                      const v1::ListFilingsRequest& request);
  absl::StatusOr<v1::Registration> CreateRegistration(const rpc::CallContext& context,
                                                      const v1::CreateRegistrationRequest& request);
  absl::StatusOr<v1::Registration> GetRegistration(const rpc::CallContext& context,
                                                   const v1::GetRegistrationRequest& request);
  absl::StatusOr<v1::ListRegistrationsResponse> ListRegistrations(const rpc::CallContext& context,
                                                                  const v1::ListRegistrationsRequest& request);

 private:
  // The signed receipt of what is complete but for it.
  absl::StatusOr<std::string> ReceiptOf(const v1::Filing& filing, absl::Time time) const;
  absl::StatusOr<std::string> ReceiptOf(const v1::Registration& registration, const std::string& plan_sha256,
                                        absl::Time time) const;

  const Parts parts_;
  const merkle::NoteSigner signer_;
  const filter::Schema filing_schema_;
  const filter::Schema registration_schema_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_REGISTER_SERVICE_H_

// The register's questions to the other services, over RPC.
#ifndef DOCKET_SERVICES_AUDIT_REGISTER_SOURCES_H_
#define DOCKET_SERVICES_AUDIT_REGISTER_SOURCES_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/client.h"
#include "services/audit/register_service.h"

namespace docket::audit {

// Thread-safe. Organisations are remembered: their time zones and titles hardly ever change, and a process lives for
// days at most.
class RpcRegisterSources final : public RegisterSources {
 public:
  RpcRegisterSources(std::shared_ptr<rpc::Channel> scheduling, std::shared_ptr<rpc::Channel> request)
      : scheduling_(std::move(scheduling)), request_(std::move(request)) {}

  absl::StatusOr<scheduling::v1::Plan> GetPlan(const rpc::CallContext& context, const std::string& name) override;
  absl::StatusOr<OrganizationFacts> GetOrganization(const rpc::CallContext& context,
                                                    const std::string& organization) override;
  absl::StatusOr<std::vector<common::v1::Document>> ListAttachments(const rpc::CallContext& context,
                                                                    const std::string& request) override;

 private:
  const std::shared_ptr<rpc::Channel> scheduling_;
  const std::shared_ptr<rpc::Channel> request_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, OrganizationFacts> organizations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_REGISTER_SOURCES_H_

// Whether standard changes may go ahead on the strength of their template: at submission, when triage accepts them, and
// at the instant of execution.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_PREAUTHORIZATION_SOURCES_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_PREAUTHORIZATION_SOURCES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/mysql/transaction.h"
#include "services/request/preauthorization_sources.h"
#include "services/request/template/change_template_store.h"

namespace docket::request {

class TemplatePreauthorization final : public PreauthorizationSource {
 public:
  // The store must outlive it.
  explicit TemplatePreauthorization(ChangeTemplateStore& store) : store_(store) {}

  absl::StatusOr<std::string> Pin(mysql::Transaction& tx, const Request& request, absl::Time now) override;
  absl::StatusOr<event::v1::RequestPreauthorized> Preauthorize(mysql::Transaction& tx, const Request& request) override;

 private:
  ChangeTemplateStore& store_;
};

// Why a request that pinned `version` of `owner` is not preauthorised any more; empty where it still is. Nothing stands
// for what is not there. The content is digested anew: what was changed behind the service's back does not count.
std::string WhyVoid(const Request& request, const std::optional<ChangeTemplate>& owner,
                    const std::optional<ChangeTemplateVersion>& version);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_PREAUTHORIZATION_SOURCES_H_

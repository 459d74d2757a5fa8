// For which vendor someone calls: people of a vendor see their own vendor's part of an organisation only.
#ifndef DOCKET_SERVICES_REQUEST_VENDOR_VIEW_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_VENDOR_VIEW_SERVICE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "services/request/directory_store.h"

namespace docket::request {

// Nothing for callers without ROLE_VENDOR. For those with it the identifier of the vendor that the directory names for
// them now; empty for someone of no vendor of this organisation, or who has left it: they see nothing, not everything.
absl::StatusOr<std::optional<std::string>> ActingVendor(const rpc::CallContext& context, DirectoryStore& directory,
                                                        absl::string_view organization_id);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_VENDOR_VIEW_SERVICE_H_

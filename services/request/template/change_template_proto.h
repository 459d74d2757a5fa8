// Between the domain's templates and docket.request.v1.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_PROTO_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_PROTO_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "docket/request/v1/change_template.pb.h"
#include "services/request/template/change_template.h"

namespace docket::request {

v1::ChangeTemplate ToProto(const ChangeTemplate& change_template);
v1::ChangeTemplateVersion ToProto(const ChangeTemplateVersion& version);

// What a caller may set.
TemplateContent ContentFromProto(const v1::ChangeTemplateVersion& version);

// As the table keeps it. INTERNAL for bytes that are no content.
std::string ContentToBytes(absl::string_view organization_id, const TemplateContent& content);
absl::StatusOr<TemplateContent> ContentFromBytes(const std::string& bytes);

// `organizations/o/systems/s component 4.1.*`.
std::string TargetText(absl::string_view organization_id, const TemplateTarget& target);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_PROTO_H_

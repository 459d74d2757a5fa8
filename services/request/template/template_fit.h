// Whether a request is an instance of a template version.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_FIT_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_FIT_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/request/application_form.h"
#include "services/request/template/change_template.h"

namespace docket::request {

// FAILED_PRECONDITION: BROKEN_REFERENCE (metadata `resource`, `state`) where the version is not approved; INCOMPLETE
// (metadata `missing`) where it has expired, or where it does not cover a target or the impact. Every such lack is
// listed.
absl::Status CheckTemplateFits(const ChangeTemplateVersion& version, const ApplicationForm& form, absl::Time now);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_FIT_H_

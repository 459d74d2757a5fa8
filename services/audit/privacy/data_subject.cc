#include "services/audit/privacy/data_subject.h"

#include <algorithm>

#include "common/resource_name/resource_name.h"
#include "docket/event/v1/privacy_events.pb.h"

namespace docket::audit {

bool IsAlwaysKept(absl::string_view event_type) {
  static const auto* const kFile = event::v1::RedactionApplied::descriptor()->file();
  return kFile->FindMessageTypeByName(std::string(event_type)) != nullptr;
}

std::string DataSubjectOf(const event::v1::Event& event) {
  const std::string& actor = event.actor().name();
  if (IsAlwaysKept(event.type()) || actor != PersonName(OrganizationId(actor), LastId(actor))) return "";
  return actor;
}

}  // namespace docket::audit

#include "services/request/feedback/feedback_list_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "services/request/name_filter.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using filter::Schema;

Schema FilterSchema(const std::string& organization_id) {
  Schema schema;
  schema
      .Converted("system", {.sql = "system_id"}, absl::StrCat("a name like ", SystemName(organization_id, "*")),
                 LastIdOf(organization_id, SystemName))
      .String("text", {.sql = "text"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Feedback::State_descriptor()))
      .Enum("channel", {.sql = "channel"}, filter::EnumValues(*v1::Feedback::Channel_descriptor()))
      .Converted("request", {.sql = "request_id", .nullable = true},
                 absl::StrCat("a name like ", RequestName(organization_id, "*")),
                 LastUuidOf(organization_id, RequestName))
      .Timestamp("received_time", {.sql = "received_time_us"})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Words({"text"});
  return schema;
}

// Identifiers are UUIDv7, so their order is that of creation, and the primary key serves it.
Schema OrderSchema() {
  Schema schema;
  schema.Uuid("create_time", {.sql = "feedback_id", .sortable = true})
      .Timestamp("received_time", {.sql = "received_time_us", .sortable = true})
      .Unique("create_time");
  return schema;
}

}  // namespace

absl::StatusOr<ListPage> ReadFeedbackPage(const v1::ListFeedbackRequest& call, const PageTokenCodec& codec) {
  return ListPage::Read(ListCallOf("ListFeedback", call), FilterSchema(OrganizationId(call.parent())), OrderSchema(),
                        "create_time desc", codec);
}

filter::FilterValue FeedbackKeyOf(absl::string_view field, const Feedback& feedback) {
  if (field == "received_time") return Micros(feedback.received_time);
  return feedback.id;
}

size_t FeedbackTextBytes(const Feedback& feedback) {
  return feedback.text.size() + feedback.reporter.size() + feedback.dismiss_reason.size();
}

}  // namespace docket::request

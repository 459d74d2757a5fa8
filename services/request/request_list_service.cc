#include "services/request/request_list_service.h"

#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/name_filter.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using filter::FilterValue;
using filter::Schema;

// Levels rise from low to critical, so `priority >= HIGH` means something.
constexpr filter::Operators kLevelOperators = filter::kTakesEquality | filter::kTakesOrder;

// Stands for "one of the request's targets is of system" until the condition is whole: a schema knows single values
// only.
constexpr char kAnyTargetSystem[] = "any_target_system";
constexpr char kHasTarget[] =
    "EXISTS (SELECT 1 FROM request_target WHERE request_target.organization_id = request.organization_id"
    " AND request_target.request_id = request.request_id AND request_target.system_id = ?)";

Schema FilterSchema(const std::string& organization_id) {
  const filter::EnumNames levels = filter::EnumValues(*common::v1::Level_descriptor());
  Schema schema;
  schema.String("number", {.sql = "request_number"})
      .String("title", {.sql = "title"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Request::State_descriptor()))
      .Enum("kind", {.sql = "kind"}, filter::EnumValues(*common::v1::ChangeKind_descriptor()))
      .Enum("source", {.sql = "source"}, filter::EnumValues(*v1::Request::Source_descriptor()))
      .Enum("urgency", {.sql = "urgency", .operators = kLevelOperators}, levels)
      .Enum("impact", {.sql = "impact", .operators = kLevelOperators}, levels)
      .Enum("priority", {.sql = "priority", .operators = kLevelOperators}, levels)
      .String("requester", {.sql = "requester", .operators = filter::kTakesEquality})
      .Converted("department", {.sql = "department_id"},
                 absl::StrCat("a name like ", DepartmentName(organization_id, "*")),
                 LastIdOf(organization_id, DepartmentName))
      .Converted("system", {.sql = kAnyTargetSystem}, absl::StrCat("a name like ", SystemName(organization_id, "*")),
                 LastIdOf(organization_id, SystemName))
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Timestamp("submit_time", {.sql = "NULLIF(submit_time_us, 0)", .nullable = true});
  return schema;
}

// Identifiers are UUIDv7, so their order is that of creation, and the primary key serves it.
Schema OrderSchema() {
  Schema schema;
  schema.Uuid("create_time", {.sql = "request_id", .sortable = true})
      .Timestamp("submit_time", {.sql = "submit_time_us", .sortable = true})
      .String("number", {.sql = "request_number", .sortable = true})
      .Enum("priority", {.sql = "priority", .sortable = true}, {})
      .Unique("create_time");
  return schema;
}

FilterValue KeyPart(absl::string_view field, const Request& request) {
  if (field == "submit_time") return request.submit_time.has_value() ? Micros(*request.submit_time) : int64_t{0};
  if (field == "number") return NumberColumn(request);
  if (field == "priority") return static_cast<int64_t>(request.priority);
  return request.id;
}

}  // namespace

absl::StatusOr<RequestPage> RequestPage::Read(const v1::ListRequestsRequest& call, absl::string_view caller,
                                              const PageTokenCodec& codec) {
  RequestPage page;
  FieldViolations violations;
  page.size_ = static_cast<size_t>(PageSize(call.page_size(), violations));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  RequestQuery& query = page.query_;
  query.organization_id = OrganizationId(call.parent());
  query.caller = std::string(caller);
  query.limit = static_cast<int>(page.size_) + 1;
  DOCKET_ASSIGN_OR_RETURN(query.filter, filter::Translate(call.filter(), FilterSchema(query.organization_id)));
  query.filter.where = absl::StrReplaceAll(
      query.filter.where, {{absl::StrCat(kAnyTargetSystem, " = ?"), kHasTarget},
                           {absl::StrCat(kAnyTargetSystem, " <> ?"), absl::StrCat("NOT ", kHasTarget)}});
  DOCKET_ASSIGN_OR_RETURN(page.order_, filter::ParseOrderBy(call.order_by(), OrderSchema(), "create_time desc"));
  // A number tells any two requests apart; whatever follows it would only keep its index from serving the order.
  if (page.order_.front().field == "number") page.order_.resize(1);
  query.order = filter::OrderBySql(page.order_);

  page.fingerprint_ = QueryFingerprint({"ListRequests", call.parent(), call.filter(), call.order_by(), caller});
  std::vector<FilterValue> key;
  if (!call.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(const PageToken token, codec.Decode(call.page_token(), page.fingerprint_));
    DOCKET_ASSIGN_OR_RETURN(key, filter::DecodeKey(token.key, page.order_));
  }
  query.after = filter::After(page.order_, key);
  return page;
}

std::string RequestPage::Trim(std::vector<Request>& found, const PageTokenCodec& codec) const {
  if (found.size() <= size_) return "";
  found.resize(size_);
  std::vector<FilterValue> key;
  for (const filter::OrderTerm& term : order_) key.push_back(KeyPart(term.field, found.back()));
  return codec.Encode({.key = filter::EncodeKey(key), .fingerprint = fingerprint_});
}

}  // namespace docket::request

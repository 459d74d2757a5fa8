#include "services/request/request_filter_service.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/resource_name/resource_name.h"
#include "docket/common/v1/types.pb.h"
#include "docket/request/v1/request.pb.h"
#include "services/request/name_filter.h"
#include "services/request/request.h"
#include "services/request/request_row_store.h"

namespace docket::request {
namespace {

using filter::FilterValue;
using filter::Schema;

// Levels rise from low to critical, so `priority >= HIGH` means something.
constexpr filter::Operators kLevelOperators = filter::kTakesEquality | filter::kTakesOrder;

constexpr size_t kMaxFilters = 1000;

// Compared by <=>, which says the same where nothing is NULL: out of an EXISTS over `=` MariaDB makes an IN, and then
// reads all of an organisation's rows of the table for a page.
constexpr char kTargets[] =
    "SELECT 1 FROM request_target AS t WHERE t.organization_id <=> request.organization_id"
    " AND t.request_id <=> request.request_id";
constexpr char kRelations[] =
    "SELECT 1 FROM request_relation AS r WHERE r.organization_id <=> request.organization_id"
    " AND r.request_id <=> request.request_id";

constexpr char kTemplates[] =
    "SELECT 1 FROM request_template AS v WHERE v.organization_id <=> request.organization_id"
    " AND v.request_id <=> request.request_id";

filter::EnumNames Levels() { return filter::EnumValues(*common::v1::Level_descriptor()); }

// What both lists have, under the same names of columns.
Schema CommonFilter(const std::string& organization_id) {
  Schema schema;
  schema.Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Request::State_descriptor()))
      .Enum("priority", {.sql = "priority", .operators = kLevelOperators}, Levels())
      .Converted("department", {.sql = "department_id"},
                 absl::StrCat("a name like ", DepartmentName(organization_id, "*")),
                 LastIdOf(organization_id, DepartmentName))
      .Enum("kind", {.sql = "kind"}, filter::EnumValues(*common::v1::ChangeKind_descriptor()))
      .Enum("source", {.sql = "source"}, filter::EnumValues(*v1::Request::Source_descriptor()))
      .Bool("held", {.sql = "held"})
      .Bool("retrospective", {.sql = "retrospective"});
  return schema;
}

}  // namespace

Schema RequestFilter(const std::string& organization_id) {
  Schema schema = CommonFilter(organization_id);
  schema
      .String("number",
              {.sql = "request_number", .spelling = &StoredNumber, .shown = "REPLACE(request_number, '~', '')"})
      .String("title", {.sql = "title"})
      .String("source_reference", {.sql = "source_reference"})
      .Enum("urgency", {.sql = "urgency", .operators = kLevelOperators}, Levels())
      .Enum("impact", {.sql = "impact", .operators = kLevelOperators}, Levels())
      .String("requester", {.sql = "requester", .operators = filter::kTakesEquality})
      .Converted("system", {.sql = "t.system_id", .rows = kTargets},
                 absl::StrCat("a name like ", SystemName(organization_id, "*")), LastIdOf(organization_id, SystemName))
      .Converted("template", {.sql = "v.template", .rows = kTemplates},
                 "a name like organizations/*/changeTemplates/*/versions/*",
                 [](absl::string_view argument) { return FilterValue(std::string(argument)); })
      .Enum("relation", {.sql = "r.kind", .rows = kRelations},
            filter::EnumValues(*v1::RequestRelation::Kind_descriptor()))
      .Converted("related_request", {.sql = "r.other_request_id", .rows = kRelations},
                 absl::StrCat("a name like ", RequestName(organization_id, "*")),
                 LastUuidOf(organization_id, RequestName))
      .String("endorser", {.sql = "endorser", .operators = filter::kTakesEquality})
      .String("triager", {.sql = "triager", .operators = filter::kTakesEquality})
      .Enum("necessity_ground", {.sql = "necessity_ground"},
            filter::EnumValues(*v1::Request::NecessityGround_descriptor()))
      .Enum("result", {.sql = "result"},
            {{std::string(ResultName(Result::kImplemented)), static_cast<int64_t>(Result::kImplemented)},
             {std::string(ResultName(Result::kRolledBack)), static_cast<int64_t>(Result::kRolledBack)}})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Timestamp("update_time", {.sql = "update_time_us"})
      .Timestamp("submit_time", {.sql = "NULLIF(submit_time_us, 0)", .nullable = true})
      .Timestamp("close_time", {.sql = "close_time_us", .nullable = true})
      .Timestamp("defer_until_time", {.sql = "defer_until_us", .nullable = true})
      .Words({"title", "need", "problem", "business_impact"});
  return schema;
}

std::shared_ptr<const Schema> RequestFilters::Of(const std::string& organization_id) {
  absl::MutexLock lock(&mutex_);
  const auto found = filters_.find(organization_id);
  if (found != filters_.end()) return found->second;
  if (filters_.size() >= kMaxFilters) filters_.clear();
  return filters_[organization_id] = std::make_shared<const Schema>(RequestFilter(organization_id));
}

Schema CountFilter(const std::string& organization_id) { return CommonFilter(organization_id); }

}  // namespace docket::request

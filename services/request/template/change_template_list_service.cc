#include "services/request/template/change_template_list_service.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using filter::FilterValue;
using filter::Schema;

// Stands for "one of the targets is of system" until the condition is whole: a schema knows single values only.
constexpr char kAnyTargetSystem[] = "any_target_system";
constexpr char kTemplateHasTarget[] =
    "EXISTS (SELECT 1 FROM change_template_target WHERE change_template_target.organization_id ="
    " change_template.organization_id AND change_template_target.system_id = ?"
    " AND change_template_target.template_id = change_template.template_id)";
constexpr char kVersionHasTarget[] =
    "EXISTS (SELECT 1 FROM change_template_target WHERE change_template_target.organization_id ="
    " change_template_version.organization_id AND change_template_target.system_id = ?"
    " AND change_template_target.template_id = change_template_version.template_id"
    " AND change_template_target.version = change_template_version.version)";

void AddSystem(Schema& schema, const std::string& organization_id) {
  schema.Converted("system", {.sql = kAnyTargetSystem}, absl::StrCat("a name like ", SystemName(organization_id, "*")),
                   [organization_id](absl::string_view argument) -> std::optional<FilterValue> {
                     const std::string id = LastId(argument);
                     if (SystemName(organization_id, id) != argument) return std::nullopt;
                     return FilterValue(id);
                   });
}

Schema TemplateSchema(const std::string& organization_id) {
  Schema schema;
  schema.String("title", {.sql = "title"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::ChangeTemplate::State_descriptor()))
      .String("creator", {.sql = "creator", .operators = filter::kTakesEquality})
      .Bool("approved", {.sql = "(approved_version > 0)"})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Words({"title"});
  AddSystem(schema, organization_id);
  return schema;
}

Schema VersionSchema(const std::string& organization_id) {
  Schema schema;
  schema.Int("version", {.sql = "version"})
      .String("title", {.sql = "title"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::ChangeTemplateVersion::State_descriptor()))
      .String("proposer", {.sql = "proposer", .operators = filter::kTakesEquality})
      .String("decider", {.sql = "decider", .operators = filter::kTakesEquality})
      .Timestamp("expire_time", {.sql = "expire_time_us"})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Words({"title"});
  AddSystem(schema, organization_id);
  return schema;
}

// Apart from the filter's, so that filtering by a field does not depend on what can be sorted by.
Schema TemplateOrder() {
  Schema schema;
  schema.String("name", {.sql = "template_id", .sortable = true})
      .Timestamp("create_time", {.sql = "create_time_us", .sortable = true})
      .Unique("name");
  return schema;
}

Schema VersionOrder() {
  Schema schema;
  schema.Int("version", {.sql = "version", .sortable = true}).Unique("version");
  return schema;
}

}  // namespace

// What the two kinds of call have in common, and what tells them apart.
struct TemplatePage::Asked {
  absl::string_view method;
  absl::string_view parent;
  int32_t page_size;
  absl::string_view page_token;
  absl::string_view filter;
  absl::string_view order_by;
  Schema filter_schema;
  Schema order_schema;
  absl::string_view default_order;
  absl::string_view has_target;
};

absl::StatusOr<TemplatePage> TemplatePage::Read(const v1::ListChangeTemplatesRequest& call,
                                                const PageTokenCodec& codec) {
  const std::string organization_id = OrganizationId(call.parent());
  return Read({.method = "ListChangeTemplates",
               .parent = call.parent(),
               .page_size = call.page_size(),
               .page_token = call.page_token(),
               .filter = call.filter(),
               .order_by = call.order_by(),
               .filter_schema = TemplateSchema(organization_id),
               .order_schema = TemplateOrder(),
               .default_order = "name",
               .has_target = kTemplateHasTarget},
              {.organization_id = organization_id}, codec);
}

absl::StatusOr<TemplatePage> TemplatePage::Read(const v1::ListChangeTemplateVersionsRequest& call,
                                                const PageTokenCodec& codec) {
  const std::string organization_id = OrganizationId(call.parent());
  return Read({.method = "ListChangeTemplateVersions",
               .parent = call.parent(),
               .page_size = call.page_size(),
               .page_token = call.page_token(),
               .filter = call.filter(),
               .order_by = call.order_by(),
               .filter_schema = VersionSchema(organization_id),
               .order_schema = VersionOrder(),
               .default_order = "version desc",
               .has_target = kVersionHasTarget},
              {.organization_id = organization_id, .template_id = LastId(call.parent())}, codec);
}

absl::StatusOr<TemplatePage> TemplatePage::Read(const Asked& asked, TemplateQuery query, const PageTokenCodec& codec) {
  TemplatePage page;
  FieldViolations violations;
  page.size_ = PageSize(asked.page_size, violations);
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  page.query_ = std::move(query);
  filter::Condition& filter = page.query_.filter;
  DOCKET_ASSIGN_OR_RETURN(filter, filter::Translate(asked.filter, asked.filter_schema));
  filter.where = absl::StrReplaceAll(
      filter.where, {{absl::StrCat(kAnyTargetSystem, " = ?"), asked.has_target},
                     {absl::StrCat(kAnyTargetSystem, " <> ?"), absl::StrCat("NOT ", asked.has_target)}});
  DOCKET_ASSIGN_OR_RETURN(page.order_, filter::ParseOrderBy(asked.order_by, asked.order_schema, asked.default_order));
  page.query_.order = filter::OrderBySql(page.order_);
  page.fingerprint_ = QueryFingerprint({asked.method, asked.parent, asked.filter, asked.order_by});
  std::vector<FilterValue> key;
  if (!asked.page_token.empty()) {
    DOCKET_ASSIGN_OR_RETURN(const PageToken token, codec.Decode(asked.page_token, page.fingerprint_));
    DOCKET_ASSIGN_OR_RETURN(key, filter::DecodeKey(token.key, page.order_));
  }
  page.GoOnAfter(std::move(key));
  return page;
}

void TemplatePage::GoOnAfter(std::vector<FilterValue> key) {
  key_ = std::move(key);
  query_.after = filter::After(order_, key_);
}

void TemplatePage::Take(const ChangeTemplate& row) {
  std::vector<FilterValue> key;
  for (const filter::OrderTerm& term : order_) {
    key.push_back(term.field == "name" ? FilterValue(row.id) : FilterValue(Micros(row.create_time)));
  }
  GoOnAfter(std::move(key));
}

void TemplatePage::Take(const ChangeTemplateVersion& row) {
  GoOnAfter(std::vector<FilterValue>(order_.size(), FilterValue(int64_t{row.key.number})));
}

std::string TemplatePage::NextToken(const PageTokenCodec& codec) const {
  return codec.Encode({.key = filter::EncodeKey(key_), .fingerprint = fingerprint_});
}

}  // namespace docket::request

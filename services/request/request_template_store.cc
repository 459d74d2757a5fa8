#include "services/request/request_template_store.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/mysql/in_list.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

constexpr char kInsert[] =
    "INSERT INTO request_template (organization_id, request_id, template, content_sha256) VALUES (?, ?, ?, ?)";
constexpr char kUpdatePin[] =
    "UPDATE request_template SET content_sha256 = ? WHERE organization_id = ? AND request_id = ?";
constexpr char kDelete[] = "DELETE FROM request_template WHERE organization_id = ? AND request_id = ?";
constexpr char kSelect[] =
    "SELECT request_id, template, content_sha256 FROM request_template WHERE organization_id = ? AND request_id IN ";

absl::Status Insert(mysql::Transaction& tx, const Request& request) {
  if (request.form.template_name.empty()) return absl::OkStatus();
  return tx.Execute(kInsert, {request.organization_id, request.id, request.form.template_name, request.template_sha256})
      .status();
}

}  // namespace

absl::Status InsertTemplates(mysql::Transaction& tx, const std::vector<const Request*>& requests) {
  for (const Request* request : requests) DOCKET_RETURN_IF_ERROR(Insert(tx, *request));
  return absl::OkStatus();
}

absl::Status SavePin(mysql::Transaction& tx, const Request& request) {
  if (request.form.template_name.empty()) return absl::OkStatus();
  return tx.Execute(kUpdatePin, {request.template_sha256, request.organization_id, request.id}).status();
}

absl::Status ReplaceTemplate(mysql::Transaction& tx, const Request& request) {
  DOCKET_RETURN_IF_ERROR(tx.Execute(kDelete, {request.organization_id, request.id}).status());
  return Insert(tx, request);
}

absl::Status FillInTemplates(
    absl::FunctionRef<absl::StatusOr<std::vector<mysql::Row>>(absl::string_view sql, const mysql::Params& params)>
        query,
    absl::string_view organization_id, std::vector<Request>& requests) {
  std::vector<std::string> ids;
  std::map<std::string, Request*> by_id;
  for (Request& request : requests) {
    if (request.form.kind != ChangeKind::kStandard) continue;
    ids.push_back(request.id);
    by_id[request.id] = &request;
  }
  if (ids.empty()) return absl::OkStatus();
  const mysql::InList list(ids);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          query(absl::StrCat(kSelect, list.sql()), list.After({organization_id})));
  for (const mysql::Row& row : rows) {
    Request& request = *by_id[row.Text(0)];
    request.form.template_name = row.Text(1);
    request.template_sha256 = row.Text(2);
  }
  return absl::OkStatus();
}

}  // namespace docket::request

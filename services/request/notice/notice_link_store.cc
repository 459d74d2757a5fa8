#include "services/request/notice/notice_link_store.h"

#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

using mysql::Row;

constexpr char kSelectOfRequest[] =
    "SELECT notice_id, is_source FROM vendor_notice_request WHERE organization_id = ? AND request_id = ?"
    " ORDER BY notice_id";
constexpr char kSelectOfNotice[] =
    "SELECT request_id FROM vendor_notice_request WHERE organization_id = ? AND notice_id = ?"
    " ORDER BY request_id LIMIT ?";
constexpr char kInsert[] =
    "INSERT INTO vendor_notice_request (organization_id, request_id, notice_id, is_source) VALUES (?, ?, ?, ?)";
constexpr char kMakeSource[] =
    "UPDATE vendor_notice_request SET is_source = 1 WHERE organization_id = ? AND request_id = ? AND notice_id = ?";
constexpr char kDelete[] =
    "DELETE FROM vendor_notice_request WHERE organization_id = ? AND request_id = ? AND notice_id = ?";
constexpr char kMove[] =
    "UPDATE vendor_notice_request SET request_id = ?, is_source = 0"
    " WHERE organization_id = ? AND request_id = ? AND notice_id = ?";
constexpr char kCount[] =
    "UPDATE vendor_notice SET linked_request_count = linked_request_count + ?"
    " WHERE organization_id = ? AND notice_id = ?";

absl::Status NoSuchLink() { return InternalError("a link that was read in this transaction is not there"); }

}  // namespace

absl::StatusOr<std::vector<NoticeLink>> NoticeLinkStore::LinksOf(mysql::Transaction& tx,
                                                                 absl::string_view organization_id,
                                                                 absl::string_view request_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kSelectOfRequest, {organization_id, request_id}));
  std::vector<NoticeLink> links;
  links.reserve(rows.size());
  for (const Row& row : rows) links.push_back({.notice_id = row.Text(0), .is_source = row.Int(1) != 0});
  return links;
}

absl::Status NoticeLinkStore::Insert(mysql::Transaction& tx, absl::string_view organization_id,
                                     absl::string_view request_id, const NoticeLink& link) {
  DOCKET_RETURN_IF_ERROR(
      tx.Execute(kInsert, {organization_id, request_id, link.notice_id, link.is_source ? 1 : 0}).status());
  return tx.Execute(kCount, {1, organization_id, link.notice_id}).status();
}

absl::Status NoticeLinkStore::MakeSource(mysql::Transaction& tx, absl::string_view organization_id,
                                         absl::string_view request_id, absl::string_view notice_id) {
  return tx.ExecuteExpectingOne(kMakeSource, {organization_id, request_id, notice_id}, NoSuchLink());
}

absl::Status NoticeLinkStore::Delete(mysql::Transaction& tx, absl::string_view organization_id,
                                     absl::string_view request_id, absl::string_view notice_id) {
  DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(kDelete, {organization_id, request_id, notice_id}, NoSuchLink()));
  return tx.Execute(kCount, {-1, organization_id, notice_id}).status();
}

absl::Status NoticeLinkStore::Move(mysql::Transaction& tx, absl::string_view organization_id,
                                   absl::string_view notice_id, absl::string_view from_request_id,
                                   absl::string_view to_request_id) {
  return tx.ExecuteExpectingOne(kMove, {to_request_id, organization_id, from_request_id, notice_id}, NoSuchLink());
}

absl::StatusOr<std::vector<std::string>> NoticeLinkStore::RequestsOf(absl::Time deadline,
                                                                     absl::string_view organization_id,
                                                                     absl::string_view notice_id, int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, kSelectOfNotice, {organization_id, notice_id, limit}));
  std::vector<std::string> requests;
  requests.reserve(rows.size());
  for (const Row& row : rows) requests.push_back(row.Text(0));
  return requests;
}

}  // namespace docket::request

// The table vendor_notice_request, and with each of its rows the count in vendor_notice.
//
// Whoever writes links of a request holds its row (RequestStore::LoadForUpdate) before any notice's, as submission
// does, so that its links change one after the other.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_STORE_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/notice/notice_link.h"

namespace docket::request {

// Identifiers are 16 raw bytes.
class NoticeLinkStore {
 public:
  // The pool must outlive the store.
  explicit NoticeLinkStore(mysql::Pool& pool) : pool_(pool) {}

  // Of a request, by ascending notice.
  absl::StatusOr<std::vector<NoticeLink>> LinksOf(mysql::Transaction& tx, absl::string_view organization_id,
                                                  absl::string_view request_id);
  // One that is not there yet, which is counted.
  absl::Status Insert(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view request_id,
                      const NoticeLink& link);
  // A link by hand becomes the source's. It is counted already.
  absl::Status MakeSource(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view request_id,
                          absl::string_view notice_id);
  // One that is there, which is counted no more.
  absl::Status Delete(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view request_id,
                      absl::string_view notice_id);
  // One that is there becomes another request's, which has none to the notice: by hand, because that request does not
  // name it. The count stays.
  absl::Status Move(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view notice_id,
                    absl::string_view from_request_id, absl::string_view to_request_id);

  // The first `limit` requests of a notice, oldest first.
  absl::StatusOr<std::vector<std::string>> RequestsOf(absl::Time deadline, absl::string_view organization_id,
                                                      absl::string_view notice_id, int limit);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_STORE_H_

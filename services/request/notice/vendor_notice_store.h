// The tables vendor_notice, vendor_notice_system and vendor_notice_request.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_STORE_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/notice/vendor_notice.h"

namespace docket::request {

// What the support end's column holds for none: later than every time there is.
inline constexpr int64_t kNoSupportEnd = 253402300800000000;

class VendorNoticeStore {
 public:
  // The pool must outlive the store.
  explicit VendorNoticeStore(mysql::Pool& pool) : pool_(pool) {}

  absl::Status Insert(mysql::Transaction& tx, const VendorNotice& notice);
  // Writes everything but the count. ABORTED / CONCURRENT_CHANGE where the row is not of that revision any more.
  absl::Status Save(mysql::Transaction& tx, const VendorNotice& notice, int64_t loaded_revision);

  // Nothing where there is none. `id` is 16 raw bytes.
  absl::StatusOr<std::optional<VendorNotice>> LoadForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                            absl::string_view id);
  absl::StatusOr<std::optional<VendorNotice>> Find(absl::Time deadline, absl::string_view organization_id,
                                                   absl::string_view id);
  // A page may be short (common/listing/walked_page.h).
  absl::StatusOr<Listed<VendorNotice>> List(absl::Time deadline, absl::string_view organization_id,
                                            const ListPage& page);

  // The notice that a submitted request was linked to; empty: none.
  absl::StatusOr<std::string> LinkOf(mysql::Transaction& tx, absl::string_view organization_id,
                                     absl::string_view request_id);
  // Links a request that is linked to `before` (empty: none) to `after` (likewise), and counts. The request is held.
  absl::Status Relink(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view request_id,
                      absl::string_view before, absl::string_view after);
  // The first `limit` requests of a notice, 16 raw bytes each, oldest first.
  absl::StatusOr<std::vector<std::string>> ListLinks(absl::Time deadline, absl::string_view organization_id,
                                                     absl::string_view id, int limit);

  // Notices of any organisation whose reminder is due, the longest due first.
  absl::StatusOr<std::vector<VendorNotice>> FindDue(absl::Time deadline, absl::Time now, int limit);
  // Writes what reminder follows; false where the one that was given is not the one that stands there any more.
  absl::StatusOr<bool> SaveReminder(mysql::Transaction& tx, const VendorNotice& notice, const SupportReminder& given);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_STORE_H_

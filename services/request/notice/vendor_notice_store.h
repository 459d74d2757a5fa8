// The tables vendor_notice and vendor_notice_system. Which requests are linked is NoticeLinkStore's, and their count.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_STORE_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_STORE_H_

#include <cstdint>
#include <map>
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
#include "services/request/tally/tally_store.h"

namespace docket::request {

// What the support end's column holds for none: later than every time there is.
inline constexpr int64_t kNoSupportEnd = 253402300800000000;

class VendorNoticeStore {
 public:
  // The pool must outlive the store.
  explicit VendorNoticeStore(mysql::Pool& pool) : pool_(pool) {}

  // This one and the next add what is counted of the notice to `tallied`, to be applied last.
  absl::Status Insert(mysql::Transaction& tx, const VendorNotice& notice, TallyChanges& tallied);
  // Writes everything but the count of links. ABORTED / CONCURRENT_CHANGE where the row is not as it was before any
  // more.
  absl::Status Save(mysql::Transaction& tx, const VendorNotice& before, const VendorNotice& after,
                    TallyChanges& tallied);

  // Nothing where there is none. `id` is 16 raw bytes.
  absl::StatusOr<std::optional<VendorNotice>> LoadForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                            absl::string_view id);
  // Those of them that exist, by ascending id and held in that order, so that two transactions never wait for each
  // other.
  absl::StatusOr<std::map<std::string, VendorNotice>> LoadAllForUpdate(mysql::Transaction& tx,
                                                                       absl::string_view organization_id,
                                                                       const std::vector<std::string>& ids);
  absl::StatusOr<std::optional<VendorNotice>> Find(absl::Time deadline, absl::string_view organization_id,
                                                   absl::string_view id);
  // A page may be short (common/listing/walked_page.h).
  absl::StatusOr<Listed<VendorNotice>> List(absl::Time deadline, absl::string_view organization_id,
                                            const ListPage& page);

  // Notices of any organisation whose reminder is due, the longest due first.
  absl::StatusOr<std::vector<VendorNotice>> FindDue(absl::Time deadline, absl::Time now, int limit);
  // Writes what reminder follows; false where the one that was given is not the one that stands there any more.
  absl::StatusOr<bool> SaveReminder(mysql::Transaction& tx, const VendorNotice& notice, const SupportReminder& given);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_STORE_H_

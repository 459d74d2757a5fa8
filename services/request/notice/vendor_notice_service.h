// Serves docket.request.v1.VendorNoticeService.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/mutation/mutation.h"
#include "common/mysql/transaction.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"
#include "services/request/notice/notice_link_store.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

class VendorNoticeService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    VendorNoticeStore& store;
    const TallyStore& tallies;
    NoticeLinkStore& links;
    DirectoryStore& directory;
    CatalogStore& catalog;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
  };

  explicit VendorNoticeService(const Parts& parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::VendorNotice> CreateVendorNotice(const rpc::CallContext& context,
                                                      const v1::CreateVendorNoticeRequest& call);
  absl::StatusOr<v1::VendorNotice> GetVendorNotice(const rpc::CallContext& context,
                                                   const v1::GetVendorNoticeRequest& call);
  absl::StatusOr<v1::ListVendorNoticesResponse> ListVendorNotices(const rpc::CallContext& context,
                                                                  const v1::ListVendorNoticesRequest& call);
  absl::StatusOr<v1::VendorNotice> UpdateVendorNotice(const rpc::CallContext& context,
                                                      const v1::UpdateVendorNoticeRequest& call);
  absl::StatusOr<v1::VendorNotice> AcknowledgeVendorNotice(const rpc::CallContext& context,
                                                           const v1::AcknowledgeVendorNoticeRequest& call);
  absl::StatusOr<v1::VendorNotice> WithdrawVendorNotice(const rpc::CallContext& context,
                                                        const v1::WithdrawVendorNoticeRequest& call);
  absl::StatusOr<v1::CountVendorNoticesResponse> CountVendorNotices(const rpc::CallContext& context,
                                                                    const v1::CountVendorNoticesRequest& call);

  // Moves `notice`, which is as loaded, and reports what it did.
  using Act =
      absl::FunctionRef<absl::Status(mysql::Transaction& tx, events::EventRecorder& recorder, VendorNotice& notice)>;
  // Load, act, save, reply. NOT_FOUND for what the caller may not see.
  absl::StatusOr<v1::VendorNotice> Change(const rpc::CallContext& context, const NoticeAttempt& by,
                                          const std::string& name, Act act);

  // Who calls. For people of a vendor the directory is asked which one.
  absl::StatusOr<NoticeAttempt> AttemptOf(const rpc::CallContext& context, absl::string_view organization_id,
                                          absl::string_view etag);
  // FAILED_PRECONDITION / BROKEN_REFERENCE where a system does not exist or is retired, or to the caller might as well.
  absl::Status CheckSystems(mysql::Transaction& tx, const NoticeAttempt& by, const VendorNotice& notice);
  // The older notice steps back behind `newer`.
  absl::Status Supersede(mysql::Transaction& tx, events::EventRecorder& recorder, const NoticeAttempt& by,
                         const VendorNotice& newer, TallyChanges& tallied);

  const Parts parts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_SERVICE_H_

// Serves the links by hand of docket.request.v1.VendorNoticeService.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_SERVICE_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/events/event_recorder.h"
#include "common/mutation/mutation.h"
#include "common/mysql/transaction.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "services/request/directory_store.h"
#include "services/request/notice/notice_link_store.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/request_store.h"

namespace docket::request {

class NoticeLinkService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    VendorNoticeStore& notices;
    NoticeLinkStore& links;
    RequestStore& requests;
    DirectoryStore& directory;
    Mutations& mutations;
  };

  explicit NoticeLinkService(const Parts& parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::VendorNotice> LinkVendorNotice(const rpc::CallContext& context,
                                                    const v1::LinkVendorNoticeRequest& call);
  absl::StatusOr<v1::VendorNotice> UnlinkVendorNotice(const rpc::CallContext& context,
                                                      const v1::UnlinkVendorNoticeRequest& call);

  // The two that are to be linked or were, both held, and the notices that the request has.
  struct Ends {
    VendorNotice notice;
    Request request;
    std::vector<NoticeLink> links;
  };
  // Writes and reports what it does, and returns by how much the notice has more requests.
  using Act =
      absl::FunctionRef<absl::StatusOr<int>(mysql::Transaction& tx, events::EventRecorder& recorder, const Ends& ends)>;
  // Load, act, reply. NOT_FOUND for what the caller may not see. Neither end gets another revision.
  absl::StatusOr<v1::VendorNotice> Change(const rpc::CallContext& context, const std::string& notice_name,
                                          const std::string& request_name, Act act);

  const Parts parts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_SERVICE_H_

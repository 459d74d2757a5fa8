#include "services/request/notice/notice_link_service.h"

#include <optional>
#include <utility>

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/vendor_notice_events.pb.h"
#include "services/request/notice/vendor_notice_events.h"
#include "services/request/notice/vendor_notice_proto.h"
#include "services/request/vendor_view_service.h"

namespace docket::request {

void NoticeLinkService::Register(rpc::MethodTable& table) {
  table.Unary("docket.request.v1.VendorNoticeService/LinkVendorNotice", this, &NoticeLinkService::LinkVendorNotice);
  table.Unary("docket.request.v1.VendorNoticeService/UnlinkVendorNotice", this, &NoticeLinkService::UnlinkVendorNotice);
}

absl::StatusOr<v1::VendorNotice> NoticeLinkService::Change(const rpc::CallContext& context,
                                                           const std::string& notice_name,
                                                           const std::string& request_name, Act act) {
  const std::string organization_id = OrganizationId(notice_name);
  const std::optional<std::string> notice_id = ParseUuid(LastId(notice_name));
  const std::optional<std::string> request_id = ParseUuid(LastId(request_name));
  if (!notice_id.has_value()) return NotFoundError(notice_name);
  if (!request_id.has_value()) return NotFoundError(request_name);
  DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> vendor,
                          ActingVendor(context, parts_.directory, organization_id));
  return parts_.mutations.Run<v1::VendorNotice>(
      context, {.resource = notice_name, .change = request_name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::VendorNotice> {
        // The request first, as submissions and merges do.
        DOCKET_ASSIGN_OR_RETURN(std::optional<Request> request,
                                parts_.requests.LoadForUpdate(tx, organization_id, *request_id));
        DOCKET_ASSIGN_OR_RETURN(std::optional<VendorNotice> notice,
                                parts_.notices.LoadForUpdate(tx, organization_id, *notice_id));
        if (!notice.has_value() || vendor.value_or(notice->vendor_id) != notice->vendor_id) {
          return NotFoundError(notice_name);
        }
        if (!request.has_value() || !request->submit_time.has_value()) return NotFoundError(request_name);
        Ends ends{.notice = *std::move(notice), .request = *std::move(request), .links = {}};
        DOCKET_ASSIGN_OR_RETURN(ends.links, parts_.links.LinksOf(tx, organization_id, *request_id));
        DOCKET_ASSIGN_OR_RETURN(const int more, act(tx, recorder, ends));
        ends.notice.linked_request_count += more;
        return ToProto(ends.notice);
      });
}

absl::StatusOr<v1::VendorNotice> NoticeLinkService::LinkVendorNotice(const rpc::CallContext& context,
                                                                     const v1::LinkVendorNoticeRequest& call) {
  return Change(context, call.name(), call.request(),
                [&](mysql::Transaction& tx, events::EventRecorder& recorder, const Ends& ends) -> absl::StatusOr<int> {
                  DOCKET_RETURN_IF_ERROR(CheckLink(ends.notice, ends.request, ends.links));
                  DOCKET_RETURN_IF_ERROR(parts_.links.Insert(tx, ends.request.organization_id, ends.request.id,
                                                             {.notice_id = ends.notice.id, .is_source = false}));
                  event::v1::VendorNoticeLinked payload;
                  payload.set_request(call.request());
                  Report(recorder, std::move(payload), {.after = ends.notice, .reason = "", .change = call.request()});
                  return 1;
                });
}

absl::StatusOr<v1::VendorNotice> NoticeLinkService::UnlinkVendorNotice(const rpc::CallContext& context,
                                                                       const v1::UnlinkVendorNoticeRequest& call) {
  return Change(
      context, call.name(), call.request(),
      [&](mysql::Transaction& tx, events::EventRecorder& recorder, const Ends& ends) -> absl::StatusOr<int> {
        DOCKET_RETURN_IF_ERROR(CheckUnlink(ends.notice, ends.request, ends.links));
        DOCKET_RETURN_IF_ERROR(parts_.links.Delete(tx, ends.request.organization_id, ends.request.id, ends.notice.id));
        event::v1::VendorNoticeUnlinked payload;
        payload.set_request(call.request());
        Report(recorder, std::move(payload), {.after = ends.notice, .reason = call.reason(), .change = call.request()});
        return -1;
      });
}

}  // namespace docket::request

#include "services/request/notice/vendor_notice_service.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/vendor_notice_events.pb.h"
#include "services/request/notice/vendor_notice_count_proto.h"
#include "services/request/notice/vendor_notice_events.h"
#include "services/request/notice/vendor_notice_list_service.h"
#include "services/request/notice/vendor_notice_proto.h"
#include "services/request/vendor_view_service.h"

namespace docket::request {
namespace {

constexpr int kShownLinks = 100;

// The 16 bytes that a name's last part stands for. A name whose last part is no UUID names nothing.
absl::StatusOr<std::string> IdOf(const std::string& name) {
  std::optional<std::string> id = ParseUuid(LastId(name));
  if (!id.has_value()) return NotFoundError(name);
  return *std::move(id);
}

}  // namespace

void VendorNoticeService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.VendorNoticeService");
  table.Unary("docket.request.v1.VendorNoticeService/CreateVendorNotice", this,
              &VendorNoticeService::CreateVendorNotice);
  table.Unary("docket.request.v1.VendorNoticeService/GetVendorNotice", this, &VendorNoticeService::GetVendorNotice);
  table.Unary("docket.request.v1.VendorNoticeService/ListVendorNotices", this, &VendorNoticeService::ListVendorNotices);
  table.Unary("docket.request.v1.VendorNoticeService/UpdateVendorNotice", this,
              &VendorNoticeService::UpdateVendorNotice);
  table.Unary("docket.request.v1.VendorNoticeService/AcknowledgeVendorNotice", this,
              &VendorNoticeService::AcknowledgeVendorNotice);
  table.Unary("docket.request.v1.VendorNoticeService/WithdrawVendorNotice", this,
              &VendorNoticeService::WithdrawVendorNotice);
  table.Unary("docket.request.v1.VendorNoticeService/CountVendorNotices", this,
              &VendorNoticeService::CountVendorNotices);
}

absl::StatusOr<NoticeAttempt> VendorNoticeService::AttemptOf(const rpc::CallContext& context,
                                                             absl::string_view organization_id,
                                                             absl::string_view etag) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> vendor,
                          ActingVendor(context, parts_.directory, organization_id));
  return NoticeAttempt{.caller = context.principal().name(),
                       .acts_for_vendor = vendor.has_value(),
                       .vendor_id = vendor.value_or(""),
                       .etag = std::string(etag),
                       .now = absl::FromUnixMicros(parts_.clock.NowMicros())};
}

absl::Status VendorNoticeService::CheckSystems(mysql::Transaction& tx, const NoticeAttempt& by,
                                               const VendorNotice& notice) {
  std::vector<std::string> ids;
  for (const AffectedSystem& system : notice.text.systems) ids.push_back(system.system_id);
  DOCKET_ASSIGN_OR_RETURN(const auto systems, parts_.catalog.Load(tx, notice.organization_id, ids, /*lock=*/false));
  for (const std::string& id : ids) {
    const auto found = systems.find(id);
    const bool is_active = found != systems.end() && found->second.state == SystemState::kActive;
    // To a vendor the systems of others are none. One of which nobody said whose it is may be any
    // vendor's.
    if (!is_active ||
        (by.acts_for_vendor && !found->second.vendor_id.empty() && found->second.vendor_id != by.vendor_id)) {
      return BrokenReference(SystemName(notice.organization_id, id));
    }
  }
  return absl::OkStatus();
}

absl::Status VendorNoticeService::Supersede(mysql::Transaction& tx, events::EventRecorder& recorder,
                                            const NoticeAttempt& by, const VendorNotice& newer, TallyChanges& tallied) {
  DOCKET_ASSIGN_OR_RETURN(std::optional<VendorNotice> older,
                          parts_.store.LoadForUpdate(tx, newer.organization_id, newer.supersedes));
  if (!older.has_value() || !older->VisibleTo(by)) {
    return BrokenReference(VendorNoticeName(newer.organization_id, FormatUuid(newer.supersedes)));
  }
  const VendorNotice before = *older;
  DOCKET_RETURN_IF_ERROR(older->Supersede(newer, newer.create_time));
  DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, before, *older, tallied));
  event::v1::VendorNoticeSuperseded payload;
  payload.set_superseded_by(newer.Name());
  Report(recorder, std::move(payload), {.before = &before, .after = *older, .reason = "", .change = ""});
  return absl::OkStatus();
}

absl::StatusOr<v1::VendorNotice> VendorNoticeService::CreateVendorNotice(const rpc::CallContext& context,
                                                                         const v1::CreateVendorNoticeRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(const NoticeAttempt by, AttemptOf(context, organization_id, ""));
  VendorNotice draft;
  draft.organization_id = organization_id;
  draft.id = parts_.uuids.Next();
  draft.vendor_id = LastId(call.vendor_notice().vendor());
  draft.text = TextFromProto(call.vendor_notice());
  const std::string& older = call.vendor_notice().supersedes();
  if (!older.empty()) {
    draft.supersedes = ParseUuid(LastId(older)).value_or("");
    if (draft.supersedes.empty()) return BrokenReference(older);
  }
  return parts_.mutations.Run<v1::VendorNotice>(
      context, {.resource = call.parent()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::VendorNotice> {
        VendorNotice notice = draft;
        DOCKET_RETURN_IF_ERROR(parts_.directory.RequireOrganization(tx, organization_id).status());
        DOCKET_RETURN_IF_ERROR(notice.Publish(by));
        DOCKET_RETURN_IF_ERROR(parts_.directory.RequireVendor(tx, organization_id, notice.vendor_id));
        DOCKET_RETURN_IF_ERROR(CheckSystems(tx, by, notice));
        TallyChanges tallied;
        if (!notice.supersedes.empty()) DOCKET_RETURN_IF_ERROR(Supersede(tx, recorder, by, notice, tallied));
        DOCKET_RETURN_IF_ERROR(parts_.store.Insert(tx, notice, tallied));
        DOCKET_RETURN_IF_ERROR(parts_.tallies.Apply(tx, tallied));
        Report(recorder, event::v1::VendorNoticePublished(), {.after = notice, .reason = "", .change = ""});
        return ToProto(notice);
      });
}

absl::StatusOr<v1::VendorNotice> VendorNoticeService::GetVendorNotice(const rpc::CallContext& context,
                                                                      const v1::GetVendorNoticeRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, IdOf(call.name()));
  const std::string organization_id = OrganizationId(call.name());
  DOCKET_ASSIGN_OR_RETURN(const NoticeAttempt by, AttemptOf(context, organization_id, ""));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<VendorNotice> notice,
                          parts_.store.Find(context.deadline(), organization_id, id));
  if (!notice.has_value() || !notice->VisibleTo(by)) return NotFoundError(call.name());
  v1::VendorNotice reply = ToProto(*notice);
  if (notice->linked_request_count > 0) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> requests,
                            parts_.links.RequestsOf(context.deadline(), organization_id, id, kShownLinks));
    for (const std::string& request : requests) {
      reply.add_linked_requests(RequestName(organization_id, FormatUuid(request)));
    }
  }
  return reply;
}

absl::StatusOr<v1::ListVendorNoticesResponse> VendorNoticeService::ListVendorNotices(
    const rpc::CallContext& context, const v1::ListVendorNoticesRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(const NoticeAttempt by, AttemptOf(context, organization_id, ""));
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadNoticePage(call, by.vendor_id, parts_.page_tokens));
  v1::ListVendorNoticesResponse reply;
  // Someone of no vendor sees nothing, not everything.
  if (by.acts_for_vendor && by.vendor_id.empty()) return reply;
  DOCKET_ASSIGN_OR_RETURN(Listed<VendorNotice> found, parts_.store.List(context.deadline(), organization_id, page));
  reply.set_next_page_token(page.Trim(found, parts_.page_tokens, NoticeKeyOf, NoticeTextBytes));
  for (const VendorNotice& notice : found.rows) *reply.add_vendor_notices() = ToProto(notice);
  return reply;
}

absl::StatusOr<v1::VendorNotice> VendorNoticeService::Change(const rpc::CallContext& context, const NoticeAttempt& by,
                                                             const std::string& name, Act act) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, IdOf(name));
  return parts_.mutations.Run<v1::VendorNotice>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::VendorNotice> {
        DOCKET_ASSIGN_OR_RETURN(std::optional<VendorNotice> notice,
                                parts_.store.LoadForUpdate(tx, OrganizationId(name), id));
        if (!notice.has_value() || !notice->VisibleTo(by)) return NotFoundError(name);
        const VendorNotice before = *notice;
        DOCKET_RETURN_IF_ERROR(act(tx, recorder, *notice));
        TallyChanges tallied;
        DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, before, *notice, tallied));
        DOCKET_RETURN_IF_ERROR(parts_.tallies.Apply(tx, tallied));
        return ToProto(*notice);
      });
}

absl::StatusOr<v1::VendorNotice> VendorNoticeService::UpdateVendorNotice(const rpc::CallContext& context,
                                                                         const v1::UpdateVendorNoticeRequest& call) {
  const std::string& name = call.vendor_notice().name();
  DOCKET_ASSIGN_OR_RETURN(const NoticeAttempt by,
                          AttemptOf(context, OrganizationId(name), call.vendor_notice().etag()));
  return Change(
      context, by, name,
      [&](mysql::Transaction& tx, events::EventRecorder& recorder, VendorNotice& notice) -> absl::Status {
        const VendorNotice before = notice;
        DOCKET_RETURN_IF_ERROR(notice.Edit(by, UpdatedText(notice, call.vendor_notice(), call.update_mask())));
        DOCKET_RETURN_IF_ERROR(CheckSystems(tx, by, notice));
        Report(recorder, event::v1::VendorNoticeUpdated(),
               {.before = &before, .after = notice, .reason = "", .change = ""});
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::VendorNotice> VendorNoticeService::AcknowledgeVendorNotice(
    const rpc::CallContext& context, const v1::AcknowledgeVendorNoticeRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const NoticeAttempt by, AttemptOf(context, OrganizationId(call.name()), call.etag()));
  return Change(context, by, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, VendorNotice& notice) -> absl::Status {
                  const VendorNotice before = notice;
                  DOCKET_RETURN_IF_ERROR(notice.Acknowledge(by));
                  Report(recorder, event::v1::VendorNoticeAcknowledged(),
                         {.before = &before, .after = notice, .reason = call.comment(), .change = ""});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::VendorNotice> VendorNoticeService::WithdrawVendorNotice(
    const rpc::CallContext& context, const v1::WithdrawVendorNoticeRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const NoticeAttempt by, AttemptOf(context, OrganizationId(call.name()), call.etag()));
  return Change(context, by, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, VendorNotice& notice) -> absl::Status {
                  const VendorNotice before = notice;
                  DOCKET_RETURN_IF_ERROR(notice.Withdraw(by, call.reason()));
                  Report(recorder, event::v1::VendorNoticeWithdrawn(),
                         {.before = &before, .after = notice, .reason = call.reason(), .change = ""});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::CountVendorNoticesResponse> VendorNoticeService::CountVendorNotices(
    const rpc::CallContext& context, const v1::CountVendorNoticesRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const NoticeAttempt by, AttemptOf(context, OrganizationId(call.parent()), ""));
  DOCKET_ASSIGN_OR_RETURN(const TallyQuestion question, ReadNoticeCount(call, by));
  DOCKET_ASSIGN_OR_RETURN(const TallyCounts counts, parts_.tallies.Count(context.deadline(), question));
  return ToNoticeCounts(counts);
}

}  // namespace docket::request

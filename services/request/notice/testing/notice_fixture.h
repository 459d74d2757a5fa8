// A property company and two vendors whose software it runs, for tests through the whole service.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_TESTING_NOTICE_FIXTURE_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_TESTING_NOTICE_FIXTURE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {

class NoticeRoomTest : public ::testing::Test {
 protected:
  // What the service's clock says at first.
  static constexpr int64_t kNow = 1790000000;
  static constexpr int64_t kDay = 86400;

  NoticeRoomTest()
      : vendor_(VendorPerson("hikvision", "hik-zhang")),
        rival_(VendorPerson("dahua", "dahua-wu")),
        admin_(PersonOf("yunqi", "zhou-gong", "it", {common::v1::ROLE_SYSTEM_ADMIN})) {}

  // A vendor in the directory, and someone of it.
  common::v1::Principal VendorPerson(const std::string& vendor, const std::string& person) {
    v1::CreateVendorRequest company;
    company.set_parent("organizations/yunqi");
    company.set_vendor_id(vendor);
    company.mutable_vendor()->set_title(absl::StrCat("供应商", vendor));
    company.set_request_id(service_.NewRequestId());
    EXPECT_THAT(service_.Call<v1::Vendor>("DirectoryService/CreateVendor", service_.administrator, company),
                tests::IsOk());
    v1::CreatePersonRequest entry;
    entry.set_parent("organizations/yunqi");
    entry.set_person_id(person);
    entry.mutable_person()->set_display_name(person);
    entry.mutable_person()->set_vendor(absl::StrCat("organizations/yunqi/vendors/", vendor));
    entry.mutable_person()->add_roles(common::v1::ROLE_VENDOR);
    entry.set_request_id(service_.NewRequestId());
    EXPECT_THAT(service_.Call<v1::Person>("DirectoryService/CreatePerson", service_.administrator, entry),
                tests::IsOk());
    common::v1::Principal principal = PersonOf("yunqi", person, "", {common::v1::ROLE_VENDOR});
    principal.set_vendor(absl::StrCat("organizations/yunqi/vendors/", vendor));
    return principal;
  }

  static v1::VendorNotice Notice() {
    v1::VendorNotice notice;
    notice.set_vendor("organizations/yunqi/vendors/hikvision");
    notice.set_kind(v1::VendorNotice::KIND_UPGRADE_PLAN);
    notice.set_title("门禁软件4.2升级计划");
    v1::VendorNotice::AffectedSystem* system = notice.add_systems();
    system->set_system("organizations/yunqi/systems/access-control");
    system->add_affected_versions("4.1.0");
    system->add_affected_versions("4.0.*");
    system->set_offered_version("4.2.0");
    notice.set_contents("支持人脸离线比对");
    notice.set_notes("升级前请备份数据库");
    notice.set_known_issues("与旧版读卡器不兼容");
    notice.set_obligations("供应商现场支持三天");
    notice.mutable_planned_time()->set_seconds(kNow + 10 * kDay);
    common::v1::Document* document = notice.add_documents();
    document->set_title("升级计划书.pdf");
    document->set_sha256(std::string(64, 'b'));
    document->set_size_bytes(2048);
    return notice;
  }

  absl::StatusOr<v1::VendorNotice> Create(const common::v1::Principal& by, const v1::VendorNotice& notice,
                                          const std::string& request_id = "") {
    v1::CreateVendorNoticeRequest call;
    call.set_parent("organizations/yunqi");
    *call.mutable_vendor_notice() = notice;
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::VendorNotice>("VendorNoticeService/CreateVendorNotice", by, call);
  }

  std::string Published(const std::function<void(v1::VendorNotice&)>& fill = nullptr) {
    v1::VendorNotice notice = Notice();
    if (fill) fill(notice);
    const absl::StatusOr<v1::VendorNotice> made = Create(vendor_, notice);
    EXPECT_THAT(made, tests::IsOk());
    return made.ok() ? made->name() : "";
  }

  absl::StatusOr<v1::VendorNotice> Get(const common::v1::Principal& by, const std::string& name) {
    v1::GetVendorNoticeRequest call;
    call.set_name(name);
    return service_.Call<v1::VendorNotice>("VendorNoticeService/GetVendorNotice", by, call);
  }

  absl::StatusOr<v1::VendorNotice> Update(const common::v1::Principal& by, const v1::VendorNotice& notice,
                                          const std::vector<std::string>& mask) {
    v1::UpdateVendorNoticeRequest call;
    *call.mutable_vendor_notice() = notice;
    for (const std::string& path : mask) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::VendorNotice>("VendorNoticeService/UpdateVendorNotice", by, call);
  }

  absl::StatusOr<v1::VendorNotice> Acknowledge(const common::v1::Principal& by, const std::string& name,
                                               const std::string& etag = "") {
    v1::AcknowledgeVendorNoticeRequest call;
    call.set_name(name);
    call.set_etag(etag);
    call.set_comment("已安排评估");
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::VendorNotice>("VendorNoticeService/AcknowledgeVendorNotice", by, call);
  }

  absl::StatusOr<v1::VendorNotice> Withdraw(const common::v1::Principal& by, const std::string& name,
                                            const std::string& reason = "版本有缺陷") {
    v1::WithdrawVendorNoticeRequest call;
    call.set_name(name);
    call.set_reason(reason);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::VendorNotice>("VendorNoticeService/WithdrawVendorNotice", by, call);
  }

  absl::StatusOr<v1::ListVendorNoticesResponse> List(const common::v1::Principal& by, const std::string& filter,
                                                     const std::string& order_by = "", int page_size = 0,
                                                     const std::string& page_token = "") {
    v1::ListVendorNoticesRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    call.set_order_by(order_by);
    call.set_page_size(page_size);
    call.set_page_token(page_token);
    return service_.Call<v1::ListVendorNoticesResponse>("VendorNoticeService/ListVendorNotices", by, call);
  }

  // All pages of two.
  std::vector<std::string> Titles(const common::v1::Principal& by, const std::string& filter,
                                  const std::string& order_by = "") {
    std::vector<std::string> titles;
    std::string token;
    do {
      const absl::StatusOr<v1::ListVendorNoticesResponse> page = List(by, filter, order_by, 2, token);
      if (!page.ok()) return {page.status().ToString()};
      for (const v1::VendorNotice& notice : page->vendor_notices()) titles.push_back(notice.title());
      token = page->next_page_token();
    } while (!token.empty() && titles.size() < 100);
    return titles;
  }

  absl::StatusOr<v1::VendorNotice> Link(const common::v1::Principal& by, const std::string& name,
                                        const std::string& request, const std::string& request_id = "") {
    v1::LinkVendorNoticeRequest call;
    call.set_name(name);
    call.set_request(request);
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::VendorNotice>("VendorNoticeService/LinkVendorNotice", by, call);
  }

  absl::StatusOr<v1::VendorNotice> Unlink(const common::v1::Principal& by, const std::string& name,
                                          const std::string& request, const std::string& reason = "与公告无关",
                                          const std::string& request_id = "") {
    v1::UnlinkVendorNoticeRequest call;
    call.set_name(name);
    call.set_request(request);
    call.set_reason(reason);
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::VendorNotice>("VendorNoticeService/UnlinkVendorNotice", by, call);
  }

  // The requests of a notice, which are as many as it counts.
  std::vector<std::string> RequestsOf(const std::string& name) {
    const absl::StatusOr<v1::VendorNotice> notice = Get(admin_, name);
    EXPECT_THAT(notice, tests::IsOk());
    if (!notice.ok()) return {};
    EXPECT_EQ(notice->linked_request_count(), notice->linked_requests_size());
    return {notice->linked_requests().begin(), notice->linked_requests().end()};
  }

  static std::string OfRequest(const std::string& request) { return absl::StrCat("request = \"", request, "\""); }

  absl::StatusOr<v1::Request> Merge(const std::string& request, const std::string& into) {
    return service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, request, [&](auto& call) {
      call.set_outcome(v1::TRIAGE_OUTCOME_MERGE);
      call.set_reason("同一需求");
      call.set_merge_into(into);
    });
  }

  // A draft that came of this.
  std::string DraftOf(const std::string& reference, v1::Request::Source source = v1::Request::SOURCE_VENDOR_NOTICE) {
    v1::Request form = WholeService::Form();
    form.set_source(source);
    form.set_source_reference(reference);
    return service_.Create(service_.author, form).name();
  }
  absl::Status Submit(const std::string& request) {
    return service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, request).status();
  }

  WholeService service_;
  const common::v1::Principal vendor_, rival_, admin_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_TESTING_NOTICE_FIXTURE_H_

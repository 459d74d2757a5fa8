// An organisation with two rows or more in every list of the service, of which words tell one from the others, for
// tests through the whole service.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_LIST_WORDS_FIXTURE_H_
#define DOCKET_SERVICES_REQUEST_TESTING_LIST_WORDS_FIXTURE_H_

#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "docket/request/v1/attachment_service.pb.h"
#include "docket/request/v1/change_template_service.pb.h"
#include "docket/request/v1/collection_service.pb.h"
#include "docket/request/v1/feedback_service.pb.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "services/request/template/change_template_proto.h"
#include "services/request/template/testing/sample_content.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {

// What one field of the rows of a List method's response says.
inline std::vector<std::string> Shown(const google::protobuf::Message& response, const std::string& shown) {
  std::vector<std::string> texts;
  const google::protobuf::FieldDescriptor& rows = *response.GetDescriptor()->FindFieldByNumber(1);
  const google::protobuf::Reflection& reflection = *response.GetReflection();
  for (int i = 0; i < reflection.FieldSize(response, &rows); ++i) {
    const google::protobuf::Message& row = reflection.GetRepeatedMessage(response, &rows, i);
    texts.push_back(row.GetReflection()->GetString(row, row.GetDescriptor()->FindFieldByName(shown)));
  }
  return texts;
}

class ListWordsTest : public ::testing::Test {
 protected:
  static constexpr char kParent[] = "organizations/yunqi";
  static constexpr char kSystem[] = "organizations/yunqi/systems/access-control";
  static constexpr char kTemplate[] = "organizations/yunqi/changeTemplates/signatures";

  using Found = absl::StatusOr<std::vector<std::string>>;

  ListWordsTest() {
    FillDirectory();
    FillCatalog();
    FillRequests();
    FillTemplates();
    FillCollection();
  }

  template <typename Reply, typename Call>
  Reply Do(const std::string& method, const common::v1::Principal& by, Call call) {
    call.set_request_id(service_.NewRequestId());
    const absl::StatusOr<Reply> reply = service_.Call<Reply>(method, by, call);
    EXPECT_THAT(reply, tests::IsOk()) << method;
    return reply.ok() ? *reply : Reply();
  }

  void FillDirectory() {
    v1::CreateOrganizationRequest organization;
    organization.set_organization_id("riverside");
    organization.mutable_organization()->set_title("Riverside Trust");
    organization.mutable_organization()->set_time_zone("Europe/London");
    organization.mutable_organization()->set_language_code("en");
    Do<v1::Organization>("DirectoryService/CreateOrganization", service_.administrator, organization);
    v1::CreateDepartmentRequest department;
    department.set_parent(kParent);
    department.set_department_id("gates");
    department.mutable_department()->set_title("Gate Operations");
    Do<v1::Department>("DirectoryService/CreateDepartment", service_.administrator, department);
    for (const auto& [id, title, contract] :
         {std::tuple("a", "云梯科技", "HT-2026-017"), std::tuple("b", "Northern Locks", "框架协议七号")}) {
      v1::CreateVendorRequest vendor;
      vendor.set_parent(kParent);
      vendor.set_vendor_id(id);
      vendor.mutable_vendor()->set_title(title);
      vendor.mutable_vendor()->set_contract_reference(contract);
      Do<v1::Vendor>("DirectoryService/CreateVendor", service_.administrator, vendor);
    }
    for (const auto& [id, name] : {std::pair("zhou", "周工"), std::pair("mary", "Mary O'Neil")}) {
      v1::CreatePersonRequest person;
      person.set_parent(kParent);
      person.set_person_id(id);
      person.mutable_person()->set_display_name(name);
      person.mutable_person()->add_roles(common::v1::ROLE_VIEWER);
      Do<v1::Person>("DirectoryService/CreatePerson", service_.administrator, person);
    }
  }

  void FillCatalog() {
    v1::CreateSystemRequest system;
    system.set_parent(kParent);
    system.set_system_id("parking");
    system.mutable_system()->set_title("停车场");
    system.mutable_system()->set_description("Barrier control and billing");
    system.mutable_system()->set_owner_department("organizations/yunqi/departments/engineering");
    system.mutable_system()->set_criticality(common::v1::LEVEL_LOW);
    system.mutable_system()->set_installed_version("1.0");
    Do<v1::System>("CatalogService/CreateSystem", service_.administrator, system);
    v1::ReportObservedVersionsRequest report;
    report.set_parent(kParent);
    for (const auto& [component, version, source] :
         {std::tuple("", "9.1", "一号扫描器"), std::tuple("face-engine", "3.0", "Nightly Scan")}) {
      v1::VersionObservation& seen = *report.add_observations();
      seen.set_system(kSystem);
      seen.set_component(component);
      seen.set_version(version);
      seen.mutable_observe_time()->set_seconds(1790000000);
      seen.set_source(source);
    }
    Do<v1::ReportObservedVersionsResponse>("VersionDriftService/ReportObservedVersions",
                                           PersonOf("yunqi", "scanner", "", {common::v1::ROLE_SERVICE}), report);
  }

  void FillRequests() {
    for (const auto& [title, need, impact] :
         {std::tuple("访客登记", "扫二维码开门", "前台"), std::tuple("Turnstile", "更快", "Queues at rush hour")}) {
      v1::Request form = WholeService::Form();
      form.set_title(title);
      form.set_need(need);
      form.set_business_impact(impact);
      request_ = service_.Create(service_.author, form).name();
      Attach();
      Do<v1::Request>("RequestService/SubmitRequest", service_.author, Named<v1::SubmitRequestRequest>(request_));
    }
    for (const char* text : {"刷脸开门太慢", "The lift App hangs"}) {
      v1::CreateFeedbackRequest feedback;
      feedback.set_parent(kParent);
      feedback.mutable_feedback()->set_system(kSystem);
      feedback.mutable_feedback()->set_text(text);
      feedback.mutable_feedback()->set_channel(v1::Feedback::CHANNEL_APP);
      Do<v1::Feedback>("FeedbackService/CreateFeedback", service_.author, feedback);
    }
    for (const auto& [title, contents, issues] :
         {std::tuple("漏洞通告", "请尽快升级", "与旧读卡器不兼容"), std::tuple("4.2", "Offline matching", "")}) {
      v1::CreateVendorNoticeRequest notice;
      notice.set_parent(kParent);
      notice.mutable_vendor_notice()->set_vendor("organizations/yunqi/vendors/a");
      notice.mutable_vendor_notice()->set_kind(v1::VendorNotice::KIND_UPGRADE_PLAN);
      notice.mutable_vendor_notice()->add_systems()->set_system(kSystem);
      notice.mutable_vendor_notice()->set_title(title);
      notice.mutable_vendor_notice()->set_contents(contents);
      notice.mutable_vendor_notice()->set_known_issues(issues);
      Do<v1::VendorNotice>("VendorNoticeService/CreateVendorNotice", service_.director, notice);
    }
  }

  // To the request that was created last.
  void Attach() {
    for (const char* file_name : {"现场照片.pdf", "Site Plan.pdf"}) {
      v1::CreateAttachmentRequest attachment;
      attachment.set_parent(request_);
      attachment.mutable_attachment()->set_file_name(file_name);
      attachment.mutable_attachment()->set_media_type("application/pdf");
      attachment.mutable_attachment()->set_size_bytes(100);
      attachment.mutable_attachment()->set_sha256(std::string(64, 'a'));
      Do<v1::Attachment>("AttachmentService/CreateAttachment", service_.author, attachment);
    }
  }

  void FillTemplates() {
    const common::v1::Principal by = PersonOf("yunqi", "zhou", "it", {common::v1::ROLE_SYSTEM_ADMIN});
    v1::ChangeTemplateVersion content;
    EXPECT_TRUE(content.ParseFromString(ContentToBytes("yunqi", SampleContent())));
    for (const auto& [id, title] : {std::pair("barrier", "道闸参数"), std::pair("signatures", "特征库")}) {
      v1::CreateChangeTemplateRequest made;
      made.set_parent(kParent);
      made.set_change_template_id(id);
      content.set_title(title);
      *made.mutable_version() = content;
      Do<v1::ChangeTemplate>("ChangeTemplateService/CreateChangeTemplate", by, made);
    }
    v1::ProposeChangeTemplateVersionRequest second;
    second.set_parent(kTemplate);
    content.set_title("Signature Update");
    *second.mutable_version() = content;
    Do<v1::ChangeTemplateVersion>("ChangeTemplateService/ProposeChangeTemplateVersion", by, second);
  }

  void FillCollection() {
    for (const auto& [id, title, instructions] :
         {std::tuple("a", "季度需求", "请各部门填报"), std::tuple("b", "Yearly", "Name the gate Twice")}) {
      v1::CreateCollectionScheduleRequest schedule;
      schedule.set_parent(kParent);
      schedule.set_collection_schedule_id(id);
      v1::CollectionSchedule& form = *schedule.mutable_collection_schedule();
      form.set_title(title);
      form.set_instructions(instructions);
      form.set_rule("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1");
      form.set_start_local_time("2026-01-01T09:00");
      form.set_answer_working_days(10);
      Do<v1::CollectionSchedule>("CollectionService/CreateCollectionSchedule", service_.administrator, schedule);
      v1::OpenCollectionRoundRequest round;
      round.set_parent(kParent);
      round.set_title(title);
      round.set_instructions(instructions);
      round.set_answer_working_days(5);
      Do<v1::CollectionRound>("CollectionService/OpenCollectionRound", service_.director, round);
    }
  }

  template <typename Call>
  static Call Named(const std::string& name) {
    Call call;
    call.set_name(name);
    return call;
  }

  // What a list shows in a field, by the filter.
  template <typename Call, typename Reply>
  std::function<Found(const std::string& filter)> List(const std::string& method, const common::v1::Principal& by,
                                                       const std::string& parent, const std::string& shown) {
    return [=, this](const std::string& filter) -> Found {
      Call call;
      if constexpr (requires { call.set_parent(parent); }) call.set_parent(parent);
      call.set_filter(filter);
      const absl::StatusOr<Reply> reply = service_.Call<Reply>(method, by, call);
      if (!reply.ok()) return reply.status();
      return Shown(*reply, shown);
    };
  }

  std::function<Found(const std::string& filter)> Requests() {
    return List<v1::ListRequestsRequest, v1::ListRequestsResponse>("RequestService/ListRequests", service_.author,
                                                                   kParent, "title");
  }

  WholeService service_;
  // The second one.
  std::string request_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TESTING_LIST_WORDS_FIXTURE_H_

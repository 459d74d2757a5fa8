// The whole request service with people who propose and approve templates, and the calls they make.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_TEMPLATE_FIXTURE_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_TEMPLATE_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "docket/request/v1/change_template_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/template/change_template_proto.h"
#include "services/request/template/testing/sample_content.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {

inline constexpr char kName[] = "organizations/yunqi/changeTemplates/signatures";
inline constexpr char kFirst[] = "organizations/yunqi/changeTemplates/signatures/versions/1";
inline constexpr char kSecond[] = "organizations/yunqi/changeTemplates/signatures/versions/2";

class TemplateFixture : public ::testing::Test {
 protected:
  static v1::ChangeTemplateVersion Content() {
    v1::ChangeTemplateVersion content;
    EXPECT_TRUE(content.ParseFromString(ContentToBytes("yunqi", SampleContent())));
    return content;
  }
  template <typename Reply, typename Call>
  absl::StatusOr<Reply> Do(absl::string_view method, const common::v1::Principal& by, Call call) {
    if (call.request_id().empty()) call.set_request_id(s_.NewRequestId());
    return s_.Call<Reply>(absl::StrCat("ChangeTemplateService/", method), by, call);
  }
  absl::StatusOr<v1::ChangeTemplate> Create(const std::string& id = "signatures",
                                            v1::ChangeTemplateVersion content = Content()) {
    v1::CreateChangeTemplateRequest call;
    call.set_parent("organizations/yunqi");
    call.set_change_template_id(id);
    *call.mutable_version() = std::move(content);
    return Do<v1::ChangeTemplate>("CreateChangeTemplate", admin_, call);
  }
  absl::StatusOr<v1::ChangeTemplateVersion> Propose(v1::ChangeTemplateVersion content = Content()) {
    v1::ProposeChangeTemplateVersionRequest call;
    call.set_parent(kName);
    *call.mutable_version() = std::move(content);
    return Do<v1::ChangeTemplateVersion>("ProposeChangeTemplateVersion", admin_, call);
  }
  absl::StatusOr<v1::ChangeTemplateVersion> Approve(const common::v1::Principal& by, const std::string& name = kFirst,
                                                    const std::string& etag = "") {
    v1::ApproveChangeTemplateVersionRequest call;
    call.set_name(name);
    call.set_etag(etag);
    call.set_comment("同意");
    return Do<v1::ChangeTemplateVersion>("ApproveChangeTemplateVersion", by, call);
  }
  absl::StatusOr<v1::ChangeTemplateVersion> Reject(const common::v1::Principal& by, const std::string& name = kFirst) {
    v1::RejectChangeTemplateVersionRequest call;
    call.set_name(name);
    call.set_reason("缺少回退演练");
    return Do<v1::ChangeTemplateVersion>("RejectChangeTemplateVersion", by, call);
  }
  absl::StatusOr<v1::ChangeTemplate> Retire(bool for_cause = false) {
    v1::RetireChangeTemplateRequest call;
    call.set_name(kName);
    call.set_reason("特征库含恶意样本");
    call.set_for_cause(for_cause);
    return Do<v1::ChangeTemplate>("RetireChangeTemplate", s_.director, call);
  }
  v1::ChangeTemplate Get(const std::string& name = kName) {
    v1::GetChangeTemplateRequest call;
    call.set_name(name);
    auto got = s_.Call<v1::ChangeTemplate>("ChangeTemplateService/GetChangeTemplate", s_.auditor, call);
    EXPECT_THAT(got, tests::IsOk());
    return got.ok() ? *got : v1::ChangeTemplate();
  }
  v1::ChangeTemplateVersion GetVersion(const std::string& name) {
    v1::GetChangeTemplateVersionRequest call;
    call.set_name(name);
    auto got = s_.Call<v1::ChangeTemplateVersion>("ChangeTemplateService/GetChangeTemplateVersion", s_.auditor, call);
    EXPECT_THAT(got, tests::IsOk());
    return got.ok() ? *got : v1::ChangeTemplateVersion();
  }
  absl::StatusOr<v1::ListChangeTemplatesResponse> List(const std::string& filter, int size = 0,
                                                       const std::string& token = "", const std::string& order = "") {
    v1::ListChangeTemplatesRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    call.set_page_size(size);
    call.set_page_token(token);
    call.set_order_by(order);
    return s_.Call<v1::ListChangeTemplatesResponse>("ChangeTemplateService/ListChangeTemplates", s_.author, call);
  }
  absl::StatusOr<v1::ListChangeTemplateVersionsResponse> ListVersions(const std::string& filter, int size = 0,
                                                                      const std::string& token = "",
                                                                      const std::string& order = "") {
    v1::ListChangeTemplateVersionsRequest call;
    call.set_parent(kName);
    call.set_filter(filter);
    call.set_page_size(size);
    call.set_page_token(token);
    call.set_order_by(order);
    return s_.Call<v1::ListChangeTemplateVersionsResponse>("ChangeTemplateService/ListChangeTemplateVersions",
                                                           s_.author, call);
  }
  std::vector<std::string> Ids(const std::string& filter) {
    std::vector<std::string> ids;
    const auto listed = List(filter);
    EXPECT_THAT(listed, tests::IsOk()) << filter;
    if (!listed.ok()) return ids;
    for (const v1::ChangeTemplate& one : listed->change_templates())
      ids.push_back(one.name().substr(one.name().rfind('/') + 1));
    return ids;
  }
  std::vector<std::string> Numbers(const std::string& filter) {
    std::vector<std::string> numbers;
    const auto listed = ListVersions(filter);
    EXPECT_THAT(listed, tests::IsOk()) << filter;
    if (!listed.ok()) return numbers;
    for (const v1::ChangeTemplateVersion& one : listed->versions())
      numbers.push_back(one.name().substr(one.name().rfind('/') + 1));
    return numbers;
  }

  WholeService s_;
  const common::v1::Principal admin_ = PersonOf("yunqi", "zhou-gong", "it", {common::v1::ROLE_SYSTEM_ADMIN});
  const common::v1::Principal second_director_ = PersonOf("yunqi", "qian-min", "it", {common::v1::ROLE_IT_DIRECTOR});
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_TEMPLATE_FIXTURE_H_

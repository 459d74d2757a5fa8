// Templates whose first version is in every state, and the calls that a test of every role makes.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_TEMPLATE_STATES_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_TEMPLATE_STATES_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "services/request/template/testing/template_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::request::testing {

// What became of a template's first version, and of the template.
enum class At { kProposed, kApproved, kRejected, kReplaced, kOvertaken, kRetired, kWithdrawn };
inline const std::map<At, std::string> kNames = {{At::kProposed, "proposed"},   {At::kApproved, "approved"},
                                                 {At::kRejected, "rejected"},   {At::kReplaced, "replaced"},
                                                 {At::kOvertaken, "overtaken"}, {At::kRetired, "retired"},
                                                 {At::kWithdrawn, "withdrawn"}};
// Where the template takes new versions and can be retired.
inline const std::set<At> kActive = {At::kProposed, At::kApproved, At::kRejected, At::kReplaced, At::kOvertaken};

struct Owner {
  v1::ChangeTemplate change_template;
  // Oldest first.
  std::vector<v1::ChangeTemplateVersion> versions;

  std::string Text() const {
    std::string text = change_template.DebugString();
    for (const v1::ChangeTemplateVersion& version : versions) text += version.DebugString();
    return text;
  }
};
using Scene = std::map<At, Owner>;
inline std::string TextOf(const Scene& scene) {
  std::string text;
  for (const auto& [at, owner] : scene) text += owner.Text();
  return text;
}
class TemplateStates : public TemplateFixture {
 protected:
  static std::string NameOf(At at) { return "organizations/yunqi/changeTemplates/" + kNames.at(at); }

  TemplateStates() {
    for (const auto& [at, id] : kNames) Reach(at, id);
    s_.clock().Advance(absl::Hours(1));
    now_.set_seconds(absl::ToUnixSeconds(s_.clock().Now()));
  }

  static v1::ChangeTemplateVersion ContentOf(const std::string& title) {
    v1::ChangeTemplateVersion content = Content();
    content.set_title(title);
    return content;
  }
  void Reach(At at, const std::string& id) {
    const std::string first = NameOf(at) + "/versions/1", second = NameOf(at) + "/versions/2";
    EXPECT_THAT(Create(id, ContentOf(id)), tests::IsOk());
    if (at == At::kApproved || at == At::kReplaced || at == At::kRetired || at == At::kWithdrawn) {
      EXPECT_THAT(Approve(s_.executive, first), tests::IsOk());
    }
    if (at == At::kRejected) {
      EXPECT_THAT(Reject(s_.executive, first), tests::IsOk());
    }
    if (at == At::kReplaced || at == At::kOvertaken) {
      EXPECT_THAT(Propose(admin_, NameOf(at)), tests::IsOk());
      EXPECT_THAT(Approve(s_.executive, second), tests::IsOk());
    }
    if (at == At::kRetired || at == At::kWithdrawn) {
      EXPECT_THAT(Retire(s_.director, NameOf(at), at == At::kWithdrawn), tests::IsOk());
    }
  }
  absl::StatusOr<v1::ChangeTemplateVersion> Propose(const common::v1::Principal& by, const std::string& name) {
    v1::ProposeChangeTemplateVersionRequest call;
    call.set_parent(name);
    *call.mutable_version() = ContentOf(name.substr(name.rfind('/') + 1));
    return Do<v1::ChangeTemplateVersion>("ProposeChangeTemplateVersion", by, call);
  }
  absl::StatusOr<v1::ChangeTemplate> Retire(const common::v1::Principal& by, const std::string& name, bool for_cause) {
    v1::RetireChangeTemplateRequest call;
    call.set_name(name);
    call.set_reason("特征库含恶意样本");
    call.set_for_cause(for_cause);
    return Do<v1::ChangeTemplate>("RetireChangeTemplate", by, call);
  }
  template <typename Reply, typename Request>
  absl::StatusOr<Reply> Read(const std::string& method, const common::v1::Principal& by, const Request& call) {
    return s_.Call<Reply>("ChangeTemplateService/" + method, by, call);
  }
  absl::StatusOr<std::vector<v1::ChangeTemplateVersion>> Versions(const common::v1::Principal& by,
                                                                  const std::string& name) {
    v1::ListChangeTemplateVersionsRequest call;
    call.set_parent(name);
    call.set_order_by("version");
    const auto page = Read<v1::ListChangeTemplateVersionsResponse>("ListChangeTemplateVersions", by, call);
    if (!page.ok()) return page.status();
    return std::vector<v1::ChangeTemplateVersion>(page->versions().begin(), page->versions().end());
  }

  Scene Look() {
    Scene scene;
    for (const auto& [at, id] : kNames) {
      scene[at] = {Get(NameOf(at)),
                   Versions(s_.auditor, NameOf(at)).value_or(std::vector<v1::ChangeTemplateVersion>())};
    }
    return scene;
  }

  // When the calls are made.
  google::protobuf::Timestamp now_;
};

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_TEMPLATE_STATES_H_

// Who may ask whether a request is preauthorised, in every role, and what they are told in every state of the request
// and of the template that it names.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/request/template/testing/template_fixture.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/request_state.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"

namespace docket::request {
namespace {

using common::v1::Principal;
using testing::kStates;
using testing::Missing;
using testing::Shown;
using tests::IsOk;
using R = v1::Request;

class TemplatePreauthorizationRoleTest : public TemplateFixture {
 protected:
  TemplatePreauthorizationRoleTest() {
    EXPECT_THAT(Create(), IsOk());
    EXPECT_THAT(Approve(s_.executive), IsOk());
    v1::Request form = WholeService::Form();
    form.set_kind(common::v1::CHANGE_KIND_STANDARD);
    form.set_impact(common::v1::LEVEL_MEDIUM);
    form.mutable_targets()->DeleteSubrange(1, 1);
    form.set_template_(kFirst);
    draft_ = s_.Create(s_.author, form).name();
    submitted_ = s_.Create(s_.author, form).name();
    EXPECT_THAT(s_.Act<v1::SubmitRequestRequest>("SubmitRequest", s_.author, submitted_), IsOk());
  }

  // `reason` says why it does not stand; empty: it does.
  void Check(const std::string& name, R::State state, const std::string& reason) {
    v1::PreauthorizationStatus status;
    status.set_request(name);
    status.set_standing(reason.empty());
    status.set_reason(reason);
    status.set_template_(kFirst);
    status.set_template_sha256(s_.Get(name).template_sha256());
    walk_.Take({{.what = absl::StrCat("CheckPreauthorization of a request that is ", R::State_Name(state)),
                 .open_to = testing::EveryRoleBut({common::v1::ROLE_VENDOR, common::v1::ROLE_ADMINISTRATOR}),
                 .call = [&](const Principal& by) -> absl::StatusOr<std::string> {
                   v1::CheckPreauthorizationRequest call;
                   call.set_name(name);
                   const auto reply =
                       s_.Call<v1::PreauthorizationStatus>("ChangeTemplateService/CheckPreauthorization", by, call);
                   if (!reply.ok()) return reply.status();
                   return reply->DebugString();
                 },
                 .told =
                     [&](const Principal& by) {
                       const bool hidden = state == R::STATE_DRAFT && by.name() != s_.author.name();
                       return hidden ? Missing() : Shown(status.DebugString());
                     }}});
  }
  // In every state but the draft's. Where nothing makes it void, it stands from its approval to the end of the work.
  void CheckSubmitted(const std::string& void_because) {
    for (const R::State state : kStates) {
      if (state == R::STATE_DRAFT) continue;
      testing::PutInto(s_, submitted_, state);
      const bool stands = state == R::STATE_APPROVED || state == R::STATE_SCHEDULED || state == R::STATE_IMPLEMENTING;
      const std::string elsewhere = absl::StrCat("the request is ", R::State_Name(state).substr(6));
      Check(submitted_, state, !void_because.empty() ? void_because : stands ? "" : elsewhere);
    }
  }

  std::string draft_, submitted_;
  testing::KeptTables tables_{s_.pool(), {"request", "request_template", "change_template", "change_template_version"}};
  testing::RoleWalk walk_{tables_, [] { return "reads only"; }, {s_.author, PersonOf("yunqi", "sun-li", "it", {})}};
};

TEST_F(TemplatePreauthorizationRoleTest, EveryStateOfTheRequestAndOfItsTemplateInEveryRole) {
  Check(draft_, R::STATE_DRAFT, "it names no template that was approved when it was submitted");
  CheckSubmitted("");
  // Plain retirement touches new requests only.
  ASSERT_THAT(Retire(), IsOk());
  CheckSubmitted("");
  ASSERT_THAT(Retire(/*for_cause=*/true), IsOk());
  CheckSubmitted("its template was withdrawn for cause: 特征库含恶意样本");
  EXPECT_EQ(walk_.calls(), (1 + 3 * 17) * 4 * 15);
  EXPECT_EQ(walk_.changes(), 0);
}

}  // namespace
}  // namespace docket::request

#include "services/request/testing/role_table.h"

#include <algorithm>

#include "docket/request/v1/request_relation.pb.h"
#include "docket/request/v1/request_service.pb.h"

namespace docket::request::testing {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;
using R = v1::Request;
using Answer = absl::StatusOr<v1::Request>;
using CallOf = std::function<Answer(const Principal& by, const v1::Request& request)>;

constexpr Role kRequester = common::v1::ROLE_REQUESTER, kHead = common::v1::ROLE_DEPARTMENT_HEAD,
               kDirector = common::v1::ROLE_IT_DIRECTOR, kSystemAdmin = common::v1::ROLE_SYSTEM_ADMIN,
               kService = common::v1::ROLE_SERVICE;
constexpr Reason kGo = Reason::REASON_UNSPECIFIED, kNotAuthor = Reason::REASON_NOT_CREATOR,
                 kElsewhere = Reason::REASON_OTHER_DEPARTMENT, kDuties = Reason::REASON_SEPARATION_OF_DUTIES;

template <typename Call>
CallOf Acting(const Scenery& scenery, const char* method, std::function<void(Call&)> fill = nullptr) {
  return [&service = scenery.service, method, fill](const Principal& by, const v1::Request& request) {
    return service.Act<Call>(method, by, request.name(), fill);
  };
}
CallOf Deciding(const Scenery& scenery, v1::TriageOutcome outcome) {
  return Acting<v1::TriageRequestRequest>(scenery, "TriageRequest", [scenery, outcome](v1::TriageRequestRequest& call) {
    call.set_outcome(outcome);
    call.set_reason("经信息部研究");
    if (outcome == v1::TRIAGE_OUTCOME_DEFER) *call.mutable_defer_until_time() = scenery.later;
    if (outcome == v1::TRIAGE_OUTCOME_MERGE) call.set_merge_into(scenery.other);
  });
}
std::function<void(v1::Request&, const Principal&)> Decided(
    const std::function<void(v1::Request&)>& further = nullptr) {
  return [further](v1::Request& request, const Principal& by) {
    request.set_triager(by.name());
    request.set_state_reason("经信息部研究");
    request.clear_defer_until_time();
    if (further) further(request);
  };
}
template <typename Call>
std::function<void(Call&)> Relation(const Scenery& scenery, v1::RequestRelation::Kind kind) {
  return [other = scenery.other, kind](Call& call) {
    call.set_kind(kind);
    call.set_related_request(other);
  };
}

}  // namespace

Principal Caller(Standing standing, Role role) {
  switch (standing) {
    case Standing::kAuthor:
      return InRole(PersonOf("yunqi", "li-na", "customer-service", {}), role);
    case Standing::kEndorser:
      return InRole(PersonOf("yunqi", "wang-qiang", "customer-service", {}), role);
    case Standing::kColleague:
      return InRole(PersonOf("yunqi", "sun-li", "customer-service", {}), role);
    case Standing::kOtherDepartment:
      return InRole(PersonOf("yunqi", "zhao-lei", "engineering", {}), role);
    case Standing::kOtherOrganization:
      return InRole(Stranger(), role);
    case Standing::kPlatform:
      break;
  }
  return InRole(OfPlatform(), role);
}

Expected ExpectedOf(const Transition& transition, State state, bool held, Standing standing, Role role) {
  const auto right = std::find_if(transition.rights.begin(), transition.rights.end(),
                                  [role](const Right& one) { return one.roles.contains(role); });
  if (right == transition.rights.end()) return {StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED};
  // Of the platform, only machines cross the border between organisations, and are nobody's department there.
  if (standing == Standing::kOtherOrganization || (standing == Standing::kPlatform && role != kService))
    return {StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION};
  if (state == R::STATE_DRAFT && standing != Standing::kAuthor)
    return {StatusCode::kNotFound, Reason::REASON_NOT_FOUND};
  const Reason told = standing == Standing::kAuthor      ? right->author
                      : standing == Standing::kEndorser  ? right->endorser
                      : standing == Standing::kColleague ? right->colleague
                                                         : right->other_department;
  if (told != kGo) return {StatusCode::kPermissionDenied, told};
  if (held && transition.on_hold == OnHold::kRefused) return {StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD};
  if (!transition.from.contains(state) || (!held && transition.on_hold == OnHold::kRequired)) {
    const bool is_missing = transition.otherwise == Reason::REASON_NOT_FOUND;
    return {is_missing ? StatusCode::kNotFound : StatusCode::kFailedPrecondition, transition.otherwise};
  }
  return {};
}

std::vector<Transition> Transitions(const Scenery& scenery) {
  const std::set<Role> raisers = {kRequester, kHead, kDirector, kSystemAdmin, kService};
  //                           author    endorser    colleague   other department
  const Right authors{raisers, kGo, kNotAuthor, kNotAuthor, kNotAuthor};
  const Right endorsing_heads{{kHead}, kDuties, kGo, kGo, kElsewhere};
  const Right heads{{kHead}, kGo, kGo, kGo, kElsewhere};
  const Right independent_directors{{kDirector}, kDuties, kDuties, kGo, kGo};
  const Right directors{{kDirector}, kGo, kGo, kGo, kGo};
  const Right closing_authors{{kRequester}, kGo, kNotAuthor, kNotAuthor, kNotAuthor};
  const Right relating_authors{{kRequester, kSystemAdmin, kService}, kGo, kNotAuthor, kNotAuthor, kNotAuthor};

  const std::set<State> being_written = {R::STATE_DRAFT, R::STATE_RETURNED};
  const std::set<State> before_acceptance = {R::STATE_DRAFT, R::STATE_SUBMITTED, R::STATE_RETURNED, R::STATE_ENDORSED,
                                             R::STATE_DEFERRED};
  const std::set<State> awaiting_triage = {R::STATE_ENDORSED, R::STATE_DEFERRED};
  const std::set<State> declinable = {R::STATE_SUBMITTED, R::STATE_RETURNED, R::STATE_ENDORSED, R::STATE_DEFERRED};
  const std::set<State> under_way = {R::STATE_SUBMITTED,   R::STATE_RETURNED,    R::STATE_ENDORSED,
                                     R::STATE_ACCEPTED,    R::STATE_DEFERRED,    R::STATE_EVALUATING,
                                     R::STATE_APPROVED,    R::STATE_SCHEDULED,   R::STATE_IMPLEMENTING,
                                     R::STATE_IMPLEMENTED, R::STATE_ROLLED_BACK, R::STATE_REGISTERED};
  const std::set<State> any(kStates.begin(), kStates.end());
  std::set<State> any_but_draft = any;
  any_but_draft.erase(R::STATE_DRAFT);

  return {
      {.name = "UpdateRequest",
       .rights = {authors},
       .from = being_written,
       .events = {"RequestUpdated"},
       .call =
           [scenery](const Principal& by, const v1::Request& request) {
             v1::UpdateRequestRequest call;
             call.mutable_request()->set_name(request.name());
             call.mutable_request()->set_etag(request.etag());
             call.mutable_request()->set_need("支持夜间自动升级");
             call.mutable_update_mask()->add_paths("need");
             call.set_request_id(scenery.service.NewRequestId());
             return scenery.service.Call<v1::Request>("RequestService/UpdateRequest", by, call);
           },
       .effect = [](v1::Request& request, const Principal&) { request.set_need("支持夜间自动升级"); }},
      {.name = "SubmitRequest",
       .rights = {authors},
       .from = being_written,
       .to = R::STATE_SUBMITTED,
       .events = {"RequestSubmitted"},
       .call = Acting<v1::SubmitRequestRequest>(scenery, "SubmitRequest"),
       .effect =
           [scenery](v1::Request& request, const Principal&) {
             if (!request.number().empty()) return;
             request.set_number(scenery.next_number);
             *request.mutable_submit_time() = scenery.now;
           }},
      {.name = "WithdrawRequest",
       .rights = {authors},
       .from = before_acceptance,
       .to = R::STATE_WITHDRAWN,
       .events = {"RequestWithdrawn"},
       .call = Acting<v1::WithdrawRequestRequest>(
           scenery, "WithdrawRequest", [](v1::WithdrawRequestRequest& call) { call.set_reason("不再需要"); }),
       .effect =
           [](v1::Request& request, const Principal&) {
             request.set_state_reason("不再需要");
             request.clear_defer_until_time();
           }},
      {.name = "EndorseRequest",
       .rights = {endorsing_heads},
       .from = {R::STATE_SUBMITTED},
       .to = R::STATE_ENDORSED,
       .events = {"RequestEndorsed"},
       .call = Acting<v1::EndorseRequestRequest>(scenery, "EndorseRequest"),
       .effect = [](v1::Request& request, const Principal& by) { request.set_endorser(by.name()); }},
      {.name = "ReturnRequest",
       .rights = {heads},
       .from = {R::STATE_SUBMITTED},
       .to = R::STATE_RETURNED,
       .events = {"RequestReturned"},
       .call = Acting<v1::ReturnRequestRequest>(scenery, "ReturnRequest",
                                                [](v1::ReturnRequestRequest& call) { call.set_reason("请补充影响"); }),
       .effect = [](v1::Request& request, const Principal&) { request.set_state_reason("请补充影响"); }},
      {.name = "TriageRequest, accepting",
       .rights = {independent_directors},
       .from = awaiting_triage,
       .to = R::STATE_ACCEPTED,
       .events = {"RequestAccepted"},
       .call = Deciding(scenery, v1::TRIAGE_OUTCOME_ACCEPT),
       .effect = Decided()},
      {.name = "TriageRequest, deferring",
       .rights = {independent_directors},
       .from = awaiting_triage,
       .to = R::STATE_DEFERRED,
       .events = {"RequestDeferred"},
       .call = Deciding(scenery, v1::TRIAGE_OUTCOME_DEFER),
       .effect = Decided([scenery](v1::Request& request) { *request.mutable_defer_until_time() = scenery.later; })},
      {.name = "TriageRequest, merging",
       .rights = {independent_directors},
       .from = awaiting_triage,
       .to = R::STATE_MERGED,
       .events = {"RequestMerged", "RequestRelationAdded"},
       .call = Deciding(scenery, v1::TRIAGE_OUTCOME_MERGE),
       .effect = Decided([scenery](v1::Request& request) {
         request.set_merged_into(scenery.other);
         auto* relation = request.add_relations();
         relation->set_kind(v1::RequestRelation::KIND_DUPLICATE_OF);
         relation->set_request(scenery.other);
         // By kind.
         request.mutable_relations()->SwapElements(0, 1);
       }),
       .moves_other = true},
      {.name = "TriageRequest, declining",
       .rights = {independent_directors},
       .from = declinable,
       .to = R::STATE_DECLINED,
       .events = {"RequestDeclined"},
       .call = Deciding(scenery, v1::TRIAGE_OUTCOME_DECLINE),
       .effect = Decided()},
      {.name = "TriageRequest, returning",
       .rights = {independent_directors},
       .from = awaiting_triage,
       .to = R::STATE_RETURNED,
       .events = {"RequestReturned"},
       .call = Deciding(scenery, v1::TRIAGE_OUTCOME_RETURN),
       .effect = Decided([](v1::Request& request) { request.clear_endorser(); })},
      {.name = "HoldRequest",
       .rights = {directors},
       .from = under_way,
       .events = {"RequestHeld"},
       .call = Acting<v1::HoldRequestRequest>(scenery, "HoldRequest",
                                              [](v1::HoldRequestRequest& call) { call.set_reason("等待预算"); }),
       .effect =
           [scenery](v1::Request& request, const Principal& by) {
             request.set_held(true);
             request.set_hold_reason("等待预算");
             *request.mutable_hold_time() = scenery.now;
             request.set_holder(by.name());
           }},
      {.name = "ResumeRequest",
       .rights = {directors},
       .from = any,
       .events = {"RequestResumed"},
       .on_hold = OnHold::kRequired,
       .call = Acting<v1::ResumeRequestRequest>(scenery, "ResumeRequest",
                                                [](v1::ResumeRequestRequest& call) { call.set_reason("预算已批"); }),
       .effect =
           [](v1::Request& request, const Principal&) {
             request.clear_held();
             request.clear_hold_reason();
             request.clear_hold_time();
             request.clear_holder();
           }},
      {.name = "CloseRequest",
       .rights = {directors, closing_authors},
       .from = {R::STATE_REGISTERED},
       .to = R::STATE_CLOSED,
       .events = {"RequestClosed"},
       .call = Acting<v1::CloseRequestRequest>(
           scenery, "CloseRequest", [](v1::CloseRequestRequest& call) { call.set_conclusion("经验已归档"); }),
       .effect =
           [scenery](v1::Request& request, const Principal&) {
             request.set_conclusion("经验已归档");
             *request.mutable_close_time() = scenery.now;
           }},
      {.name = "AddRequestRelation",
       .rights = {directors, heads, relating_authors},
       .from = any_but_draft,
       .events = {"RequestRelationAdded", "RequestRelationAdded"},
       .on_hold = OnHold::kAllowed,
       .call = Acting<v1::AddRequestRelationRequest>(
           scenery, "AddRequestRelation",
           Relation<v1::AddRequestRelationRequest>(scenery, v1::RequestRelation::KIND_CAUSED_BY)),
       .effect =
           [scenery](v1::Request& request, const Principal&) {
             auto* relation = request.add_relations();
             relation->set_kind(v1::RequestRelation::KIND_CAUSED_BY);
             relation->set_request(scenery.other);
           },
       .moves_other = true},
      {.name = "RemoveRequestRelation",
       .rights = {directors, heads, relating_authors},
       .from = any_but_draft,
       .events = {"RequestRelationRemoved", "RequestRelationRemoved"},
       .on_hold = OnHold::kAllowed,
       .call = Acting<v1::RemoveRequestRelationRequest>(
           scenery, "RemoveRequestRelation",
           Relation<v1::RemoveRequestRelationRequest>(scenery, v1::RequestRelation::KIND_RELATED)),
       .effect = [](v1::Request& request, const Principal&) { request.clear_relations(); },
       .moves_other = true,
       // A draft has no relation that could be removed.
       .otherwise = Reason::REASON_NOT_FOUND},
  };
}

}  // namespace docket::request::testing

// Every method, on a template and its first version in every state, by everyone in every role and by who proposed it:
// who may, what the rest are told, and what becomes of the template and all of its versions, through the real server
// and database.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/request/template/testing/template_states.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;
using testing::At;
using testing::Changed;
using testing::Denied;
using testing::EveryRoleBut;
using testing::kActive;
using testing::KeptTables;
using testing::kNames;
using testing::Missing;
using testing::Owner;
using testing::RoleWalk;
using testing::Scene;
using testing::Shown;
using testing::Step;
using testing::TextOf;
using testing::Told;
using testing::WrongState;
using T = v1::ChangeTemplate;
using V = v1::ChangeTemplateVersion;
using Text = absl::StatusOr<std::string>;

const std::set<Role> kProposers = {common::v1::ROLE_SYSTEM_ADMIN, common::v1::ROLE_IT_DIRECTOR};
const std::set<Role> kDeciders = {common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_EXECUTIVE};
const std::set<Role> kReaders = EveryRoleBut({common::v1::ROLE_VENDOR, common::v1::ROLE_ADMINISTRATOR});

using Verdict = std::function<Told(const Principal& by)>;
Verdict Everyone(const Told& told) {
  return [told](const Principal&) { return told; };
}

// A method, and what those who may call it are told.
struct Row {
  std::string what;
  std::set<Role> open_to;
  std::function<Text(const Principal& by, const std::string& name)> call;
  std::function<Verdict(At at)> told;
};

class ChangeTemplateRoleTest : public testing::TemplateStates {
 protected:
  static std::string Next(const std::string& etag) { return absl::StrCat(std::stoi(etag) + 1); }
  // What becomes of a template: what `effect` says, and a new revision. It names what is answered.
  Verdict Moved(At at, const std::multiset<std::string>& events,
                const std::function<std::string(Owner& owner, const Principal& by)>& effect) {
    return [this, at, events, effect](const Principal& by) {
      Scene after = scene_;
      T& owner = after[at].change_template;
      *owner.mutable_update_time() = now_;
      owner.set_etag(Next(owner.etag()));
      const std::string answer = effect(after[at], by);
      return Changed(answer, TextOf(after), events);
    };
  }
  V& Turned(V& version, V::State state, const std::string& reason) const {
    version.set_state(state);
    version.set_state_reason(reason);
    *version.mutable_update_time() = now_;
    version.set_etag(Next(version.etag()));
    return version;
  }
  // Not by who proposed it, whatever its state.
  static Verdict Independently(const Verdict& verdict) {
    return [verdict](const Principal& by) {
      return by.name() == "organizations/yunqi/people/zhou-gong"
                 ? Denied(StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES)
                 : verdict(by);
    };
  }

  Verdict Approved(At at) {
    if (at != At::kProposed) return Independently(Everyone(WrongState()));
    return Independently(Moved(at, {"ChangeTemplateVersionApproved"}, [this](Owner& owner, const Principal& by) {
      V& first = Turned(owner.versions[0], V::STATE_APPROVED, "");
      first.set_decider(by.name());
      *first.mutable_decide_time() = now_;
      owner.change_template.set_approved_version(first.name());
      return first.DebugString();
    }));
  }
  Verdict Rejected(At at) {
    if (at != At::kProposed && at != At::kOvertaken) return Independently(Everyone(WrongState()));
    return Independently(Moved(at, {"ChangeTemplateVersionRejected"}, [this](Owner& owner, const Principal& by) {
      V& first = Turned(owner.versions[0], V::STATE_REJECTED, "缺少回退演练");
      first.set_decider(by.name());
      *first.mutable_decide_time() = now_;
      return first.DebugString();
    }));
  }
  Verdict Proposed(At at) {
    if (!kActive.contains(at)) return Everyone(WrongState());
    return Moved(at, {"ChangeTemplateVersionProposed"}, [this](Owner& owner, const Principal& by) {
      const int number = owner.change_template.latest_version() + 1;
      V next = owner.versions[0];
      next.set_name(absl::StrCat(owner.change_template.name(), "/versions/", number));
      next.set_state(V::STATE_PROPOSED);
      next.set_proposer(by.name());
      next.clear_decider();
      next.clear_decide_time();
      next.clear_state_reason();
      *next.mutable_create_time() = *next.mutable_update_time() = now_;
      next.set_etag("1");
      owner.change_template.set_latest_version(number);
      owner.versions.push_back(next);
      return next.DebugString();
    });
  }
  Verdict Ended(At at, bool for_cause) {
    // A retired template can still be withdrawn for cause, once.
    if (!kActive.contains(at) && (at == At::kWithdrawn || !for_cause)) return Everyone(WrongState());
    // Its versions that were proposed or approved go with it.
    const std::map<At, int> open = {{At::kProposed, 1}, {At::kApproved, 1},  {At::kRejected, 0},
                                    {At::kReplaced, 1}, {At::kOvertaken, 2}, {At::kRetired, 0}};
    std::multiset<std::string> events = {"ChangeTemplateRetired"};
    for (int i = 0; i < open.at(at); ++i) events.insert("ChangeTemplateVersionRetired");
    return Moved(at, events, [this, for_cause](Owner& owner, const Principal&) {
      T& ended = owner.change_template;
      ended.set_state(T::STATE_RETIRED);
      ended.clear_approved_version();
      ended.set_retire_reason("特征库含恶意样本");
      ended.set_withdrawn_for_cause(for_cause);
      for (V& version : owner.versions) {
        if (version.state() != V::STATE_PROPOSED && version.state() != V::STATE_APPROVED) continue;
        Turned(version, V::STATE_RETIRED, "特征库含恶意样本");
      }
      return ended.DebugString();
    });
  }

  std::vector<Row> Rows() {
    return {
        {"GetChangeTemplate", kReaders,
         [this](const Principal& by, const std::string& name) {
           v1::GetChangeTemplateRequest call;
           call.set_name(name);
           return TextOf(Read<T>("GetChangeTemplate", by, call));
         },
         [this](At at) { return Everyone(Shown(scene_[at].change_template.DebugString())); }},
        {"ListChangeTemplates", kReaders,
         [this](const Principal& by, const std::string& name) -> Text {
           v1::ListChangeTemplatesRequest call;
           call.set_parent("organizations/yunqi");
           call.set_filter(absl::StrCat("title = ", name.substr(name.rfind('/') + 1)));
           const auto page = Read<v1::ListChangeTemplatesResponse>("ListChangeTemplates", by, call);
           if (!page.ok()) return page.status();
           std::string text;
           for (const T& one : page->change_templates()) text += one.DebugString();
           return text;
         },
         [this](At at) { return Everyone(Shown(scene_[at].change_template.DebugString())); }},
        {"GetChangeTemplateVersion", kReaders,
         [this](const Principal& by, const std::string& name) {
           v1::GetChangeTemplateVersionRequest call;
           call.set_name(name + "/versions/1");
           return TextOf(Read<V>("GetChangeTemplateVersion", by, call));
         },
         [this](At at) { return Everyone(Shown(scene_[at].versions[0].DebugString())); }},
        {"ListChangeTemplateVersions", kReaders,
         [this](const Principal& by, const std::string& name) -> Text {
           const auto versions = Versions(by, name);
           if (!versions.ok()) return versions.status();
           return Owner{.versions = *versions}.Text();
         },
         [this](At at) { return Everyone(Shown(Owner{.versions = scene_[at].versions}.Text())); }},
        {"ApproveChangeTemplateVersion", kDeciders,
         [this](const Principal& by, const std::string& name) { return TextOf(Approve(by, name + "/versions/1")); },
         [this](At at) { return Approved(at); }},
        {"RejectChangeTemplateVersion", kDeciders,
         [this](const Principal& by, const std::string& name) { return TextOf(Reject(by, name + "/versions/1")); },
         [this](At at) { return Rejected(at); }},
        {"ProposeChangeTemplateVersion", kProposers,
         [this](const Principal& by, const std::string& name) { return TextOf(Propose(by, name)); },
         [this](At at) { return Proposed(at); }},
        {"RetireChangeTemplate", kDeciders,
         [this](const Principal& by, const std::string& name) { return TextOf(Retire(by, name, false)); },
         [this](At at) { return Ended(at, false); }},
        {"RetireChangeTemplate, for cause", kDeciders,
         [this](const Principal& by, const std::string& name) { return TextOf(Retire(by, name, true)); },
         [this](At at) { return Ended(at, true); }},
    };
  }

  const Principal other_ = PersonOf("yunqi", "sun-li", "it", {});
  // As it is before each call.
  Scene scene_;
  KeptTables tables_{s_.pool(),
                     {"change_template", "change_template_version", "change_template_target", "idempotency"}};
  // Who proposed, and somebody else.
  RoleWalk walk_{tables_, [this] { return TextOf(Look()); }, {admin_, other_}};
};

TEST_F(ChangeTemplateRoleTest, EveryMethodOnEveryStateInEveryRole) {
  scene_ = Look();
  std::vector<Step> steps;
  for (const Row& row : Rows()) {
    for (const auto& [at, id] : kNames) {
      steps.push_back({.what = absl::StrCat(row.what, ", ", id),
                       .open_to = row.open_to,
                       .call = [call = row.call, name = NameOf(at)](const Principal& by) { return call(by, name); },
                       .told = row.told(at)});
    }
  }
  walk_.Take(steps);
  EXPECT_EQ(walk_.calls(), 9 * 7 * 4 * 15);
  // By two roles each: approval of one and rejection of two by another, five proposals, five retirements, and six
  // withdrawals by either.
  EXPECT_EQ(walk_.changes(), 2 * (1 + 2) + 2 * 2 * (5 + 5 + 6));
}

TEST_F(ChangeTemplateRoleTest, WhoMayProposeATemplate) {
  const auto look = [this] {
    v1::ListChangeTemplatesRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter("title = fresh");
    return TextOf(Read<v1::ListChangeTemplatesResponse>("ListChangeTemplates", s_.auditor, call)).value_or("");
  };
  const auto created = [this](const Principal& by) {
    T made = Get(NameOf(At::kProposed));
    made.set_name("organizations/yunqi/changeTemplates/fresh");
    made.set_title("fresh");
    made.set_creator(by.name());
    *made.mutable_create_time() = *made.mutable_update_time() = now_;
    v1::ListChangeTemplatesResponse page;
    *page.add_change_templates() = made;
    return Changed(made.DebugString(), page.DebugString(), {"ChangeTemplateCreated", "ChangeTemplateVersionProposed"});
  };
  const auto call = [this](const std::string& id) {
    return [this, id](const Principal& by) {
      v1::CreateChangeTemplateRequest request;
      request.set_parent("organizations/yunqi");
      request.set_change_template_id(id);
      *request.mutable_version() = ContentOf(id);
      return TextOf(Do<T>("CreateChangeTemplate", by, request));
    };
  };
  std::vector<Step> steps = {
      {.what = "CreateChangeTemplate", .open_to = kProposers, .call = call("fresh"), .told = created}};
  // In whatever state it is: an identifier is taken for good.
  for (const auto& [at, id] : kNames) {
    steps.push_back({.what = "CreateChangeTemplate, again " + id,
                     .open_to = kProposers,
                     .call = call(id),
                     .told = Everyone({.expected = {StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS}})});
  }
  RoleWalk walk(tables_, look, {other_});
  walk.Take(steps);
  EXPECT_EQ(walk.calls(), 8 * 3 * 15);
  EXPECT_EQ(walk.changes(), 2);
}

// Whoever lacks the role or belongs elsewhere does not learn that way what there is.
TEST_F(ChangeTemplateRoleTest, PermissionComesBeforeExistence) {
  const std::string absent = "organizations/yunqi/changeTemplates/absent";
  std::vector<Step> steps;
  for (const Row& row : Rows()) {
    if (row.what == "ListChangeTemplates") continue;
    steps.push_back({.what = row.what,
                     .open_to = row.open_to,
                     .call = [call = row.call, absent](const Principal& by) { return call(by, absent); },
                     .told = Everyone(Missing())});
  }
  walk_.Take(steps);
  EXPECT_EQ(walk_.calls(), 8 * 4 * 15);
}

// A new state or method has to be put into the tables above.
TEST_F(ChangeTemplateRoleTest, TheTablesLeaveNothingOut) {
  std::set<std::string> methods = {"CreateChangeTemplate", "CheckPreauthorization"};
  for (const Row& row : Rows()) methods.insert(row.what.substr(0, row.what.find(',')));
  testing::ExpectAllMethods(
      v1::CreateChangeTemplateRequest::descriptor()->file()->FindServiceByName("ChangeTemplateService"), methods);
  std::set<int> states, version_states;
  for (const auto& [at, owner] : Look()) {
    states.insert(owner.change_template.state());
    version_states.insert(owner.versions[0].state());
  }
  testing::ExpectAllValues(T::State_descriptor(), states);
  testing::ExpectAllValues(V::State_descriptor(), version_states);
}

}  // namespace
}  // namespace docket::request

// Every method of the catalogue, on a system in every state, by everyone in every role, people of the system's vendor
// included: who may, what the rest are told, and what becomes of the system, through the real server and database.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/request/testing/directory_calls.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;
using testing::Changed;
using testing::Denied;
using testing::EveryRoleBut;
using testing::KeptTables;
using testing::Missing;
using testing::RoleWalk;
using testing::Shown;
using testing::Step;
using testing::TextOf;
using testing::Told;
using testing::WrongState;
using tests::IsOk;
using S = v1::System;
using Text = absl::StatusOr<std::string>;

const std::set<Role> kEditors = {common::v1::ROLE_SYSTEM_ADMIN, common::v1::ROLE_ADMINISTRATOR};
const std::set<Role> kReaders = EveryRoleBut({});
// Who needs whom is for the organisation, not for its vendors.
const std::set<Role> kAnalysts = EveryRoleBut({common::v1::ROLE_VENDOR});

// In service, in service and needed by another that is, out of service.
enum class At { kActive, kNeeded, kRetired };
const std::map<At, std::string> kIds = {{At::kActive, "intercom"}, {At::kNeeded, "database"}, {At::kRetired, "pager"}};
// All of them but the one that nobody supplies.
constexpr char kVendor[] = "anjubao";

std::string NameOf(At at) { return "organizations/yunqi/systems/" + kIds.at(at); }

// A method, and what those who may call it are told, unless it is hidden from them.
struct Row {
  std::string what;
  std::set<Role> open_to;
  std::function<Text(const Principal& by, const std::string& system)> call;
  std::map<At, Told> told;
};

class CatalogRoleTest : public ::testing::Test {
 protected:
  using Scene = std::map<std::string, S>;

  CatalogRoleTest() : calls_(service_) {
    EXPECT_THAT(calls_.CreateVendor(kVendor), IsOk());
    vendor_person_ = calls_.VendorPerson("an-wei", kVendor);
    EXPECT_THAT(calls_.CreateSystem("intercom", "it", kVendor), IsOk());
    EXPECT_THAT(calls_.CreateSystem("database", "it"), IsOk());
    EXPECT_THAT(calls_.CreateSystem("pager", "it", kVendor), IsOk());
    EXPECT_THAT(calls_.RetireSystem("pager"), IsOk());
    EXPECT_THAT(Edit(
                    service_.administrator, "organizations/yunqi/systems/access-control",
                    [](S& system) { system.add_dependencies()->set_system(NameOf(At::kNeeded)); }, "dependencies"),
                IsOk());
    service_.clock().Advance(absl::Hours(1));
    scene_ = Look();
  }

  absl::StatusOr<S> Get(const Principal& by, const std::string& name) {
    v1::GetSystemRequest call;
    call.set_name(name);
    return service_.Call<S>("CatalogService/GetSystem", by, call);
  }
  absl::StatusOr<S> Edit(const Principal& by, const std::string& name, const std::function<void(S& system)>& edit,
                         const std::string& path) {
    v1::UpdateSystemRequest call;
    call.mutable_system()->set_name(name);
    call.mutable_system()->set_etag(Get(service_.auditor, name).value_or(S()).etag());
    if (call.system().etag().empty()) call.mutable_system()->set_etag("1");
    edit(*call.mutable_system());
    call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<S>("CatalogService/UpdateSystem", by, call);
  }
  template <typename Request>
  std::function<Text(const Principal&, const std::string&)> Moving(const std::string& method) {
    return [this, method](const Principal& by, const std::string& name) {
      Request call;
      call.set_name(name);
      call.set_reason("由新一代平台取代");
      call.set_request_id(service_.NewRequestId());
      return TextOf(service_.Call<S>("CatalogService/" + method, by, call));
    };
  }
  // The one of this name, where the list has it.
  Text Listed(const Principal& by, const std::string& name) {
    v1::ListSystemsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter("name = " + name);
    const auto page = service_.Call<v1::ListSystemsResponse>("CatalogService/ListSystems", by, call);
    if (!page.ok()) return page.status();
    std::string text;
    for (const S& system : page->systems()) text += system.DebugString();
    return text;
  }
  // The names of those that need it.
  Text Impact(const Principal& by, const std::string& name) {
    v1::AnalyzeImpactRequest call;
    call.set_parent("organizations/yunqi");
    call.add_systems(name);
    const auto page = service_.Call<v1::AnalyzeImpactResponse>("CatalogService/AnalyzeImpact", by, call);
    if (!page.ok()) return page.status();
    std::string text;
    for (const auto& system : page->systems()) absl::StrAppend(&text, system.system(), " ");
    return text;
  }
  Text Installed(const Principal& by, const std::string& name) {
    v1::ListInstalledVersionsRequest call;
    call.set_parent(name);
    const auto page =
        service_.Call<v1::ListInstalledVersionsResponse>("CatalogService/ListInstalledVersions", by, call);
    if (!page.ok()) return page.status();
    std::string text;
    for (const auto& version : page->installed_versions()) absl::StrAppend(&text, version.version(), " ");
    return text;
  }
  absl::StatusOr<S> Enter(const Principal& by, const std::string& id) {
    v1::CreateSystemRequest call;
    call.set_parent("organizations/yunqi");
    call.set_system_id(id);
    call.mutable_system()->set_title("系统");
    call.mutable_system()->set_owner_department("organizations/yunqi/departments/it");
    call.mutable_system()->set_criticality(common::v1::LEVEL_LOW);
    call.mutable_system()->set_installed_version("3.2");
    call.set_request_id(service_.NewRequestId());
    return service_.Call<S>("CatalogService/CreateSystem", by, call);
  }

  Scene Look() {
    v1::ListSystemsRequest call;
    call.set_parent("organizations/yunqi");
    const auto page = service_.Call<v1::ListSystemsResponse>("CatalogService/ListSystems", service_.auditor, call);
    EXPECT_THAT(page, IsOk());
    Scene scene;
    if (!page.ok()) return scene;
    for (const S& system : page->systems()) scene[system.name()] = system;
    return scene;
  }
  static std::string TextOfAll(const Scene& scene) {
    std::string text;
    for (const auto& [name, system] : scene) text += system.DebugString();
    return text;
  }
  Told Moved(At at, const std::string& event, const std::function<void(S& system)>& effect) {
    Scene after = scene_;
    S& system = after.at(NameOf(at));
    system.mutable_update_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
    system.set_etag(absl::StrCat(std::stoi(system.etag()) + 1));
    effect(system);
    return Changed(system.DebugString(), TextOfAll(after), {event});
  }

  std::vector<Row> Rows() {
    std::map<At, Told> shown, edited, installed;
    for (const auto& [at, id] : kIds) {
      shown[at] = Shown(scene_.at(NameOf(at)).DebugString());
      // What is out of service can still be described.
      edited[at] = Moved(at, "SystemUpdated", [](S& system) { system.set_description("保安室对讲"); });
      installed[at] = Shown(scene_.at(NameOf(at)).installed_version() + " ");
    }
    return {
        {"GetSystem", kReaders, [this](const Principal& by, const std::string& name) { return TextOf(Get(by, name)); },
         shown},
        {"ListSystems", kReaders, [this](const Principal& by, const std::string& name) { return Listed(by, name); },
         shown},
        {"ListInstalledVersions", kReaders,
         [this](const Principal& by, const std::string& name) { return Installed(by, name); }, installed},
        {"AnalyzeImpact",
         kAnalysts,
         [this](const Principal& by, const std::string& name) { return Impact(by, name); },
         {{At::kActive, Shown("")},
          {At::kNeeded, Shown("organizations/yunqi/systems/access-control ")},
          {At::kRetired, Shown("")}}},
        {"UpdateSystem", kEditors,
         [this](const Principal& by, const std::string& name) {
           return TextOf(Edit(
               by, name, [](S& system) { system.set_description("保安室对讲"); }, "description"));
         },
         edited},
        {"RetireSystem",
         kEditors,
         Moving<v1::RetireSystemRequest>("RetireSystem"),
         {{At::kActive, Moved(At::kActive, "SystemRetired", [](S& system) { system.set_state(S::STATE_RETIRED); })},
          {At::kNeeded, Denied(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE)},
          {At::kRetired, WrongState()}}},
        {"ReinstateSystem",
         kEditors,
         Moving<v1::ReinstateSystemRequest>("ReinstateSystem"),
         {{At::kActive, WrongState()},
          {At::kNeeded, WrongState()},
          {At::kRetired,
           Moved(At::kRetired, "SystemReinstated", [](S& system) { system.set_state(S::STATE_ACTIVE); })}}},
    };
  }

  // For vendors there are only the systems that they supply, and for those who are of none there are none.
  Told Seen(const Row& row, At at, const Principal& by) const {
    const bool is_vendor = by.roles_size() == 1 && by.roles(0) == common::v1::ROLE_VENDOR;
    if (!is_vendor || (by.name() == vendor_person_.name() && at != At::kNeeded)) return row.told.at(at);
    return row.what == "ListSystems" ? Shown("") : Missing();
  }

  WholeService service_;
  DirectoryCalls calls_;
  const Principal staff_ = PersonOf("yunqi", "sun-li", "it", {});
  Principal vendor_person_;
  Scene scene_;
  KeptTables tables_{service_.pool(),
                     {"catalog_system", "catalog_component", "catalog_dependency", "catalog_size", "installed_version",
                      "idempotency"}};
};

TEST_F(CatalogRoleTest, EveryMethodOnEveryStateInEveryRole) {
  std::vector<Step> steps;
  for (const Row& row : Rows()) {
    for (const auto& [at, id] : kIds) {
      steps.push_back({.what = absl::StrCat(row.what, " of ", id),
                       .open_to = row.open_to,
                       .call = [call = row.call, name = NameOf(at)](const Principal& by) { return call(by, name); },
                       .told = [this, row, at = at](const Principal& by) { return Seen(row, at, by); }});
    }
  }
  RoleWalk walk(tables_, [this] { return TextOfAll(Look()); }, {staff_, vendor_person_});
  walk.Take(steps);
  EXPECT_EQ(walk.calls(), 7 * 3 * 4 * 15);
  // Three edits, a retirement and a reinstatement: by both in two roles, and by the platform's administrator.
  EXPECT_EQ(walk.changes(), (3 + 1 + 1) * (2 * 2 + 1));
}

TEST_F(CatalogRoleTest, WhoMayEnterASystem) {
  const auto look = [this] { return TextOf(Get(service_.auditor, "organizations/yunqi/systems/fresh")).value_or("-"); };
  ASSERT_THAT(Enter(service_.administrator, "model"), IsOk());
  S fresh = Get(service_.auditor, "organizations/yunqi/systems/model").value_or(S());
  fresh.set_name("organizations/yunqi/systems/fresh");
  std::vector<Step> steps = {
      {.what = "CreateSystem",
       .open_to = kEditors,
       .call = [this](const Principal& by) { return TextOf(Enter(by, "fresh")); },
       .told = [&](const Principal&) { return Changed(fresh.DebugString(), fresh.DebugString(), {"SystemCreated"}); }}};
  // In whatever state it is: an identifier is taken for good.
  for (const auto& [at, id] : kIds) {
    steps.push_back({.what = "CreateSystem, again " + id,
                     .open_to = kEditors,
                     .call = [this, id = id](const Principal& by) { return TextOf(Enter(by, id)); },
                     .told =
                         [](const Principal&) {
                           return Told{.expected = {StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS}};
                         }});
  }
  RoleWalk walk(tables_, look, {staff_});
  walk.Take(steps);
  EXPECT_EQ(walk.calls(), 4 * 3 * 15);
  EXPECT_EQ(walk.changes(), 2 + 1);
}

// Whoever lacks the role or belongs elsewhere does not learn that way what there is.
TEST_F(CatalogRoleTest, PermissionComesBeforeExistence) {
  std::vector<Step> steps;
  for (const Row& row : Rows()) {
    steps.push_back(
        {.what = row.what + " of nothing",
         .open_to = row.open_to,
         .call = [call = row.call](const Principal& by) { return call(by, "organizations/yunqi/systems/absent"); },
         .told = [is_list = row.what == "ListSystems"](const Principal&) { return is_list ? Shown("") : Missing(); }});
  }
  RoleWalk walk(tables_, [this] { return TextOfAll(Look()); }, {staff_, vendor_person_});
  walk.Take(steps);
  EXPECT_EQ(walk.changes(), 0);
}

// A new state or method has to be put into the tables above.
TEST_F(CatalogRoleTest, TheTablesLeaveNothingOut) {
  std::set<std::string> methods = {"CreateSystem"};
  for (const Row& row : Rows()) methods.insert(row.what);
  testing::ExpectAllMethods(v1::CreateSystemRequest::descriptor()->file()->FindServiceByName("CatalogService"),
                            methods);
  std::set<int> states;
  for (const auto& [name, system] : scene_) states.insert(system.state());
  testing::ExpectAllValues(S::State_descriptor(), states);
}

}  // namespace
}  // namespace docket::request

#include "services/request/catalog_edit_service.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

std::string NameOf(const std::string& id) { return "organizations/yunqi/systems/" + id; }

class CatalogEditTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::System> TryCreate(const std::string& id, const std::vector<std::string>& needs = {}) {
    v1::CreateSystemRequest call;
    call.set_parent("organizations/yunqi");
    call.set_system_id(id);
    call.mutable_system()->set_title("系统 " + id);
    call.mutable_system()->set_owner_department("organizations/yunqi/departments/it");
    call.mutable_system()->set_criticality(common::v1::LEVEL_MEDIUM);
    call.mutable_system()->set_installed_version("1.0");
    for (const std::string& needed : needs) AddNeed(*call.mutable_system(), needed);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::System>("CatalogService/CreateSystem", service_.administrator, call);
  }

  static void AddNeed(v1::System& system, const std::string& needed) {
    v1::System::Dependency* dependency = system.add_dependencies();
    dependency->set_system(NameOf(needed));
    dependency->set_purpose("需要 " + needed);
  }

  v1::System Create(const std::string& id, const std::vector<std::string>& needs = {}) {
    const absl::StatusOr<v1::System> created = TryCreate(id, needs);
    EXPECT_THAT(created, IsOk());
    return created.value_or(v1::System());
  }

  v1::System Get(const std::string& id) {
    v1::GetSystemRequest call;
    call.set_name(NameOf(id));
    return service_.Call<v1::System>("CatalogService/GetSystem", service_.auditor, call).value_or(v1::System());
  }

  absl::StatusOr<v1::System> Update(const v1::System& system, const std::vector<std::string>& paths,
                                    const std::string& request_id = "") {
    v1::UpdateSystemRequest call;
    *call.mutable_system() = system;
    for (const std::string& path : paths) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::System>("CatalogService/UpdateSystem", service_.administrator, call);
  }

  // The system as it is, with these dependencies.
  absl::StatusOr<v1::System> SetNeeds(const std::string& id, const std::vector<std::string>& needs) {
    v1::System system = Get(id);
    system.clear_dependencies();
    for (const std::string& needed : needs) AddNeed(system, needed);
    return Update(system, {"dependencies"});
  }

  template <typename Call>
  absl::StatusOr<v1::System> Move(const char* method, const std::string& id, const std::string& etag = "") {
    Call call;
    call.set_name(NameOf(id));
    call.set_reason("由新一代平台取代");
    call.set_etag(etag);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::System>(absl::StrCat("CatalogService/", method), service_.administrator, call);
  }
  absl::StatusOr<v1::System> Retire(const std::string& id, const std::string& etag = "") {
    return Move<v1::RetireSystemRequest>("RetireSystem", id, etag);
  }
  absl::StatusOr<v1::System> Reinstate(const std::string& id) {
    return Move<v1::ReinstateSystemRequest>("ReinstateSystem", id);
  }

  static std::string Metadata(const absl::Status& status, const std::string& key) {
    const auto info = GetErrorInfo(status);
    return info.has_value() && info->metadata().contains(key) ? info->metadata().at(key) : "";
  }

  WholeService service_;
};

TEST_F(CatalogEditTest, UpdatesWhatTheMaskNames) {
  v1::System system = Get("access-control");
  system.set_title("门禁管理平台");
  system.set_description("不在掩码内，不应生效");
  system.mutable_environment()->set_database("MySQL 8.4");
  system.mutable_environment()->set_runtime("不在掩码内");
  v1::System::Component* gate = system.add_components();
  gate->set_id("gate");
  gate->set_title("闸机");
  gate->set_installed_version("1.0");
  const auto updated = Update(system, {"title", "environment.database", "components"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->title(), "门禁管理平台");
  EXPECT_EQ(updated->description(), "");
  EXPECT_EQ(updated->environment().database(), "MySQL 8.4");
  EXPECT_EQ(updated->environment().runtime(), "");
  EXPECT_EQ(updated->components_size(), 2);
  EXPECT_EQ(updated->etag(), "2");
  EXPECT_EQ(Get("access-control").SerializeAsString(), updated->SerializeAsString());

  const event::v1::Event event = service_.LastEvent("SystemUpdated");
  EXPECT_EQ(event.subject(), NameOf("access-control"));
  EXPECT_THAT(event.systems(), ElementsAre(NameOf("access-control")));
  EXPECT_EQ(event.subject_revision(), 2);
  std::vector<std::string> fields;
  for (const auto& change : event.changes()) fields.push_back(change.field());
  EXPECT_THAT(fields, ElementsAre("title", "environment", "components"));
  EXPECT_EQ(event.changes(0).before(), "门禁管理软件");
  EXPECT_EQ(event.changes(0).after(), "门禁管理平台");
  EXPECT_EQ(event.changes(1).after(), R"({"database":"MySQL 8.4"})");
  EXPECT_NE(event.before_sha256(), event.after_sha256());

  v1::ListInstalledVersionsRequest history;
  history.set_parent(NameOf("access-control"));
  const auto versions = service_.Call<v1::ListInstalledVersionsResponse>("CatalogService/ListInstalledVersions",
                                                                         service_.author, history);
  ASSERT_THAT(versions, IsOk());
  EXPECT_EQ(versions->installed_versions(0).component(), "gate");
  EXPECT_EQ(versions->installed_versions_size(), 3);
}

TEST_F(CatalogEditTest, AnEditThatChangesNothingLeavesNoTrace) {
  const v1::System system = Get("access-control");
  const auto same = Update(system, {});
  ASSERT_THAT(same, IsOk());
  EXPECT_EQ(same->etag(), system.etag());
  EXPECT_EQ(service_.CountEvents("SystemUpdated"), 0);
  // Without a mask: what is set. A field cannot be emptied that way, with a mask it can.
  v1::System edit;
  edit.set_name(system.name());
  edit.set_etag(system.etag());
  edit.set_category("access-control");
  const auto categorised = Update(edit, {});
  ASSERT_THAT(categorised, IsOk());
  EXPECT_EQ(categorised->title(), system.title());
  EXPECT_EQ(categorised->category(), "access-control");
  edit.set_etag(categorised->etag());
  edit.clear_category();
  EXPECT_EQ(Update(edit, {"category"})->category(), "");
}

TEST_F(CatalogEditTest, RefusesStaleAndForeignEdits) {
  v1::System system = Get("access-control");
  system.set_title("新标题");
  v1::System unmarked = system;
  unmarked.clear_etag();
  EXPECT_THAT(Update(unmarked, {"title"}), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  system.set_etag("0");
  EXPECT_THAT(Update(system, {"title"}), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  system.set_etag("1");
  for (const char* path : {"installed_version", "state", "name", "create_time", "*", "nothing", "components.title"}) {
    EXPECT_THAT(Update(system, {path}), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_UPDATE_MASK))
        << path;
  }
  system.set_name(NameOf("none"));
  EXPECT_THAT(Update(system, {"title"}), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  system.clear_owner_department();
  system.set_name("organizations/library/systems/access-control");
  EXPECT_THAT(Update(system, {"title"}), StatusIs(StatusCode::kNotFound));

  v1::UpdateSystemRequest call;
  *call.mutable_system() = Get("access-control");
  call.set_request_id(service_.NewRequestId());
  for (const common::v1::Principal* other : {&service_.author, &service_.director, &service_.auditor}) {
    EXPECT_THAT(service_.Call<v1::System>("CatalogService/UpdateSystem", *other, call),
                StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  }
  const auto librarian = PersonOf("library", "he-jing", "it", {common::v1::ROLE_SYSTEM_ADMIN});
  EXPECT_THAT(service_.Call<v1::System>("CatalogService/UpdateSystem", librarian, call),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
}

TEST_F(CatalogEditTest, ARepeatedEditIsAnsweredAsTheFirst) {
  v1::System system = Get("access-control");
  system.set_title("门禁管理平台");
  const std::string id = service_.NewRequestId();
  const auto first = Update(system, {"title"}, id);
  ASSERT_THAT(first, IsOk());
  const auto again = Update(system, {"title"}, id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(service_.CountEvents("SystemUpdated"), 1);
  system.set_title("另一个");
  EXPECT_THAT(Update(system, {"title"}, id), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
}

TEST_F(CatalogEditTest, VersionsDoNotMove) {
  v1::System system = Get("access-control");
  system.mutable_components(0)->set_installed_version("9.9");
  EXPECT_THAT(Update(system, {"components"}), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));

  // Nor by way of taking the component out and putting it in again.
  system = Get("access-control");
  const v1::System::Component engine = system.components(0);
  system.clear_components();
  const auto removed = Update(system, {"components"});
  ASSERT_THAT(removed, IsOk());
  system = *removed;
  *system.add_components() = engine;
  system.mutable_components(0)->set_installed_version("9.9");
  const auto refused = Update(system, {"components"});
  ASSERT_THAT(refused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(GetBadRequest(refused.status())->field_violations(0).field(), "system.components[0].installed_version");
  system.mutable_components(0)->set_installed_version(engine.installed_version());
  EXPECT_THAT(Update(system, {"components"}), IsOk());
}

TEST_F(CatalogEditTest, ComponentsThatRequestsTargetStay) {
  const std::string request = service_.Submitted().name();
  v1::System system = Get("access-control");
  system.clear_components();
  const auto refused = Update(system, {"components"});
  ASSERT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  EXPECT_EQ(Metadata(refused.status(), "resource"), request);
  EXPECT_EQ(service_.LastEvent("CallDenied").subject(), NameOf("access-control"));
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, request), IsOk());
  EXPECT_THAT(Update(system, {"components"}), IsOk());
}

TEST_F(CatalogEditTest, DependenciesRunInNoCircle) {
  Create("a");
  Create("b", {"a"});
  Create("c", {"b", "a"});
  const auto refused = SetNeeds("a", {"c"});
  ASSERT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
  EXPECT_EQ(Metadata(refused.status(), "cycle"), "a, c, a");
  EXPECT_THAT(SetNeeds("a", {"a"}), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
  EXPECT_THAT(SetNeeds("a", {"none"}), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(SetNeeds("a", {"access-control", "access-control"}),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(Get("a").etag(), "1");
  // Turned round in the right order it is fine.
  ASSERT_THAT(SetNeeds("c", {}), IsOk());
  ASSERT_THAT(SetNeeds("a", {"c"}), IsOk());
  EXPECT_EQ(Get("a").dependencies(0).purpose(), "需要 c");
}

TEST_F(CatalogEditTest, ConcurrentEditsCloseNoCircle) {
  constexpr int kSystems = 4;
  for (int i = 0; i < kSystems; ++i) Create(absl::StrCat("s", i));
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < kSystems; ++i) ASSERT_THAT(SetNeeds(absl::StrCat("s", i), {}), IsOk());
    std::vector<absl::Status> results(kSystems);
    std::vector<std::thread> threads;
    for (int i = 0; i < kSystems; ++i) {
      threads.emplace_back(
          [&, i] { results[i] = SetNeeds(absl::StrCat("s", i), {absl::StrCat("s", (i + 1) % kSystems)}).status(); });
    }
    for (std::thread& thread : threads) thread.join();
    int refused = 0;
    for (const absl::Status& result : results) {
      if (result.ok()) continue;
      ++refused;
      EXPECT_EQ(GetReason(result), Reason::REASON_DEPENDENCY_CYCLE) << result;
    }
    EXPECT_EQ(refused, 1) << "all but the one that would close the circle";
  }
}

TEST_F(CatalogEditTest, RetiresWhatNobodyNeeds) {
  Create("base");
  Create("app", {"base"});
  Create("web", {"base"});
  const auto needed = Retire("base");
  ASSERT_THAT(needed, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  EXPECT_EQ(Metadata(needed.status(), "resource"), absl::StrCat(NameOf("app"), ", ", NameOf("web")));
  EXPECT_THAT(Retire("app", "9"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(Reinstate("app"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Retire("none"), StatusIs(StatusCode::kNotFound));

  ASSERT_THAT(Retire("app", "1"), IsOk());
  const event::v1::Event event = service_.LastEvent("SystemRetired");
  EXPECT_EQ(event.reason(), "由新一代平台取代");
  EXPECT_EQ(event.changes(0).field(), "state");
  EXPECT_EQ(event.changes(0).after(), "STATE_RETIRED");
  EXPECT_THAT(Retire("app"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(Retire("web"), IsOk());
  ASSERT_THAT(Retire("base"), IsOk());
  // Back in service only on top of what is in service.
  const auto broken = Reinstate("app");
  ASSERT_THAT(broken, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(Metadata(broken.status(), "resource"), NameOf("base"));
  EXPECT_THAT(TryCreate("late", {"base"}), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  ASSERT_THAT(Reinstate("base"), IsOk());
  EXPECT_EQ(Reinstate("app")->state(), v1::System::STATE_ACTIVE);
  EXPECT_EQ(Get("app").etag(), "3");
}

TEST_F(CatalogEditTest, RetiringAndNeedingDoNotSlipPastEachOther) {
  Create("a");
  Create("b");
  for (int round = 0; round < 8; ++round) {
    absl::Status needs, retires;
    std::thread one([&] { needs = SetNeeds("a", {"b"}).status(); });
    std::thread other([&] { retires = Retire("b").status(); });
    one.join();
    other.join();
    EXPECT_NE(needs.ok(), retires.ok()) << needs << retires;
    if (needs.ok()) {
      ASSERT_THAT(SetNeeds("a", {}), IsOk());
    } else {
      ASSERT_THAT(Reinstate("b"), IsOk());
    }
  }
}

TEST_F(CatalogEditTest, ImpactHasThePathToEachSystem) {
  Create("app", {"access-control"});
  Create("portal", {"app"});
  Create("reports", {"portal", "access-control"});
  Create("archive", {"access-control"});
  ASSERT_THAT(Retire("archive"), IsOk());
  v1::AnalyzeImpactRequest call;
  call.set_parent("organizations/yunqi");
  call.add_systems(NameOf("access-control"));
  call.set_page_size(2);
  std::vector<std::string> ways;
  do {
    const auto page = service_.Call<v1::AnalyzeImpactResponse>("CatalogService/AnalyzeImpact", service_.auditor, call);
    ASSERT_THAT(page, IsOk());
    EXPECT_EQ(page->total_size(), 3);
    for (const v1::ImpactedSystem& system : page->systems()) {
      EXPECT_EQ(system.criticality(), common::v1::LEVEL_MEDIUM);
      EXPECT_EQ(system.owner_department(), "organizations/yunqi/departments/it");
      ways.push_back(absl::StrJoin(system.path(), " ", [](std::string* out, const auto& step) {
        absl::StrAppend(out, step.system().substr(step.system().rfind('/') + 1), "(", step.purpose(), ")");
      }));
    }
    call.set_page_token(page->next_page_token());
  } while (!call.page_token().empty());
  EXPECT_THAT(ways,
              ElementsAre("access-control() app(需要 access-control)", "access-control() reports(需要 access-control)",
                          "access-control() app(需要 access-control) portal(需要 app)"));
  call.add_systems(NameOf("none"));
  EXPECT_THAT(service_.Call<v1::AnalyzeImpactResponse>("CatalogService/AnalyzeImpact", service_.auditor, call),
              StatusIs(StatusCode::kNotFound));
  call.set_systems(1, "organizations/library/systems/opac");
  EXPECT_THAT(service_.Call<v1::AnalyzeImpactResponse>("CatalogService/AnalyzeImpact", service_.auditor, call),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace docket::request

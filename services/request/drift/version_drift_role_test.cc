// Every method on version drifts, by everyone in every role: who may, what the rest are told, and what becomes of a
// drift in each state when its version is observed again, through the real server and database.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/directory_calls.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/request_state.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using common::v1::Principal;
using common::v1::Role;
using testing::Changed;
using testing::EveryRoleBut;
using testing::KeptTables;
using testing::Missing;
using testing::RoleWalk;
using testing::Shown;
using testing::Step;
using testing::Told;
using tests::IsOk;
using D = v1::VersionDrift;
using R = v1::Request;
using Text = absl::StatusOr<std::string>;

constexpr int64_t kNow = 1790000000;
constexpr char kSystem[] = "organizations/yunqi/systems/access-control";
constexpr char kReported[] = "ObservedVersionsReported";

const std::set<Role> kReporters = {common::v1::ROLE_SYSTEM_ADMIN, common::v1::ROLE_SERVICE};
const std::set<Role> kReaders = EveryRoleBut({common::v1::ROLE_VENDOR});

// What is observed, and how that is judged.
struct Observed {
  std::string version;
  // After kNow.
  int64_t seconds = 0;
  std::string system = kSystem;
};

class VersionDriftRoleTest : public ::testing::Test {
 protected:
  VersionDriftRoleTest() {
    testing::PutInto(service_, service_.Endorsed().name(), R::STATE_IMPLEMENTING);
    DirectoryCalls directory(service_);
    EXPECT_THAT(directory.CreateSystem("pager", "it"), IsOk());
    EXPECT_THAT(directory.RetireSystem("pager"), IsOk());
    const auto open = Report(scanner_, {.version = "5.0"}), resolved = Report(scanner_, {.version = "6.0"});
    EXPECT_THAT(open, IsOk());
    EXPECT_THAT(resolved, IsOk());
    if (!open.ok() || !resolved.ok()) return;
    names_ = {{D::STATE_OPEN, open->drift()}, {D::STATE_RESOLVED, resolved->drift()}};
    // It ends ten minutes after it was found.
    service_.clock().Advance(absl::Minutes(10));
    EXPECT_THAT(service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, resolved->request(),
                                                       [](v1::TriageRequestRequest& call) {
                                                         call.set_outcome(v1::TRIAGE_OUTCOME_ACCEPT);
                                                         call.set_reason("事后评审");
                                                       }),
                IsOk());
    service_.Deliver(service_.EventOf("evaluation", resolved->request(), event::v1::EvaluationOpened()));
    service_.Deliver(service_.EventOf("evaluation", resolved->request(), event::v1::EvaluationRejected()));
    service_.clock().Advance(absl::Minutes(50));
  }

  absl::StatusOr<v1::ReportObservedVersionsResponse::Result> Report(const Principal& by, const Observed& observed) {
    v1::ReportObservedVersionsRequest call;
    call.set_parent("organizations/yunqi");
    v1::VersionObservation* observation = call.add_observations();
    observation->set_system(observed.system);
    observation->set_version(observed.version);
    observation->mutable_observe_time()->set_seconds(kNow + observed.seconds);
    observation->set_source("scanner-01");
    call.set_request_id(service_.NewRequestId());
    const auto reply =
        service_.Call<v1::ReportObservedVersionsResponse>("VersionDriftService/ReportObservedVersions", by, call);
    if (!reply.ok()) return reply.status();
    return reply->results(0);
  }
  absl::StatusOr<D> Get(const Principal& by, const std::string& name) {
    v1::GetVersionDriftRequest call;
    call.set_name(name);
    return service_.Call<D>("VersionDriftService/GetVersionDrift", by, call);
  }
  absl::StatusOr<v1::ListVersionDriftsResponse> List(const Principal& by, const std::string& filter = "") {
    v1::ListVersionDriftsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    return service_.Call<v1::ListVersionDriftsResponse>("VersionDriftService/ListVersionDrifts", by, call);
  }

  // Drifts, newest first, and the requests that go with them, without the names that the service gives.
  struct Scene {
    std::vector<D> drifts;
    std::vector<std::string> requests;
    std::string Text() const {
      std::string text;
      for (const D& drift : drifts) text += drift.DebugString();
      for (const std::string& request : requests) absl::StrAppend(&text, request, "\n");
      return text;
    }
  };
  static std::string LineOf(const std::string& number, const std::string& requester, R::State state) {
    return absl::StrCat(number, " of ", requester, " is ", R::State_Name(state));
  }
  Scene Look() {
    Scene scene;
    const auto drifts = List(service_.auditor);
    EXPECT_THAT(drifts, IsOk());
    v1::ListRequestsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter("retrospective = true");
    const auto requests =
        service_.Call<v1::ListRequestsResponse>("RequestService/ListRequests", service_.auditor, call);
    EXPECT_THAT(requests, IsOk());
    if (!drifts.ok() || !requests.ok()) return scene;
    for (D drift : drifts->version_drifts()) {
      drift.clear_name();
      drift.clear_request();
      scene.drifts.push_back(drift);
    }
    for (const R& request : requests->requests()) {
      scene.requests.push_back(LineOf(request.number(), request.requester(), request.state()));
    }
    return scene;
  }

  // An observation, and what it is told to whoever reports it.
  Step Reporting(const std::string& what, const Observed& observed, const std::function<Told(const Principal&)>& told) {
    return {.what = "ReportObservedVersions, " + what,
            .open_to = kReporters,
            .call = [this, observed](const Principal& by) -> Text {
              const auto result = Report(by, observed);
              if (!result.ok()) return result.status();
              const std::string outcome = v1::ObservationOutcome_Name(result->outcome()).substr(20);
              if (result->outcome() != v1::OBSERVATION_OUTCOME_DRIFT) return outcome;
              return outcome + (result->drift() == names_[D::STATE_OPEN] ? ", as before" : ", another");
            },
            .told = told};
  }
  // Nothing but the report itself is left.
  static std::function<Told(const Principal&)> Judged(const std::string& outcome) {
    return [outcome](const Principal&) { return Told{.answer = outcome, .events = {kReported}, .recorded = true}; };
  }
  std::function<Told(const Principal&)> Opened(const Observed& observed, D::Direction direction) {
    return [this, observed, direction](const Principal& by) {
      Scene after = Look();
      D drift;
      drift.set_system(kSystem);
      drift.set_installed_version("4.1.0");
      drift.set_observed_version(observed.version);
      drift.set_direction(direction);
      drift.set_state(D::STATE_OPEN);
      drift.set_source("scanner-01");
      drift.mutable_first_observe_time()->set_seconds(kNow + observed.seconds);
      *drift.mutable_last_observe_time() = drift.first_observe_time();
      drift.set_observation_count(1);
      drift.mutable_create_time()->set_seconds(kNow + 3600);
      after.drifts.insert(after.drifts.begin(), drift);
      after.requests.insert(after.requests.begin(), LineOf("REQ-2026-000004", by.name(), R::STATE_SUBMITTED));
      return Changed("DRIFT, another", after.Text(), {"VersionDriftOpened", "RequestSubmitted", kReported});
    };
  }
  // One more observation of the open one, last at this time.
  std::function<Told(const Principal&)> Counted(int64_t last) {
    return [this, last](const Principal&) {
      Scene after = Look();
      D& open = after.drifts.back();
      open.set_observation_count(2);
      open.mutable_last_observe_time()->set_seconds(kNow + last);
      return Changed("DRIFT, as before", after.Text(), {kReported});
    };
  }

  WholeService service_;
  const Principal scanner_ = PersonOf("yunqi", "scanner", "", {common::v1::ROLE_SERVICE});
  std::map<D::State, std::string> names_;
  KeptTables tables_{service_.pool(),
                     {"version_drift", "tally", "request", "request_target", "request_counter", "request_count",
                      "request_impact", "request_search", "idempotency"}};
  RoleWalk walk_{tables_, [this] { return Look().Text(); }, {scanner_, PersonOf("yunqi", "sun-li", "it", {})}};
};

TEST_F(VersionDriftRoleTest, ObservingInEveryStateInEveryRole) {
  const Observed again = {.version = "5.0", .seconds = 1800}, before = {.version = "5.0.0", .seconds = -60};
  const Observed unseen = {.version = "7.0", .seconds = 60}, down = {.version = "3.9", .seconds = 60};
  const Observed late = {.version = "6.0", .seconds = 600}, later = {.version = "6.0", .seconds = 601};
  walk_.Take({
      Reporting("what the catalogue shows", {.version = "4.1"}, Judged("MATCHES")),
      Reporting("what is being implemented", {.version = "4.2.0"}, Judged("EXPLAINED")),
      Reporting("of a system out of service", {.version = "1.0", .system = "organizations/yunqi/systems/pager"},
                Judged("FAILED")),
      Reporting("never seen before", unseen, Opened(unseen, D::DIRECTION_UPGRADED)),
      Reporting("an earlier version", down, Opened(down, D::DIRECTION_DOWNGRADED)),
      Reporting("of one that is OPEN", again, Counted(1800)),
      Reporting("of one that is OPEN, seen earlier", before, Judged("OUTDATED")),
      // Up to the moment when it ended, it is what ended.
      Reporting("of one that is RESOLVED, seen until then", late, Judged("OUTDATED")),
      Reporting("of one that is RESOLVED, seen since", later, Opened(later, D::DIRECTION_UPGRADED)),
  });
  EXPECT_EQ(walk_.calls(), 9 * 4 * 15);
  // Both in two roles, and the platform's machines.
  EXPECT_EQ(walk_.changes(), 4 * (2 * 2 + 1));
}

TEST_F(VersionDriftRoleTest, WhoMayReadThem) {
  std::vector<Step> steps;
  for (const auto& [state, name] : names_) {
    const std::string text = Get(service_.auditor, name).value_or(D()).DebugString();
    const std::string state_name = D::State_Name(state).substr(6);
    const auto shown = [text](const Principal&) { return Shown(text); };
    steps.push_back({.what = "GetVersionDrift of one that is " + state_name,
                     .open_to = kReaders,
                     .call = [this, name = name](const Principal& by) -> Text {
                       const auto drift = Get(by, name);
                       if (!drift.ok()) return drift.status();
                       return drift->DebugString();
                     },
                     .told = shown});
    steps.push_back({.what = "ListVersionDrifts of those that are " + state_name,
                     .open_to = kReaders,
                     .call = [this, state_name](const Principal& by) -> Text {
                       const auto page = List(by, "state = " + state_name);
                       if (!page.ok()) return page.status();
                       std::string listed;
                       for (const D& drift : page->version_drifts()) listed += drift.DebugString();
                       return listed;
                     },
                     .told = shown});
  }
  steps.push_back({.what = "CountVersionDrifts",
                   .open_to = kReaders,
                   .call = [this](const Principal& by) -> Text {
                     v1::CountVersionDriftsRequest call;
                     call.set_parent("organizations/yunqi");
                     call.set_filter("state = OPEN");
                     const auto counts = service_.Call<v1::CountVersionDriftsResponse>(
                         "VersionDriftService/CountVersionDrifts", by, call);
                     if (!counts.ok()) return counts.status();
                     return absl::StrCat(counts->total());
                   },
                   .told = [](const Principal&) { return Shown("1"); }});
  // Whoever lacks the role or belongs elsewhere does not learn that way what there is.
  steps.push_back({.what = "GetVersionDrift of nothing",
                   .open_to = kReaders,
                   .call = [this](const Principal& by) -> Text {
                     return Get(by, "organizations/yunqi/versionDrifts/" + service_.NewRequestId()).status();
                   },
                   .told = [](const Principal&) { return Missing(); }});
  walk_.Take(steps);
  EXPECT_EQ(walk_.calls(), (2 * 2 + 1 + 1) * 4 * 15);
  EXPECT_EQ(walk_.changes(), 0);
}

// A new state or method has to be put into the tables above.
TEST_F(VersionDriftRoleTest, TheTablesLeaveNothingOut) {
  testing::ExpectAllMethods(
      v1::ReportObservedVersionsRequest::descriptor()->file()->FindServiceByName("VersionDriftService"),
      {"ReportObservedVersions", "GetVersionDrift", "ListVersionDrifts", "CountVersionDrifts"});
  std::set<int> states;
  for (const auto& [state, name] : names_) states.insert(Get(service_.auditor, name).value_or(D()).state());
  testing::ExpectAllValues(D::State_descriptor(), states);
}

}  // namespace
}  // namespace docket::request

// Every method, on an item in every state, by everyone in every role: who may, what the rest are told, and what becomes
// of the item and of its request's count, through the real server and database.
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/request/feedback/testing/feedback_fixture.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/request_state.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"

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
using testing::TextOf;
using testing::Told;
using testing::WrongState;
using tests::IsOk;
using F = v1::Feedback;
using R = v1::Request;
using Text = absl::StatusOr<std::string>;
using Call = std::function<Text(const Principal& by, const std::string& item)>;

const std::set<Role> kHandlers = {common::v1::ROLE_REQUESTER, common::v1::ROLE_DEPARTMENT_HEAD,
                                  common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_SYSTEM_ADMIN};
// What people said is not for dashboards, finance and vendors; how many there are is for all of the organisation.
const std::set<Role> kReaders = {common::v1::ROLE_REQUESTER,   common::v1::ROLE_DEPARTMENT_HEAD,
                                 common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_SYSTEM_ADMIN,
                                 common::v1::ROLE_EXECUTIVE,   common::v1::ROLE_AUDITOR,
                                 common::v1::ROLE_SERVICE};
const std::set<Role> kCounters = EveryRoleBut({common::v1::ROLE_VENDOR, common::v1::ROLE_ADMINISTRATOR});

// One item in each state, and what is part of the request and of the other one.
struct Scene {
  std::map<F::State, F> items;
  int64_t count = 0, other_count = 0;

  std::string Text() const {
    std::string text = absl::StrCat(count, " and ", other_count, "\n");
    for (const auto& [state, item] : items) absl::StrAppend(&text, item.DebugString());
    return text;
  }
};

// A method, and what those who may call it are told, by the item's state.
struct Row {
  std::string what;
  std::set<Role> open_to;
  Call call;
  std::map<F::State, Told> told;
};

class FeedbackRoleTest : public FeedbackRoomTest {
 protected:
  FeedbackRoleTest() {
    draft_ = service_.Create(service_.author, WholeService::Form()).name();
    request_ = service_.Submitted().name();
    other_ = service_.Endorsed().name();
    names_ = {{F::STATE_NEW, Made("刷脸开门太慢")},
              {F::STATE_FOLDED, Made("夜里打不开门")},
              {F::STATE_DISMISSED, Made("电梯太慢")}};
    EXPECT_THAT(Fold(service_.author, request_, {names_[F::STATE_FOLDED]}), IsOk());
    EXPECT_THAT(Dismiss(names_[F::STATE_DISMISSED]), IsOk());
    service_.clock().Advance(absl::Hours(1));
  }

  Scene Look() {
    Scene scene{.count = Count(request_), .other_count = Count(other_)};
    for (const auto& [state, name] : names_) scene.items[state] = Get(service_.auditor, name).value_or(F());
    return scene;
  }

  // What becomes of the item in this state.
  Told Moved(F::State from, const std::string& event, const std::function<void(F& item, Scene& scene)>& effect) {
    Scene after = Look();
    F& item = after.items[from];
    item.mutable_update_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
    item.set_etag(item.etag() == "1" ? "2" : "3");
    effect(item, after);
    return Changed(item.DebugString(), after.Text(), {event});
  }
  // The item's own result, beside which the call goes ahead.
  static Told OfItem(const std::string& answer) { return {.answer = answer, .recorded = true}; }

  template <typename Request>
  Call Changing(const std::string& method) {
    return [this, method](const Principal& by, const std::string& item) -> Text {
      Request call;
      call.set_name(item);
      call.set_reason("归错了");
      call.set_request_id(service_.NewRequestId());
      return TextOf(service_.Call<F>("FeedbackService/" + method, by, call));
    };
  }
  Call FoldingInto(const std::string& request) {
    return [this, request](const Principal& by, const std::string& item) -> Text {
      const absl::StatusOr<v1::FoldFeedbackResponse> reply = Fold(by, request, {item});
      if (!reply.ok()) return reply.status();
      if (!reply->results(0).code().empty()) return absl::StrCat(reply->results(0).reason(), reply->feedback_count());
      return absl::StrCat(TextOf(Get(service_.auditor, item)).value_or(""));
    };
  }
  Call Counting(const std::string& request) {
    return [this, request](const Principal& by, const std::string&) -> Text {
      v1::GetFeedbackCountRequest call;
      call.set_request(request);
      const auto count = service_.Call<v1::FeedbackCount>("FeedbackService/GetFeedbackCount", by, call);
      if (!count.ok()) return count.status();
      return absl::StrCat(count->feedback_count());
    };
  }
  // How many are NEW, and how many there are.
  Text Tallied(const Principal& by) {
    v1::CountFeedbackRequest call;
    call.set_parent("organizations/yunqi");
    call.add_group_by(v1::FEEDBACK_COUNT_DIMENSION_STATE);
    const auto counts = service_.Call<v1::CountFeedbackResponse>("FeedbackService/CountFeedback", by, call);
    if (!counts.ok()) return counts.status();
    return absl::StrCat(counts->counts(0).count(), " of ", counts->total());
  }
  // Those in the item's state, of which there is one.
  Text Listed(const Principal& by, const std::string& item) {
    v1::ListFeedbackRequest call;
    call.set_parent("organizations/yunqi");
    for (const auto& [state, name] : names_) {
      if (name == item) call.set_filter(absl::StrCat("state = ", F::State_Name(state).substr(6)));
    }
    const auto page = service_.Call<v1::ListFeedbackResponse>("FeedbackService/ListFeedback", by, call);
    if (!page.ok()) return page.status();
    std::string text;
    for (const F& one : page->feedback()) text += one.DebugString();
    return text;
  }
  std::vector<Row> Rows() {
    const Scene now = Look();
    std::map<F::State, Told> shown;
    for (const auto& [state, item] : now.items) shown[state] = Shown(item.DebugString());
    const auto folded = [](const std::string& request) {
      return [request](F& item, Scene&) {
        item.set_state(F::STATE_FOLDED);
        item.set_request(request);
      };
    };
    return {
        {"GetFeedback", kReaders,
         [this](const Principal& by, const std::string& item) { return TextOf(Get(by, item)); }, shown},
        {"ListFeedback", kReaders, [this](const Principal& by, const std::string& item) { return Listed(by, item); },
         shown},
        {"FoldFeedback",
         kHandlers,
         FoldingInto(request_),
         {{F::STATE_NEW, Moved(F::STATE_NEW, "FeedbackFolded",
                               [&](F& item, Scene& scene) {
                                 folded(request_)(item, scene);
                                 scene.count = 2;
                               })},
          {F::STATE_FOLDED, OfItem("ALREADY_EXISTS1")},
          {F::STATE_DISMISSED, OfItem("WRONG_STATE1")}}},
        {"FoldFeedback, into another request",
         kHandlers,
         FoldingInto(other_),
         {{F::STATE_NEW, Moved(F::STATE_NEW, "FeedbackFolded",
                               [&](F& item, Scene& scene) {
                                 folded(other_)(item, scene);
                                 scene.other_count = 1;
                               })},
          {F::STATE_FOLDED, OfItem("WRONG_STATE0")},
          {F::STATE_DISMISSED, OfItem("WRONG_STATE0")}}},
        {"UnfoldFeedback",
         kHandlers,
         Changing<v1::UnfoldFeedbackRequest>("UnfoldFeedback"),
         {{F::STATE_NEW, WrongState()},
          {F::STATE_FOLDED, Moved(F::STATE_FOLDED, "FeedbackUnfolded",
                                  [](F& item, Scene& scene) {
                                    item.set_state(F::STATE_NEW);
                                    item.clear_request();
                                    scene.count = 0;
                                  })},
          {F::STATE_DISMISSED, WrongState()}}},
        {"DismissFeedback",
         kHandlers,
         Changing<v1::DismissFeedbackRequest>("DismissFeedback"),
         {{F::STATE_NEW, Moved(F::STATE_NEW, "FeedbackDismissed",
                               [](F& item, Scene&) {
                                 item.set_state(F::STATE_DISMISSED);
                                 item.set_dismiss_reason("归错了");
                               })},
          {F::STATE_FOLDED, WrongState()},
          {F::STATE_DISMISSED, WrongState()}}},
        {"GetFeedbackCount",
         kCounters,
         Counting(request_),
         {{F::STATE_NEW, Shown("1")}, {F::STATE_FOLDED, Shown("1")}, {F::STATE_DISMISSED, Shown("1")}}},
        {"CountFeedback",
         kCounters,
         [this](const Principal& by, const std::string&) { return Tallied(by); },
         {{F::STATE_NEW, Shown("1 of 3")}, {F::STATE_FOLDED, Shown("1 of 3")}, {F::STATE_DISMISSED, Shown("1 of 3")}}},
    };
  }

  // Who entered the item, who may not see the request as a draft either, and someone of another department.
  const Principal creator_ = service_.author;
  const Principal colleague_ = PersonOf("yunqi", "zhao-lei", "engineering", {});
  std::string draft_, request_, other_;
  std::map<F::State, std::string> names_;
  KeptTables tables_{service_.pool(),
                     {"feedback", "feedback_count", "tally", "request", "request_count", "idempotency"}};
  RoleWalk walk_{tables_, [this] { return Look().Text(); }, {creator_, colleague_}};
};

TEST_F(FeedbackRoleTest, EveryMethodOnEveryStateInEveryRole) {
  std::vector<Step> steps;
  for (const Row& row : Rows()) {
    for (const auto& [state, told] : row.told) {
      steps.push_back({.what = absl::StrCat(row.what, " of an item that is ", F::State_Name(state)),
                       .open_to = row.open_to,
                       .call = [call = row.call, name = names_[state]](const Principal& by) { return call(by, name); },
                       .told = [told](const Principal&) { return told; }});
    }
  }
  walk_.Take(steps);
  EXPECT_EQ(walk_.calls(), 8 * 3 * 4 * 15);
  // Folding into each request and dismissing what is NEW, unfolding what is FOLDED.
  EXPECT_EQ(walk_.changes(), (2 + 1 + 1) * 4 * 2);
}

TEST_F(FeedbackRoleTest, FoldsIntoARequestInEveryState) {
  const std::set<R::State> on_its_way = {R::STATE_SUBMITTED,   R::STATE_RETURNED,    R::STATE_ENDORSED,
                                         R::STATE_ACCEPTED,    R::STATE_DEFERRED,    R::STATE_EVALUATING,
                                         R::STATE_APPROVED,    R::STATE_SCHEDULED,   R::STATE_IMPLEMENTING,
                                         R::STATE_IMPLEMENTED, R::STATE_ROLLED_BACK, R::STATE_REGISTERED};
  const std::string item = names_[F::STATE_NEW];
  for (const R::State state : testing::kStates) {
    const bool is_draft = state == R::STATE_DRAFT;
    const std::string request = is_draft ? draft_ : other_;
    if (!is_draft) testing::PutInto(service_, request, state);
    const Told folded = Moved(F::STATE_NEW, "FeedbackFolded", [&](F& after, Scene& scene) {
      after.set_state(F::STATE_FOLDED);
      after.set_request(request);
      scene.other_count = 1;
    });
    const auto unless_hidden = [&](const Told& told) {
      return [told, is_draft, this](const Principal& by) {
        return is_draft && by.name() != creator_.name() ? Missing() : told;
      };
    };
    walk_.Take({{.what = absl::StrCat("FoldFeedback into a request that is ", R::State_Name(state)),
                 .open_to = kHandlers,
                 .call = [&](const Principal& by) { return FoldingInto(request)(by, item); },
                 .told = unless_hidden(on_its_way.contains(state) ? folded : WrongState())},
                {.what = absl::StrCat("GetFeedbackCount of a request that is ", R::State_Name(state)),
                 .open_to = kCounters,
                 .call = [&](const Principal& by) { return Counting(request)(by, item); },
                 .told = unless_hidden(Shown("0"))}});
  }
  EXPECT_EQ(walk_.calls(), 18 * 2 * 4 * 15);
  EXPECT_EQ(walk_.changes(), 12 * 4 * 2);
}

// Whoever lacks the role or belongs elsewhere does not learn that way what there is.
TEST_F(FeedbackRoleTest, PermissionComesBeforeExistence) {
  const std::string item = "organizations/yunqi/feedback/" + service_.NewRequestId();
  const std::string request = "organizations/yunqi/requests/" + service_.NewRequestId();
  const auto missing = [](const Principal&) { return Missing(); };
  walk_.Take(
      {{.what = "GetFeedback",
        .open_to = kReaders,
        .call = [&](const Principal& by) { return TextOf(Get(by, item)); },
        .told = missing},
       {.what = "UnfoldFeedback",
        .open_to = kHandlers,
        .call = [&](const Principal& by) { return Changing<v1::UnfoldFeedbackRequest>("UnfoldFeedback")(by, item); },
        .told = missing},
       {.what = "DismissFeedback",
        .open_to = kHandlers,
        .call = [&](const Principal& by) { return Changing<v1::DismissFeedbackRequest>("DismissFeedback")(by, item); },
        .told = missing},
       {.what = "FoldFeedback into nothing",
        .open_to = kHandlers,
        .call = [&](const Principal& by) { return FoldingInto(request)(by, names_[F::STATE_NEW]); },
        .told = missing},
       {.what = "FoldFeedback of nothing",
        .open_to = kHandlers,
        .call = [&](const Principal& by) { return FoldingInto(request_)(by, item); },
        .told = [](const Principal&) { return OfItem("NOT_FOUND1"); }},
       {.what = "GetFeedbackCount",
        .open_to = kCounters,
        .call = [&](const Principal& by) { return Counting(request)(by, item); },
        .told = missing}});
  EXPECT_EQ(walk_.changes(), 0);
}

// A new state or method has to be put into the tables above.
TEST_F(FeedbackRoleTest, TheTablesLeaveNothingOut) {
  // Those that enter new ones have a test of their own.
  std::set<std::string> methods = {"CreateFeedback", "BatchCreateFeedback"};
  std::set<int> states;
  for (const Row& row : Rows()) {
    methods.insert(row.what.substr(0, row.what.find(',')));
    for (const auto& [state, told] : row.told) states.insert(state);
  }
  testing::ExpectAllMethods(v1::CreateFeedbackRequest::descriptor()->file()->FindServiceByName("FeedbackService"),
                            methods);
  testing::ExpectAllValues(F::State_descriptor(), states);
}

}  // namespace
}  // namespace docket::request

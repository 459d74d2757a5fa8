// Every method, on a notice in every state, by everyone in every role, of its vendor and of others: who may, what the
// rest are told, and what becomes of the notice and of its links, through the real server and database.
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/request/notice/testing/notice_fixture.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"

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
using testing::Told;
using testing::WrongState;
using tests::IsOk;
using N = v1::VendorNotice;
using Text = absl::StatusOr<std::string>;

const std::set<Role> kPublishers = {common::v1::ROLE_VENDOR, common::v1::ROLE_IT_DIRECTOR,
                                    common::v1::ROLE_SYSTEM_ADMIN};
const std::set<Role> kAcknowledgers = {common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_SYSTEM_ADMIN};
const std::set<Role> kLinkers = {common::v1::ROLE_REQUESTER, common::v1::ROLE_DEPARTMENT_HEAD,
                                 common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_SYSTEM_ADMIN};
const std::set<Role> kReaders = EveryRoleBut({common::v1::ROLE_ADMINISTRATOR});

// The notice in each state, with its links.
using Scene = std::map<N::State, N>;

std::string TextOf(const Scene& scene) {
  std::string text;
  for (const auto& [state, notice] : scene) text += notice.DebugString();
  return text;
}
Text TextOf(const absl::StatusOr<N>& notice) {
  if (!notice.ok()) return notice.status();
  return notice->DebugString();
}
std::string WithoutLinks(N notice) {
  notice.clear_linked_requests();
  return notice.DebugString();
}

// A method, and what those who may call it are told, by the notice's state.
struct Row {
  std::string what;
  std::set<Role> open_to;
  std::function<Text(const Principal& by, const N& notice)> call;
  std::function<Told(N::State state, const Principal& by)> told;
  // What someone of another vendor is told, or of none.
  Told others = Missing();
};

class VendorNoticeRoleTest : public NoticeRoomTest {
 protected:
  VendorNoticeRoleTest() {
    request_ = service_.Submitted().name();
    other_ = service_.Submitted().name();
    for (const N::State state : kStates) {
      names_[state] = Published([&](N& notice) { notice.set_title(N::State_Name(state)); });
      sources_[state] = DraftOf(names_[state]);
      EXPECT_THAT(Submit(sources_[state]), IsOk());
      EXPECT_THAT(Link(service_.author, names_[state], request_), IsOk());
    }
    EXPECT_THAT(Acknowledge(admin_, names_[N::STATE_ACKNOWLEDGED]), IsOk());
    EXPECT_THAT(Withdraw(vendor_, names_[N::STATE_WITHDRAWN]), IsOk());
    Published([&](N& notice) { notice.set_supersedes(names_[N::STATE_SUPERSEDED]); });
    service_.clock().Advance(absl::Hours(1));
    scene_ = Look();
  }

  Scene Look() {
    Scene scene;
    for (const auto& [state, name] : names_) scene[state] = Get(service_.auditor, name).value_or(N());
    return scene;
  }

  // What becomes of the notice in this state.
  Told Moved(N::State from, const std::string& event, const std::function<void(N& notice)>& effect) {
    Scene after = scene_;
    N& notice = after[from];
    notice.set_etag(notice.etag() == "1" ? "2" : "3");
    notice.mutable_update_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
    effect(notice);
    return Changed(WithoutLinks(notice), TextOf(after), {event});
  }
  // What becomes of its links, which give it no new revision.
  Told Relinked(N::State state, const std::string& event, const std::vector<std::string>& requests) {
    Scene after = scene_;
    N& notice = after[state];
    notice.clear_linked_requests();
    for (const std::string& request : requests) notice.add_linked_requests(request);
    notice.set_linked_request_count(static_cast<int64_t>(requests.size()));
    return Changed(WithoutLinks(notice), TextOf(after), {event});
  }

  Text Listed(const Principal& by, const N& notice) {
    const auto page = List(by, absl::StrCat("title = \"", notice.title(), "\""));
    if (!page.ok()) return page.status();
    std::string text;
    for (const N& one : page->vendor_notices()) text += one.DebugString();
    return text;
  }

  std::vector<Row> Rows() {
    return {
        {"GetVendorNotice", kReaders,
         [this](const Principal& by, const N& notice) { return TextOf(Get(by, notice.name())); },
         [this](N::State state, const Principal&) { return Shown(scene_[state].DebugString()); }},
        {"ListVendorNotices", kReaders, [this](const Principal& by, const N& notice) { return Listed(by, notice); },
         [this](N::State state, const Principal&) { return Shown(WithoutLinks(scene_[state])); }, Shown("")},
        {"UpdateVendorNotice", kPublishers,
         [this](const Principal& by, N notice) {
           notice.set_notes("升级前请停用读卡器");
           return TextOf(Update(by, notice, {"notes"}));
         },
         [this](N::State state, const Principal&) {
           if (state != N::STATE_PUBLISHED) return WrongState();
           return Moved(state, "VendorNoticeUpdated", [](N& notice) { notice.set_notes("升级前请停用读卡器"); });
         }},
        {"AcknowledgeVendorNotice", kAcknowledgers,
         [this](const Principal& by, const N& notice) { return TextOf(Acknowledge(by, notice.name())); },
         [this](N::State state, const Principal& by) {
           if (state != N::STATE_PUBLISHED) return WrongState();
           return Moved(state, "VendorNoticeAcknowledged", [&](N& notice) {
             notice.set_state(N::STATE_ACKNOWLEDGED);
             notice.set_acknowledger(by.name());
             *notice.mutable_acknowledge_time() = notice.update_time();
           });
         }},
        {"WithdrawVendorNotice", kPublishers,
         [this](const Principal& by, const N& notice) { return TextOf(Withdraw(by, notice.name())); },
         [this](N::State state, const Principal&) {
           if (state != N::STATE_PUBLISHED && state != N::STATE_ACKNOWLEDGED) return WrongState();
           return Moved(state, "VendorNoticeWithdrawn", [](N& notice) {
             notice.set_state(N::STATE_WITHDRAWN);
             notice.set_state_reason("版本有缺陷");
           });
         }},
        {"LinkVendorNotice", kLinkers,
         [this](const Principal& by, const N& notice) { return TextOf(Link(by, notice.name(), other_)); },
         [this](N::State state, const Principal&) {
           if (state == N::STATE_WITHDRAWN) return WrongState();
           return Relinked(state, "VendorNoticeLinked", {request_, other_, sources_[state]});
         }},
        {"LinkVendorNotice, where they are linked", kLinkers,
         [this](const Principal& by, const N& notice) { return TextOf(Link(by, notice.name(), request_)); },
         [](N::State state, const Principal&) {
           if (state == N::STATE_WITHDRAWN) return WrongState();
           return Told{.expected = {StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS}};
         }},
        {"UnlinkVendorNotice", kLinkers,
         [this](const Principal& by, const N& notice) { return TextOf(Unlink(by, notice.name(), request_)); },
         [this](N::State state, const Principal&) {
           return Relinked(state, "VendorNoticeUnlinked", {sources_[state]});
         }},
        {"UnlinkVendorNotice, of its source", kLinkers,
         [this](const Principal& by, const N& notice) {
           return TextOf(Unlink(by, notice.name(), sources_[notice.state()]));
         },
         [](N::State, const Principal&) { return Denied(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE); }},
    };
  }

  static constexpr N::State kStates[] = {N::STATE_PUBLISHED, N::STATE_ACKNOWLEDGED, N::STATE_WITHDRAWN,
                                         N::STATE_SUPERSEDED};

  // Linked to all of them by hand; to none; and to one each, as its source.
  std::string request_, other_;
  std::map<N::State, std::string> sources_;
  std::map<N::State, std::string> names_;
  // As everything is before each call.
  Scene scene_;
  // Someone whom the directory does not know.
  const Principal unknown_ = PersonOf("yunqi", "nobody", "", {});
  KeptTables tables_{service_.pool(),
                     {"vendor_notice", "vendor_notice_system", "vendor_notice_request", "tally", "idempotency"}};
  RoleWalk walk_{tables_, [this] { return TextOf(Look()); }, {vendor_, rival_, unknown_, service_.author}};
};

TEST_F(VendorNoticeRoleTest, EveryMethodOnEveryStateInEveryRole) {
  std::vector<Step> steps;
  for (const Row& row : Rows()) {
    for (const auto& [state, notice] : scene_) {
      ASSERT_EQ(notice.state(), state);
      steps.push_back({.what = absl::StrCat(row.what, " of a notice that is ", N::State_Name(state)),
                       .open_to = row.open_to,
                       .call = [call = row.call, notice = notice](const Principal& by) { return call(by, notice); },
                       .told =
                           [this, row, state = state](const Principal& by) {
                             const bool of_vendor = by.roles(0) == common::v1::ROLE_VENDOR;
                             return of_vendor && by.name() != vendor_.name() ? row.others : row.told(state, by);
                           }});
    }
  }
  walk_.Take(steps);
  EXPECT_EQ(walk_.calls(), 9 * 4 * 6 * 15);
  // 9 edits, 8 acknowledgements, 9 withdrawals from either state, 16 links to each of three, 16 taken back from each.
  EXPECT_EQ(walk_.changes(), 9 + 8 + 2 * 9 + 3 * 16 + 4 * 16);
}

// A new state or method has to be put into the table above.
TEST_F(VendorNoticeRoleTest, TheTableLeavesNothingOut) {
  testing::ExpectAllValues(N::State_descriptor(), {std::begin(kStates), std::end(kStates)});
  // Publishing and counting are about no notice that is there.
  std::set<std::string> methods = {"CreateVendorNotice", "CountVendorNotices"};
  for (const Row& row : Rows()) methods.insert(row.what.substr(0, row.what.find(',')));
  testing::ExpectAllMethods(v1::GetVendorNoticeRequest::descriptor()->file()->FindServiceByName("VendorNoticeService"),
                            methods);
}

}  // namespace
}  // namespace docket::request

// Entering feedback, one item and many, by everyone in every role: who may, what the rest are told, and what there is
// then, through the real server and database.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/request/feedback/testing/feedback_fixture.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"

namespace docket::request {
namespace {

using common::v1::Principal;
using common::v1::Role;
using testing::Changed;
using testing::RoleWalk;
using testing::TextOf;
using tests::IsOk;
using F = v1::Feedback;
using Text = absl::StatusOr<std::string>;

const std::set<Role> kEnterers = {common::v1::ROLE_REQUESTER, common::v1::ROLE_DEPARTMENT_HEAD,
                                  common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_SYSTEM_ADMIN,
                                  common::v1::ROLE_SERVICE};

class FeedbackEntryRoleTest : public FeedbackRoomTest {
 protected:
  testing::KeptTables tables_{service_.pool(), {"feedback", "feedback_count", "tally", "idempotency"}};
};

TEST_F(FeedbackEntryRoleTest, WhoMayEnterFeedback) {
  // Newest first, without the names that the service gives.
  const auto look = [this] {
    std::string text;
    const auto page = List("");
    EXPECT_THAT(page, IsOk());
    if (!page.ok()) return text;
    for (F item : page->feedback()) {
      item.clear_name();
      text += item.DebugString();
    }
    return text;
  };
  Made();
  const std::string before = look();
  const auto entered = [this](const Principal& by) {
    F item = Item("业主群里都在问");
    item.set_state(F::STATE_NEW);
    item.set_creator(by.name());
    item.mutable_received_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
    *item.mutable_create_time() = *item.mutable_update_time() = item.received_time();
    item.set_etag("1");
    return item;
  };
  RoleWalk walk(tables_, look, {PersonOf("yunqi", "zhao-lei", "engineering", {})});
  walk.Take({{.what = "CreateFeedback",
              .open_to = kEnterers,
              .call = [this](const Principal& by) -> Text {
                absl::StatusOr<F> made = Create(by, Item("业主群里都在问"));
                if (made.ok()) made->clear_name();
                return TextOf(made);
              },
              .told =
                  [&](const Principal& by) {
                    const std::string text = entered(by).DebugString();
                    return Changed(text, text + before, {"FeedbackCreated"});
                  }},
             {.what = "BatchCreateFeedback",
              .open_to = kEnterers,
              .call = [this](const Principal& by) -> Text {
                v1::BatchCreateFeedbackRequest call;
                call.set_parent("organizations/yunqi");
                *call.add_feedback() = BatchItem("业主群里都在问");
                call.mutable_feedback(0)->set_reporter(Item().reporter());
                call.set_request_id(service_.NewRequestId());
                const auto reply =
                    service_.Call<v1::BatchCreateFeedbackResponse>("FeedbackService/BatchCreateFeedback", by, call);
                if (!reply.ok()) return reply.status();
                return absl::StrCat("results: ", reply->results_size(), reply->results(0).code());
              },
              .told =
                  [&](const Principal& by) {
                    return Changed("results: 1", entered(by).DebugString() + before, {"FeedbackCreated"});
                  }}});
  EXPECT_EQ(walk.calls(), 2 * 3 * 15);
  // Five roles of the organisation's own, and machines of the platform.
  EXPECT_EQ(walk.changes(), 2 * (5 + 1));
}

}  // namespace
}  // namespace docket::request

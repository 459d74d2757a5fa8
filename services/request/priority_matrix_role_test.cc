// Reading and replacing the priority matrix, as it began and once it was changed, by everyone in every role: who may,
// what the rest are told, and what becomes of it, through the real server and database.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "docket/request/v1/priority_matrix_service.pb.h"
#include "gtest/gtest.h"
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
using testing::Shown;
using testing::TextOf;
using testing::Told;
using tests::IsOk;
using M = v1::PriorityMatrix;

const std::set<Role> kKeepers = {common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_ADMINISTRATOR};

class PriorityMatrixRoleTest : public ::testing::Test {
 protected:
  absl::StatusOr<M> Get(const Principal& by) {
    v1::GetPriorityMatrixRequest call;
    call.set_name("organizations/yunqi/priorityMatrix");
    return service_.Call<M>("PriorityMatrixService/GetPriorityMatrix", by, call);
  }
  absl::StatusOr<M> Update(const Principal& by, const M& matrix) {
    v1::UpdatePriorityMatrixRequest call;
    *call.mutable_priority_matrix() = matrix;
    call.set_request_id(service_.NewRequestId());
    return service_.Call<M>("PriorityMatrixService/UpdatePriorityMatrix", by, call);
  }
  WholeService service_;
  testing::KeptTables tables_{service_.pool(), {"priority_matrix", "priority_matrix_revision", "idempotency"}};
  testing::RoleWalk walk_{
      tables_, [this] { return TextOf(Get(service_.auditor)).value_or(""); }, {PersonOf("yunqi", "sun-li", "it", {})}};
};

TEST_F(PriorityMatrixRoleTest, EveryMethodInEveryRole) {
  for (const bool was_changed : {false, true}) {
    SCOPED_TRACE(was_changed ? "changed" : "as it began");
    M now = Get(service_.auditor).value_or(M());
    if (was_changed) {
      now.mutable_cells(3)->set_priority(common::v1::LEVEL_CRITICAL);
      const absl::StatusOr<M> updated = Update(service_.director, now);
      ASSERT_THAT(updated, IsOk());
      now = *updated;
    }
    service_.clock().Advance(absl::Hours(1));
    M edited = now, stale = now;
    edited.mutable_cells(0)->set_priority(common::v1::LEVEL_HIGH);
    stale.set_etag(absl::StrCat(std::stoi(now.etag()) + 1));
    M after = edited;
    after.set_etag(stale.etag());
    after.mutable_update_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
    const auto told = [](Told what) { return [what](const Principal&) { return what; }; };
    walk_.Take({{.what = "GetPriorityMatrix",
                 .open_to = testing::EveryRoleBut({}),
                 .call = [&](const Principal& by) { return TextOf(Get(by)); },
                 .told = told(Shown(now.DebugString()))},
                {.what = "UpdatePriorityMatrix",
                 .open_to = kKeepers,
                 .call = [&](const Principal& by) { return TextOf(Update(by, edited)); },
                 .told = told(Changed(after.DebugString(), after.DebugString(), {"PriorityMatrixUpdated"}))},
                {.what = "UpdatePriorityMatrix, of another version",
                 .open_to = kKeepers,
                 .call = [&](const Principal& by) { return TextOf(Update(by, stale)); },
                 .told = told({.expected = {StatusCode::kAborted, Reason::REASON_STALE_ETAG}})}});
  }
  EXPECT_EQ(walk_.calls(), 2 * 3 * 3 * 15);
  // The director, and the administrators of the organisation and of the platform.
  EXPECT_EQ(walk_.changes(), 2 * 3);
  testing::ExpectAllMethods(
      v1::GetPriorityMatrixRequest::descriptor()->file()->FindServiceByName("PriorityMatrixService"),
      {"GetPriorityMatrix", "UpdatePriorityMatrix"});
}

}  // namespace
}  // namespace docket::request

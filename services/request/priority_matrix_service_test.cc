#include "services/request/priority_matrix_service.h"

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "common/status/error.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;

class PriorityMatrixServiceTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::PriorityMatrix> Get(const common::v1::Principal& by, const std::string& organization = "yunqi") {
    v1::GetPriorityMatrixRequest call;
    call.set_name("organizations/" + organization + "/priorityMatrix");
    return service_.Call<v1::PriorityMatrix>("PriorityMatrixService/GetPriorityMatrix", by, call);
  }

  absl::StatusOr<v1::PriorityMatrix> Update(const common::v1::Principal& by, const v1::PriorityMatrix& matrix,
                                            const std::string& request_id = "") {
    v1::UpdatePriorityMatrixRequest call;
    *call.mutable_priority_matrix() = matrix;
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::PriorityMatrix>("PriorityMatrixService/UpdatePriorityMatrix", by, call);
  }

  WholeService service_;
};

TEST_F(PriorityMatrixServiceTest, AnEditMakesOtherPrioritiesFromThenOn) {
  const v1::Request before = service_.Submitted();
  EXPECT_EQ(before.priority(), common::v1::LEVEL_HIGH);
  absl::StatusOr<v1::PriorityMatrix> matrix = Get(service_.auditor);
  ASSERT_THAT(matrix, IsOk());
  ASSERT_EQ(matrix->cells_size(), 16);
  EXPECT_EQ(matrix->etag(), "1");
  EXPECT_FALSE(matrix->has_update_time());
  // High by high is the eleventh.
  EXPECT_EQ(matrix->cells(10).impact(), common::v1::LEVEL_HIGH);
  EXPECT_EQ(matrix->cells(10).urgency(), common::v1::LEVEL_HIGH);
  matrix->mutable_cells(10)->set_priority(common::v1::LEVEL_CRITICAL);
  // The order of the cells means nothing.
  matrix->mutable_cells()->SwapElements(0, 10);
  const std::string id = service_.NewRequestId();
  const absl::StatusOr<v1::PriorityMatrix> updated = Update(service_.director, *matrix, id);
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->etag(), "2");
  EXPECT_EQ(updated->update_time().seconds(), 1790000000);
  EXPECT_EQ(updated->cells(10).priority(), common::v1::LEVEL_CRITICAL);
  EXPECT_EQ(Get(service_.author)->SerializeAsString(), updated->SerializeAsString());
  EXPECT_EQ(Update(service_.director, *matrix, id)->SerializeAsString(), updated->SerializeAsString());

  const event::v1::Event event = service_.LastEvent("PriorityMatrixUpdated");
  EXPECT_EQ(event.subject(), "organizations/yunqi/priorityMatrix");
  EXPECT_EQ(event.subject_revision(), 2);
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).field(), "cells[HIGH,HIGH]");
  EXPECT_EQ(event.changes(0).before(), "HIGH");
  EXPECT_EQ(event.changes(0).after(), "CRITICAL");

  EXPECT_EQ(service_.Submitted().priority(), common::v1::LEVEL_CRITICAL);
  EXPECT_EQ(service_.Get(before.name()).priority(), common::v1::LEVEL_HIGH);
  EXPECT_THAT(Update(service_.director, *matrix), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(Update(service_.administrator, *updated), IsOk());
}

TEST_F(PriorityMatrixServiceTest, EveryMissingAndRepeatedCellIsNamed) {
  v1::PriorityMatrix matrix = *Get(service_.director);
  *matrix.mutable_cells(3) = matrix.cells(4);
  matrix.mutable_cells()->RemoveLast();
  matrix.clear_etag();
  const absl::Status status = Update(service_.director, matrix).status();
  ASSERT_THAT(status, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  std::set<std::string> said;
  const auto bad_request = GetBadRequest(status);
  ASSERT_TRUE(bad_request.has_value());
  for (const auto& violation : bad_request->field_violations()) {
    said.insert(violation.field() + ": " + violation.description());
  }
  EXPECT_TRUE(said.contains("priority_matrix.cells[4]: gives the same combination as an earlier one"));
  EXPECT_TRUE(said.contains("priority_matrix.cells: lacks impact LOW with urgency CRITICAL"));
  EXPECT_TRUE(said.contains("priority_matrix.cells: lacks impact CRITICAL with urgency CRITICAL"));
  EXPECT_EQ(said.size(), 4u);
  matrix = *Get(service_.director);
  *matrix.add_cells() = matrix.cells(0);
  EXPECT_THAT(Update(service_.director, matrix), StatusIs(StatusCode::kInvalidArgument));
  matrix = *Get(service_.director);
  matrix.mutable_cells(0)->set_priority(static_cast<common::v1::Level>(9));
  EXPECT_THAT(Update(service_.director, matrix), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(PriorityMatrixServiceTest, Refusals) {
  v1::PriorityMatrix matrix = *Get(service_.director);
  EXPECT_THAT(Update(service_.author, matrix), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Get(service_.author, "library"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_THAT(Get(service_.administrator, "nowhere"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Get(service_.administrator, "library"), IsOk());
  matrix.set_name("organizations/yunqi/priorityMatrix/1");
  EXPECT_THAT(Update(service_.director, matrix), StatusIs(StatusCode::kInvalidArgument));
  matrix.clear_name();
  EXPECT_FALSE(Update(service_.director, matrix).ok());
}

}  // namespace
}  // namespace docket::request

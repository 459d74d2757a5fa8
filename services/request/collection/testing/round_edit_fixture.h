// Rounds that are edited, for tests through the whole service.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_ROUND_EDIT_FIXTURE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_ROUND_EDIT_FIXTURE_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "services/request/collection/testing/collection_fixture.h"

namespace docket::request {

inline constexpr char kZone[] = "Asia/Shanghai";
inline constexpr char kDepartments[] = "organizations/yunqi/departments/";

class RoundEditTest : public CollectionTest {
 protected:
  using Answered = absl::StatusOr<v1::CollectionRound>;

  // Opened on Monday, 21 September 2026, in the evening, for some departments. Mid-Autumn is on the 25th, so that it is
  // due on Tuesday, the 29th, at 18:00, and reminded of two working days before, on Thursday, the 24th.
  v1::CollectionRound Opened(const std::vector<std::string>& departments) {
    const auto round = OpenRound(service_.director, [&](v1::OpenCollectionRoundRequest& call) {
      for (const std::string& id : departments) call.add_departments(absl::StrCat(kDepartments, id));
    });
    EXPECT_THAT(round, tests::IsOk());
    return round.value_or(v1::CollectionRound());
  }

  static google::protobuf::Timestamp At(int month, int day, int hour) {
    return ToTimestamp(absl::FromCivil(absl::CivilSecond(2026, month, day, hour), ZoneNamed(kZone)));
  }
  void SetClockTo(int month, int day, int hour) { SetClock(kZone, absl::CivilSecond(2026, month, day, hour)); }

  v1::UpdateCollectionRoundRequest UpdateOf(const v1::CollectionRound& round, const std::vector<std::string>& mask) {
    v1::UpdateCollectionRoundRequest call;
    call.mutable_collection_round()->set_name(round.name());
    call.mutable_collection_round()->set_etag(round.etag());
    for (const std::string& path : mask) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return call;
  }
  Answered Update(const common::v1::Principal& by, const v1::UpdateCollectionRoundRequest& call) {
    return service_.Call<v1::CollectionRound>("CollectionService/UpdateCollectionRound", by, call);
  }
  Answered MoveDueTime(const v1::CollectionRound& round, const google::protobuf::Timestamp& due) {
    v1::UpdateCollectionRoundRequest call = UpdateOf(round, {"due_time"});
    *call.mutable_collection_round()->mutable_due_time() = due;
    return Update(service_.director, call);
  }
  Answered Add(const common::v1::Principal& by, const std::string& round, const std::vector<std::string>& departments,
               const std::string& etag = "") {
    return Act<v1::AddCollectionDepartmentsRequest, v1::CollectionRound>(
        "AddCollectionDepartments", by, round, [&](v1::AddCollectionDepartmentsRequest& call) {
          for (const std::string& id : departments) {
            call.add_departments(id.find('/') == std::string::npos ? absl::StrCat(kDepartments, id) : id);
          }
          call.set_etag(etag);
        });
  }
  Answered Close(const std::string& round) {
    return Act<v1::CloseCollectionRoundRequest, v1::CollectionRound>("CloseCollectionRound", service_.director, round,
                                                                     [](auto& call) { call.set_reason("需求已齐"); });
  }
  // The fields that a refused call names.
  static std::vector<std::string> Named(const Answered& refused) {
    EXPECT_THAT(refused, tests::StatusIs(absl::StatusCode::kInvalidArgument));
    std::vector<std::string> fields;
    const auto bad_request = GetBadRequest(refused.status());
    if (!bad_request.has_value()) return fields;
    for (const auto& violation : bad_request->field_violations()) fields.push_back(violation.field());
    return fields;
  }
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_ROUND_EDIT_FIXTURE_H_

#include "services/request/testing/request_state.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request::testing {

void PutInto(WholeService& service, const std::string& request, State state) {
  const absl::Time in_two_hours = service.clock().Now() + absl::Hours(2);
  EXPECT_THAT(
      service.pool().Execute(
          absl::Now() + absl::Seconds(10),
          absl::StrCat("UPDATE request SET state = ", static_cast<int>(state), ", defer_until_us = ",
                       state == v1::Request::STATE_DEFERRED ? absl::StrCat(absl::ToUnixMicros(in_two_hours)) : "NULL",
                       " WHERE request_id = UNHEX(REPLACE('", request.substr(request.rfind('/') + 1), "', '-', ''))")),
      tests::IsOk());
}

}  // namespace docket::request::testing

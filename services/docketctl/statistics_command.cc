#include <iostream>

#include "absl/strings/numbers.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/statistics_service.pb.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/overview_text.h"

namespace docket::ctl {

absl::Status StatsCommand(const Arguments& arguments) {
  if (arguments.words().size() != 2)
    return absl::InvalidArgumentError("usage: docketctl stats ORGANIZATION [--days=N]");
  audit::v1::GetOverviewRequest request;
  request.set_parent(arguments.words()[1]);
  int32_t days = 0;
  if (arguments.Has("days") && !absl::SimpleAtoi(arguments.Get("days"), &days))
    return absl::InvalidArgumentError("--days: write a number of days");
  request.set_days(days);
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod("docket.audit.v1.StatisticsService/GetOverview"));
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  audit::v1::Overview overview;
  DOCKET_RETURN_IF_ERROR(connection->Call(*method, "", request, &overview));
  if (arguments.Has("json")) {
    DOCKET_ASSIGN_OR_RETURN(const std::string json, ToJson(overview));
    std::cout << json << std::endl;
    return absl::OkStatus();
  }
  std::cout << OverviewText(overview) << std::flush;
  return absl::OkStatus();
}

}  // namespace docket::ctl

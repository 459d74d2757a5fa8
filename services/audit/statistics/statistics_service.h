// The handlers of docket.audit.v1.StatisticsService.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/statistics.pb.h"
#include "docket/audit/v1/statistics_service.pb.h"
#include "services/audit/statistics/statistics_reader.h"

namespace docket::audit {

// Thread-safe.
class StatisticsService {
 public:
  // Both must outlive it.
  StatisticsService(const StatisticsReader& reader, Clock& clock) : reader_(reader), clock_(clock) {}

  void Register(rpc::MethodTable& table);

  absl::StatusOr<v1::CountEntriesResponse> CountEntries(const rpc::CallContext& context,
                                                        const v1::CountEntriesRequest& request);
  absl::StatusOr<v1::GetChangeMetricsResponse> GetChangeMetrics(const rpc::CallContext& context,
                                                                const v1::GetChangeMetricsRequest& request);
  absl::StatusOr<v1::Overview> GetOverview(const rpc::CallContext& context, const v1::GetOverviewRequest& request);

 private:
  const StatisticsReader& reader_;
  Clock& clock_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_SERVICE_H_

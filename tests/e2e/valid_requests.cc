#include "tests/e2e/valid_requests.h"

#include "docket/audit/v1/bundle_service.pb.h"
#include "docket/audit/v1/privacy_service.pb.h"
#include "docket/audit/v1/register_service.pb.h"
#include "docket/audit/v1/statistics_service.pb.h"
#include "docket/audit/v1/witness_service.pb.h"
#include "docket/request/v1/priority_matrix_service.pb.h"

namespace docket {
namespace {

// A matrix has a cell for each of the sixteen combinations; one sample of each field makes one.
void Complete(request::v1::PriorityMatrix& matrix) {
  matrix.clear_cells();
  for (int i = 0; i < 16; ++i) {
    auto* cell = matrix.add_cells();
    cell->set_impact(static_cast<common::v1::Level>(1 + i / 4));
    cell->set_urgency(static_cast<common::v1::Level>(1 + i % 4));
    cell->set_priority(common::v1::LEVEL_HIGH);
  }
}

// The request as what it is; nullptr where it is something else.
template <typename Request>
Request* As(google::protobuf::Message* request) {
  return request->GetDescriptor() == Request::descriptor() ? static_cast<Request*>(request) : nullptr;
}

}  // namespace

void MakeWhole(google::protobuf::Message* request) {
  if (auto* matrix = As<request::v1::UpdatePriorityMatrixRequest>(request))
    Complete(*matrix->mutable_priority_matrix());
  // A year or some days.
  if (auto* ledger = As<audit::v1::PrintLedgerRequest>(request)) ledger->clear_year();
  // Only sizes that were signed; the newest then.
  if (auto* bundle = As<audit::v1::ExportBundleRequest>(request)) bundle->clear_log_size();
  // Changes are not counted by hours.
  if (auto* metrics = As<audit::v1::GetChangeMetricsRequest>(request))
    metrics->set_bucket(audit::v1::TIME_BUCKET_MONTH);
  if (auto* redaction = As<audit::v1::ProposeRedactionRequest>(request))
    redaction->mutable_redaction()->clear_data_subject();
  if (auto* placed = As<audit::v1::PlaceLegalHoldRequest>(request)) {
    placed->mutable_legal_hold()->clear_person();
    placed->mutable_legal_hold()->clear_begin_time();
    placed->mutable_legal_hold()->clear_end_time();
  }
  if (auto* retention = As<audit::v1::UpdateRetentionPolicyRequest>(request)) {
    retention->mutable_retention_policy()->set_default_months(12);
    for (auto& rule : *retention->mutable_retention_policy()->mutable_rules()) {
      rule.set_event_type("RequestSubmitted");
      rule.set_months(24);
    }
  }
}

bool CanBeMadeUp(const google::protobuf::Message& request) {
  return request.GetDescriptor() != audit::v1::AddCosignatureRequest::descriptor();
}

}  // namespace docket

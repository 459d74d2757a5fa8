#include "services/audit/register_print_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/evidence/receipt.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/audit/register.h"

namespace docket::audit {
namespace {

// With the largest documents a page stays within a few MiB.
constexpr int kRowsAtATime = 50;
constexpr size_t kPieceBytes = size_t{64} << 10;
constexpr absl::Duration kReadLimit = absl::Seconds(10);

// Sends what gathers once it is worth a message.
class Pieces {
 public:
  Pieces(const rpc::CallContext& context, rpc::StreamWriter<v1::PrintLedgerResponse>& writer)
      : context_(context), writer_(writer) {}

  absl::Status Add(absl::string_view bytes) {
    absl::StrAppend(response_.mutable_data(), bytes);
    return response_.data().size() < kPieceBytes ? absl::OkStatus() : Flush();
  }
  // An error where nobody reads any more.
  absl::Status Flush() {
    const bool read_on = writer_.Write(response_);
    response_.clear_data();
    if (read_on) return absl::OkStatus();
    DOCKET_RETURN_IF_ERROR(context_.CheckAlive());
    return absl::CancelledError("the caller went away");
  }

 private:
  const rpc::CallContext& context_;
  rpc::StreamWriter<v1::PrintLedgerResponse>& writer_;
  v1::PrintLedgerResponse response_;
};

RegisterSelection SelectionOf(const v1::PrintLedgerRequest& request, const LedgerPeriod& period,
                              absl::string_view series, absl::string_view time_column) {
  RegisterSelection selection{.organization_id = OrganizationId(request.parent()),
                              .after_number = period.NumbersAfter(series),
                              .before_number = period.NumbersBefore(series),
                              .newest_first = false,
                              .limit = kRowsAtATime};
  if (period.whole_year) return selection;
  selection.condition = {.where = absl::StrCat(time_column, " >= ? AND ", time_column, " < ?"),
                         .params = {absl::ToUnixMicros(period.start), absl::ToUnixMicros(period.end)}};
  return selection;
}

// Everything of the selection, ascending, a page at a time. `list` reads a page, `take` gets each row.
template <typename List, typename Take>
absl::Status ForEach(const rpc::CallContext& context, RegisterSelection selection, List list, Take take) {
  while (true) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(const auto rows, list(selection, std::min(context.deadline(), absl::Now() + kReadLimit)));
    for (const auto& row : rows) {
      DOCKET_ASSIGN_OR_RETURN(selection.after_number, take(row));
    }
    if (rows.size() < static_cast<size_t>(selection.limit)) return absl::OkStatus();
  }
}

}  // namespace

void RegisterPrintService::Register(rpc::MethodTable& table) {
  table.ServerStreaming("docket.audit.v1.RegisterService/PrintLedger", this, &RegisterPrintService::PrintLedger);
}

absl::StatusOr<LedgerHead> RegisterPrintService::HeadOf(const rpc::CallContext& context,
                                                        const v1::PrintLedgerRequest& request,
                                                        const OrganizationFacts& organization,
                                                        const LedgerPeriod& period) const {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(context.deadline()));
  const std::string& language = request.language_code().empty() ? organization.language_code : request.language_code();
  return LedgerHead{.language = language == "en" ? LedgerLanguage::kEnglish : LedgerLanguage::kChinese,
                    .organization_title = organization.title,
                    .organization = request.parent(),
                    .first_day = period.first_day,
                    .last_day = period.last_day,
                    .zone = organization.zone,
                    .generate_time = parts_.clock->Now(),
                    .printer = context.principal().name(),
                    .log_size = checkpoint.checkpoint.size,
                    .log_root = checkpoint.checkpoint.root.ToHex(),
                    .checkpoint = checkpoint.note,
                    .key_fingerprint = evidence::KeyFingerprint(parts_.checkpointer->signer().verifier())};
}

absl::Status RegisterPrintService::PrintLedger(const rpc::CallContext& context, const v1::PrintLedgerRequest& request,
                                               rpc::StreamWriter<v1::PrintLedgerResponse>& writer) {
  DOCKET_ASSIGN_OR_RETURN(const OrganizationFacts organization,
                          parts_.sources->GetOrganization(context, request.parent()));
  DOCKET_ASSIGN_OR_RETURN(const LedgerPeriod period, ParsePeriod(request, organization.zone));
  DOCKET_ASSIGN_OR_RETURN(LedgerHead head, HeadOf(context, request, organization, period));
  DOCKET_RETURN_IF_ERROR(parts_.reads->Record(context, request, request.parent(), ""));
  const std::unique_ptr<LedgerDocument> document = request.format() == v1::PrintLedgerRequest::FORMAT_CSV
                                                       ? NewCsvLedger(std::move(head))
                                                       : NewHtmlLedger(std::move(head));
  Pieces pieces(context, writer);
  LedgerTotals totals{.whole_years = period.whole_year};
  DOCKET_RETURN_IF_ERROR(pieces.Add(document->Begin()));
  const auto print_filing = [&](const StoredFiling& stored) -> absl::StatusOr<std::string> {
    totals.Add(stored.filing);
    DOCKET_RETURN_IF_ERROR(pieces.Add(document->Add(stored.filing)));
    return stored.filing.number();
  };
  const auto print_registration = [&](const v1::Registration& registration) -> absl::StatusOr<std::string> {
    totals.Add(registration);
    DOCKET_RETURN_IF_ERROR(pieces.Add(document->Add(registration)));
    return registration.number();
  };
  DOCKET_RETURN_IF_ERROR(ForEach(
      context, SelectionOf(request, period, kFilingSeries, "f.file_us"),
      [&](const RegisterSelection& page, absl::Time deadline) { return parts_.store->ListFilings(page, deadline); },
      print_filing));
  DOCKET_RETURN_IF_ERROR(pieces.Add(document->BeginRegistrations()));
  DOCKET_RETURN_IF_ERROR(ForEach(
      context, SelectionOf(request, period, kRegistrationSeries, "r.register_us"),
      [&](const RegisterSelection& page, absl::Time deadline) {
        return parts_.store->ListRegistrations(page, deadline);
      },
      print_registration));
  DOCKET_RETURN_IF_ERROR(pieces.Add(document->End(totals)));
  return pieces.Flush();
}

}  // namespace docket::audit

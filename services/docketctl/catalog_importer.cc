#include "services/docketctl/catalog_importer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "nlohmann/json.hpp"
#include "services/docketctl/contract.h"
#include "services/docketctl/printable_text.h"

namespace docket::ctl {
namespace {

constexpr size_t kMaxItems = 500;
// Well below what the gateway takes.
constexpr size_t kMaxCallBytes = size_t{2} << 20;
constexpr size_t kMaxLineBytes = size_t{1} << 20;
constexpr absl::Duration kFirstPause = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Seconds(3);

bool IsPassing(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) ||
         GetReason(status) == Reason::REASON_CONCURRENT_CHANGE;
}

absl::Status NotAnItem(absl::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_MALFORMED_MESSAGE, why);
}

absl::Status ErrorOf(const google::rpc::Status& error) {
  return rpc::FromWire({static_cast<grpc::StatusCode>(error.code()), error.message(), error.SerializeAsString()});
}

}  // namespace

CatalogImporter::CatalogImporter(Caller& caller, std::ostream& out, Clock& clock, ImportOptions options)
    : caller_(caller), out_(out), clock_(clock), options_(std::move(options)) {}

absl::Status CatalogImporter::Run(std::istream& lines) {
  std::string text;
  for (size_t number = 1; std::getline(lines, text); ++number) {
    if (absl::StripAsciiWhitespace(text).empty()) continue;
    Line line = ParseLine(number, text);
    const size_t bytes = line.item.ByteSizeLong();
    if (gathered_.size() == kMaxItems || gathered_bytes_ + bytes > kMaxCallBytes) DOCKET_RETURN_IF_ERROR(Flush());
    gathered_bytes_ += bytes;
    gathered_.push_back(std::move(line));
  }
  if (lines.bad()) return absl::DataLossError("the file could not be read to its end");
  DOCKET_RETURN_IF_ERROR(Flush());
  return Verdict();
}

CatalogImporter::Line CatalogImporter::ParseLine(size_t number, const std::string& text) {
  Line line{.number = number};
  if (text.size() > kMaxLineBytes) {
    line.error = NotAnItem(absl::StrCat("the line has more than ", kMaxLineBytes, " bytes"));
    return line;
  }
  const absl::Status parsed = FromJson(text, &line.item);
  if (!parsed.ok()) line.error = NotAnItem(parsed.message());
  return line;
}

absl::Status CatalogImporter::Flush() {
  request::v1::ImportCatalogRequest request;
  request.set_parent(options_.parent);
  request.set_validate_only(options_.validate_only);
  for (const Line& line : gathered_) {
    if (line.error.ok()) *request.add_items() = line.item;
  }
  request::v1::ImportCatalogResponse reply;
  if (request.items_size() > 0) {
    FillRequestId(&request);
    DOCKET_RETURN_IF_ERROR(Call(request, &reply));
    if (reply.results_size() != request.items_size())
      return absl::InternalError("the answer has not one result for each item");
  }
  int next = 0;
  for (const Line& line : gathered_) {
    if (!line.error.ok()) {
      Write(line.number, "FAILED", "", line.error);
      continue;
    }
    const auto& result = reply.results(next++);
    const std::string outcome = request::v1::ImportOutcome_Name(result.outcome());
    Write(line.number, absl::StripPrefix(outcome, "IMPORT_OUTCOME_"), result.resource(),
          result.has_error() ? ErrorOf(result.error()) : absl::OkStatus());
  }
  gathered_.clear();
  gathered_bytes_ = 0;
  return out_.flush() ? absl::OkStatus() : absl::DataLossError("the results cannot be written");
}

absl::Status CatalogImporter::Call(const request::v1::ImportCatalogRequest& request,
                                   request::v1::ImportCatalogResponse* reply) {
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod("docket.request.v1.CatalogTransferService/ImportCatalog"));
  const absl::Time end = clock_.Now() + options_.retry_for;
  for (absl::Duration pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    const absl::Status status = caller_.Call(*method, "", request, reply);
    if (status.ok() || !IsPassing(status) || clock_.Now() + pause > end) return status;
    options_.pause(pause);
  }
}

void CatalogImporter::Write(size_t line, absl::string_view outcome, const std::string& resource,
                            const absl::Status& error) {
  ++written_;
  nlohmann::ordered_json shown;
  shown["line"] = line;
  shown["outcome"] = std::string(outcome);
  if (!resource.empty()) shown["resource"] = resource;
  if (!error.ok()) {
    if (failed_++ == 0) {
      first_failure_ = error;
      first_failed_line_ = line;
    }
    shown["code"] = absl::StatusCodeToString(error.code());
    if (const auto info = GetErrorInfo(error); info.has_value()) shown["reason"] = info->reason();
    shown["message"] = std::string(error.message());
    if (const auto bad = GetBadRequest(error); bad.has_value()) {
      for (const auto& violation : bad->field_violations()) {
        shown["fields"].push_back({{"field", violation.field()}, {"description", violation.description()}});
      }
    }
  }
  using Handler = nlohmann::ordered_json::error_handler_t;
  out_ << Printable(shown.dump(-1, ' ', /*ensure_ascii=*/false, Handler::replace)) << "\n";
}

absl::Status CatalogImporter::Verdict() const {
  if (failed_ == 0) return absl::OkStatus();
  absl::Status verdict(first_failure_.code(), absl::StrCat(failed_, " of ", written_, " items failed; the first, line ",
                                                           first_failed_line_, ": ", first_failure_.message()));
  first_failure_.ForEachPayload(
      [&verdict](absl::string_view url, const absl::Cord& payload) { verdict.SetPayload(url, payload); });
  return verdict;
}

}  // namespace docket::ctl

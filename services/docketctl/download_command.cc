// Documents that services make on the way: evidence bundles and the printed register.
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/bundle_service.pb.h"
#include "docket/audit/v1/register_service.pb.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/part_file.h"

namespace docket::ctl {
namespace {

constexpr int64_t kMaxBytes = int64_t{4} << 30;

absl::StatusOr<int64_t> NumberOption(const Arguments& arguments, const std::string& name, int64_t fallback) {
  if (!arguments.Has(name)) return fallback;
  int64_t number = 0;
  if (absl::SimpleAtoi(arguments.Get(name), &number) && number > 0) return number;
  return absl::InvalidArgumentError(absl::StrCat("--", name, ": write a positive number"));
}

// Streams the answers' `data` into --out; returns how many bytes there were.
template <typename Response>
absl::StatusOr<int64_t> Download(const Arguments& arguments, absl::string_view method_name,
                                 const google::protobuf::Message& request) {
  DOCKET_ASSIGN_OR_RETURN(const std::string out, arguments.Require("out"));
  DOCKET_ASSIGN_OR_RETURN(const int64_t max_bytes, NumberOption(arguments, "max-bytes", kMaxBytes));
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod(method_name));
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  DOCKET_ASSIGN_OR_RETURN(PartFile file, PartFile::Create(out, max_bytes));
  absl::Status written;
  const absl::Status streamed = connection->Stream(*method, "", request, [&](const google::protobuf::Message& message) {
    written = file.Write(static_cast<const Response&>(message).data());
    return written.ok();
  });
  DOCKET_RETURN_IF_ERROR(written);
  DOCKET_RETURN_IF_ERROR(streamed);
  DOCKET_RETURN_IF_ERROR(file.Finish());
  return file.size();
}

}  // namespace

absl::Status BundleGetCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3)
    return absl::InvalidArgumentError("usage: docketctl bundle get REQUEST --out=FILE [--log-size=N, --max-bytes=N]");
  audit::v1::ExportBundleRequest request;
  request.set_change(arguments.words()[2]);
  DOCKET_ASSIGN_OR_RETURN(const int64_t log_size, NumberOption(arguments, "log-size", 0));
  request.set_log_size(log_size);
  DOCKET_ASSIGN_OR_RETURN(const int64_t bytes, Download<audit::v1::ExportBundleResponse>(
                                                   arguments, "docket.audit.v1.BundleService/ExportBundle", request));
  std::cout << bytes << " bytes in " << arguments.Get("out") << "; check them with docketctl verify bundle"
            << std::endl;
  return absl::OkStatus();
}

absl::Status RegisterPrintCommand(const Arguments& arguments) {
  audit::v1::PrintLedgerRequest request;
  DOCKET_ASSIGN_OR_RETURN(*request.mutable_parent(), arguments.Require("organization"));
  DOCKET_ASSIGN_OR_RETURN(const int64_t year, NumberOption(arguments, "year", 0));
  if (year > 9999) return absl::InvalidArgumentError("--year: write a year of four digits");
  request.set_year(static_cast<int32_t>(year));
  request.set_start_date(arguments.Get("from"));
  request.set_end_date(arguments.Get("to"));
  request.set_language_code(arguments.Get("language"));
  const std::string format = arguments.Get("format", "html");
  if (format != "html" && format != "csv") return absl::InvalidArgumentError("--format: write html or csv");
  request.set_format(format == "csv" ? audit::v1::PrintLedgerRequest::FORMAT_CSV
                                     : audit::v1::PrintLedgerRequest::FORMAT_HTML);
  DOCKET_ASSIGN_OR_RETURN(const int64_t bytes, Download<audit::v1::PrintLedgerResponse>(
                                                   arguments, "docket.audit.v1.RegisterService/PrintLedger", request));
  std::cout << bytes << " bytes in " << arguments.Get("out") << std::endl;
  return absl::OkStatus();
}

}  // namespace docket::ctl

#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/export_service.pb.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/export_download.h"

namespace docket::ctl {

absl::Status AuditExportCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3)
    return absl::InvalidArgumentError(
        "usage: docketctl audit export ORG --out=FILE [--format=csv|jsonl, --filter, --bom]");
  audit::v1::ExportEntriesRequest request;
  request.set_parent(arguments.words()[2]);
  request.set_filter(arguments.Get("filter"));
  request.set_byte_order_mark(arguments.Has("bom"));
  const std::string format = arguments.Get("format", "csv");
  if (format != "csv" && format != "jsonl") return absl::InvalidArgumentError("--format: write csv or jsonl");
  request.set_format(format == "csv" ? audit::v1::ExportEntriesRequest::FORMAT_CSV
                                     : audit::v1::ExportEntriesRequest::FORMAT_JSON_LINES);
  DOCKET_ASSIGN_OR_RETURN(const std::string out, arguments.Require("out"));
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod("docket.audit.v1.ExportService/ExportEntries"));
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  const ExportCall call = [&](const audit::v1::ExportEntriesRequest& asked, const auto& receive) {
    return connection->Stream(*method, "", asked, [&](const google::protobuf::Message& message) {
      return receive(static_cast<const audit::v1::ExportEntriesResponse&>(message));
    });
  };
  DOCKET_ASSIGN_OR_RETURN(const audit::v1::ExportTrailer trailer,
                          DownloadExport(call, request, out, {.pause = [](int failures) {
                                           absl::SleepFor(absl::Milliseconds(200) * failures);
                                         }}));
  std::cout << trailer.row_count() << " entries of the log of size " << trailer.log_size() << " in " << out << ", "
            << trailer.byte_count() << " bytes, sha256 " << absl::BytesToHexString(trailer.sha256()) << std::endl;
  return absl::OkStatus();
}

}  // namespace docket::ctl

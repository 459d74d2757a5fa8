// Exports of the audit log into a file, gone on with after an interruption.
#ifndef DOCKET_SERVICES_DOCKETCTL_EXPORT_DOWNLOAD_H_
#define DOCKET_SERVICES_DOCKETCTL_EXPORT_DOWNLOAD_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "docket/audit/v1/export_service.pb.h"
#include "services/docketctl/attachment_transfer.h"

namespace docket::ctl {

// Makes one server-streaming call, hands over each message until `receive` returns false or the stream ends.
using ExportCall =
    std::function<absl::Status(const audit::v1::ExportEntriesRequest& request,
                               const std::function<bool(const audit::v1::ExportEntriesResponse&)>& receive)>;

// Exports into `{out}.part`, checks rows' bytes and SHA-256 against the trailer, and renames it to `out`. Where an
// earlier run of the same export left off is in `{out}.resume`; of another export it is not touched
// (FAILED_PRECONDITION). FAILED_PRECONDITION where `out` exists, DATA_LOSS where the bytes are not what was sent.
absl::StatusOr<audit::v1::ExportTrailer> DownloadExport(const ExportCall& call, audit::v1::ExportEntriesRequest request,
                                                        const std::string& out, const TransferOptions& options);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_EXPORT_DOWNLOAD_H_

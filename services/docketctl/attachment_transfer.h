// Files to a request and back, in pieces, so that an interrupted transfer goes on where it stopped.
#ifndef DOCKET_SERVICES_DOCKETCTL_ATTACHMENT_TRANSFER_H_
#define DOCKET_SERVICES_DOCKETCTL_ATTACHMENT_TRANSFER_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/request/v1/attachment.pb.h"
#include "docket/request/v1/attachment_service.pb.h"
#include "services/docketctl/connection.h"

namespace docket::ctl {

// How a transfer rides out failures that say nothing about the call itself: UNAVAILABLE, DEADLINE_EXCEEDED,
// RESOURCE_EXHAUSTED, lost races.
struct TransferOptions {
  // Failures in a row without a byte's progress.
  int max_failures = 10;
  // Waits between two tries; tests count instead.
  std::function<void(int failures)> pause;
};

struct Upload {
  // The request's name.
  std::string request;
  std::string path;
  // Empty: what follows the path's last slash.
  std::string file_name;
  // Empty: by the name's ending.
  std::string media_type;
};

// Uploads a file of at most 16 MiB. One of this name, size and digest that is there already is not sent again; one that
// an earlier run left unfinished is gone on with. INVALID_ARGUMENT where the file is empty, too large, or of an ending
// that says no media type.
absl::StatusOr<request::v1::Attachment> UploadAttachment(Caller& caller, const Upload& upload,
                                                         const TransferOptions& options);

// Makes one server-streaming call, hands over each message until `receive` returns false or the stream ends.
using DownloadCall =
    std::function<absl::Status(const request::v1::DownloadAttachmentRequest& request,
                               const std::function<bool(const request::v1::DownloadAttachmentResponse&)>& receive)>;

// Downloads into `{out}.part`, checks size and SHA-256, and renames it to `out`. What an earlier run left in the part
// file is kept; where it turns out to be of something else, everything is fetched once more. FAILED_PRECONDITION where
// `out` exists, DATA_LOSS where the content is not of its digest.
absl::StatusOr<request::v1::Attachment> DownloadAttachment(const DownloadCall& download, const std::string& name,
                                                           const std::string& out, const TransferOptions& options);

// By a file name's ending; empty: none.
std::string MediaTypeOf(absl::string_view file_name);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_ATTACHMENT_TRANSFER_H_

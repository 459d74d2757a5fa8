#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "services/docketctl/attachment_transfer.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/printable_text.h"

namespace docket::ctl {
namespace {

TransferOptions Patient() {
  return {.pause = [](int failures) { absl::SleepFor(absl::Milliseconds(200) * failures); }};
}

void Show(const request::v1::Attachment& attachment, absl::string_view what) {
  std::cout << Printable(attachment.name()) << "  " << Printable(attachment.file_name()) << "  "
            << attachment.size_bytes() << " bytes  sha256 " << Printable(attachment.sha256()) << "  " << what
            << std::endl;
}

}  // namespace

absl::Status AttachmentUploadCommand(const Arguments& arguments) {
  if (arguments.words().size() != 4)
    return absl::InvalidArgumentError(
        "usage: docketctl attachment upload REQUEST FILE [--name=NAME, --media-type=TYPE]");
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  DOCKET_ASSIGN_OR_RETURN(const request::v1::Attachment attachment,
                          UploadAttachment(*connection,
                                           {.request = arguments.words()[2],
                                            .path = arguments.words()[3],
                                            .file_name = arguments.Get("name"),
                                            .media_type = arguments.Get("media-type")},
                                           Patient()));
  Show(attachment, "uploaded");
  return absl::OkStatus();
}

absl::Status AttachmentDownloadCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3)
    return absl::InvalidArgumentError("usage: docketctl attachment download NAME --out=FILE");
  DOCKET_ASSIGN_OR_RETURN(const std::string out, arguments.Require("out"));
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod("docket.request.v1.AttachmentService/DownloadAttachment"));
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  const DownloadCall download = [&](const request::v1::DownloadAttachmentRequest& request, const auto& receive) {
    return connection->Stream(*method, "", request, [&](const google::protobuf::Message& message) {
      return receive(static_cast<const request::v1::DownloadAttachmentResponse&>(message));
    });
  };
  DOCKET_ASSIGN_OR_RETURN(const request::v1::Attachment attachment,
                          DownloadAttachment(download, arguments.words()[2], out, Patient()));
  Show(attachment, absl::StrCat("downloaded to ", out, ", digest verified"));
  return absl::OkStatus();
}

}  // namespace docket::ctl

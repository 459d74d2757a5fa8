// Serves docket.request.v1.AttachmentService.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_SERVICE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/attachment_service.pb.h"
#include "services/request/attachment/attachment_store.h"
#include "services/request/request_store.h"

namespace docket::request {

class AttachmentService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    mysql::Pool& pool;
    AttachmentStore& store;
    RequestStore& requests;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
  };

  explicit AttachmentService(const Parts& parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::Attachment> CreateAttachment(const rpc::CallContext& context,
                                                  const v1::CreateAttachmentRequest& call);
  absl::StatusOr<v1::Attachment> UploadAttachmentChunk(const rpc::CallContext& context,
                                                       const v1::UploadAttachmentChunkRequest& call);
  absl::StatusOr<v1::Attachment> GetAttachment(const rpc::CallContext& context, const v1::GetAttachmentRequest& call);
  absl::StatusOr<v1::ListAttachmentsResponse> ListAttachments(const rpc::CallContext& context,
                                                              const v1::ListAttachmentsRequest& call);
  absl::Status DownloadAttachment(const rpc::CallContext& context, const v1::DownloadAttachmentRequest& call,
                                  rpc::StreamWriter<v1::DownloadAttachmentResponse>& writer);
  absl::StatusOr<v1::Attachment> DeleteAttachment(const rpc::CallContext& context,
                                                  const v1::DeleteAttachmentRequest& call);

  // Which attachment a name means: its request and itself, 16 raw bytes each.
  struct Ids {
    std::string organization_id;
    std::string request_id;
    std::string id;
  };
  static absl::StatusOr<Ids> IdsOf(const std::string& name);

  // Holds the request, of which the caller may change the attachments. NOT_FOUND under `name` where it is not visible.
  absl::Status HoldRequest(mysql::Transaction& tx, const rpc::CallContext& context, const std::string& organization_id,
                           const std::string& request_id, const std::string& name);
  // The attachment, where the caller may see both it and its request.
  absl::StatusOr<Attachment> Visible(const rpc::CallContext& context, const std::string& name);
  absl::StatusOr<bool> MaySee(const rpc::CallContext& context, const std::string& organization_id,
                              const std::string& request_id);

  // The next chunk goes in; what is complete is checked and READY. `wrong` says that the content was not as announced.
  absl::Status Append(mysql::Transaction& tx, events::EventRecorder& recorder, const std::string& data,
                      Attachment& attachment, bool& wrong);
  // Drops the content of an upload that is still of this revision.
  absl::Status Drop(const rpc::CallContext& context, const Ids& ids, int64_t revision);

  absl::Time Now() const { return absl::FromUnixMicros(parts_.clock.NowMicros()); }

  const Parts parts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_SERVICE_H_

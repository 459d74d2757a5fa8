#include "services/audit/export/export_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/export_events.pb.h"
#include "services/audit/export/entry_format.h"

namespace docket::audit {
namespace {

constexpr size_t kMaxAnswerBytes = size_t{256} << 10;
// Rows wait for one another up to here.
constexpr size_t kGoodAnswerBytes = size_t{192} << 10;
constexpr int kRowsAtATime = 256;
constexpr absl::Duration kReadLimit = absl::Seconds(30);

absl::Time ReadDeadline(const rpc::CallContext& context) {
  return std::min(context.deadline(), absl::Now() + kReadLimit);
}

absl::Status TooManyExports() {
  return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
                              "as many exports as may run at a time do so already"),
                        absl::Seconds(2));
}

absl::Status NobodyReads() { return absl::CancelledError("the reader went away"); }

// Cuts bytes into answers. The last of them, and only that one, can be resumed after.
bool WriteAll(absl::string_view bytes, uint64_t bytes_before, const std::string& resume_token,
              ExportService::Writer& writer) {
  do {
    v1::ExportEntriesResponse answer;
    const absl::string_view piece = bytes.substr(0, kMaxAnswerBytes);
    answer.set_data(std::string(piece));
    bytes.remove_prefix(piece.size());
    bytes_before += piece.size();
    answer.set_byte_count(static_cast<int64_t>(bytes_before));
    if (bytes.empty()) answer.set_resume_token(resume_token);
    if (!writer.Write(answer)) return false;
  } while (!bytes.empty());
  return true;
}

}  // namespace

ExportService::ExportService(Parts parts) : parts_(parts), view_(*parts.store, *parts.guard) {}

void ExportService::Register(rpc::MethodTable& table) {
  table.Service("docket.audit.v1.ExportService");
  table.ServerStreaming("docket.audit.v1.ExportService/ExportEntries", this, &ExportService::ExportEntries);
}

absl::Status ExportService::ExportEntries(const rpc::CallContext& context, const v1::ExportEntriesRequest& request,
                                          Writer& writer) {
  FieldViolations violations;
  violations.Require(!request.byte_order_mark() || request.format() == v1::ExportEntriesRequest::FORMAT_CSV,
                     "byte_order_mark", "only CSV has one");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_ASSIGN_OR_RETURN(const EntryQuery query, ParseEntryQuery(request.filter(), "index"));
  absl::Cleanup leave = [this] { exports_.fetch_sub(1, std::memory_order_relaxed); };
  if (exports_.fetch_add(1, std::memory_order_relaxed) >= parts_.max_exports) return TooManyExports();
  DOCKET_ASSIGN_OR_RETURN(ExportProgress progress, Begin(context, request, query));
  event::v1::EntriesExportStarted started;
  started.set_filter(request.filter());
  started.set_format(std::string(FormatName(request.format())));
  started.set_log_size(static_cast<int64_t>(progress.log_size));
  started.set_rows_before(progress.rows);
  DOCKET_RETURN_IF_ERROR(parts_.reads->RecordEvent(context, started, request.parent(), ""));
  const absl::Status sent = Send(context, request, query, progress, writer);
  // Whatever became of it: what left the house is on record, and the trailer comes only when it is.
  DOCKET_RETURN_IF_ERROR(RecordEnd(context, request, progress, sent.ok()));
  DOCKET_RETURN_IF_ERROR(sent);
  v1::ExportEntriesResponse last;
  *last.mutable_trailer() = progress.Trailer();
  last.set_byte_count(last.trailer().byte_count());
  return writer.Write(last) ? absl::OkStatus() : NobodyReads();
}

absl::StatusOr<ExportProgress> ExportService::Begin(const rpc::CallContext& context,
                                                    const v1::ExportEntriesRequest& request,
                                                    const EntryQuery& query) const {
  if (!request.resume_token().empty())
    return DecodeProgress(*parts_.page_tokens, ExportFingerprint(request), request.resume_token());
  ExportProgress progress;
  DOCKET_ASSIGN_OR_RETURN(progress.log_size, view_.ReadSize(ReadDeadline(context)));
  DOCKET_ASSIGN_OR_RETURN(progress.position, BeginQuery(*parts_.store, query, OrganizationId(request.parent()),
                                                        progress.log_size, ReadDeadline(context)));
  return progress;
}

absl::Status ExportService::Send(const rpc::CallContext& context, const v1::ExportEntriesRequest& request,
                                 const EntryQuery& query, ExportProgress& progress, Writer& writer) const {
  const std::string fingerprint = ExportFingerprint(request);
  uint64_t sent = progress.hash.byte_count();
  std::string waiting;
  const auto flush = [&] {
    const size_t size = waiting.size();
    const bool read = WriteAll(waiting, sent, EncodeProgress(*parts_.page_tokens, fingerprint, progress), writer);
    sent += size;
    waiting.clear();
    return read;
  };
  if (sent == 0) {
    waiting = FileHead(request.format(), request.byte_order_mark());
    progress.hash.Add(waiting);
  }
  for (bool more = true; more;) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(const EntryPage page, ReadPage(*parts_.store, query, OrganizationId(request.parent()),
                                                           progress.position, kRowsAtATime, ReadDeadline(context)));
    for (const StoredEntry& entry : page.entries) {
      const std::string row = FormatRow(request.format(), view_.Show(entry));
      progress.AddRow(entry.index, row);
      waiting += row;
      if (waiting.size() >= kGoodAnswerBytes && !flush()) return NobodyReads();
    }
    more = page.more;
    progress.position = page.next;
    // A long way without rows is progress too.
    if (page.entries.empty() && more && !flush()) return NobodyReads();
  }
  // The end is where nothing is left, so that a token of it does not look again.
  progress.position.begin = progress.position.end;
  if (!waiting.empty() && !flush()) return NobodyReads();
  return absl::OkStatus();
}

absl::Status ExportService::RecordEnd(const rpc::CallContext& context, const v1::ExportEntriesRequest& request,
                                      const ExportProgress& progress, bool complete) const {
  event::v1::EntriesExported exported;
  exported.set_filter(request.filter());
  exported.set_format(std::string(FormatName(request.format())));
  exported.set_log_size(static_cast<int64_t>(progress.log_size));
  exported.set_row_count(progress.rows);
  exported.set_first_index(static_cast<int64_t>(progress.first_index));
  exported.set_last_index(static_cast<int64_t>(progress.last_index));
  exported.set_complete(complete);
  if (complete) exported.set_sha256(progress.hash.Digest().ToBytes());
  return parts_.reads->RecordEvent(context, exported, request.parent(), "");
}

}  // namespace docket::audit

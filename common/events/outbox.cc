#include "common/events/outbox.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/events/event_bytes.h"
#include "common/events/organization.h"
#include "common/identifier/uuid.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/row_values.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/timestamp.pb.h"

namespace docket::events {
namespace {

// One statement stays well below max_allowed_packet (16 MiB).
constexpr size_t kMaxStatementBytes = size_t{4} << 20;

const mysql::MultiInsert& InsertEvents() {
  static const mysql::MultiInsert insert(
      "outbox", {"event_id", "subject", "subject_revision", "type", "organization_id", "created_us", "envelope"});
  return insert;
}

int64_t Micros(const google::protobuf::Timestamp& time) { return time.seconds() * 1000000 + time.nanos() / 1000; }

absl::StatusOr<OutboxRow> ToOutboxRow(const event::v1::Event& event) {
  std::optional<std::string> event_id = ParseUuid(event.event_id());
  if (!event_id.has_value()) return InternalError("an event without a proper event_id");
  std::string envelope = EventBytes(event);
  if (envelope.size() > kMaxEventBytes) {
    return InternalError(
        absl::StrCat("an event of type ", event.type(), " with ", envelope.size(), " bytes is too large to deliver"));
  }
  return OutboxRow{.event_id = *std::move(event_id),
                   .subject = event.subject(),
                   .subject_revision = event.subject_revision(),
                   .type = event.type(),
                   .organization_id = OrganizationIdOf(event.organization()),
                   .created_us = Micros(event.occur_time()),
                   .envelope = std::move(envelope)};
}

}  // namespace

absl::StatusOr<std::vector<OutboxRow>> ToOutboxRows(const std::vector<event::v1::Event>& events) {
  std::vector<OutboxRow> rows;
  for (const event::v1::Event& event : events) {
    DOCKET_ASSIGN_OR_RETURN(OutboxRow row, ToOutboxRow(event));
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::Status AppendToOutbox(mysql::Transaction& transaction, absl::Span<const OutboxRow* const> rows) {
  mysql::Params values;
  size_t bytes = 0;
  for (const OutboxRow* const row : rows) {
    if (bytes > 0 && bytes + row->envelope.size() > kMaxStatementBytes) {
      DOCKET_RETURN_IF_ERROR(InsertEvents().Run(transaction, values).status());
      values.clear();
      bytes = 0;
    }
    bytes += row->envelope.size();
    mysql::AppendRow(values, row->event_id, row->subject, row->subject_revision, row->type, row->organization_id,
                     row->created_us, row->envelope);
  }
  return values.empty() ? absl::OkStatus() : InsertEvents().Run(transaction, values).status();
}

absl::Status AppendToOutbox(mysql::Transaction& transaction, const std::vector<event::v1::Event>& events) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<OutboxRow> rows, ToOutboxRows(events));
  std::vector<const OutboxRow*> pointers;
  for (const OutboxRow& row : rows) pointers.push_back(&row);
  return AppendToOutbox(transaction, pointers);
}

}  // namespace docket::events

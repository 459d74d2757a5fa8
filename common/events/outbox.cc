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

}  // namespace

absl::Status AppendToOutbox(mysql::Transaction& transaction, const std::vector<event::v1::Event>& events) {
  mysql::Params values;
  size_t bytes = 0;
  for (const event::v1::Event& event : events) {
    std::optional<std::string> event_id = ParseUuid(event.event_id());
    if (!event_id.has_value()) return InternalError("an event without a proper event_id");
    std::string envelope = EventBytes(event);
    if (envelope.size() > kMaxEventBytes) {
      return InternalError(
          absl::StrCat("an event of type ", event.type(), " with ", envelope.size(), " bytes is too large to deliver"));
    }
    if (bytes > 0 && bytes + envelope.size() > kMaxStatementBytes) {
      DOCKET_RETURN_IF_ERROR(InsertEvents().Run(transaction, values).status());
      values.clear();
      bytes = 0;
    }
    bytes += envelope.size();
    values.emplace_back(*std::move(event_id));
    values.emplace_back(event.subject());
    values.emplace_back(event.subject_revision());
    values.emplace_back(event.type());
    values.emplace_back(OrganizationIdOf(event.organization()));
    values.emplace_back(Micros(event.occur_time()));
    values.emplace_back(std::move(envelope));
  }
  return values.empty() ? absl::OkStatus() : InsertEvents().Run(transaction, values).status();
}

}  // namespace docket::events

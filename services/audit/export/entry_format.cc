#include "services/audit/export/entry_format.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/merkle/hash.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"
#include "services/audit/event_types.h"
#include "services/audit/export/csv_row.h"
#include "services/audit/sensitive_fields.h"

namespace docket::audit {
namespace {

constexpr absl::string_view kColumns[] = {"index",      "receive_time", "occur_time",       "organization",
                                          "actor",      "roles",        "on_behalf_of",     "client",
                                          "type",       "outcome",      "method",           "source",
                                          "change",     "subject",      "subject_revision", "systems",
                                          "reason",     "changes",      "payload",          "trace_id",
                                          "request_id", "event_id",     "redacted",         "leaf_sha256"};

bool WriteJson(const google::protobuf::Message& message, std::string* json) {
  // The payloads' types are known where their files are linked.
  static const size_t kKnownFiles = EventFiles().size();
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  return kKnownFiles > 0 && google::protobuf::util::MessageToJsonString(message, json, options).ok();
}

std::string TextOf(const google::protobuf::Timestamp& time) { return google::protobuf::util::TimeUtil::ToString(time); }

v1::ExportedEntry ExportedOf(const v1::LogEntry& entry) {
  v1::ExportedEntry exported;
  exported.set_index(entry.index());
  *exported.mutable_receive_time() = entry.receive_time();
  exported.set_leaf_sha256(merkle::LeafHash(entry.entry()).ToHex());
  exported.set_redacted(entry.redacted());
  *exported.mutable_event() = entry.event();
  ClearSensitive(exported);
  return exported;
}

bool IsKnown(const google::protobuf::Any& payload) {
  std::string type;
  return google::protobuf::Any::ParseAnyTypeUrl(payload.type_url(), &type) &&
         google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type) != nullptr;
}

std::string JsonLine(const v1::LogEntry& entry) {
  v1::ExportedEntry exported = ExportedOf(entry);
  std::string line;
  const google::protobuf::Any& payload = exported.event().payload();
  if ((payload.type_url().empty() || IsKnown(payload)) && WriteJson(exported, &line)) return line + "\n";
  // A payload that this program cannot show must not hide its event.
  line.clear();
  exported.set_unknown_payload(payload.value());
  exported.mutable_event()->clear_payload();
  WriteJson(exported, &line);
  return line + "\n";
}

std::string ChangesText(const event::v1::Event& event) {
  return absl::StrJoin(event.changes(), "\n", [](std::string* out, const event::v1::FieldChange& change) {
    absl::StrAppend(out, change.field(), ": ", change.before(), " → ", change.after());
  });
}

std::string RolesText(const event::v1::Actor& actor) {
  std::string text;
  for (const int role : actor.roles()) {
    const std::string name = common::v1::Role_Name(static_cast<common::v1::Role>(role));
    absl::StrAppend(&text, text.empty() ? "" : " ", absl::StripPrefix(name, "ROLE_"));
  }
  return text;
}

std::string PayloadText(const event::v1::Event& event) {
  std::string json;
  if (!event.has_payload() || !IsKnown(event.payload()) || !WriteJson(event.payload(), &json)) return "";
  return json;
}

std::string CsvLine(const v1::LogEntry& entry) {
  const v1::ExportedEntry exported = ExportedOf(entry);
  const event::v1::Event& event = exported.event();
  CsvRow row;
  row.Number(entry.index()).Text(TextOf(entry.receive_time())).Text(TextOf(event.occur_time()));
  row.Text(event.organization()).Text(event.actor().name()).Text(RolesText(event.actor()));
  row.Text(event.actor().on_behalf_of()).Text(event.actor().client_ip()).Text(event.type());
  row.Text(absl::StripPrefix(event::v1::Outcome_Name(event.outcome()), "OUTCOME_")).Text(event.method());
  row.Text(event.source()).Text(event.change()).Text(event.subject()).Number(event.subject_revision());
  row.Text(absl::StrJoin(event.systems(), " ")).Text(event.reason()).Text(ChangesText(event));
  row.Text(PayloadText(event)).Text(event.trace_id()).Text(event.request_id()).Text(event.event_id());
  row.Text(entry.redacted() ? "true" : "false").Text(exported.leaf_sha256());
  return std::move(row).Take();
}

}  // namespace

absl::string_view FormatName(ExportFormat format) {
  return format == v1::ExportEntriesRequest::FORMAT_CSV ? "CSV" : "JSON_LINES";
}

std::string FileHead(ExportFormat format, bool byte_order_mark) {
  if (format != v1::ExportEntriesRequest::FORMAT_CSV) return "";
  CsvRow row;
  for (const absl::string_view column : kColumns) row.Text(column);
  return absl::StrCat(byte_order_mark ? kByteOrderMark : "", std::move(row).Take());
}

std::string FormatRow(ExportFormat format, const v1::LogEntry& entry) {
  return format == v1::ExportEntriesRequest::FORMAT_CSV ? CsvLine(entry) : JsonLine(entry);
}

}  // namespace docket::audit

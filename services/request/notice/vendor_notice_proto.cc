#include "services/request/notice/vendor_notice_proto.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "services/request/list_history_proto.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

using google::protobuf::FieldDescriptor;

static_assert(static_cast<int>(NoticeState::kSuperseded) == v1::VendorNotice::STATE_SUPERSEDED);
static_assert(static_cast<int>(NoticeKind::kEndOfSupport) == v1::VendorNotice::KIND_END_OF_SUPPORT);

// What a publisher may change; the rest is the service's.
constexpr std::array<int, 10> kTextFields = {
    v1::VendorNotice::kKindFieldNumber,           v1::VendorNotice::kTitleFieldNumber,
    v1::VendorNotice::kSystemsFieldNumber,        v1::VendorNotice::kContentsFieldNumber,
    v1::VendorNotice::kNotesFieldNumber,          v1::VendorNotice::kKnownIssuesFieldNumber,
    v1::VendorNotice::kObligationsFieldNumber,    v1::VendorNotice::kPlannedTimeFieldNumber,
    v1::VendorNotice::kSupportEndTimeFieldNumber, v1::VendorNotice::kDocumentsFieldNumber};

const FieldDescriptor* FieldOf(int number) { return v1::VendorNotice::descriptor()->FindFieldByNumber(number); }

bool IsSet(const v1::VendorNotice& notice, const FieldDescriptor* field) {
  const google::protobuf::Reflection* reflection = notice.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(notice, field) > 0 : reflection->HasField(notice, field);
}

// A notice of nothing but this field.
v1::VendorNotice Only(const v1::VendorNotice& notice, const FieldDescriptor* field) {
  v1::VendorNotice only = notice;
  std::vector<const FieldDescriptor*> set;
  only.GetReflection()->ListFields(only, &set);
  for (const FieldDescriptor* one : set) {
    if (one != field) only.GetReflection()->ClearField(&only, one);
  }
  return only;
}

// The value of a field that is no list as JSON, of a text the text itself; empty: unset.
std::string FieldText(const v1::VendorNotice& notice, const FieldDescriptor* field) {
  if (!IsSet(notice, field)) return "";
  if (field->type() == FieldDescriptor::TYPE_STRING) return notice.GetReflection()->GetString(notice, field);
  if (field->type() == FieldDescriptor::TYPE_ENUM) return notice.GetReflection()->GetEnum(notice, field)->name();
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!google::protobuf::util::MessageToJsonString(Only(notice, field), &json, options).ok()) return "";
  return json;
}

}  // namespace

v1::VendorNotice ToProto(const VendorNotice& notice) {
  v1::VendorNotice proto;
  const NoticeText& text = notice.text;
  const auto name_of = [&](const std::string& id) {
    return id.empty() ? std::string() : VendorNoticeName(notice.organization_id, FormatUuid(id));
  };
  proto.set_name(notice.Name());
  proto.set_vendor(VendorName(notice.organization_id, notice.vendor_id));
  proto.set_kind(static_cast<v1::VendorNotice::Kind>(text.kind));
  proto.set_title(text.title);
  for (const AffectedSystem& system : text.systems) {
    v1::VendorNotice::AffectedSystem* added = proto.add_systems();
    added->set_system(SystemName(notice.organization_id, system.system_id));
    for (const std::string& version : system.affected_versions) added->add_affected_versions(version);
    added->set_offered_version(system.offered_version);
  }
  proto.set_contents(text.contents);
  proto.set_notes(text.notes);
  proto.set_known_issues(text.known_issues);
  proto.set_obligations(text.obligations);
  if (text.planned_time.has_value()) *proto.mutable_planned_time() = ToTimestamp(*text.planned_time);
  if (text.support_end.has_value()) *proto.mutable_support_end_time() = ToTimestamp(*text.support_end);
  for (const Document& document : text.documents) {
    common::v1::Document* added = proto.add_documents();
    added->set_title(document.title);
    added->set_uri(document.uri);
    added->set_sha256(document.sha256);
    added->set_size_bytes(document.size_bytes);
  }
  proto.set_supersedes(name_of(notice.supersedes));
  proto.set_state(static_cast<v1::VendorNotice::State>(notice.state));
  proto.set_state_reason(notice.state_reason);
  proto.set_superseded_by(name_of(notice.superseded_by));
  proto.set_publisher(notice.publisher);
  proto.set_acknowledger(notice.acknowledger);
  if (notice.acknowledge_time.has_value()) *proto.mutable_acknowledge_time() = ToTimestamp(*notice.acknowledge_time);
  proto.set_linked_request_count(notice.linked_request_count);
  *proto.mutable_create_time() = ToTimestamp(notice.create_time);
  *proto.mutable_update_time() = ToTimestamp(notice.update_time);
  proto.set_etag(EtagOf(notice.revision));
  return proto;
}

NoticeText TextFromProto(const v1::VendorNotice& proto) {
  NoticeText text;
  text.kind = static_cast<NoticeKind>(proto.kind());
  text.title = proto.title();
  for (const v1::VendorNotice::AffectedSystem& system : proto.systems()) {
    text.systems.push_back({.system_id = LastId(system.system()),
                            .affected_versions = {system.affected_versions().begin(), system.affected_versions().end()},
                            .offered_version = system.offered_version()});
  }
  text.contents = proto.contents();
  text.notes = proto.notes();
  text.known_issues = proto.known_issues();
  text.obligations = proto.obligations();
  if (proto.has_planned_time()) text.planned_time = FromTimestamp(proto.planned_time());
  if (proto.has_support_end_time()) text.support_end = FromTimestamp(proto.support_end_time());
  for (const common::v1::Document& document : proto.documents()) {
    text.documents.push_back({.title = document.title(),
                              .uri = document.uri(),
                              .sha256 = document.sha256(),
                              .size_bytes = document.size_bytes()});
  }
  return text;
}

NoticeText UpdatedText(const VendorNotice& current, const v1::VendorNotice& update,
                       const google::protobuf::FieldMask& mask) {
  v1::VendorNotice merged = ToProto(current);
  for (const int number : kTextFields) {
    const FieldDescriptor* field = FieldOf(number);
    bool taken = mask.paths().empty() && IsSet(update, field);
    for (const std::string& path : mask.paths()) taken = taken || path == field->name();
    if (!taken) continue;
    merged.GetReflection()->ClearField(&merged, field);
    merged.MergeFrom(Only(update, field));
  }
  return TextFromProto(merged);
}

std::vector<events::Change> ChangesBetween(const v1::VendorNotice& before, const v1::VendorNotice& after) {
  std::vector<events::Change> changes;
  for (const int number : kTextFields) {
    const FieldDescriptor* field = FieldOf(number);
    if (field->is_repeated()) {
      AppendListChanges(before, after, field, &changes);
      continue;
    }
    std::string old_text = FieldText(before, field);
    std::string new_text = FieldText(after, field);
    if (old_text != new_text) changes.push_back({field->name(), std::move(old_text), std::move(new_text)});
  }
  return changes;
}

std::string VersionsToBytes(const std::vector<std::string>& versions) {
  v1::VendorNotice::AffectedSystem holder;
  for (const std::string& version : versions) holder.add_affected_versions(version);
  return holder.SerializeAsString();
}

std::vector<std::string> VersionsFromBytes(const std::string& bytes) {
  v1::VendorNotice::AffectedSystem holder;
  if (!holder.ParseFromString(bytes)) return {};
  return {holder.affected_versions().begin(), holder.affected_versions().end()};
}

}  // namespace docket::request

#include "services/request/request_proto.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/json_util.h"
#include "services/request/list_history_proto.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The domain keeps the contract's numbers, so that filters, which speak the contract, read the tables.
static_assert(static_cast<int>(RequestState::kClosed) == v1::Request::STATE_CLOSED);
static_assert(static_cast<int>(RequestState::kWithdrawn) == v1::Request::STATE_WITHDRAWN);
static_assert(static_cast<int>(RequestState::kRolledBack) == v1::Request::STATE_ROLLED_BACK);
static_assert(static_cast<int>(Source::kObservedDrift) == v1::Request::SOURCE_OBSERVED_DRIFT);
static_assert(static_cast<int>(NecessityGround::kSecurityFix) == v1::Request::NECESSITY_GROUND_SECURITY_FIX);
static_assert(static_cast<int>(ChangeKind::kEmergency) == common::v1::CHANGE_KIND_EMERGENCY);
static_assert(static_cast<int>(Level::kCritical) == common::v1::LEVEL_CRITICAL);
static_assert(static_cast<int>(RelationKind::kCauses) == v1::RequestRelation::KIND_CAUSES);

// What an author may change; the rest is the service's.
constexpr std::array<int, 14> kFormFields = {v1::Request::kTitleFieldNumber,
                                             v1::Request::kKindFieldNumber,
                                             v1::Request::kSourceFieldNumber,
                                             v1::Request::kSourceReferenceFieldNumber,
                                             v1::Request::kNeedFieldNumber,
                                             v1::Request::kProblemFieldNumber,
                                             v1::Request::kBusinessImpactFieldNumber,
                                             v1::Request::kUrgencyFieldNumber,
                                             v1::Request::kImpactFieldNumber,
                                             v1::Request::kNecessityGroundFieldNumber,
                                             v1::Request::kNecessityRationaleFieldNumber,
                                             v1::Request::kTargetsFieldNumber,
                                             v1::Request::kDocumentsFieldNumber,
                                             v1::Request::kTemplateFieldNumber};

void CopyField(const FieldDescriptor* field, const Message& from, Message* to) {
  const google::protobuf::Reflection* reflection = from.GetReflection();
  reflection->ClearField(to, field);
  if (field->is_repeated()) {
    for (int i = 0; i < reflection->FieldSize(from, field); ++i) {
      reflection->AddMessage(to, field)->CopyFrom(reflection->GetRepeatedMessage(from, field, i));
    }
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    reflection->SetEnumValue(to, field, reflection->GetEnumValue(from, field));
  } else {
    reflection->SetString(to, field, reflection->GetString(from, field));
  }
}

bool IsSet(const Message& message, const FieldDescriptor* field) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
}

std::string ToJson(const Message& message) {
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(message, &json);
  return json;
}

// Of a field that is no list.
std::string FieldText(const Message& message, const FieldDescriptor* field) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  if (!IsSet(message, field)) return "";
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->GetEnum(message, field)->name();
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      // The only ones are times, whose JSON is a quoted text.
      const std::string json = ToJson(reflection->GetMessage(message, field));
      return std::string(absl::StripSuffix(absl::StripPrefix(json, "\""), "\""));
    }
    default:
      return reflection->GetString(message, field);
  }
}

// What changes with every version and says nothing of its own, and the state, which is told by its short name.
bool IsHistory(const FieldDescriptor* field) {
  switch (field->number()) {
    case v1::Request::kNameFieldNumber:
    case v1::Request::kStateFieldNumber:
    case v1::Request::kCreateTimeFieldNumber:
    case v1::Request::kUpdateTimeFieldNumber:
    case v1::Request::kRevisionFieldNumber:
    case v1::Request::kEtagFieldNumber:
      return false;
    default:
      return true;
  }
}

// Takes the text over, or copies it; an empty one is left as it is, because setting it would allocate one.
template <typename Text>
void Put(Text&& text, v1::Request& proto, std::string* (v1::Request::*field)()) {
  if (!text.empty()) *(proto.*field)() = std::forward<Text>(text);
}

void FillIn(absl::string_view organization_id, const VersionChange& change, common::v1::VersionChange& proto) {
  proto.set_system(SystemName(organization_id, change.system_id));
  if (!change.component.empty()) proto.set_component(change.component);
  if (!change.from_version.empty()) proto.set_from_version(change.from_version);
  if (!change.to_version.empty()) proto.set_to_version(change.to_version);
}

// In place, because a message made apart would be copied into one of an arena.
template <typename R>
void FillIn(R&& request, v1::Request& proto) {
  proto.set_name(request.Name());
  proto.set_state(static_cast<v1::Request::State>(request.state));
  const ApplicationForm& form = request.form;
  proto.set_kind(static_cast<common::v1::ChangeKind>(form.kind));
  proto.set_source(static_cast<v1::Request::Source>(form.source));
  proto.set_urgency(static_cast<common::v1::Level>(form.urgency));
  proto.set_impact(static_cast<common::v1::Level>(form.impact));
  proto.set_necessity_ground(static_cast<v1::Request::NecessityGround>(form.necessity_ground));
  for (const VersionChange& target : form.targets) FillIn(request.organization_id, target, *proto.add_targets());
  for (const Document& document : form.documents) {
    common::v1::Document* added = proto.add_documents();
    added->set_title(document.title);
    added->set_uri(document.uri);
    added->set_sha256(document.sha256);
    added->set_size_bytes(document.size_bytes);
  }
  if (!request.department_id.empty())
    proto.set_department(DepartmentName(request.organization_id, request.department_id));
  proto.set_priority(static_cast<common::v1::Level>(request.priority));
  if (request.defer_until.has_value()) *proto.mutable_defer_until_time() = ToTimestamp(*request.defer_until);
  if (!request.merged_into.empty())
    proto.set_merged_into(RequestName(request.organization_id, FormatUuid(request.merged_into)));
  Put(std::string(ResultName(request.result)), proto, &v1::Request::mutable_result);
  proto.set_retrospective(request.retrospective);
  *proto.mutable_create_time() = ToTimestamp(request.create_time);
  *proto.mutable_update_time() = ToTimestamp(request.update_time);
  if (request.submit_time.has_value()) *proto.mutable_submit_time() = ToTimestamp(*request.submit_time);
  if (request.close_time.has_value()) *proto.mutable_close_time() = ToTimestamp(*request.close_time);
  Put(absl::BytesToHexString(request.template_sha256), proto, &v1::Request::mutable_template_sha256);
  proto.set_revision(request.revision);
  proto.set_etag(EtagOf(request.revision));
  proto.set_held(request.held);
  if (request.hold_time.has_value()) *proto.mutable_hold_time() = ToTimestamp(*request.hold_time);
  for (const Relation& relation : request.relations) {
    v1::RequestRelation* added = proto.add_relations();
    added->set_kind(static_cast<v1::RequestRelation::Kind>(relation.kind));
    added->set_request(RequestName(request.organization_id, FormatUuid(relation.other_id)));
  }

  // Texts last: of a request that is given away nothing is left behind them.
  Put(std::forward<R>(request).number, proto, &v1::Request::mutable_number);
  Put(std::forward<R>(request).form.title, proto, &v1::Request::mutable_title);
  Put(std::forward<R>(request).form.source_reference, proto, &v1::Request::mutable_source_reference);
  Put(std::forward<R>(request).form.need, proto, &v1::Request::mutable_need);
  Put(std::forward<R>(request).form.problem, proto, &v1::Request::mutable_problem);
  Put(std::forward<R>(request).form.business_impact, proto, &v1::Request::mutable_business_impact);
  Put(std::forward<R>(request).form.necessity_rationale, proto, &v1::Request::mutable_necessity_rationale);
  Put(std::forward<R>(request).form.template_name, proto, &v1::Request::mutable_template_);
  Put(std::forward<R>(request).requester, proto, &v1::Request::mutable_requester);
  Put(std::forward<R>(request).endorser, proto, &v1::Request::mutable_endorser);
  Put(std::forward<R>(request).triager, proto, &v1::Request::mutable_triager);
  Put(std::forward<R>(request).state_reason, proto, &v1::Request::mutable_state_reason);
  Put(std::forward<R>(request).conclusion, proto, &v1::Request::mutable_conclusion);
  Put(std::forward<R>(request).hold_reason, proto, &v1::Request::mutable_hold_reason);
  Put(std::forward<R>(request).holder, proto, &v1::Request::mutable_holder);
}

}  // namespace

common::v1::VersionChange ToProto(absl::string_view organization_id, const VersionChange& change) {
  common::v1::VersionChange proto;
  FillIn(organization_id, change, proto);
  return proto;
}

VersionChange FromProto(const common::v1::VersionChange& change) {
  return {.system_id = LastId(change.system()),
          .component = change.component(),
          .from_version = change.from_version(),
          .to_version = change.to_version()};
}

v1::Request ToProto(const Request& request) {
  v1::Request proto;
  FillIn(request, proto);
  return proto;
}

v1::Request ToProto(Request&& request) {
  v1::Request proto;
  ToProto(std::move(request), proto);
  return proto;
}

void ToProto(Request&& request, v1::Request& proto) { FillIn(std::move(request), proto); }

ApplicationForm FormFromProto(const v1::Request& request) {
  ApplicationForm form;
  form.title = request.title();
  form.kind = static_cast<ChangeKind>(request.kind());
  form.source = static_cast<Source>(request.source());
  form.source_reference = request.source_reference();
  form.need = request.need();
  form.problem = request.problem();
  form.business_impact = request.business_impact();
  form.urgency = static_cast<Level>(request.urgency());
  form.impact = static_cast<Level>(request.impact());
  form.necessity_ground = static_cast<NecessityGround>(request.necessity_ground());
  form.necessity_rationale = request.necessity_rationale();
  for (const common::v1::VersionChange& target : request.targets()) form.targets.push_back(FromProto(target));
  for (const common::v1::Document& document : request.documents()) {
    form.documents.push_back({.title = document.title(),
                              .uri = document.uri(),
                              .sha256 = document.sha256(),
                              .size_bytes = document.size_bytes()});
  }
  form.template_name = request.template_();
  return form;
}

ApplicationForm UpdatedForm(const Request& current, const v1::Request& update,
                            const google::protobuf::FieldMask& mask) {
  v1::Request merged = ToProto(current);
  for (const int number : kFormFields) {
    const FieldDescriptor* field = v1::Request::descriptor()->FindFieldByNumber(number);
    bool taken = mask.paths().empty() && IsSet(update, field);
    for (const std::string& path : mask.paths()) taken = taken || path == field->name();
    if (taken) CopyField(field, update, &merged);
  }
  return FormFromProto(merged);
}

std::vector<events::Change> ChangesBetween(const v1::Request& before, const v1::Request& after) {
  std::vector<events::Change> changes;
  const google::protobuf::Descriptor* descriptor = v1::Request::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (!IsHistory(field)) continue;
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

std::string DocumentsToBytes(const std::vector<Document>& documents) {
  v1::Request holder;
  for (const Document& document : documents) {
    common::v1::Document* added = holder.add_documents();
    added->set_title(document.title);
    added->set_uri(document.uri);
    added->set_sha256(document.sha256);
    added->set_size_bytes(document.size_bytes);
  }
  return holder.SerializeAsString();
}

std::vector<Document> DocumentsFromBytes(const std::string& bytes) {
  if (bytes.empty()) return {};
  v1::Request holder;
  if (!holder.ParseFromString(bytes)) return {};
  return FormFromProto(holder).documents;
}

}  // namespace docket::request

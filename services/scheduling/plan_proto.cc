#include "services/scheduling/plan_proto.h"

#include "absl/strings/escaping.h"
#include "common/access/access_check.h"
#include "common/status/error.h"

namespace docket::scheduling {
namespace {

// The domain numbers its states as the contract does.
static_assert(static_cast<int>(PlanState::kDraft) == v1::Plan::STATE_DRAFT);
static_assert(static_cast<int>(PlanState::kRolledBack) == v1::Plan::STATE_ROLLED_BACK);
static_assert(static_cast<int>(SectionKind::kGoal) == v1::SECTION_KIND_GOAL);
static_assert(static_cast<int>(SectionKind::kBudget) == v1::SECTION_KIND_BUDGET);
static_assert(static_cast<int>(SectionState::kOpen) == v1::Section::STATE_OPEN);
static_assert(static_cast<int>(SectionState::kWaived) == v1::Section::STATE_WAIVED);
static_assert(static_cast<int>(ChangeKind::kEmergency) == common::v1::CHANGE_KIND_EMERGENCY);

v1::Section SectionProto(const Section& section) {
  v1::Section proto;
  proto.set_kind(static_cast<v1::SectionKind>(section.kind));
  proto.set_state(static_cast<v1::Section::State>(section.state));
  proto.set_text(section.text);
  proto.set_author(section.author);
  if (section.update_time.has_value()) *proto.mutable_update_time() = ToProto(*section.update_time);
  return proto;
}

Section ReadSection(const v1::Section& proto) {
  Section section;
  section.kind = static_cast<SectionKind>(proto.kind());
  section.state = static_cast<SectionState>(proto.state());
  section.text = proto.text();
  section.author = proto.author();
  if (proto.has_update_time()) section.update_time = FromProto(proto.update_time());
  return section;
}

v1::Rollback RollbackProto(const Rollback& rollback) {
  v1::Rollback proto;
  proto.set_trigger(rollback.trigger);
  proto.set_decider(rollback.decider);
  *proto.mutable_decide_time() = ToProto(rollback.decide_time);
  proto.set_restored(rollback.restored);
  proto.set_result(rollback.result);
  return proto;
}

Rollback ReadRollback(const v1::Rollback& proto) {
  return {.trigger = proto.trigger(),
          .decider = proto.decider(),
          .decide_time = FromProto(proto.decide_time()),
          .restored = proto.restored(),
          .result = proto.result()};
}

// What the document column and the resource have in common.
void FillDocument(const Plan& plan, v1::Plan& proto) {
  for (const Target& target : plan.targets) *proto.add_targets() = ToProto(target);
  for (const Section& section : plan.sections) *proto.add_sections() = SectionProto(section);
  for (const std::string& person : plan.implementers) proto.add_implementers(person);
  if (plan.rollback.has_value()) *proto.mutable_rollback() = RollbackProto(*plan.rollback);
  proto.set_template_(plan.template_name);
  proto.set_template_sha256(plan.template_sha256);
}

}  // namespace

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

absl::Time FromProto(const google::protobuf::Timestamp& timestamp) {
  // Tables keep microseconds; the digest must not depend on what they drop.
  return absl::FromUnixMicros(timestamp.seconds() * 1'000'000 + timestamp.nanos() / 1000);
}

common::v1::TimeSpan ToProto(const Slot& slot) {
  common::v1::TimeSpan span;
  *span.mutable_start_time() = ToProto(slot.start);
  *span.mutable_end_time() = ToProto(slot.end);
  return span;
}

Slot FromProto(const common::v1::TimeSpan& span) {
  return {.start = FromProto(span.start_time()), .end = FromProto(span.end_time())};
}

common::v1::VersionChange ToProto(const Target& target) {
  common::v1::VersionChange change;
  change.set_system(target.system);
  change.set_component(target.component);
  change.set_from_version(target.from_version);
  change.set_to_version(target.to_version);
  return change;
}

Target FromProto(const common::v1::VersionChange& change) {
  return {.system = change.system(),
          .component = change.component(),
          .from_version = change.from_version(),
          .to_version = change.to_version()};
}

v1::Plan ToProto(const Plan& plan) {
  v1::Plan proto;
  FillDocument(plan, proto);
  proto.set_name(plan.Name());
  proto.set_request(plan.RequestName());
  proto.set_request_number(plan.request_number);
  if (!plan.IsPreauthorized()) proto.set_evaluation(plan.EvaluationName());
  proto.set_title(plan.title);
  proto.set_state(static_cast<v1::Plan::State>(plan.state));
  proto.set_kind(static_cast<common::v1::ChangeKind>(plan.kind));
  proto.set_requester(plan.requester);
  proto.set_department(plan.department);
  if (plan.slot.has_value()) *proto.mutable_slot() = ToProto(*plan.slot);
  if (plan.approved_budget.has_value()) {
    proto.mutable_approved_budget()->set_currency_code(plan.approved_budget->currency_code);
    proto.mutable_approved_budget()->set_minor_units(plan.approved_budget->minor_units);
  }
  proto.set_evaluation_sha256(plan.evaluation_sha256);
  proto.set_content_sha256(plan.content_sha256);
  proto.set_approver(plan.approver);
  proto.set_approved_sha256(plan.approved_sha256);
  if (plan.actual_start_time.has_value()) *proto.mutable_actual_start_time() = ToProto(*plan.actual_start_time);
  if (plan.actual_end_time.has_value()) *proto.mutable_actual_end_time() = ToProto(*plan.actual_end_time);
  proto.set_acceptor(plan.acceptor);
  proto.set_acceptance_comment(plan.acceptance_comment);
  *proto.mutable_create_time() = ToProto(plan.create_time);
  *proto.mutable_update_time() = ToProto(plan.update_time);
  proto.set_revision(plan.revision);
  proto.set_etag(plan.Etag());
  return proto;
}

event::v1::PlanSnapshot ToSnapshot(const Plan& plan) {
  event::v1::PlanSnapshot snapshot;
  snapshot.set_name(plan.Name());
  snapshot.set_title(plan.title);
  const absl::string_view state = PlanStateName(plan.state);
  snapshot.set_state(state.data(), state.size());
  for (const Target& target : plan.targets) *snapshot.add_targets() = ToProto(target);
  if (plan.slot.has_value()) *snapshot.mutable_slot() = ToProto(*plan.slot);
  snapshot.set_content_sha256(absl::HexStringToBytes(plan.content_sha256));
  snapshot.set_approver(plan.approver);
  for (const std::string& person : plan.implementers) snapshot.add_implementers(person);
  snapshot.set_acceptor(plan.acceptor);
  return snapshot;
}

std::string EncodeDocument(const Plan& plan) {
  v1::Plan proto;
  FillDocument(plan, proto);
  return proto.SerializeAsString();
}

absl::Status DecodeDocument(absl::string_view bytes, Plan& plan) {
  v1::Plan proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      proto.sections_size() != static_cast<int>(kSectionKinds.size())) {
    return InternalError("plan.document does not hold a plan's document");
  }
  for (const common::v1::VersionChange& change : proto.targets()) plan.targets.push_back(FromProto(change));
  for (const v1::Section& section : proto.sections()) plan.sections.push_back(ReadSection(section));
  plan.implementers.assign(proto.implementers().begin(), proto.implementers().end());
  if (proto.has_rollback()) plan.rollback = ReadRollback(proto.rollback());
  plan.template_name = proto.template_();
  plan.template_sha256 = proto.template_sha256();
  return absl::OkStatus();
}

std::optional<SectionKind> FromProto(v1::SectionKind kind) {
  for (const SectionKind known : kSectionKinds) {
    if (static_cast<int>(known) == static_cast<int>(kind)) return known;
  }
  return std::nullopt;
}

Caller ToCaller(const common::v1::Principal& principal) {
  return {.person = principal.name(),
          .department = principal.department(),
          .requester = HasRole(principal, common::v1::ROLE_REQUESTER),
          .department_head = HasRole(principal, common::v1::ROLE_DEPARTMENT_HEAD),
          .it_director = HasRole(principal, common::v1::ROLE_IT_DIRECTOR),
          .system_admin = HasRole(principal, common::v1::ROLE_SYSTEM_ADMIN),
          .data_admin = HasRole(principal, common::v1::ROLE_DATA_ADMIN)};
}

}  // namespace docket::scheduling

#include "common/validation/field_plan.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/options.pb.h"

namespace docket::validation {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

ValueKind KindOf(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field->type() == FieldDescriptor::TYPE_BYTES ? ValueKind::kBytes : ValueKind::kString;
    case FieldDescriptor::CPPTYPE_BOOL:
      return ValueKind::kBool;
    case FieldDescriptor::CPPTYPE_ENUM:
      return ValueKind::kEnum;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return ValueKind::kFloating;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
    default:
      return ValueKind::kInteger;
  }
  const std::string& type = field->message_type()->full_name();
  if (type == "google.protobuf.Timestamp") return ValueKind::kTimestamp;
  if (type == "google.protobuf.Duration") return ValueKind::kDuration;
  return ValueKind::kMessage;
}

absl::Status WrongRule(const FieldDescriptor* field, absl::string_view what) {
  return InternalError(absl::StrCat("the rules of ", field->full_name(), " are wrong: ", what));
}

bool IsNumber(ValueKind kind) { return kind == ValueKind::kInteger || kind == ValueKind::kFloating; }

// Whether a value of this kind has a check that no rule has to ask for.
bool HasImplicitCheck(ValueKind kind) {
  switch (kind) {
    case ValueKind::kString:
    case ValueKind::kFloating:
    case ValueKind::kEnum:
    case ValueKind::kTimestamp:
    case ValueKind::kDuration:
      return true;
    default:
      return false;
  }
}

// The checks of the values of `field`, as `rules`, its own or those of the map that it is part of, state them.
absl::StatusOr<FieldPlan> CompileValues(const FieldDescriptor* field, const common::v1::FieldRules& rules) {
  FieldPlan plan;
  plan.field = field;
  plan.kind = KindOf(field);
  const bool has_length = plan.kind == ValueKind::kString || plan.kind == ValueKind::kBytes;
  if ((rules.min_length() > 0 || rules.max_length() > 0) && !has_length)
    return WrongRule(field, "a length of no text or bytes");
  if (rules.max_length() > 0 && rules.min_length() > rules.max_length())
    return WrongRule(field, "min_length above max_length");
  plan.min_length = rules.min_length();
  plan.max_length = rules.max_length();
  if (plan.kind == ValueKind::kString && plan.max_length == 0) plan.max_length = kDefaultMaxCharacters;

  if (!rules.pattern().empty()) {
    if (plan.kind != ValueKind::kString) return WrongRule(field, "a pattern of no text");
    RE2::Options options(RE2::Quiet);
    auto pattern = std::make_unique<const RE2>(rules.pattern(), options);
    if (!pattern->ok()) return WrongRule(field, absl::StrCat("its pattern: ", pattern->error()));
    plan.pattern = std::move(pattern);
  }
  if (!rules.resource().empty()) {
    if (plan.kind != ValueKind::kString) return WrongRule(field, "a resource name that is no text");
    absl::StatusOr<ResourcePattern> resource = ResourcePattern::Compile(rules.resource());
    if (!resource.ok()) return WrongRule(field, resource.status().message());
    plan.resource = *std::move(resource);
  }
  if (rules.has_minimum() != rules.has_maximum()) return WrongRule(field, "minimum and maximum come together");
  if (rules.has_minimum()) {
    if (!IsNumber(plan.kind) && plan.kind != ValueKind::kTimestamp && plan.kind != ValueKind::kDuration) {
      return WrongRule(field, "bounds of no number");
    }
    if (rules.minimum() > rules.maximum()) return WrongRule(field, "minimum above maximum");
    plan.minimum = rules.minimum();
    plan.maximum = rules.maximum();
  }
  plan.has_own_checks = HasImplicitCheck(plan.kind) || plan.minimum.has_value() ||
                        (plan.kind == ValueKind::kBytes && (plan.min_length > 0 || plan.max_length > 0));
  return plan;
}

absl::StatusOr<FieldPlan> CompileField(const FieldDescriptor* field) {
  const common::v1::FieldRules& rules = field->options().GetExtension(common::v1::rules);
  if (rules.max_items() > 0 && !field->is_repeated()) return WrongRule(field, "max_items of a single value");
  if (rules.separate() && (!field->is_repeated() || field->is_map() || KindOf(field) != ValueKind::kMessage)) {
    return WrongRule(field, "only the messages of a list can be separate");
  }
  FieldPlan plan;
  if (field->is_map()) {
    plan.field = field;
    plan.kind = ValueKind::kMessage;
    // Keys share the length with the values, where these have any: both are what the caller typed.
    const FieldDescriptor* key = field->message_type()->map_key();
    common::v1::FieldRules key_rules;
    if (KindOf(key) == ValueKind::kString) key_rules.set_max_length(rules.max_length());
    DOCKET_ASSIGN_OR_RETURN(FieldPlan key_plan, CompileValues(key, key_rules));
    DOCKET_ASSIGN_OR_RETURN(FieldPlan value_plan, CompileValues(field->message_type()->map_value(), rules));
    plan.map_key = std::make_unique<const FieldPlan>(std::move(key_plan));
    plan.map_value = std::make_unique<const FieldPlan>(std::move(value_plan));
  } else {
    DOCKET_ASSIGN_OR_RETURN(plan, CompileValues(field, rules));
  }
  plan.required = rules.required();
  plan.output_only = rules.output_only();
  if (rules.max_items() > 0) plan.max_items = rules.max_items();
  plan.has_own_checks = plan.has_own_checks || plan.required || field->is_repeated();
  return plan;
}

bool IsWellKnown(const Descriptor* descriptor) { return descriptor->file()->package() == "google.protobuf"; }

// Finds out whether `descriptor` is a partial update, and of what.
absl::Status FindUpdate(const Descriptor* descriptor, MessagePlan& plan) {
  const FieldDescriptor* mask = descriptor->FindFieldByName("update_mask");
  if (mask == nullptr || mask->is_repeated() || mask->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
      mask->message_type()->full_name() != "google.protobuf.FieldMask") {
    return absl::OkStatus();
  }
  plan.update_mask = mask;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
        IsWellKnown(field->message_type()))
      continue;
    if (plan.updated != nullptr) return WrongRule(mask, "it could be about several fields");
    plan.updated = field;
  }
  return plan.updated == nullptr ? WrongRule(mask, "it is about no field") : absl::OkStatus();
}

// A cleared field needs to know no more than where it is.
FieldPlan ForClearing(const FieldPlan& plan) {
  FieldPlan copy;
  copy.field = plan.field;
  copy.kind = plan.kind;
  copy.output_only = plan.output_only;
  copy.child = plan.child;
  return copy;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const PlanSet>> PlanSet::Compile(const Descriptor* root) {
  auto plans = std::make_shared<PlanSet>();
  DOCKET_RETURN_IF_ERROR(plans->Add(root));
  plans->Prune();
  return plans;
}

const MessagePlan* PlanSet::Find(const Descriptor* descriptor) const {
  const auto found = plans_.find(descriptor);
  return found == plans_.end() ? nullptr : found->second.get();
}

absl::Status PlanSet::Add(const Descriptor* descriptor) {
  auto [place, added] = plans_.try_emplace(descriptor, nullptr);
  if (!added) return absl::OkStatus();
  place->second = std::make_unique<MessagePlan>();
  MessagePlan& plan = *place->second;
  DOCKET_RETURN_IF_ERROR(FindUpdate(descriptor, plan));
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    DOCKET_ASSIGN_OR_RETURN(FieldPlan checks, CompileField(field));
    const FieldDescriptor* values = field->is_map() ? field->message_type()->map_value() : field;
    if (KindOf(values) == ValueKind::kMessage) {
      DOCKET_RETURN_IF_ERROR(Add(values->message_type()));
      checks.child = Find(values->message_type());
    }
    plan.cleared.push_back(ForClearing(checks));
    // The elements are counted, and otherwise the handler's to check.
    if (field->options().GetExtension(common::v1::rules).separate()) checks.child = nullptr;
    if (!checks.output_only) plan.checked.push_back(std::move(checks));
  }
  return absl::OkStatus();
}

void PlanSet::Prune() {
  // Each round may empty a plan, and with it a field of another. Types that contain themselves stay, for the sake of
  // the limit on nesting.
  bool changed = true;
  while (changed) {
    changed = false;
    for (auto& [descriptor, plan] : plans_) {
      changed |= std::erase_if(plan->checked, [](const FieldPlan& field) {
                   return !field.has_own_checks && (field.child == nullptr || field.child->checked.empty());
                 }) > 0;
      changed |= std::erase_if(plan->cleared, [](const FieldPlan& field) {
                   return !field.output_only && (field.child == nullptr || field.child->cleared.empty());
                 }) > 0;
    }
  }
}

}  // namespace docket::validation

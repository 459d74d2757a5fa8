#include "common/validation/validator.h"

#include <utility>

#include "common/status/status_macros.h"
#include "common/validation/field_plan.h"
#include "common/validation/message_check.h"
#include "common/validation/update_mask.h"

namespace docket {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

void Clear(const validation::MessagePlan& plan, Message* message) {
  const Reflection* reflection = message->GetReflection();
  for (const validation::FieldPlan& field : plan.cleared) {
    if (field.field->is_repeated()) {
      const int size = reflection->FieldSize(*message, field.field);
      if (size == 0) continue;
      if (field.output_only) {
        reflection->ClearField(message, field.field);
        continue;
      }
      for (int i = 0; i < size; ++i) {
        Message* element = reflection->MutableRepeatedMessage(message, field.field, i);
        if (field.field->is_map()) {
          element = element->GetReflection()->MutableMessage(element, field.field->message_type()->map_value());
        }
        Clear(*field.child, element);
      }
    } else if (reflection->HasField(*message, field.field)) {
      if (field.output_only) {
        reflection->ClearField(message, field.field);
      } else {
        Clear(*field.child, reflection->MutableMessage(message, field.field));
      }
    }
  }
}

}  // namespace

Validator::Validator(std::shared_ptr<const validation::PlanSet> plans, const validation::MessagePlan* root)
    : plans_(std::move(plans)), root_(root) {}

absl::StatusOr<Validator> Validator::Compile(const google::protobuf::Descriptor* descriptor) {
  DOCKET_ASSIGN_OR_RETURN(std::shared_ptr<const validation::PlanSet> plans, validation::PlanSet::Compile(descriptor));
  const validation::MessagePlan* root = plans->Find(descriptor);
  return Validator(std::move(plans), root);
}

absl::Status Validator::Validate(const Message& message) const { return ValidateWithin(message, ""); }

absl::Status Validator::ValidateWithin(const Message& message, absl::string_view organization) const {
  validation::MessageCheck check(organization);
  check.Run(*root_, message);
  if (root_->update_mask == nullptr) return check.violations().ToStatus();
  const auto& mask =
      static_cast<const google::protobuf::FieldMask&>(message.GetReflection()->GetMessage(message, root_->update_mask));
  // Alone it has a reason of its own; among other mistakes it is one more field that is wrong.
  if (check.violations().empty()) return ValidateUpdateMask(mask, root_->updated->message_type());
  AddMaskViolations(mask, root_->updated->message_type(), root_->update_mask->name(), check.violations());
  return check.violations().ToStatus();
}

void Validator::ClearOutputOnly(Message* message) const { Clear(*root_, message); }

}  // namespace docket

#include "services/audit/sensitive_fields.h"

#include <memory>
#include <string>
#include <vector>

#include "docket/common/v1/options.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"

namespace docket::audit {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool ClearWithin(google::protobuf::Any& any) {
  std::string type;
  if (!google::protobuf::Any::ParseAnyTypeUrl(any.type_url(), &type)) return false;
  const google::protobuf::Descriptor* const descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr) return false;
  const std::unique_ptr<Message> inner(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (!inner->ParseFromString(any.value()) || !ClearSensitive(*inner)) return false;
  any.set_value(inner->SerializeAsString());
  return true;
}

}  // namespace

bool ClearSensitive(Message& message) {
  if (message.GetDescriptor() == google::protobuf::Any::descriptor())
    return ClearWithin(static_cast<google::protobuf::Any&>(message));
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  bool cleared = false;
  for (const FieldDescriptor* field : fields) {
    if (field->options().GetExtension(common::v1::rules).sensitive()) {
      reflection.ClearField(&message, field);
      cleared = true;
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        cleared |= ClearSensitive(*reflection.MutableRepeatedMessage(&message, field, i));
    } else {
      cleared |= ClearSensitive(*reflection.MutableMessage(&message, field));
    }
  }
  return cleared;
}

}  // namespace docket::audit

#include "services/request/field_update_proto.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "docket/common/v1/options.pb.h"
#include "google/protobuf/util/json_util.h"

namespace docket::request {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const common::v1::FieldRules& RulesOf(const FieldDescriptor* field) {
  return field->options().GetExtension(common::v1::rules);
}

bool IsSet(const Message& message, const FieldDescriptor* field) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
}

bool IsNamed(const google::protobuf::FieldMask& mask, const FieldDescriptor* field) {
  for (const std::string& path : mask.paths()) {
    if (path == field->name()) return true;
  }
  return false;
}

// JSON of a message that holds only this field, less the braces and the field's name.
std::string FieldText(const Message& message, const FieldDescriptor* field) {
  if (!IsSet(message, field)) return "";
  const google::protobuf::Reflection* reflection = message.GetReflection();
  if (!field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return reflection->GetString(message, field);
  }
  const std::unique_ptr<Message> only(message.New());
  only->CopyFrom(message);
  std::vector<const FieldDescriptor*> all;
  reflection->ListFields(message, &all);
  for (const FieldDescriptor* other : all) {
    if (other != field) reflection->ClearField(only.get(), other);
  }
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(*only, &json, options);
  const size_t begin = absl::StrCat("{\"", field->name(), "\":").size();
  return json.size() > begin ? json.substr(begin, json.size() - begin - 1) : "";
}

}  // namespace

void TakeOver(const Message& update, const google::protobuf::FieldMask& mask, Message* resource) {
  const google::protobuf::Reflection* reflection = update.GetReflection();
  const std::unique_ptr<Message> taken(update.New());
  for (int i = 0; i < update.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = update.GetDescriptor()->field(i);
    if (RulesOf(field).output_only() || RulesOf(field).immutable() || field->name() == "etag") continue;
    if (mask.paths().empty() ? !IsSet(update, field) : !IsNamed(mask, field)) continue;
    // Swapping moves a field whole, whatever its type, and an unset one clears.
    taken->CopyFrom(update);
    reflection->SwapFields(taken.get(), resource, {field});
  }
}

std::vector<events::Change> ChangedFields(const Message& before, const Message& after) {
  std::vector<events::Change> changes;
  for (int i = 0; i < before.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = before.GetDescriptor()->field(i);
    if (RulesOf(field).output_only() || field->name() == "etag") continue;
    std::string old_text = FieldText(before, field);
    std::string new_text = FieldText(after, field);
    if (old_text != new_text) changes.push_back({field->name(), std::move(old_text), std::move(new_text)});
  }
  return changes;
}

}  // namespace docket::request

#include "common/access/method_access.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// The way from the request to the field, or empty where there is none.
std::vector<const FieldDescriptor*> FindPath(const Descriptor* request, absl::string_view path) {
  std::vector<const FieldDescriptor*> found;
  const Descriptor* descriptor = request;
  for (const absl::string_view segment : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field = descriptor == nullptr ? nullptr : descriptor->FindFieldByName(std::string(segment));
    if (field == nullptr || field->is_repeated()) return {};
    // A name that the service overwrites says nothing about what the caller wants.
    if (field->options().GetExtension(common::v1::rules).output_only()) return {};
    found.push_back(field);
    descriptor = field->message_type();
  }
  return found.back()->type() == FieldDescriptor::TYPE_STRING ? found : std::vector<const FieldDescriptor*>();
}

}  // namespace

std::string MethodAccess::ResourceName(const google::protobuf::Message& request) const {
  if (resource_path.empty()) return "";
  const google::protobuf::Message* message = &request;
  for (size_t i = 0; i + 1 < resource_path.size(); ++i) {
    message = &message->GetReflection()->GetMessage(*message, resource_path[i]);
  }
  return message->GetReflection()->GetString(*message, resource_path.back());
}

absl::StatusOr<MethodAccess> CompileMethodAccess(const google::protobuf::MethodDescriptor* method) {
  const common::v1::MethodRules& rules = method->options().GetExtension(common::v1::access);
  MethodAccess access;
  access.path = absl::StrCat("/", method->service()->full_name(), "/", method->name());
  for (const int role : rules.roles()) {
    if (role != common::v1::ROLE_UNSPECIFIED) access.roles.push_back(static_cast<common::v1::Role>(role));
  }
  access.mutates = rules.mutates();
  access.server_streaming = method->server_streaming();
  access.audit_read = rules.audit_read();
  access.relation = rules.relation();
  access.event = rules.event();
  access.resource_field = rules.resource_field();
  access.descriptor = method;
  if (!access.resource_field.empty()) {
    access.resource_path = FindPath(method->input_type(), access.resource_field);
    if (access.resource_path.empty()) {
      return InternalError(absl::StrCat("resource_field of ", method->full_name(),
                                        " is not a text that callers set: ", access.resource_field));
    }
  }
  return access;
}

absl::StatusOr<MethodAccessTable> MethodAccessTable::Create(
    absl::Span<const google::protobuf::FileDescriptor* const> files) {
  MethodAccessTable table;
  for (const google::protobuf::FileDescriptor* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      const google::protobuf::ServiceDescriptor* service = file->service(s);
      for (int m = 0; m < service->method_count(); ++m) {
        DOCKET_ASSIGN_OR_RETURN(MethodAccess access, CompileMethodAccess(service->method(m)));
        if (table.by_path_.try_emplace(access.path, table.methods_.size()).second)
          table.methods_.push_back(std::move(access));
      }
    }
  }
  return table;
}

const MethodAccess* MethodAccessTable::Find(absl::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : &methods_[found->second];
}

}  // namespace docket

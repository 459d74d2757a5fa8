#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/options.pb.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/contract.h"

namespace docket::ctl {
namespace {

absl::StatusOr<std::string> ReadBody(const std::string& word) {
  if (word == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (!word.empty() && word[0] == '@') {
    std::ifstream file(word.substr(1), std::ios::binary);
    if (!file) return absl::NotFoundError(absl::StrCat(word.substr(1), ": cannot be opened"));
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  return word.empty() ? "{}" : word;
}

std::string RolesOf(const google::protobuf::MethodDescriptor& method) {
  const auto& rules = method.options().GetExtension(common::v1::access);
  return absl::StrJoin(rules.roles(), ",", [](std::string* out, int role) {
    absl::StrAppend(out, absl::StripPrefix(common::v1::Role_Name(role), "ROLE_"));
  });
}

void DescribeFields(const google::protobuf::Descriptor& type, const std::string& indent, int depth) {
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    const auto& rules = field.options().GetExtension(common::v1::rules);
    if (rules.output_only()) continue;
    const std::string kind = field.message_type() != nullptr ? field.message_type()->name()
                             : field.enum_type() != nullptr  ? field.enum_type()->name()
                                                             : field.type_name();
    std::cout << indent << field.name() << ": " << (field.is_repeated() ? "list of " : "") << kind;
    if (rules.ByteSizeLong() > 0) std::cout << "  {" << absl::StripAsciiWhitespace(rules.ShortDebugString()) << "}";
    std::cout << "\n";
    if (field.enum_type() != nullptr) {
      std::cout << indent << "    one of";
      for (int v = 1; v < field.enum_type()->value_count(); ++v)
        std::cout << " " << field.enum_type()->value(v)->name();
      std::cout << "\n";
    }
    if (field.message_type() != nullptr && depth < 4 && field.message_type()->file()->package() != "google.protobuf") {
      DescribeFields(*field.message_type(), indent + "  ", depth + 1);
    }
  }
}

}  // namespace

absl::Status CallCommand(const Arguments& arguments) {
  if (arguments.words().size() < 2 || arguments.words().size() > 3) {
    return absl::InvalidArgumentError("usage: docketctl call METHOD [JSON | @FILE | -]");
  }
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod(arguments.words()[1]));
  DOCKET_ASSIGN_OR_RETURN(const std::string body, ReadBody(arguments.words().size() == 3 ? arguments.words()[2] : ""));
  const auto request = NewMessage(method->input_type());
  DOCKET_RETURN_IF_ERROR(FromJson(body, request.get()));
  FillRequestId(request.get());
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  if (method->server_streaming()) {
    absl::Status shown;
    DOCKET_RETURN_IF_ERROR(
        connection->Stream(*method, "", *request, [&shown](const google::protobuf::Message& message) {
          const absl::StatusOr<std::string> json = ToJson(message, false);
          if (!json.ok()) shown = json.status();
          if (json.ok()) std::cout << *json << std::endl;
          return json.ok() && std::cout.good();
        }));
    return shown;
  }
  const auto reply = NewMessage(method->output_type());
  DOCKET_RETURN_IF_ERROR(connection->Call(*method, "", *request, reply.get()));
  DOCKET_ASSIGN_OR_RETURN(const std::string json, ToJson(*reply));
  std::cout << json;
  return absl::OkStatus();
}

absl::Status MethodsCommand(const Arguments&) {
  for (const auto* method : AllMethods()) {
    std::cout << PathOf(*method).substr(1) << (method->server_streaming() ? " (stream)" : "") << "  ["
              << RolesOf(*method) << "]\n";
  }
  return absl::OkStatus();
}

absl::Status DescribeCommand(const Arguments& arguments) {
  if (arguments.words().size() != 2) return absl::InvalidArgumentError("usage: docketctl describe METHOD");
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod(arguments.words()[1]));
  std::cout << PathOf(*method).substr(1) << "\n  for " << RolesOf(*method) << "\n  takes "
            << method->input_type()->name() << ":\n";
  DescribeFields(*method->input_type(), "    ", 0);
  std::cout << "  answers " << method->output_type()->name()
            << (method->server_streaming() ? ", one after another" : "") << "\n";
  return absl::OkStatus();
}

absl::Status HealthCommand(const Arguments& arguments) {
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  DOCKET_RETURN_IF_ERROR(connection->CheckHealth(arguments.words().size() > 1 ? arguments.words()[1] : ""));
  std::cout << "serving\n";
  return absl::OkStatus();
}

}  // namespace docket::ctl

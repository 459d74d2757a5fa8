#include "common/rpc/method_table.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

std::string ServiceOf(absl::string_view path) { return std::string(path.substr(0, path.rfind('/'))); }

const MethodDescriptor* FindMethod(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return nullptr;
  const ServiceDescriptor* service =
      DescriptorPool::generated_pool()->FindServiceByName(std::string(path.substr(0, slash)));
  return service == nullptr ? nullptr : service->FindMethodByName(std::string(path.substr(slash + 1)));
}

// What is wrong with one handler; empty: nothing.
std::string WrongHandler(const MethodHandler& handler) {
  const MethodDescriptor* method = FindMethod(handler.path);
  if (method == nullptr) return absl::StrCat(handler.path, " is no method of the contract");
  if (method->client_streaming()) return absl::StrCat(handler.path, " streams from the client, which no handler does");
  if (method->server_streaming() != handler.server_streaming) {
    return absl::StrCat(handler.path, method->server_streaming() ? " is a stream" : " is no stream");
  }
  const google::protobuf::Descriptor* request = handler.request_prototype->GetDescriptor();
  if (method->input_type() != request) {
    return absl::StrCat(handler.path, " takes ", method->input_type()->full_name(), ", not ", request->full_name());
  }
  if (method->output_type() != handler.reply_type) {
    return absl::StrCat(handler.path, " returns ", method->output_type()->full_name(), ", not ",
                        handler.reply_type->full_name());
  }
  return "";
}

}  // namespace

void MethodTable::Service(absl::string_view full_name) { listed_services_.emplace_back(full_name); }

void MethodTable::LeaveValidationToHandler(absl::string_view path) {
  unvalidated_paths_.emplace_back(path);
  for (MethodHandler& handler : handlers_) {
    if (handler.path == path) handler.validate = false;
  }
}

void MethodTable::AddCheck(AddedCheck check) {
  for (MethodHandler& handler : handlers_) {
    if (handler.path == check.path) handler.also_check = check.check;
  }
  checks_.push_back(std::move(check));
}

void MethodTable::Add(MethodHandler handler) {
  for (const std::string& path : unvalidated_paths_) {
    if (handler.path == path) handler.validate = false;
  }
  for (const AddedCheck& check : checks_) {
    if (handler.path == check.path) handler.also_check = check.check;
  }
  handlers_.push_back(std::move(handler));
}

std::vector<std::string> MethodTable::services() const {
  std::set<std::string> names(listed_services_.begin(), listed_services_.end());
  for (const MethodHandler& handler : handlers_) names.insert(ServiceOf(handler.path));
  return {names.begin(), names.end()};
}

absl::Status MethodTable::Check() const {
  std::vector<std::string> mistakes;
  std::set<std::string> handled;
  for (const MethodHandler& handler : handlers_) {
    if (!handled.insert(handler.path).second) mistakes.push_back(absl::StrCat(handler.path, " has two handlers"));
    std::string wrong = WrongHandler(handler);
    if (!wrong.empty()) mistakes.push_back(std::move(wrong));
  }
  for (const std::string& path : unvalidated_paths_) {
    if (handled.count(path) == 0) mistakes.push_back(absl::StrCat(path, " validates itself but has no handler"));
  }
  std::set<std::string> checked;
  for (const AddedCheck& check : checks_) {
    if (handled.count(check.path) == 0) mistakes.push_back(absl::StrCat(check.path, " is checked but has no handler"));
    if (!checked.insert(check.path).second) mistakes.push_back(absl::StrCat(check.path, " is checked twice"));
    const MethodDescriptor* method = FindMethod(check.path);
    if (method != nullptr && method->input_type() != check.request_type) {
      mistakes.push_back(absl::StrCat(check.path, " takes no ", check.request_type->full_name(), ", which is checked"));
    }
  }
  for (const std::string& name : services()) {
    const ServiceDescriptor* service = DescriptorPool::generated_pool()->FindServiceByName(name);
    if (service == nullptr) {
      mistakes.push_back(absl::StrCat(name, " is no service of the contract"));
      continue;
    }
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string path = absl::StrCat(name, "/", service->method(i)->name());
      if (handled.count(path) == 0) mistakes.push_back(absl::StrCat(path, " has no handler"));
    }
  }
  return mistakes.empty() ? absl::OkStatus()
                          : InternalError(absl::StrCat("the method table is wrong: ", absl::StrJoin(mistakes, "; ")));
}

}  // namespace docket::rpc

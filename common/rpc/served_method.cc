#include "common/rpc/served_method.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>
#include <grpcpp/support/slice.h>

#include <exception>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/access/access_check.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::rpc {
namespace {

using google::protobuf::FieldDescriptor;

google::protobuf::ArenaOptions BeginningWith(char* block, size_t size) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = size;
  return options;
}

// `run`, but that whatever it throws becomes an error.
absl::Status WithoutExceptions(absl::FunctionRef<absl::Status()> run) {
  try {
    return run();
  } catch (const std::exception& exception) {
    return InternalError(absl::StrCat("exception: ", exception.what()));
  } catch (...) {
    return InternalError("exception of an unknown type");
  }
}

// Takes over what common/validation found.
void AddViolations(const absl::Status& found, FieldViolations& violations) {
  if (const auto bad = GetBadRequest(found)) {
    for (const auto& violation : bad->field_violations()) violations.Add(violation.field(), violation.description());
  }
}

// Without rules of its own a request_id is required; rules that do not say so make it optional.
bool IsRequired(const FieldDescriptor* field, bool rules_are_checked) {
  if (!field->options().HasExtension(common::v1::rules)) return true;
  // Where the rules are checked they report it themselves.
  return field->options().GetExtension(common::v1::rules).required() && !rules_are_checked;
}

}  // namespace

OpenedRequest::OpenedRequest() : arena_(BeginningWith(block_.data(), block_.size())) {}

absl::StatusOr<std::unique_ptr<ServedMethod>> ServedMethod::Compile(MethodHandler handler, Metrics& metrics) {
  const size_t slash = handler.path.rfind('/');
  const google::protobuf::ServiceDescriptor* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(handler.path.substr(0, slash));
  DOCKET_ASSIGN_OR_RETURN(MethodAccess access,
                          CompileMethodAccess(service->FindMethodByName(handler.path.substr(slash + 1))));
  DOCKET_ASSIGN_OR_RETURN(Validator validator, Validator::Compile(handler.request_prototype->GetDescriptor()));
  return std::unique_ptr<ServedMethod>(
      new ServedMethod(std::move(handler), std::move(access), std::move(validator), metrics));
}

ServedMethod::ServedMethod(MethodHandler handler, MethodAccess access, Validator validator, Metrics& metrics)
    : handler_(std::move(handler)),
      access_(std::move(access)),
      validator_(std::move(validator)),
      metrics_(std::make_unique<MethodMetrics>(metrics, handler_.path)) {
  if (!access_.mutates) return;
  request_id_ = access_.descriptor->input_type()->FindFieldByName("request_id");
  if (request_id_ != nullptr && (request_id_->is_repeated() || request_id_->type() != FieldDescriptor::TYPE_STRING))
    request_id_ = nullptr;
  request_id_required_ = request_id_ != nullptr && IsRequired(request_id_, handler_.validate);
}

absl::Status ServedMethod::Serve(CallFacts& facts, grpc::ByteBuffer& request, std::function<bool()> is_cancelled,
                                 Logger& logger, ReplySink& replies) const {
  OpenedRequest opened;
  DOCKET_RETURN_IF_ERROR(Open(facts, request, std::move(is_cancelled), logger, opened));
  return WithoutExceptions([&] { return handler_.invoke(*opened.context_, *opened.message_, replies); });
}

absl::Status ServedMethod::Open(CallFacts& facts, grpc::ByteBuffer& request, std::function<bool()> is_cancelled,
                                Logger& logger, OpenedRequest& opened) const {
  DOCKET_RETURN_IF_ERROR(CheckRole(access_, facts.principal));
  google::protobuf::Message* const message = handler_.request_prototype->New(&opened.arena_);
  opened.message_ = message;
  if (!ParseMessage(request, message)) {
    return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_MALFORMED_MESSAGE,
                 "the request could not be parsed");
  }
  request.Clear();
  validator_.ClearOutputOnly(message);
  CallContext::Options options;
  DOCKET_RETURN_IF_ERROR(CheckRequest(facts.principal, *message, &options.organization));

  options.principal = facts.principal;
  options.method = handler_.path;
  options.deadline = facts.deadline;
  options.trace = facts.trace;
  options.request = message;
  options.is_cancelled = std::move(is_cancelled);
  options.logger = &logger;
  opened.context_.emplace(std::move(options));
  return absl::OkStatus();
}

void ServedMethod::Invoke(const OpenedRequest& opened, Logger& logger, std::unique_ptr<PendingCall> call) const {
  // What it throws takes the call along, which is answered by being destroyed.
  const absl::Status thrown = WithoutExceptions([&] {
    handler_.invoke_later(*opened.context_, *opened.message_, std::move(call));
    return absl::OkStatus();
  });
  if (!thrown.ok()) logger.Error("a handler threw", {{"method", handler_.path}, {"error", thrown.message()}});
}

absl::Status ServedMethod::CheckRequest(const common::v1::Principal& principal,
                                        const google::protobuf::Message& request, std::string* organization) const {
  // Permission comes first. A name that names no organisation is one more wrong field, to be reported with the others.
  const absl::Status access = CheckOrganization(access_, principal, request);
  if (!access.ok() && access.code() != absl::StatusCode::kInvalidArgument) return access;
  if (!access_.resource_path.empty()) *organization = OrganizationOf(access_.ResourceName(request));

  absl::Status found;
  if (handler_.validate) found = validator_.ValidateWithin(request, *organization);
  const bool is_identified = IsIdentified(request);
  if (is_identified && !handler_.also_check) return found.ok() ? access : found;
  FieldViolations violations;
  AddViolations(found, violations);
  if (!is_identified) violations.Add("request_id", "must be a UUID in lower case");
  if (handler_.also_check) handler_.also_check(request, violations);
  return violations.empty() ? access : violations.ToStatus();
}

bool ServedMethod::IsIdentified(const google::protobuf::Message& request) const {
  if (request_id_ == nullptr) return true;
  std::string scratch;
  const std::string& id = request.GetReflection()->GetStringReference(request, request_id_, &scratch);
  return id.empty() ? !request_id_required_ : ParseUuid(id).has_value();
}

bool ParseMessage(grpc::ByteBuffer& bytes, google::protobuf::Message* message) {
  grpc::ProtoBufferReader reader(&bytes);
  return reader.status().ok() && message->ParseFromZeroCopyStream(&reader);
}

grpc::ByteBuffer SerializeMessage(const google::protobuf::Message& message) {
  // One slice: replies are small, and a copy at the end would cost more than one larger allocation.
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace docket::rpc

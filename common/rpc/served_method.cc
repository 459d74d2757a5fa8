#include "common/rpc/served_method.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>
#include <grpcpp/support/slice.h>

#include <array>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/access/access_check.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/arena.h"

namespace docket::rpc {
namespace {

using google::protobuf::FieldDescriptor;

// Most requests fit; what does not takes further blocks from the heap.
constexpr size_t kArenaBlockBytes = 4096;

// Puts a violation that common/validation cannot know beside those it found.
absl::Status AddViolation(const absl::Status& violations_so_far, absl::string_view field,
                          absl::string_view description) {
  FieldViolations violations;
  if (const auto bad = GetBadRequest(violations_so_far)) {
    for (const auto& violation : bad->field_violations()) violations.Add(violation.field(), violation.description());
  }
  violations.Add(field, description);
  return violations.ToStatus();
}

// Without rules of its own a request_id is required; rules that do not say so make it optional.
bool IsRequired(const FieldDescriptor* field, bool rules_are_checked) {
  if (!field->options().HasExtension(common::v1::rules)) return true;
  // Where the rules are checked they report it themselves.
  return field->options().GetExtension(common::v1::rules).required() && !rules_are_checked;
}

}  // namespace

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
  DOCKET_RETURN_IF_ERROR(CheckRole(access_, facts.principal));

  alignas(std::max_align_t) std::array<char, kArenaBlockBytes> block;
  google::protobuf::ArenaOptions arena_options;
  arena_options.initial_block = block.data();
  arena_options.initial_block_size = block.size();
  google::protobuf::Arena arena(arena_options);
  google::protobuf::Message* message = handler_.request_prototype->New(&arena);
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
  const CallContext context(std::move(options));
  try {
    return handler_.invoke(context, *message, replies);
  } catch (const std::exception& exception) {
    return InternalError(absl::StrCat("exception: ", exception.what()));
  } catch (...) {
    return InternalError("exception of an unknown type");
  }
}

absl::Status ServedMethod::CheckRequest(const common::v1::Principal& principal,
                                        const google::protobuf::Message& request, std::string* organization) const {
  // Permission comes first. A name that names no organisation is one more wrong field, to be reported with the others.
  const absl::Status access = CheckOrganization(access_, principal, request);
  if (!access.ok() && access.code() != absl::StatusCode::kInvalidArgument) return access;
  if (!access_.resource_path.empty()) *organization = OrganizationOf(access_.ResourceName(request));

  absl::Status status;
  if (handler_.validate) status = validator_.ValidateWithin(request, *organization);
  if (request_id_ != nullptr) {
    std::string scratch;
    const std::string& id = request.GetReflection()->GetStringReference(request, request_id_, &scratch);
    if (id.empty() ? request_id_required_ : !ParseUuid(id).has_value()) {
      status = AddViolation(status, "request_id", "must be a UUID in lower case");
    }
  }
  return status.ok() ? access : status;
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

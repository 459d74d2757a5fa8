// What the contract says about who may call a method ((docket.common.v1.access), see options.proto), in a form to act
// on.
#ifndef DOCKET_COMMON_ACCESS_METHOD_ACCESS_H_
#define DOCKET_COMMON_ACCESS_METHOD_ACCESS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "docket/common/v1/options.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace docket {

// One method and its rules. Immutable once made.
struct MethodAccess {
  // As gRPC names it: `/docket.request.v1.RequestService/CreateRequest`.
  std::string path;
  // Any one of these opens the method. Empty: nobody.
  std::vector<common::v1::Role> roles;
  bool mutates = false;
  bool server_streaming = false;
  bool audit_read = false;
  common::v1::Relation relation = common::v1::RELATION_UNSPECIFIED;
  // The event it leaves, a message name in docket.event.v1, or empty.
  std::string event;
  // The request's field that names the resource, e.g. `request.name`, or empty; and the way to it.
  std::string resource_field;
  std::vector<const google::protobuf::FieldDescriptor*> resource_path;
  const google::protobuf::MethodDescriptor* descriptor = nullptr;

  // What `request` has in the resource field; empty where the method has none or the field is not set.
  std::string ResourceName(const google::protobuf::Message& request) const;
};

// INTERNAL where the rules are wrong in themselves: resource_field names no singular string of the request.
absl::StatusOr<MethodAccess> CompileMethodAccess(const google::protobuf::MethodDescriptor* method);

// All methods of some services by path. The gateway decides by it which calls it lets through without decoding them.
//
//   auto table = MethodAccessTable::Create({request::v1::CreateRequestRequest::descriptor()->file(), ...});
//   const MethodAccess* access = table->Find("/docket.request.v1.RequestService/CreateRequest");
class MethodAccessTable {
 public:
  // Every method of every service in these files. Naming a file through one of its messages also makes sure that the
  // linker keeps it.
  static absl::StatusOr<MethodAccessTable> Create(absl::Span<const google::protobuf::FileDescriptor* const> files);

  // nullptr: no such method. Valid as long as the table.
  const MethodAccess* Find(absl::string_view path) const;
  // In the order of the files.
  const std::vector<MethodAccess>& methods() const { return methods_; }

 private:
  std::vector<MethodAccess> methods_;
  absl::flat_hash_map<std::string, size_t> by_path_;
};

}  // namespace docket

#endif  // DOCKET_COMMON_ACCESS_METHOD_ACCESS_H_

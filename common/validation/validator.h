// Enforces the rules that a contract states about its fields ((docket.common.v1.rules), see options.proto).
//
// A validator is compiled once per message type, at start-up, into a tree of checks; validating then touches only
// fields that have something to check. Every violation of a message is reported at once, each under its path:
//
//   auto validator = Validator::Compile(CreateRequestRequest::descriptor());   // at start-up
//   absl::Status status = validator->Validate(message);                        // per call
//   // INVALID_ARGUMENT / INVALID_FIELDS, BadRequest{request.title, request.targets[2].to_version, labels["a"]}
//
// Beyond the declared rules these hold for every message, so that nothing a caller sends is unbounded:
//   - a string holds at most 10 000 code points where no max_length is set, and no control characters (C0, DEL, C1)
//     but \n and \t;
//   - a repeated or map field holds at most 1000 elements where no max_items is set;
//   - messages nest at most 16 deep;
//   - an enum holds a value that the contract names; a floating-point number is not NaN;
//   - a Timestamp lies in the years 1 to 9999 and a Duration within +-10 000 years, both with valid nanoseconds.
//
// How the rules read: `required` refuses an empty, zero or unset field. Length, pattern and resource are checked on
// values that are not empty. `minimum` and `maximum` hold for every number, zero included, unless the field is
// `optional` and unset. A field that is `output_only` is never checked: what a caller puts there is ignored (see
// ClearOutputOnly). The elements of a field that is `separate` are counted and not looked into.
//
// An update is partial: beside a field `update_mask` of type FieldMask, the fields of the updated message are required
// only where the mask names them, and the mask itself is checked (see update_mask.h).
//
// The adapter in common/rpc validates every request before its handler runs; handlers do not repeat it.
#ifndef DOCKET_COMMON_VALIDATION_VALIDATOR_H_
#define DOCKET_COMMON_VALIDATION_VALIDATOR_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace docket {

namespace validation {
class MessagePlan;
class PlanSet;
}  // namespace validation

// Immutable and cheap to copy; safe to use from any number of threads.
class Validator {
 public:
  // Fails with INTERNAL where a rule is wrong in itself: a pattern that is no RE2, a bound of a string, a resource
  // shape that cannot be parsed. Such a contract must not start.
  static absl::StatusOr<Validator> Compile(const google::protobuf::Descriptor* descriptor);

  // OK, or INVALID_ARGUMENT / INVALID_FIELDS with the first 100 violations. `message` must be of the compiled type.
  absl::Status Validate(const google::protobuf::Message& message) const;

  // As above; besides, every resource name in the message must belong to `organization` (`organizations/acme`), so that
  // a request cannot tie its own resource to another organisation's. Names that start otherwise (`services/x`) are left
  // alone.
  absl::Status ValidateWithin(const google::protobuf::Message& message, absl::string_view organization) const;

  // Empties every output_only field, whatever the caller sent in it.
  void ClearOutputOnly(google::protobuf::Message* message) const;

 private:
  Validator(std::shared_ptr<const validation::PlanSet> plans, const validation::MessagePlan* root);

  std::shared_ptr<const validation::PlanSet> plans_;
  const validation::MessagePlan* root_;
};

}  // namespace docket

#endif  // DOCKET_COMMON_VALIDATION_VALIDATOR_H_

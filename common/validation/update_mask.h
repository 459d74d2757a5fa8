// Which paths an update mask may name.
#ifndef DOCKET_COMMON_VALIDATION_UPDATE_MASK_H_
#define DOCKET_COMMON_VALIDATION_UPDATE_MASK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/status/error.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/field_mask.pb.h"

namespace docket {

// OK, or INVALID_ARGUMENT / INVALID_UPDATE_MASK that lists every path of `mask` that cannot be updated in a message of
// type `descriptor`: unknown fields, paths through a repeated or map field, and fields that are output_only or
// immutable (or lie within one). `*` is refused: a client says what it changes. At most 100 paths. An empty mask is OK;
// what it means is the method's to say.
absl::Status ValidateUpdateMask(const google::protobuf::FieldMask& mask,
                                const google::protobuf::Descriptor* descriptor);

// The same as violations `{field}.paths[i]`, where other fields of the request are wrong as well.
void AddMaskViolations(const google::protobuf::FieldMask& mask, const google::protobuf::Descriptor* descriptor,
                       absl::string_view field, FieldViolations& violations);

}  // namespace docket

#endif  // DOCKET_COMMON_VALIDATION_UPDATE_MASK_H_

// The one way in which a message becomes bytes that are compared, digested or hashed into the log.
#ifndef DOCKET_COMMON_CANONICAL_DIGEST_MESSAGE_BYTES_H_
#define DOCKET_COMMON_CANONICAL_DIGEST_MESSAGE_BYTES_H_

#include <string>

#include "google/protobuf/message_lite.h"

namespace docket {

// Equal messages have equal bytes: map entries in the order of their keys, fields in that of their numbers. What the
// program does not know of a message comes last.
std::string MessageBytes(const google::protobuf::MessageLite& message);

}  // namespace docket

#endif  // DOCKET_COMMON_CANONICAL_DIGEST_MESSAGE_BYTES_H_

// absl::Time as google.protobuf.Timestamp and back. Digits beyond microseconds are dropped, as the tables would.
#ifndef DOCKET_SERVICES_REQUEST_TIMESTAMP_PROTO_H_
#define DOCKET_SERVICES_REQUEST_TIMESTAMP_PROTO_H_

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"

namespace docket::request {

inline google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}

inline absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(timestamp));
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TIMESTAMP_PROTO_H_

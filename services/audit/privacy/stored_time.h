// Times as the tables, the contract and the program keep them.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_STORED_TIME_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_STORED_TIME_H_

#include <cstdint>

#include "google/protobuf/timestamp.pb.h"

namespace docket::audit {

// UTC microseconds since the Unix epoch. Digits beyond them are dropped.
inline google::protobuf::Timestamp TimestampOf(int64_t micros) {
  google::protobuf::Timestamp timestamp;
  const int64_t rest = (micros % 1'000'000 + 1'000'000) % 1'000'000;
  timestamp.set_seconds((micros - rest) / 1'000'000);
  timestamp.set_nanos(static_cast<int32_t>(rest) * 1000);
  return timestamp;
}
inline int64_t MicrosOf(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() * 1'000'000 + timestamp.nanos() / 1000;
}

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_STORED_TIME_H_

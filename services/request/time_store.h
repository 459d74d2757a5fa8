// Times as the tables keep them: UTC microseconds in BIGINT.
#ifndef DOCKET_SERVICES_REQUEST_TIME_STORE_H_
#define DOCKET_SERVICES_REQUEST_TIME_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/mysql/value.h"

namespace docket::request {

inline int64_t Micros(absl::Time time) { return absl::ToUnixMicros(time); }

inline mysql::Value MicrosOrNull(const std::optional<absl::Time>& time) {
  return time.has_value() ? mysql::Value(Micros(*time)) : mysql::Value();
}

inline absl::Time TimeAt(const mysql::Row& row, size_t column) { return absl::FromUnixMicros(row.Int(column)); }

inline std::optional<absl::Time> OptionalTimeAt(const mysql::Row& row, size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return TimeAt(row, column);
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TIME_STORE_H_

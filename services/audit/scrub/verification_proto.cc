#include "services/audit/scrub/verification_proto.h"

#include "absl/time/time.h"

namespace docket::audit {
namespace {

google::protobuf::Timestamp ToProto(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  google::protobuf::Timestamp proto;
  proto.set_seconds(micros / 1'000'000);
  proto.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  return proto;
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  const int64_t micros = absl::ToInt64Microseconds(duration);
  google::protobuf::Duration proto;
  proto.set_seconds(micros / 1'000'000);
  proto.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  return proto;
}

v1::FinishedLap ToProto(const FinishedLap& lap) {
  v1::FinishedLap proto;
  proto.set_number(lap.number);
  proto.set_size(static_cast<int64_t>(lap.size));
  proto.set_root_sha256(lap.root.ToBytes());
  *proto.mutable_start_time() = ToProto(lap.start);
  *proto.mutable_end_time() = ToProto(lap.end);
  *proto.mutable_duration() = ToProto(lap.end - lap.start);
  return proto;
}

}  // namespace

v1::VerificationStatus ToProto(const ScrubReport& report) {
  v1::VerificationStatus proto;
  proto.set_lap(report.lap);
  proto.set_position(static_cast<int64_t>(report.position));
  proto.set_lap_size(static_cast<int64_t>(report.lap_size));
  if (report.lap > 0) *proto.mutable_lap_start_time() = ToProto(report.lap_start);
  if (report.last_lap.has_value()) *proto.mutable_last_lap() = ToProto(*report.last_lap);
  *proto.mutable_oldest_unverified_time() = ToProto(report.oldest_unverified);
  return proto;
}

}  // namespace docket::audit

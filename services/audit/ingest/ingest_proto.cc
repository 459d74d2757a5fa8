#include "services/audit/ingest/ingest_proto.h"

#include <cstdint>

namespace docket::audit {
namespace {

void SetMicros(google::protobuf::Timestamp& time, int64_t micros) {
  time.set_seconds(micros / 1'000'000);
  time.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

}  // namespace

v1::IngestSource ToProto(const ListedSource& listed) {
  const IngestSource& source = listed.source;
  v1::IngestSource proto;
  proto.set_source(source.name);
  proto.set_last_sequence(source.sequence.last());
  proto.set_missing_count(source.sequence.missing());
  proto.set_untracked_missing_count(source.sequence.untracked());
  for (const auto& [first, gap] : source.sequence.gaps()) {
    v1::IngestSourceGap& shown = *proto.add_open_gaps();
    shown.set_first_missing(first);
    shown.set_last_missing(gap.last);
    SetMicros(*shown.mutable_detect_time(), gap.detect_us);
  }
  proto.set_open_gap_count(listed.open_gaps);
  proto.set_accepted_count(source.accepted);
  proto.set_rejected_count(source.rejected);
  proto.set_unrecorded_rejected_count(source.unrecorded_rejected);
  proto.set_conflict_count(source.conflicts);
  SetMicros(*proto.mutable_last_receive_time(), source.last_receive_us);
  return proto;
}

}  // namespace docket::audit

#include "services/audit/ingest/ingest_source.h"

namespace docket::audit {
namespace {

constexpr int64_t kMicrosPerMinute = 60'000'000;

}  // namespace

bool IngestSource::CountRejection(int64_t now_us) {
  ++rejected;
  const int64_t minute = now_us / kMicrosPerMinute;
  if (minute != rejected_minute) {
    rejected_minute = minute;
    rejected_in_minute = 0;
  }
  if (rejected_in_minute >= kMaxRejectedInMinute) {
    ++unrecorded_rejected;
    return false;
  }
  ++rejected_in_minute;
  return true;
}

}  // namespace docket::audit

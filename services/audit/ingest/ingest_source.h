// Where the log stands with one source.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_INGEST_SOURCE_H_
#define DOCKET_SERVICES_AUDIT_INGEST_INGEST_SOURCE_H_

#include <cstdint>
#include <string>

#include "services/audit/ingest/source_sequence.h"

namespace docket::audit {

struct IngestSource {
  // Rejected events that get an entry of their own within a minute. A source gone mad must not fill the log.
  static constexpr int kMaxRejectedInMinute = 100;

  // `services/request`
  std::string name;
  SourceSequence sequence;
  int64_t accepted = 0;
  int64_t rejected = 0;
  // Of them, those without an entry.
  int64_t unrecorded_rejected = 0;
  int64_t conflicts = 0;
  int64_t rejected_minute = 0;
  int rejected_in_minute = 0;
  int64_t last_receive_us = 0;
  // 0: it has no row yet.
  int64_t revision = 0;

  // Counts a rejection. Whether it may have an entry.
  bool CountRejection(int64_t now_us);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_INGEST_SOURCE_H_

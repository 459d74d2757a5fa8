// For tests: a log with a scrubber, and what a database administrator can do to it.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_TESTING_SCRUB_FIXTURE_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_TESTING_SCRUB_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/status/error.h"
#include "services/audit/scrub/schema_check.h"
#include "services/audit/scrub/scrubber.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {

MATCHER_P(IsFrozenFor, reason, "") {
  *result_listener << arg.ToString();
  return arg.code() == absl::StatusCode::kUnavailable && GetReason(arg) == Reason::REASON_LOG_FROZEN &&
         GetErrorInfo(arg)->metadata().at("cause").find(reason) != std::string::npos;
}

// A scrubber of one process.
struct ScrubProcess {
  ScrubProcess(mysql::Pool& pool, LogProcess& log, Clock& clock, std::vector<ScrubCheck*> checks = {},
               ScrubLimits limits = {}, PayloadAbsence* given_absence = nullptr)
      : store(pool),
        scrubber({.log = &log.store,
                  .store = &store,
                  .checkpointer = &log.checkpointer,
                  .absence = given_absence != nullptr ? given_absence : &no_absence,
                  .checks = std::move(checks),
                  .limits = limits},
                 log.guard, clock, {.shortest_lap = absl::ZeroDuration()}) {}

  // Steps until a lap is finished or the log is frozen.
  void RunLap(LogProcess& log) {
    const int64_t lap = scrubber.report().last_lap.has_value() ? scrubber.report().last_lap->number : 0;
    for (int step = 0; step < 100'000 && log.guard.CheckOpen().ok(); ++step) {
      ASSERT_THAT(scrubber.Step(Soon()), tests::IsOk());
      const auto last = scrubber.report().last_lap;
      if (last.has_value() && last->number > lap) return;
    }
  }

  ScrubStore store;
  NoPayloadAbsence no_absence;
  Scrubber scrubber;
};

class ScrubTest : public LogTest {
 protected:
  SignedCheckpoint Sign(LogProcess& log) { return OrExit(log.checkpointer.Current(Soon()), "checkpoint"); }

  // What a process that starts now finds.
  absl::Status StatusAtStart() {
    const std::unique_ptr<LogProcess> process = NewProcess();
    const absl::Status verified = process->checkpointer.VerifyAtStart(Soon());
    return verified.ok() ? process->guard.CheckOpen() : verified;
  }
  // What a scrubber that knows nothing yet finds in one lap.
  absl::Status StatusAfterLap(ScrubLimits limits = {}) {
    const std::unique_ptr<LogProcess> process = NewProcess();
    SchemaCheck schema(db_.pool(), OrExit(SchemaOf(Schema()), "schema"));
    ScrubProcess scrub(db_.pool(), *process, clock_, {&schema}, limits);
    scrub.RunLap(*process);
    const absl::Status open = process->guard.CheckOpen();
    EXPECT_NE(open.ok(), !scrub.scrubber.report().last_lap.has_value()) << "the lap was not finished";
    return open;
  }
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_TESTING_SCRUB_FIXTURE_H_

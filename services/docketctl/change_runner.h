// Running a described change step by step.
//
// Every call carries a request_id made of the run and the step, so that a call whose answer was lost is repeated
// without doing anything twice: on UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and lost races a step is tried
// again until `retry_for` is over. With a progress file, a run that was interrupted goes on where it stopped: the step
// that was under way is repeated as it was, with the same request_id and the same `${now}`.
#ifndef DOCKET_SERVICES_DOCKETCTL_CHANGE_RUNNER_H_
#define DOCKET_SERVICES_DOCKETCTL_CHANGE_RUNNER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "services/docketctl/change_file.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/progress_display.h"
#include "services/docketctl/template_text.h"

namespace docket::ctl {

struct RunOptions {
  // One of the file's paths; empty: the first.
  std::string path;
  // Where progress is kept; empty: nowhere. A file of an unfinished run is continued.
  std::string progress_file;
  // Where the verified trail is written, for `docketctl trail verify`; empty: nowhere.
  std::string trail_file;
  // The log's public key, as obtained elsewhere. Empty: the one that the server shows, which proves less.
  std::string log_key;
  absl::Duration retry_for = absl::Seconds(30);
  // How to wait between two tries.
  std::function<void(absl::Duration)> pause = absl::SleepFor;
};

class ChangeRunner {
 public:
  // The references must outlive the runner.
  ChangeRunner(Caller& caller, ProgressDisplay& display, Clock& clock, RunOptions options);

  // OK when every step did what the file says.
  absl::Status Run(const ChangeFile& file);

 private:
  // INVALID_ARGUMENT where the progress file is none, or is of another file or path.
  absl::Status LoadProgress(const ChangeFile& file, const std::string& path, size_t steps);
  absl::Status SaveProgress(const ChangeFile& file, const std::string& path, size_t steps) const;
  absl::Status RunStep(const Step& step, size_t number, std::string* note);
  // Calls until the answer is final: not a passing failure, and what `until` asks for.
  absl::Status CallUntilFinal(const Step& step, const google::protobuf::Message& request,
                              google::protobuf::Message* reply);
  absl::Status VerifyTrailOf(const Step& step, std::string* note);
  std::string RequestIdOf(size_t number) const;

  Caller& caller_;
  ProgressDisplay& display_;
  Clock& clock_;
  const RunOptions options_;
  std::string run_id_;
  size_t steps_done_ = 0;
  // When the step under way began; nothing between steps.
  std::optional<absl::Time> step_time_;
  Values values_;
};

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_CHANGE_RUNNER_H_

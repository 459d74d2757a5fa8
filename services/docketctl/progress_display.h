// How far a run is: one line per step. On a terminal the line of the step under way is rewritten as it waits; in a pipe
// there is one plain line per finished step and nothing else.
#ifndef DOCKET_SERVICES_DOCKETCTL_PROGRESS_DISPLAY_H_
#define DOCKET_SERVICES_DOCKETCTL_PROGRESS_DISPLAY_H_

#include <cstddef>
#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace docket::ctl {

class ProgressDisplay {
 public:
  // `terminal`: colours and rewritten lines.
  ProgressDisplay(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}

  void Begin(const std::string& title, size_t steps);
  void StepBegins(size_t number, const std::string& title, const std::string& who);
  // The step is tried again, because of this.
  void Waiting(const absl::Status& status);
  // `refused`: a wrong step that was refused as it should be.
  void StepDone(bool refused, const std::string& note);
  void StepFailed();
  void End();

 private:
  void Line(const char* colour, const char* mark, const std::string& note);

  std::ostream& out_;
  const bool terminal_;
  size_t steps_ = 0;
  size_t number_ = 0;
  std::string title_;
  std::string who_;
};

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_PROGRESS_DISPLAY_H_

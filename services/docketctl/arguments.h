// The command line taken apart: `--name=value` options, `--name` switches, and words.
#ifndef DOCKET_SERVICES_DOCKETCTL_ARGUMENTS_H_
#define DOCKET_SERVICES_DOCKETCTL_ARGUMENTS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace docket::ctl {

class Arguments {
 public:
  // Options may stand anywhere; after `--` everything is a word. Of an option that is given twice, the last counts.
  static Arguments Parse(int argc, char** argv);

  const std::vector<std::string>& words() const { return words_; }
  // The option's value; `fallback` where it was not given.
  std::string Get(const std::string& name, absl::string_view fallback = "") const;
  bool Has(const std::string& name) const { return options_.contains(name); }
  // INVALID_ARGUMENT, naming the option, where it is missing or empty.
  absl::StatusOr<std::string> Require(const std::string& name) const;
  // A duration such as `30s`, `5m`, `168h`.
  absl::StatusOr<absl::Duration> GetDuration(const std::string& name, absl::Duration fallback) const;
  // INVALID_ARGUMENT where an option was given that is in neither set, one of `options` without a value, or one of
  // `switches` with one:
  // `--insecure=false` must not mean the opposite of what it says.
  absl::Status CheckKnown(const std::set<std::string>& options, const std::set<std::string>& switches) const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string> options_;
  // Options that were given as a bare `--name`.
  std::set<std::string> bare_;
};

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_ARGUMENTS_H_

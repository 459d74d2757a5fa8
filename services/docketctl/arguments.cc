#include "services/docketctl/arguments.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace docket::ctl {

Arguments Arguments::Parse(int argc, char** argv) {
  Arguments arguments;
  bool words_only = false;
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (!words_only && argument == "--") {
      words_only = true;
    } else if (words_only || !absl::ConsumePrefix(&argument, "--")) {
      arguments.words_.emplace_back(argument);
    } else {
      const size_t equals = argument.find('=');
      const std::string name(argument.substr(0, equals));
      if (equals == absl::string_view::npos) {
        arguments.bare_.insert(name);
      } else {
        arguments.bare_.erase(name);
      }
      arguments.options_[name] = equals == absl::string_view::npos ? "" : std::string(argument.substr(equals + 1));
    }
  }
  return arguments;
}

std::string Arguments::Get(const std::string& name, absl::string_view fallback) const {
  const auto found = options_.find(name);
  return found == options_.end() ? std::string(fallback) : found->second;
}

absl::StatusOr<std::string> Arguments::Require(const std::string& name) const {
  std::string value = Get(name);
  if (value.empty()) return absl::InvalidArgumentError(absl::StrCat("--", name, "=… is needed"));
  return value;
}

absl::StatusOr<absl::Duration> Arguments::GetDuration(const std::string& name, absl::Duration fallback) const {
  if (!Has(name)) return fallback;
  absl::Duration duration;
  if (!absl::ParseDuration(Get(name), &duration) || duration <= absl::ZeroDuration() ||
      duration > absl::Hours(24 * 366 * 100)) {
    return absl::InvalidArgumentError(absl::StrCat("--", name, ": write a duration such as 30s, 5m or 12h"));
  }
  return duration;
}

absl::Status Arguments::CheckKnown(const std::set<std::string>& options, const std::set<std::string>& switches) const {
  for (const auto& [name, value] : options_) {
    const bool is_switch = switches.contains(name);
    if (!is_switch && !options.contains(name))
      return absl::InvalidArgumentError(absl::StrCat("unknown option --", name));
    if (is_switch && !bare_.contains(name))
      return absl::InvalidArgumentError(absl::StrCat("--", name, " takes no value"));
    if (!is_switch && bare_.contains(name)) return absl::InvalidArgumentError(absl::StrCat("write --", name, "=VALUE"));
  }
  return absl::OkStatus();
}

}  // namespace docket::ctl

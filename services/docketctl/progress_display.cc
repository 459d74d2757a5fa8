#include "services/docketctl/progress_display.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace docket::ctl {
namespace {

constexpr char kGreen[] = "\033[32m";
constexpr char kYellow[] = "\033[33m";
constexpr char kRed[] = "\033[31m";
constexpr char kPlain[] = "\033[0m";
// To the line's start, deleting what stands there.
constexpr char kRewrite[] = "\r\033[K";

}  // namespace

void ProgressDisplay::Begin(const std::string& title, size_t steps) {
  steps_ = steps;
  out_ << title << ", " << steps << " steps" << std::endl;
}

void ProgressDisplay::StepBegins(size_t number, const std::string& title, const std::string& who) {
  number_ = number;
  title_ = title;
  who_ = who;
  if (terminal_) out_ << absl::StrFormat("  %3d/%d  …  %s (%s)", number_, steps_, title_, who_) << std::flush;
}

void ProgressDisplay::Waiting(const absl::Status& status) {
  if (!terminal_) return;
  out_ << kRewrite
       << absl::StrFormat("  %3d/%d  …  %s (%s): waiting, %s", number_, steps_, title_, who_,
                          absl::StatusCodeToString(status.code()))
       << std::flush;
}

void ProgressDisplay::StepDone(bool refused, const std::string& note) {
  if (refused) {
    Line(kYellow, "refused", note);
  } else {
    Line(kGreen, "ok", note);
  }
}

void ProgressDisplay::StepFailed() { Line(kRed, "FAILED", ""); }

void ProgressDisplay::Line(const char* colour, const char* mark, const std::string& note) {
  const std::string rest = absl::StrCat(title_, " (", who_, ")", note.empty() ? "" : ": ", note);
  if (terminal_) {
    out_ << kRewrite << absl::StrFormat("  %3d/%d  %s%-7s%s  %s", number_, steps_, colour, mark, kPlain, rest)
         << std::endl;
  } else {
    out_ << absl::StrFormat("%d/%d %s %s", number_, steps_, mark, rest) << std::endl;
  }
}

void ProgressDisplay::End() { out_ << "done: all " << steps_ << " steps did what they should" << std::endl; }

}  // namespace docket::ctl

#include "services/docketctl/failure.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "services/docketctl/printable_text.h"

namespace docket::ctl {
namespace {

constexpr char kExitCodePayload[] = "docketctl/exit-code";

absl::string_view Hint(const absl::Status& status) {
  switch (GetReason(status)) {
    case Reason::REASON_INVALID_FIELDS:
      return "correct the fields above; `docketctl describe METHOD` shows what each takes";
    case Reason::REASON_CREDENTIALS_MISSING:
      return "say who you are: --as=ORG/PERSON with --tokens=DIR, or --token-file=FILE";
    case Reason::REASON_TOKEN_EXPIRED:
      return "get a new token from whoever issued this one";
    case Reason::REASON_ROLE_REQUIRED:
      return "the method is for other roles; see required_roles";
    case Reason::REASON_STALE_ETAG:
      return "someone changed it meanwhile: read it again and decide anew";
    case Reason::REASON_MESSAGE_TOO_LARGE:
      return "send or ask for less at a time";
    case Reason::REASON_REQUEST_ID_REUSED:
      return "use a new request_id for a new call";
    case Reason::REASON_WRONG_STATE:
      return "see state and allowed_states";
    case Reason::REASON_GATE_DENIED:
      return "see denied_by; ExecutionService/CheckDeployment shows every check";
    default:
      break;
  }
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return "is the suite up? Repeating the call is safe with the same request_id";
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return "repeat the call later with the same request_id";
    default:
      return "";
  }
}

}  // namespace

absl::Status WithExitCode(absl::Status status, ExitCode code) {
  status.SetPayload(kExitCodePayload, absl::Cord(absl::StrCat(static_cast<int>(code))));
  return status;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  int code = 0;
  const auto chosen = status.GetPayload(kExitCodePayload);
  if (chosen.has_value() && absl::SimpleAtoi(std::string(*chosen), &code)) return static_cast<ExitCode>(code);
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      // A mistake that no service reported is one of the command line.
      return GetErrorInfo(status).has_value() ? kExitInvalid : kExitUsage;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitDenied;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kUnimplemented:
      return kExitNotFound;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return kExitConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return kExitUnavailable;
    case absl::StatusCode::kDataLoss:
      return kExitUnverified;
    default:
      return kExitOther;
  }
}

std::string DescribeFailure(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  std::string text;
  if (info.has_value()) {
    absl::StrAppend(&text, absl::StatusCodeToString(status.code()), " ", info->reason());
    // What the library itself reports is of no domain.
    if (!info->domain().empty()) absl::StrAppend(&text, " (", info->domain(), ")");
    text += "\n  ";
  }
  absl::StrAppend(&text, Printable(status.message()), "\n");
  if (const auto bad = GetBadRequest(status); bad.has_value()) {
    for (const auto& violation : bad->field_violations()) {
      absl::StrAppend(&text, "  field ", Printable(violation.field()), ": ", Printable(violation.description()), "\n");
    }
  }
  if (info.has_value()) {
    for (const auto& [key, value] : info->metadata()) {
      if (key != "fields") absl::StrAppend(&text, "  ", Printable(key), ": ", Printable(value), "\n");
    }
  }
  if (const auto delay = GetRetryDelay(status); delay.has_value())
    absl::StrAppend(&text, "  retry after: ", absl::FormatDuration(*delay), "\n");
  if (const absl::string_view hint = Hint(status); !hint.empty()) absl::StrAppend(&text, "  hint: ", hint, "\n");
  return text;
}

}  // namespace docket::ctl

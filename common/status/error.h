// Docket's one error vocabulary.
//
// Inside, an error is an absl::Status that carries google.rpc details as payloads; at the border common/rpc puts them
// on the wire (see wire.h). Make an error where it is known best and pass it on unchanged:
//
//   if (request.state != State::kSubmitted) {
//     return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
//                  "only a submitted request can be endorsed", {{"state", StateName(request.state)}});
//   }
//
// Several wrong fields are one error that lists them all:
//
//   FieldViolations violations;
//   if (title.empty()) violations.Add("request.title", "must not be empty");
//   DOCKET_RETURN_IF_ERROR(violations.ToStatus());
#ifndef DOCKET_COMMON_STATUS_ERROR_H_
#define DOCKET_COMMON_STATUS_ERROR_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/common/v1/reason.pb.h"
#include "google/rpc/error_details.pb.h"

namespace docket {

using Reason = common::v1::Reason;

// Facts of an error by name; they travel in ErrorInfo.metadata and fill the localised message.
using ErrorMetadata = std::map<std::string, std::string>;

// The reason as it travels: `REASON_STALE_ETAG` is "STALE_ETAG".
std::string ReasonName(Reason reason);

// An error with its reason and facts. The message is English, for developers; it is cut at 1 KiB.
absl::Status Error(absl::StatusCode code, Reason reason, absl::string_view message, const ErrorMetadata& metadata = {});

// NOT_FOUND for the resource of that name.
absl::Status NotFoundError(absl::string_view resource_name);

// A defect: what the caller sees says nothing but INTERNAL, the text goes to the log.
absl::Status InternalError(absl::string_view message);

// The same error, telling the client to come back no sooner than `delay`.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);

// What an error carries, where it carries any.
std::optional<google::rpc::ErrorInfo> GetErrorInfo(const absl::Status& status);
std::optional<google::rpc::BadRequest> GetBadRequest(const absl::Status& status);
std::optional<absl::Duration> GetRetryDelay(const absl::Status& status);
// REASON_UNSPECIFIED where the error was not made by Error().
Reason GetReason(const absl::Status& status);

// Collects what is wrong with a request until all of it is known. Keeps the first 100 violations.
class FieldViolations {
 public:
  void Add(absl::string_view field, absl::string_view description);
  // Adds where `ok` is false.
  void Require(bool ok, absl::string_view field, absl::string_view description);
  bool empty() const { return violations_.empty(); }
  // OK when nothing was added, else INVALID_ARGUMENT / INVALID_FIELDS with a BadRequest.
  absl::Status ToStatus() const;

 private:
  std::vector<std::pair<std::string, std::string>> violations_;
};

}  // namespace docket

#endif  // DOCKET_COMMON_STATUS_ERROR_H_

// The trail of a change as it comes in pieces.
#ifndef DOCKET_SERVICES_DOCKETCTL_TRAIL_DOWNLOAD_H_
#define DOCKET_SERVICES_DOCKETCTL_TRAIL_DOWNLOAD_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/audit/v1/trail_service.pb.h"

namespace docket::ctl {

// Makes one server-streaming call, hands over each message until `receive` returns false or the stream ends.
using TrailCall =
    std::function<absl::Status(const audit::v1::StreamChangeTrailRequest& request,
                               const std::function<bool(const audit::v1::StreamChangeTrailResponse&)>& receive)>;

// All of it put together. DATA_LOSS where the stream ended well without having said how many entries there are, or with
// another number of them.
absl::StatusOr<audit::v1::ChangeTrail> DownloadTrail(const TrailCall& call, const std::string& change);

// One line for people.
std::string Describe(const audit::v1::MissingFact& fact);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_TRAIL_DOWNLOAD_H_

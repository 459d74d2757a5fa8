#include "services/docketctl/trail_download.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace docket::ctl {

using audit::v1::MissingFact;

absl::StatusOr<audit::v1::ChangeTrail> DownloadTrail(const TrailCall& call, const std::string& change) {
  audit::v1::StreamChangeTrailRequest request;
  request.set_change(change);
  audit::v1::ChangeTrail trail;
  trail.set_change(change);
  std::optional<int64_t> entries;
  DOCKET_RETURN_IF_ERROR(call(request, [&](const audit::v1::StreamChangeTrailResponse& answer) {
    if (answer.has_checkpoint()) {
      *trail.mutable_checkpoint() = answer.checkpoint();
      trail.set_verifier_key(answer.verifier_key());
    }
    trail.mutable_entries()->MergeFrom(answer.entries());
    trail.mutable_proofs()->MergeFrom(answer.proofs());
    if (answer.has_summary()) {
      entries = answer.summary().entry_count();
      *trail.mutable_missing() = answer.summary().missing();
    }
    return true;
  }));
  if (!entries.has_value()) return absl::DataLossError("the trail ended before its summary");
  if (*entries != trail.entries_size()) {
    return absl::DataLossError(
        absl::StrCat("the trail has ", trail.entries_size(), " entries where ", *entries, " were announced"));
  }
  return trail;
}

std::string Describe(const MissingFact& fact) {
  const std::string numbers =
      fact.first() == fact.last() ? absl::StrCat(fact.first()) : absl::StrCat(fact.first(), " to ", fact.last());
  switch (fact.kind()) {
    case MissingFact::KIND_REVISIONS:
      return absl::StrCat("no event tells of revision ", numbers, " of ", fact.subject());
    case MissingFact::KIND_SOURCE_SEQUENCE:
      return absl::StrCat("the log never received event ", numbers, " of ", fact.source());
    case MissingFact::KIND_REDACTED:
      return absl::StrCat("the content of entry ", fact.index(), " was redacted");
    case MissingFact::KIND_REFUSED:
      return absl::StrCat("an event was refused, see entry ", fact.index());
    case MissingFact::KIND_UNCHECKED:
      return "there is more than could be looked at: other things may be missing";
    default:
      return "something that this docketctl does not know";
  }
}

}  // namespace docket::ctl

#include "services/docketctl/trail_verifier.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/hash.h"
#include "common/merkle/note_key.h"
#include "common/merkle/proof.h"
#include "common/status/status_macros.h"

namespace docket::ctl {
namespace {

absl::Status Broken(int64_t index, absl::string_view what) { return absl::DataLossError(absl::StrCat("entry ", index, ": ", what)); }

std::string Commitment(absl::string_view salt, absl::string_view payload) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), salt.data(), static_cast<int>(salt.size()), reinterpret_cast<const unsigned char*>(payload.data()), payload.size(),
       mac, &size);
  return std::string(reinterpret_cast<const char*>(mac), size);
}

// The event as the entry's bytes have it, its payload added once it is shown to be the one that was committed to.
absl::StatusOr<event::v1::Event> VerifiedEvent(const audit::v1::LogEntry& logged, absl::string_view change) {
  audit::v1::Entry entry;
  if (!entry.ParseFromString(logged.entry())) return Broken(logged.index(), "its bytes are no entry");
  event::v1::Event event = entry.event();
  if (event.change() != change) return Broken(logged.index(), "it belongs to another change");
  if (logged.redacted() || entry.payload_commitment().empty()) return event;
  if (Commitment(logged.salt(), logged.payload()) != entry.payload_commitment()) {
    return Broken(logged.index(), "its payload is not the one that was committed to");
  }
  audit::v1::EntryPayload payload;
  if (!payload.ParseFromString(logged.payload())) return Broken(logged.index(), "its payload cannot be read");
  event.MergeFrom(payload.event());
  return event;
}

}  // namespace

absl::StatusOr<VerifiedTrail> VerifyTrail(const audit::v1::ChangeTrail& trail, absl::string_view log_key) {
  DOCKET_ASSIGN_OR_RETURN(const merkle::NoteVerifier verifier, merkle::NoteVerifier::Parse(absl::StripAsciiWhitespace(log_key)));
  DOCKET_ASSIGN_OR_RETURN(const merkle::Checkpoint checkpoint,
                          merkle::VerifyCheckpoint(trail.checkpoint().note(), verifier.name(), {verifier}));
  if (trail.entries_size() != trail.proofs_size()) return absl::DataLossError("there is not one proof for each entry");
  VerifiedTrail verified{.log_size = static_cast<int64_t>(checkpoint.size)};
  int64_t previous = -1;
  for (int i = 0; i < trail.entries_size(); ++i) {
    const audit::v1::LogEntry& entry = trail.entries(i);
    const audit::v1::InclusionProof& proof = trail.proofs(i);
    if (entry.index() <= previous) return Broken(entry.index(), "it is out of order");
    previous = entry.index();
    DOCKET_ASSIGN_OR_RETURN(const std::vector<merkle::Hash> hashes, merkle::HashesFromBytes(proof.hashes()));
    const absl::Status included = merkle::VerifyInclusion(merkle::LeafHash(entry.entry()), static_cast<uint64_t>(entry.index()),
                                                          checkpoint.size, hashes, checkpoint.root);
    if (!included.ok()) return Broken(entry.index(), absl::StrCat("it is not in the signed log: ", included.message()));
    DOCKET_ASSIGN_OR_RETURN(event::v1::Event event, VerifiedEvent(entry, trail.change()));
    if (event.outcome() == event::v1::OUTCOME_DENIED) ++verified.denials;
    verified.events.push_back(std::move(event));
  }
  // Sources deliver independently of each other, so the log's order is that of arrival.
  std::stable_sort(verified.events.begin(), verified.events.end(), [](const event::v1::Event& a, const event::v1::Event& b) {
    return std::make_tuple(a.occur_time().seconds(), a.occur_time().nanos()) <
           std::make_tuple(b.occur_time().seconds(), b.occur_time().nanos());
  });
  return verified;
}

absl::Status CheckTrail(const VerifiedTrail& trail, const TrailCheck& check) {
  auto at = trail.events.begin();
  for (const std::string& type : check.events) {
    at = std::find_if(at, trail.events.end(), [&](const event::v1::Event& event) { return event.type() == type; });
    if (at == trail.events.end()) return absl::FailedPreconditionError(absl::StrCat("the trail has no ", type, " in its place"));
    ++at;
  }
  if (trail.denials < check.denials_at_least) {
    return absl::FailedPreconditionError(
        absl::StrCat("the trail has ", trail.denials, " refused calls, at least ", check.denials_at_least, " were made"));
  }
  return absl::OkStatus();
}

}  // namespace docket::ctl

#include "services/audit/open_part.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/events/event_bytes.h"
#include "common/merkle/hash.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/log_entry.h"

namespace docket::audit {
namespace {

constexpr char kSelectEntry[] = "SELECT entry FROM entry WHERE log_index = ?";

// The entry that the event would become now, but for where and when.
absl::StatusOr<v1::Entry> EntryOf(const EntryParts& parts) {
  DOCKET_ASSIGN_OR_RETURN(const std::string bytes, EntryBytes("", parts, ""));
  v1::Entry entry;
  if (!entry.ParseFromString(bytes)) return absl::DataLossError("an entry's bytes cannot be read");
  return entry;
}

absl::StatusOr<v1::Entry> EntryOf(const event::v1::Event& event) {
  v1::Entry entry;
  *entry.mutable_event() = event;
  DOCKET_ASSIGN_OR_RETURN(const EntryParts parts, SplitEvent(entry));
  return EntryOf(parts);
}

std::string DigestOf(const v1::Entry& entry, bool with_size) {
  return merkle::Sha256(absl::StrCat(with_size ? absl::StrCat(entry.payload_size_bytes()) : "", "\n",
                                     events::EventBytes(entry.event())))
      .ToBytes();
}

}  // namespace

absl::StatusOr<OpenDigests> CompareOpenParts(mysql::Transaction& tx, uint64_t first_index, const EntryParts& second) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kSelectEntry, mysql::Params{first_index}));
  v1::Entry stored;
  if (rows.empty() || !stored.ParseFromString(rows[0].Text(0))) {
    return absl::DataLossError(absl::StrCat("entry ", first_index, " is missing or cannot be read"));
  }
  // Entries from before hold fields that lie in the payload now. Those are left out on both sides, and with them the
  // payload's size, which was another one then.
  DOCKET_ASSIGN_OR_RETURN(v1::Entry first, EntryOf(stored.event()));
  const bool as_now = events::EventBytes(first.event()) == events::EventBytes(stored.event());
  first.set_payload_size_bytes(stored.payload_size_bytes());
  DOCKET_ASSIGN_OR_RETURN(const v1::Entry came, EntryOf(second));
  return OpenDigests{.first = DigestOf(first, as_now), .second = DigestOf(came, as_now)};
}

}  // namespace docket::audit

#include "services/audit/log_entry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/canonical_digest/message_bytes.h"
#include "common/identifier/random.h"
#include "common/merkle/commitment.h"
#include "common/status/status_macros.h"
#include "google/protobuf/arena.h"

namespace docket::audit {
namespace {

constexpr int kEntryVersion = 1;

}  // namespace

std::string NewSalt() { return RandomBytes(kSaltBytes); }

absl::StatusOr<EntryParts> SplitEvent(v1::Entry& entry) {
  // Between messages of one arena fields change hands without a copy.
  google::protobuf::Arena own;
  google::protobuf::Arena* const arena = entry.GetArena() != nullptr ? entry.GetArena() : &own;
  v1::EntryPayload& payload = *google::protobuf::Arena::CreateMessage<v1::EntryPayload>(arena);
  event::v1::Event& kept = *entry.mutable_event();
  event::v1::Event& told = *payload.mutable_event();
  if (kept.has_payload()) told.mutable_payload()->Swap(kept.mutable_payload());
  told.mutable_reason()->swap(*kept.mutable_reason());
  told.mutable_changes()->Swap(kept.mutable_changes());
  // A digest of little content tells that content to whoever tries.
  told.mutable_before_sha256()->swap(*kept.mutable_before_sha256());
  told.mutable_after_sha256()->swap(*kept.mutable_after_sha256());
  if (!kept.actor().display_name().empty()) {
    told.mutable_actor()->mutable_display_name()->swap(*kept.mutable_actor()->mutable_display_name());
  }
  if (!kept.actor().client_ip().empty()) {
    told.mutable_actor()->mutable_client_ip()->swap(*kept.mutable_actor()->mutable_client_ip());
  }
  kept.clear_payload();

  EntryParts parts{.event = MessageBytes(entry), .payload = MessageBytes(payload)};
  if (parts.payload.size() > kMaxPayloadBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the payload has ", parts.payload.size(), " bytes, at most ", kMaxPayloadBytes, " are taken"));
  }
  return parts;
}

std::string EntryHead(absl::string_view origin, absl::Time receive_time) {
  v1::Entry head;
  head.set_version(kEntryVersion);
  head.set_origin(std::string(origin));
  const int64_t micros = absl::ToUnixMicros(receive_time);
  head.mutable_receive_time()->set_seconds(micros / 1'000'000);
  head.mutable_receive_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  return MessageBytes(head);
}

absl::StatusOr<std::string> EntryBytes(absl::string_view head, const EntryParts& parts, absl::string_view salt) {
  v1::Entry tail;
  tail.set_payload_commitment(merkle::PayloadCommitment(salt, parts.payload));
  tail.set_payload_size_bytes(static_cast<int32_t>(parts.payload.size()));
  // Fields are written in the order of their numbers, so the parts one after the other are the whole.
  std::string entry = absl::StrCat(head, parts.event, tail.SerializeAsString());
  if (entry.size() > kMaxEntryBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the entry has ", entry.size(), " bytes, at most ", kMaxEntryBytes, " are taken"));
  }
  return entry;
}

absl::StatusOr<SealedEntry> SealEvent(const event::v1::Event& event, absl::string_view origin, absl::Time receive_time,
                                      std::string salt) {
  v1::Entry entry;
  *entry.mutable_event() = event;
  DOCKET_ASSIGN_OR_RETURN(EntryParts parts, SplitEvent(entry));
  SealedEntry sealed;
  DOCKET_ASSIGN_OR_RETURN(sealed.entry, EntryBytes(EntryHead(origin, receive_time), parts, salt));
  sealed.payload = std::move(parts.payload);
  sealed.salt = std::move(salt);
  return sealed;
}

absl::StatusOr<event::v1::Event> UnsealEvent(absl::string_view entry, absl::string_view payload) {
  v1::Entry parsed;
  v1::EntryPayload told;
  if (!parsed.ParseFromArray(entry.data(), static_cast<int>(entry.size())) ||
      !told.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return absl::DataLossError("an entry's bytes cannot be read");
  }
  event::v1::Event event = std::move(*parsed.mutable_event());
  event.MergeFrom(told.event());
  return event;
}

}  // namespace docket::audit

#include "services/audit/log_entry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identifier/random.h"
#include "common/merkle/commitment.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace docket::audit {
namespace {

constexpr int kEntryVersion = 1;

std::string SerializeDeterministically(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

std::string NewSalt() { return RandomBytes(kSaltBytes); }

absl::StatusOr<SealedEntry> SealEvent(const event::v1::Event& event, absl::string_view origin, absl::Time receive_time,
                                      std::string salt) {
  // What may name a person or tell a story lies in the payload, so that it can be taken away without touching the tree.
  v1::Entry entry;
  *entry.mutable_event() = event;
  v1::EntryPayload payload;
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

  SealedEntry sealed;
  sealed.payload = SerializeDeterministically(payload);
  sealed.salt = std::move(salt);
  if (sealed.payload.size() > kMaxPayloadBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the payload has ", sealed.payload.size(), " bytes, at most ", kMaxPayloadBytes, " are taken"));
  }
  entry.set_version(kEntryVersion);
  entry.set_origin(std::string(origin));
  const int64_t micros = absl::ToUnixMicros(receive_time);
  entry.mutable_receive_time()->set_seconds(micros / 1'000'000);
  entry.mutable_receive_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  entry.set_payload_commitment(merkle::PayloadCommitment(sealed.salt, sealed.payload));
  entry.set_payload_size_bytes(static_cast<int32_t>(sealed.payload.size()));
  sealed.entry = SerializeDeterministically(entry);
  if (sealed.entry.size() > kMaxEntryBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the entry has ", sealed.entry.size(), " bytes, at most ", kMaxEntryBytes, " are taken"));
  }
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

#include "services/docketctl/testing/made_trail.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/proof.h"
#include "common/merkle/reference_tree.h"
#include "docket/event/v1/platform_events.pb.h"

namespace docket::ctl::testing {
namespace {

constexpr char kOrigin[] = "docket.test/audit";
constexpr int64_t kBegin = 1767225600;

std::string Hmac(const std::string& salt, const std::string& payload) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), salt.data(), static_cast<int>(salt.size()), reinterpret_cast<const unsigned char*>(payload.data()),
       payload.size(), mac, &size);
  return std::string(reinterpret_cast<const char*>(mac), size);
}

audit::v1::LogEntry MakeEntry(const std::string& change, const std::string& type, int64_t index) {
  audit::v1::Entry entry;
  entry.set_version(1);
  entry.set_origin(kOrigin);
  entry.mutable_receive_time()->set_seconds(kBegin + index);
  event::v1::Event& event = *entry.mutable_event();
  event.set_event_id(absl::StrCat("event-", index));
  event.set_type(type);
  event.set_change(change);
  event.set_subject(change);
  event.mutable_actor()->set_name("organizations/o/people/a");
  event.mutable_occur_time()->set_seconds(kBegin + index);
  event.set_outcome(type == "CallDenied" ? event::v1::OUTCOME_DENIED : event::v1::OUTCOME_SUCCEEDED);

  audit::v1::EntryPayload payload;
  payload.mutable_event()->set_reason(absl::StrCat("reason ", index));
  payload.mutable_event()->mutable_actor()->set_display_name("李");
  event::v1::CallDenied facts;
  facts.set_message(absl::StrCat("fact ", index));
  (*facts.mutable_metadata())["a"] = "1";
  (*facts.mutable_metadata())["b"] = "2";
  payload.mutable_event()->mutable_payload()->PackFrom(facts);

  audit::v1::LogEntry logged;
  logged.set_index(index);
  logged.set_salt(absl::StrCat("salt ", index));
  logged.set_payload(payload.SerializeAsString());
  entry.set_payload_commitment(Hmac(logged.salt(), logged.payload()));
  entry.set_payload_size_bytes(static_cast<int32_t>(logged.payload().size()));
  logged.set_entry(entry.SerializeAsString());
  *logged.mutable_event() = event;
  logged.mutable_event()->MergeFrom(payload.event());
  *logged.mutable_receive_time() = entry.receive_time();
  return logged;
}

}  // namespace

MadeTrail::MadeTrail(const std::string& change, const std::vector<std::string>& types,
                     std::optional<merkle::NoteSigner> signer)
    : signer_(signer.has_value() ? *std::move(signer) : *merkle::NoteSigner::Generate(kOrigin)) {
  std::vector<audit::v1::LogEntry> log;
  std::vector<merkle::Hash> leaves;
  const auto append = [&](const std::string& of_change, const std::string& type) {
    log.push_back(MakeEntry(of_change, type, static_cast<int64_t>(log.size())));
    leaves.push_back(merkle::LeafHash(log.back().entry()));
  };
  trail_.set_change(change);
  for (const std::string& type : types) {
    for (int i = 0; i < 3; ++i) append("organizations/o/requests/others", "RequestCreated");
    append(change, type);
    *trail_.add_entries() = log.back();
  }
  append("organizations/o/requests/others", "RequestCreated");

  merkle::ReferenceReader reader(leaves);
  for (const audit::v1::LogEntry& entry : trail_.entries()) {
    const auto index = static_cast<uint64_t>(entry.index());
    audit::v1::InclusionProof& proof = *trail_.add_proofs();
    proof.set_index(entry.index());
    proof.set_size(static_cast<int64_t>(leaves.size()));
    proof.set_leaf_sha256(leaves[index].ToBytes());
    const std::vector<merkle::Hash> path = *merkle::InclusionProof(reader, index, leaves.size());
    for (const merkle::Hash& hash : path) proof.add_hashes(hash.ToBytes());
  }
  const merkle::Checkpoint checkpoint{
      .origin = signer_.name(), .size = leaves.size(), .root = merkle::ReferenceRoot(leaves)};
  trail_.mutable_checkpoint()->set_size(static_cast<int64_t>(checkpoint.size));
  trail_.mutable_checkpoint()->set_root_sha256(checkpoint.root.ToBytes());
  trail_.mutable_checkpoint()->set_note(*merkle::SignCheckpoint(checkpoint, {signer_}));
  trail_.set_verifier_key(log_key());
}

}  // namespace docket::ctl::testing

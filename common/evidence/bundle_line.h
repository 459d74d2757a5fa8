// The evidence bundle's file format: everything that the audit log holds of one change, with what is needed to verify
// it without Docket. UTF-8 text, one JSON object a line, each line written in exactly one way (member order as below,
// no spaces, standard Base 64, 64 lower-case hexadecimal digits per hash), so that jq, base64 and sha256sum suffice.
//
//   {"docket_bundle":1,"change":"organizations/o/requests/r","origin":"docket.example/audit","key":"…+…+…",
//    "key_sha256":"…","log_size":123,"checkpoint":"…"}
//       What it is about. `key` is the log's public key (C2SP vkey) and `key_sha256` its fingerprint, to be compared
//       with one obtained elsewhere. `checkpoint` is a C2SP signed note: the log's size and RFC 6962 root.
//   {"entry":17,"leaf":"…","bytes":"…","payload":"…","salt":"…"}
//       One for each entry of the change, ascending by index. `bytes` are the docket.audit.v1.Entry that the log
//       commits to, `leaf` is SHA-256(0x00 ‖ bytes). The entry's payload_commitment is HMAC-SHA256(salt, payload).
//       Where the payload was redacted there is `"missing":"payload"` in place of both.
//   {"proof_of":5,"hashes":["…",…]}
//       That the last 5 entries are in the log: one RFC 6962 multi-proof, the roots of the largest subtrees that hold
//       none of them, from left to right. After every kEntriesPerProof entries and after the last one.
//   {"record_of":17,"bytes":"…"}
//       One for each entry ChangeFiled and ChangeRegistered: the docket.audit.v1.Filing or Registration as it was
//       entered, whose SHA-256 is the after_sha256 of the entry's payload (of the entry itself in older logs); its
//       signed receipt is in it, and alone proves it where the payload was redacted. `"missing":"record"` in place of
//       bytes where the register does not have it.
//   {"seal":"…"}
//       A note of the log's key over the lines `docket-bundle/v2`, the change, the log size, the SHA-256 of all bytes
//       of the file before this line, and which entries are without payload (redacted_entries.h). It holds the log to
//       the claim that this is all there is. Older bundles have `docket-bundle/v1` and no fifth line.
//   {"cosigned":"…","hashes":["…",…]}
//       Behind the seal, where witnesses have cosigned: the log's newest checkpoint with their signatures (C2SP
//       tlog-cosignature), and the RFC 6962 consistency proof between it and the checkpoint above, from the smaller
//       one to the larger; none where they are of one size.
//
// Up to the seal the bytes depend on the change, the log size, and what was redacted until then; there is no time of
// export in them. What witnesses say comes later and needs no seal: they and the log have signed it.
// Lines of text rather than one message: any language reads them, they stream in bounded memory, and what is wrong can
// be said by line.
#ifndef DOCKET_COMMON_EVIDENCE_BUNDLE_LINE_H_
#define DOCKET_COMMON_EVIDENCE_BUNDLE_LINE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/merkle/hash.h"
#include "docket/event/v1/event.pb.h"

namespace docket::evidence {

// So that neither side holds more than this many leaves and tiles at a time.
inline constexpr size_t kEntriesPerProof = 4096;
// An entry of 64 KiB with a payload of 1 MiB has 1.5 MiB in Base 64; 4096 paths through a large tree are below 12 MiB.
inline constexpr size_t kMaxBundleLineBytes = size_t{16} << 20;

struct BundleHeader {
  std::string change;
  std::string origin;
  std::string key;
  std::string key_sha256;
  uint64_t log_size = 0;
  std::string checkpoint;
};

struct BundlePayload {
  std::string bytes;
  std::string salt;
};

struct BundleEntry {
  uint64_t index = 0;
  merkle::Hash leaf;
  std::string bytes;
  // Nothing: redacted.
  std::optional<BundlePayload> payload;
};

struct BundleProof {
  uint64_t entries = 0;
  std::vector<merkle::Hash> hashes;
};

struct BundleRecord {
  uint64_t entry = 0;
  // Nothing: the register does not have it.
  std::optional<std::string> bytes;
};

struct BundleSeal {
  std::string note;
};

struct BundleCosigned {
  // The log's signature and cosignatures under it.
  std::string note;
  std::vector<merkle::Hash> hashes;
};

using BundleLine = std::variant<BundleHeader, BundleEntry, BundleProof, BundleRecord, BundleSeal, BundleCosigned>;

// With the newline.
std::string FormatBundleLine(const BundleLine& line);
// Exactly what FormatBundleLine makes, without the newline; INVALID_ARGUMENT says what is wrong.
absl::StatusOr<BundleLine> ParseBundleLine(absl::string_view line);

// Whether the entry of that event has a record of the register beside it.
bool NamesRecord(const event::v1::Event& event);

// The text of the seal's note. `redacted` is RedactedEntries::ToText() of the entries.
std::string SealText(absl::string_view change, uint64_t log_size, const merkle::Hash& before,
                     absl::string_view redacted);
// Of version 1.
std::string FormerSealText(absl::string_view change, uint64_t log_size, const merkle::Hash& before);
// The `redacted` of what SealText made; nothing of any other text.
std::optional<std::string> RedactedOfSeal(absl::string_view seal_text);

}  // namespace docket::evidence

#endif  // DOCKET_COMMON_EVIDENCE_BUNDLE_LINE_H_

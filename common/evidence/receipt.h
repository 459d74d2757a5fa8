// Receipts of the filing register: what the register signed when it gave a number, verifiable with the log's public key
// alone. A receipt is a signed note (common/merkle/note.h) with this text:
//
//   docket-receipt/v2                                                     never the first line of a checkpoint
//   registration DJ-2026-000001                                           or `filing BB-2026-000001`
//   organizations/yunqi/requests/01a2…                                    the change
//   9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08      SHA-256 of the plan's content
//   2026-11-15T00:00:00.000000Z
//   60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752      SHA-256 of the record, see RecordDigest
//
// Receipts of version 1 are the same without the last line.
#ifndef DOCKET_COMMON_EVIDENCE_RECEIPT_H_
#define DOCKET_COMMON_EVIDENCE_RECEIPT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/merkle/note_key.h"
#include "docket/audit/v1/register.pb.h"

namespace docket::evidence {

struct ReceiptFacts {
  // `filing` or `registration`
  std::string kind;
  std::string number;
  // The change: name of its request.
  std::string request;
  // Lower-case hexadecimal: of the plan's content, and of the record. The latter is empty in receipts of version 1.
  std::string content_sha256;
  std::string record_sha256;
  absl::Time time;

  friend bool operator==(const ReceiptFacts& a, const ReceiptFacts& b) = default;
};

// Version 2, or 1 where there is no record_sha256.
std::string ReceiptText(const ReceiptFacts& facts);
// Exactly what ReceiptText makes; INVALID_ARGUMENT otherwise.
absl::StatusOr<ReceiptFacts> ParseReceiptText(absl::string_view text);

// What the receipt says, once one of the keys is shown to have signed it. INVALID_ARGUMENT: no signed note.
// UNAUTHENTICATED: signed by another key. DATA_LOSS: the signature is not of this text, or the text is no receipt.
absl::StatusOr<ReceiptFacts> VerifyReceipt(absl::string_view receipt, absl::Span<const merkle::NoteVerifier> keys);

// Lower-case hexadecimal SHA-256 of the record as it was entered: serialised, without its receipt, and without what was
// added or found later (acknowledgement, correction, etag).
std::string RecordDigest(audit::v1::Filing filing);
std::string RecordDigest(audit::v1::Registration registration);

// That a verified receipt is that of the record. DATA_LOSS names the first thing that differs.
absl::Status CheckReceiptOf(const audit::v1::Filing& filing, const ReceiptFacts& receipt);
absl::Status CheckReceiptOf(const audit::v1::Registration& registration, const ReceiptFacts& receipt);

// Lower-case hexadecimal SHA-256 of a verifier key's text (`name+id+key`), by which people compare keys:
// `printf %s "$KEY" | sha256sum`.
std::string KeyFingerprint(const merkle::NoteVerifier& key);
// The first 16 digits of the SHA-256 of a receipt or checkpoint, in groups of four: enough to find it again on paper.
std::string ShortFingerprint(absl::string_view note);

}  // namespace docket::evidence

#endif  // DOCKET_COMMON_EVIDENCE_RECEIPT_H_

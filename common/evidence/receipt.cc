#include "common/evidence/receipt.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/merkle/hash.h"
#include "common/merkle/note.h"
#include "common/status/status_macros.h"

namespace docket::evidence {
namespace {

constexpr char kVersion1[] = "docket-receipt/v1";
constexpr char kVersion2[] = "docket-receipt/v2";
constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%E6SZ";

bool IsHex(absl::string_view text) { return merkle::Hash::FromHex(text).ok(); }

absl::Status NoReceipt() { return absl::InvalidArgumentError("the text is no receipt of the register"); }

absl::Status Differs(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the receipt is for another ", what, " than the record's"));
}

// What a receipt and any record share.
struct RecordFacts {
  std::string kind;
  std::string number;
  std::string request;
  std::string digest;
  absl::Time time;
};

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

absl::Status CheckSame(const RecordFacts& record, const ReceiptFacts& receipt) {
  if (record.kind != receipt.kind) return Differs("kind");
  if (record.number != receipt.number) return Differs("number");
  if (record.request != receipt.request) return Differs("change");
  if (record.time != receipt.time) return Differs("time");
  if (!receipt.record_sha256.empty() && record.digest != receipt.record_sha256) return Differs("content");
  return absl::OkStatus();
}

}  // namespace

std::string ReceiptText(const ReceiptFacts& facts) {
  const bool first_version = facts.record_sha256.empty();
  return absl::StrCat(first_version ? kVersion1 : kVersion2, "\n", facts.kind, " ", facts.number, "\n", facts.request,
                      "\n", facts.content_sha256, "\n", absl::FormatTime(kTimeFormat, facts.time, absl::UTCTimeZone()),
                      "\n", facts.record_sha256, first_version ? "" : "\n");
}

absl::StatusOr<ReceiptFacts> ParseReceiptText(absl::string_view text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  // The last newline is followed by nothing.
  const bool second_version = lines[0] == kVersion2;
  if (lines.size() != (second_version ? 7u : 6u)) return NoReceipt();
  const std::vector<std::string> words = absl::StrSplit(lines[1], absl::MaxSplits(' ', 1));
  if (words.size() != 2 || (words[0] != "filing" && words[0] != "registration") || !IsHex(lines[3])) return NoReceipt();
  ReceiptFacts facts{.kind = words[0], .number = words[1], .request = lines[2], .content_sha256 = lines[3]};
  if (second_version) facts.record_sha256 = lines[5];
  std::string error;
  if (!absl::ParseTime("%Y-%m-%dT%H:%M:%E*SZ", lines[4], &facts.time, &error)) return NoReceipt();
  if (second_version && !IsHex(facts.record_sha256)) return NoReceipt();
  if (ReceiptText(facts) != text) return NoReceipt();
  return facts;
}

absl::StatusOr<ReceiptFacts> VerifyReceipt(absl::string_view receipt, absl::Span<const merkle::NoteVerifier> keys) {
  DOCKET_ASSIGN_OR_RETURN(const merkle::VerifiedNote note, merkle::OpenNote(receipt, keys));
  absl::StatusOr<ReceiptFacts> facts = ParseReceiptText(note.text);
  // The key has signed something else, such as a checkpoint.
  if (!facts.ok()) return absl::DataLossError(facts.status().message());
  return facts;
}

std::string RecordDigest(audit::v1::Filing filing) {
  filing.set_state(audit::v1::Filing::STATE_FILED);
  filing.clear_acknowledger();
  filing.clear_acknowledge_time();
  filing.clear_receipt();
  filing.clear_etag();
  return merkle::Sha256(filing.SerializeAsString()).ToHex();
}

std::string RecordDigest(audit::v1::Registration registration) {
  registration.clear_receipt();
  registration.clear_corrected_by();
  return merkle::Sha256(registration.SerializeAsString()).ToHex();
}

absl::Status CheckReceiptOf(const audit::v1::Filing& filing, const ReceiptFacts& receipt) {
  if (filing.plan_sha256() != receipt.content_sha256) return Differs("plan content");
  return CheckSame({.kind = "filing",
                    .number = filing.number(),
                    .request = filing.request(),
                    .digest = RecordDigest(filing),
                    .time = TimeOf(filing.file_time())},
                   receipt);
}

absl::Status CheckReceiptOf(const audit::v1::Registration& registration, const ReceiptFacts& receipt) {
  return CheckSame({.kind = "registration",
                    .number = registration.number(),
                    .request = registration.request(),
                    .digest = RecordDigest(registration),
                    .time = TimeOf(registration.register_time())},
                   receipt);
}

std::string KeyFingerprint(const merkle::NoteVerifier& key) { return merkle::Sha256(key.ToText()).ToHex(); }

std::string ShortFingerprint(absl::string_view note) {
  const std::string hex = merkle::Sha256(note).ToHex();
  return absl::StrCat(hex.substr(0, 4), " ", hex.substr(4, 4), " ", hex.substr(8, 4), " ", hex.substr(12, 4));
}

}  // namespace docket::evidence

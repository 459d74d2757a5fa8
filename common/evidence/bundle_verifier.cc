#include "common/evidence/bundle_verifier.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/evidence/redacted_entries.h"
#include "common/merkle/commitment.h"
#include "common/merkle/note.h"
#include "docket/audit/v1/entry.pb.h"

namespace docket::evidence {
namespace {

// One line without its newline; false at the end of the file. `whole` tells whether a newline ended it and it was not
// too long.
bool ReadLine(std::istream& file, std::string* line, bool* whole) {
  line->clear();
  *whole = false;
  char c = 0;
  while (line->size() <= kMaxBundleLineBytes && file.get(c)) {
    if (c == '\n') {
      *whole = true;
      return true;
    }
    line->push_back(c);
  }
  return !line->empty();
}

// One file being read. Every line goes to the function of its kind; faults gather.
class Verification {
 public:
  explicit Verification(const ExpectedKey& expected) : expected_(expected) {}

  void Read(std::istream& file) {
    std::string line;
    bool whole = false;
    for (number_ = 1; ReadLine(file, &line, &whole); ++number_) {
      if (!whole) return Add(FaultKind::kDamaged, Line(), "format", "it is cut off, or longer than any line may be");
      if (cosigned_) return Add(FaultKind::kDamaged, Line(), "order", "it stands behind the cosigned checkpoint");
      const absl::StatusOr<BundleLine> parsed = ParseBundleLine(line);
      if (sealed_ && !(parsed.ok() && std::holds_alternative<BundleCosigned>(*parsed))) {
        return Add(FaultKind::kDamaged, Line(), "order", "it stands behind the seal");
      }
      if (!parsed.ok()) return Add(FaultKind::kDamaged, Line(), "format", parsed.status().message());
      if ((number_ == 1) != std::holds_alternative<BundleHeader>(*parsed)) {
        return Add(FaultKind::kDamaged, Line(), "order", "a bundle begins with its only header");
      }
      std::visit([this](const auto& kind) { Take(kind); }, *parsed);
      // What follows a line that is out of place cannot be told apart.
      if (damaged_ || report_.faults.size() >= kMaxFaults) return;
      if (sealed_) continue;
      hash_.Add(line);
      hash_.Add("\n");
    }
    if (!sealed_) {
      return Add(FaultKind::kDamaged, "the end", "completeness", "the seal is missing: the file was cut off");
    }
    CheckWitnesses();
  }

  BundleReport Finish() && { return std::move(report_); }

 private:
  std::string Line() const { return absl::StrCat("line ", number_); }
  static std::string Entry(uint64_t index) { return absl::StrCat("entry ", index); }

  void Add(FaultKind kind, absl::string_view where, absl::string_view check, absl::string_view what) {
    damaged_ = damaged_ || kind == FaultKind::kDamaged;
    report_.faults.push_back(
        {.kind = kind, .where = std::string(where), .check = std::string(check), .what = std::string(what)});
  }
  void Unproven(absl::string_view where, absl::string_view check, absl::string_view what) {
    Add(FaultKind::kUnproven, where, check, what);
  }

  void Take(const BundleHeader& header) {
    report_.change = header.change;
    report_.log_size = header.log_size;
    origin_ = header.origin;
    const absl::StatusOr<merkle::NoteVerifier> key = merkle::NoteVerifier::Parse(header.key);
    if (!key.ok()) return Add(FaultKind::kDamaged, "key", "format", "it is no verifier key");
    report_.key = header.key;
    report_.fingerprint = KeyFingerprint(*key);
    if (header.key_sha256 != report_.fingerprint) {
      return Add(FaultKind::kDamaged, "key", "format", "the fingerprint beside it is another key's");
    }
    key_ = *key;
    CheckKey();
    if (header.origin != key->name()) Unproven("key", "signature", "it is not named as the log's origin");
    const absl::StatusOr<merkle::Checkpoint> checkpoint =
        merkle::VerifyCheckpoint(header.checkpoint, key->name(), {*key});
    if (!checkpoint.ok()) return Unproven("checkpoint", "signature", checkpoint.status().message());
    if (checkpoint->size != header.log_size) {
      return Unproven("checkpoint", "signature", "it is of another log size than the bundle names");
    }
    checkpoint_ = *checkpoint;
  }

  // What is verified is what the given key signed; the bundle's own is only for those who gave none.
  void CheckKey() {
    const bool given = expected_.key.has_value() || !expected_.fingerprint.empty();
    const bool same = (!expected_.key.has_value() || expected_.key->ToText() == key_->ToText()) &&
                      (expected_.fingerprint.empty() || expected_.fingerprint == report_.fingerprint);
    report_.key_is_expected = given && same;
    if (!same) Add(FaultKind::kOtherKey, "key", "signature", "the bundle is signed by another key than the one given");
  }

  void Take(const BundleEntry& entry) {
    if (in_records_) return Add(FaultKind::kDamaged, Line(), "order", "an entry stands behind the records");
    if (last_.has_value() && entry.index <= *last_) {
      return Add(FaultKind::kDamaged, Entry(entry.index), "order", "the entries do not ascend");
    }
    if (unproven_.size() == kEntriesPerProof) {
      return Add(FaultKind::kDamaged, Line(), "order", "a proof is missing before it");
    }
    last_ = entry.index;
    ++report_.entries;
    unproven_.push_back({.index = entry.index, .hash = entry.leaf});
    if (!entry.payload.has_value()) report_.without_payload.push_back(entry.index);
    redacted_.Add(entry.index, !entry.payload.has_value());
    audit::v1::Entry parsed;
    const bool readable = parsed.ParseFromString(entry.bytes);
    if (merkle::LeafHash(entry.bytes) != entry.leaf) {
      Unproven(Entry(entry.index), "leaf", "its bytes are not what its leaf hash was made of");
    } else if (!readable) {
      Unproven(Entry(entry.index), "leaf", "its bytes are no entry of a log");
    } else {
      CheckContent(entry, parsed);
    }
    if (NamesRecord(parsed.event())) {
      TakeDigest(entry, *parsed.mutable_event());
      expected_records_.emplace_back(entry.index, std::move(*parsed.mutable_event()));
    }
  }

  // The record's digest lies in the payload, but for entries from before payloads were encrypted.
  static void TakeDigest(const BundleEntry& entry, event::v1::Event& event) {
    audit::v1::EntryPayload payload;
    if (!event.after_sha256().empty() || !entry.payload.has_value() || !payload.ParseFromString(entry.payload->bytes))
      return;
    event.mutable_after_sha256()->swap(*payload.mutable_event()->mutable_after_sha256());
  }

  void CheckContent(const BundleEntry& entry, const audit::v1::Entry& parsed) {
    const std::string where = Entry(entry.index);
    if (parsed.event().change() != report_.change) Unproven(where, "change", "it belongs to another change");
    if (parsed.origin() != origin_) Unproven(where, "change", "it is of another log");
    if (!entry.payload.has_value()) return;
    if (merkle::PayloadCommitment(entry.payload->salt, entry.payload->bytes) != parsed.payload_commitment()) {
      Unproven(where, "payload", "its payload is not the one that it commits to");
    }
  }

  void Take(const BundleProof& proof) {
    if (proof.entries != unproven_.size() || unproven_.empty()) {
      return Add(FaultKind::kDamaged, Line(), "order",
                 "the proof is for another number of entries than stand before it");
    }
    if (checkpoint_.has_value()) {
      const absl::Status included =
          merkle::VerifyMultiProof(unproven_, checkpoint_->size, proof.hashes, checkpoint_->root);
      const std::string where = unproven_.size() == 1
                                    ? Entry(unproven_.front().index)
                                    : absl::StrCat("entries ", unproven_.front().index, " to ", unproven_.back().index);
      if (!included.ok()) {
        Unproven(where, "inclusion", absl::StrCat("not as a whole in the signed log: ", included.message()));
      }
    }
    unproven_.clear();
  }

  void Take(const BundleRecord& record) {
    in_records_ = true;
    if (next_record_ == expected_records_.size() || expected_records_[next_record_].first != record.entry) {
      return Add(FaultKind::kDamaged, Line(), "order", "no entry names this record here");
    }
    const event::v1::Event& event = expected_records_[next_record_++].second;
    if (!record.bytes.has_value()) return report_.without_record.push_back(record.entry);
    const std::string where = absl::StrCat("record of entry ", record.entry);
    // Where the payload with the digest was redacted, the record is proven by its receipt alone.
    if (!event.after_sha256().empty() &&
        merkle::Sha256(*record.bytes).bytes() != absl::string_view(event.after_sha256())) {
      return Unproven(where, "record", "it is not what the log says was entered");
    }
    if (event.type() == "ChangeFiled") return CheckRecord<audit::v1::Filing>(where, *record.bytes, event);
    CheckRecord<audit::v1::Registration>(where, *record.bytes, event);
  }

  template <typename Record>
  void CheckRecord(absl::string_view where, const std::string& bytes, const event::v1::Event& event) {
    Record record;
    if (!record.ParseFromString(bytes)) return Unproven(where, "record", "it cannot be read");
    if (record.name() != event.subject()) Unproven(where, "record", "it is another record than the entry names");
    const absl::StatusOr<ReceiptFacts> receipt = VerifyReceipt(record.receipt(), {*key_});
    const absl::Status same = receipt.ok() ? CheckReceiptOf(record, *receipt) : receipt.status();
    if (!same.ok()) Unproven(where, "receipt", same.message());
    report_.records.push_back(record.number());
  }

  void Take(const BundleSeal& seal) {
    sealed_ = true;
    if (report_.entries == 0) Add(FaultKind::kDamaged, Line(), "completeness", "there are no entries");
    if (!unproven_.empty()) {
      Add(FaultKind::kDamaged, Line(), "completeness",
          absl::StrCat("the last ", unproven_.size(), " entries have no proof"));
    }
    if (next_record_ != expected_records_.size()) {
      Add(FaultKind::kDamaged, Line(), "completeness",
          absl::StrCat("the record of entry ", expected_records_[next_record_].first, " is not accounted for"));
    }
    const absl::StatusOr<merkle::VerifiedNote> note = merkle::OpenNote(seal.note, {*key_});
    if (!note.ok()) return Unproven("seal", "signature", note.status().message());
    const absl::StatusOr<merkle::Hash> before = hash_.Finish();
    const bool same =
        before.ok() && (note->text == SealText(report_.change, report_.log_size, *before, redacted_.ToText()) ||
                        note->text == FormerSealText(report_.change, report_.log_size, *before));
    if (!same) {
      NameCutPayloads(note->text);
      Unproven("seal", "completeness", "the file is not what was sealed");
    } else if (!note->unknown.empty()) {
      Unproven("seal", "signature", "there are signatures that nobody knows");
    }
  }

  // The seal says which payloads were missing when it was made.
  void NameCutPayloads(absl::string_view seal_text) {
    const std::optional<std::string> text = RedactedOfSeal(seal_text);
    const std::optional<RedactedEntries> redacted = text.has_value() ? RedactedEntries::Parse(*text) : std::nullopt;
    if (!redacted.has_value()) return;
    for (const uint64_t index : report_.without_payload) {
      if (report_.faults.size() >= kMaxFaults) return;
      if (!redacted->Contains(index)) {
        Unproven(Entry(index), "payload", "it was cut out: the bundle was sealed with it");
      }
    }
  }

  void Take(const BundleCosigned& cosigned) {
    constexpr char kWhere[] = "cosigned checkpoint";
    if (!sealed_) return Add(FaultKind::kDamaged, Line(), "order", "a cosigned checkpoint stands before the seal");
    cosigned_ = true;
    const absl::StatusOr<merkle::Checkpoint> checkpoint =
        merkle::VerifyCheckpoint(cosigned.note, key_->name(), {*key_});
    if (!checkpoint.ok()) return Unproven(kWhere, "signature", checkpoint.status().message());
    // The bundle's own checkpoint is at fault already.
    if (!checkpoint_.has_value()) return;
    const bool newer = checkpoint->size >= checkpoint_->size;
    const merkle::Checkpoint& first = newer ? *checkpoint_ : *checkpoint;
    const merkle::Checkpoint& second = newer ? *checkpoint : *checkpoint_;
    const absl::Status consistent =
        merkle::VerifyConsistency(first.size, second.size, first.root, second.root, cosigned.hashes);
    if (!consistent.ok()) return Unproven(kWhere, "consistency", consistent.message());
    report_.cosigned_size = checkpoint->size;
    // VerifyCheckpoint has read it.
    const absl::StatusOr<merkle::UnverifiedNote> note = merkle::ParseNote(cosigned.note);
    if (note.ok()) TakeCosignatures(*note);
  }

  void TakeCosignatures(const merkle::UnverifiedNote& note) {
    for (const merkle::NoteSignature& line : note.signatures) {
      if (line.key_id == key_->key_id() && line.key_name == key_->name()) continue;
      const auto witness = std::find_if(expected_.witnesses.begin(), expected_.witnesses.end(),
                                        [&](const auto& one) { return one.IsNamedBy(line); });
      if (witness == expected_.witnesses.end()) {
        report_.unchecked_witnesses.push_back(line.key_name);
        continue;
      }
      const absl::StatusOr<int64_t> time = witness->Verify(note.text, line);
      found_.push_back(witness->ToText());
      if (!time.ok()) {
        Unproven(absl::StrCat("witness ", witness->name()), "cosignature", time.status().message());
      } else {
        report_.cosigned_by.push_back({.name = witness->name(), .time = absl::FromUnixSeconds(*time)});
      }
    }
  }

  void CheckWitnesses() {
    for (const merkle::CosignatureVerifier& witness : expected_.witnesses) {
      if (std::find(found_.begin(), found_.end(), witness.ToText()) == found_.end()) {
        report_.absent_witnesses.push_back(witness.name());
      }
    }
    if (!expected_.witnesses.empty() && report_.cosigned_by.empty()) {
      Unproven("witnesses", "cosignature", "none of those that were given has cosigned what is in the file");
    }
  }

  const ExpectedKey& expected_;
  BundleReport report_;
  RunningHash hash_;
  uint64_t number_ = 0;
  std::string origin_;
  std::optional<merkle::NoteVerifier> key_;
  std::optional<merkle::Checkpoint> checkpoint_;
  std::optional<uint64_t> last_;
  std::vector<merkle::Leaf> unproven_;
  // Entries that name a record of the register, with what they say.
  std::vector<std::pair<uint64_t, event::v1::Event>> expected_records_;
  size_t next_record_ = 0;
  bool in_records_ = false;
  bool sealed_ = false;
  bool cosigned_ = false;
  RedactedEntries redacted_;
  // Expected witnesses that have a line, by key.
  std::vector<std::string> found_;
  bool damaged_ = false;
};

}  // namespace

BundleReport VerifyBundle(std::istream& file, const ExpectedKey& expected) {
  Verification verification(expected);
  verification.Read(file);
  return std::move(verification).Finish();
}

}  // namespace docket::evidence

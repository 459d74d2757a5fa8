// Verifies an evidence bundle (bundle_line.h) with nothing but the file and the log's public key: no network, no
// database, and no more memory than a few lines and one proof need.
#ifndef DOCKET_COMMON_EVIDENCE_BUNDLE_VERIFIER_H_
#define DOCKET_COMMON_EVIDENCE_BUNDLE_VERIFIER_H_

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/evidence/bundle_line.h"
#include "common/evidence/receipt.h"
#include "common/evidence/running_hash.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/cosignature.h"
#include "common/merkle/note_key.h"
#include "common/merkle/proof.h"

namespace docket::evidence {

// What is wrong with a bundle, by what a reader does next.
enum class FaultKind {
  // It is no bundle, was cut off, or a line is not written as lines are: get the file again.
  kDamaged,
  // It is signed by another key than the one that was expected: find out whose.
  kOtherKey,
  // A check of the evidence fails: somebody changed something.
  kUnproven,
};

struct Fault {
  FaultKind kind = FaultKind::kDamaged;
  // `line 3`, `entry 17`, `checkpoint`, `key`, `seal`, `record of entry 17`, `entries 3 to 17`, `cosigned checkpoint`,
  // `witness w.example/w1`, `witnesses`.
  std::string where;
  // `format`, `order`, `leaf`, `payload`, `change`, `inclusion`, `signature`, `record`, `receipt`, `completeness`,
  // `consistency`, `cosignature`.
  std::string check;
  std::string what;
};

// Whose signatures are expected. The log's key is the one that the bundle must be signed by; with neither, the one in
// the bundle is taken, which proves only that the file is consistent in itself.
struct ExpectedKey {
  std::optional<merkle::NoteVerifier> key;
  // KeyFingerprint of it.
  std::string fingerprint;
  // Witnesses of which at least one must have cosigned. Cosignatures of others are not checked, and the report says
  // whose they are.
  std::vector<merkle::CosignatureVerifier> witnesses;
};

// A cosignature that was verified.
struct BundleWitness {
  std::string name;
  // When it signed, by its own clock.
  absl::Time time;
};

struct BundleReport {
  // In the order in which they were found, at most kMaxFaults; empty: everything in the bundle is proven.
  std::vector<Fault> faults;

  std::string change;
  uint64_t log_size = 0;
  // The key that it is signed by, and its fingerprint.
  std::string key;
  std::string fingerprint;
  // Whether that is the expected key; false also where none was expected.
  bool key_is_expected = false;
  uint64_t entries = 0;
  // Entries whose payload was redacted.
  std::vector<uint64_t> without_payload;
  // Numbers of the register whose records and receipts are in the bundle, e.g. `BB-2026-000001`.
  std::vector<std::string> records;
  // Entries whose record the register did not have.
  std::vector<uint64_t> without_record;
  // Size of the cosigned checkpoint, which was shown to be of the same log; nothing: there is none. It bears witness to
  // the entries below it.
  std::optional<uint64_t> cosigned_size;
  std::vector<BundleWitness> cosigned_by;
  // Expected witnesses that have not.
  std::vector<std::string> absent_witnesses;
  // Names beside the cosignatures of others, as they stand there.
  std::vector<std::string> unchecked_witnesses;
};

inline constexpr size_t kMaxFaults = 50;

// Reads to the end of the stream.
BundleReport VerifyBundle(std::istream& file, const ExpectedKey& expected);

}  // namespace docket::evidence

#endif  // DOCKET_COMMON_EVIDENCE_BUNDLE_VERIFIER_H_

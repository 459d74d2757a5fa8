// For tests: a log of entries, some of one change, and the bundle that it would export, with every part open to being
// made wrong before it is written.
#ifndef DOCKET_COMMON_EVIDENCE_TESTING_MADE_BUNDLE_H_
#define DOCKET_COMMON_EVIDENCE_TESTING_MADE_BUNDLE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/evidence/bundle_line.h"
#include "common/merkle/cosignature.h"
#include "common/merkle/note_key.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/audit/v1/register.pb.h"

namespace docket::evidence::testing {

inline constexpr char kChange[] = "organizations/yunqi/requests/r1";

class MadeBundle {
 public:
  // `entries` entries of the change, each after three of other changes; the second is of a filing and the third of a
  // registration, where there are as many. `change_filing` may change the filing after its receipt was signed and
  // before it is logged.
  explicit MadeBundle(size_t entries, const std::function<void(audit::v1::Filing&)>& change_filing = nullptr);

  // The file, sealed. `change_lines` may change what is in it first, as whoever has the log's key could.
  std::string Write(const std::function<void(std::vector<BundleLine>&)>& change_lines = nullptr) const;

  // The line behind the seal: the log's checkpoint of that size, which may be larger than the bundle's, cosigned.
  BundleCosigned Cosigned(size_t size, const std::vector<const merkle::CosignatureSigner*>& witnesses,
                          int64_t time) const;

  const merkle::NoteVerifier& key() const { return signer_.verifier(); }
  const merkle::NoteSigner& signer() const { return signer_; }
  const audit::v1::Filing& filing() const { return filing_; }
  const audit::v1::Registration& registration() const { return registration_; }
  // Header, entries, proofs and records.
  const std::vector<BundleLine>& lines() const { return lines_; }

 private:
  void AppendOther();
  void AppendOfChange(size_t number);
  void MakeRecords();

  const merkle::NoteSigner signer_;
  audit::v1::Filing filing_;
  audit::v1::Registration registration_;
  std::vector<merkle::Hash> leaves_;
  std::vector<BundleLine> lines_;
};

}  // namespace docket::evidence::testing

#endif  // DOCKET_COMMON_EVIDENCE_TESTING_MADE_BUNDLE_H_

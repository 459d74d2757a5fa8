// Encrypts payloads as they are appended.
//
// Costs no row and no statement per entry: a block's seeds are read or made once per 256 entries, a subject's key once
// per subject, and both are remembered. That nobody appends under a key that another process destroyed is seen to by
// tree_state.secret_epoch, a condition of the swap.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_SUBJECT_SEALER_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_SUBJECT_SEALER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "services/audit/payload_seal.h"
#include "services/audit/privacy/secret_store.h"

namespace docket::audit {

// Thread-safe.
class SubjectSealer final : public PayloadSealer {
 public:
  // Both must outlive it.
  SubjectSealer(const SecretStore& store, Clock& clock) : store_(store), clock_(clock) {}

  SubjectName SubjectOf(const event::v1::Event& event) const override;
  absl::StatusOr<std::unique_ptr<Batch>> Begin(mysql::Transaction& tx, const std::set<SubjectName>& subjects,
                                               uint64_t size, uint64_t secret_epoch) override;
  absl::StatusOr<std::string> Seal(const EntrySecret& secret, uint64_t index, absl::string_view payload) const override;
  void Made(Batch& batch, uint64_t size) override;
  void Forget() override;

  // Forgets every key where the epoch is a later one than they are of. For a process that appends nothing for a
  // while.
  void ForgetUnlessOf(uint64_t secret_epoch);
  // How many subjects' keys it remembers.
  size_t remembered() const;

 private:
  class SealBatch;
  // What is known of secrets that are committed or about to be.
  struct Known {
    uint64_t secret_epoch = 0;
    std::map<SubjectName, SubjectKey> keys;
    // Seeds of the block that the log's end lies in; those of entries that are there already are forgotten.
    uint64_t block = 0;
    std::vector<std::string> seeds;
  };

  const SecretStore& store_;
  Clock& clock_;
  mutable absl::Mutex mutex_;
  Known known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_SUBJECT_SEALER_H_

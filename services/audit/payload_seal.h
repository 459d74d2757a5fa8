// How payloads are encrypted on their way into the log and opened on their way out, as the log sees it. Without a
// sealer payloads are stored as they are (format 0).
#ifndef DOCKET_SERVICES_AUDIT_PAYLOAD_SEAL_H_
#define DOCKET_SERVICES_AUDIT_PAYLOAD_SEAL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/event.pb.h"

namespace docket::audit {

// Of the column payload.format.
inline constexpr int kPlainPayload = 0;
inline constexpr int kSealedPayload = 1;

// A secret as a table keeps it. Without bytes: there is none (any more).
struct WrappedSecret {
  std::string master_key_id;
  std::string bytes;
};

// Where the secret of one entry comes from. Where either part is gone, so is the payload.
struct SecretSource {
  uint64_t index = 0;
  uint64_t key_id = 0;
  WrappedSecret block;
  WrappedSecret subject;
};

// Organisation and person that a payload tells of. The person may be empty.
using SubjectName = std::pair<std::string, std::string>;

// What one entry's payload is encrypted and its commitment salted with.
struct EntrySecret {
  uint64_t key_id = 0;
  // 32 bytes each.
  std::string data_key;
  std::string salt;
};

// Thread-safe.
class PayloadOpener {
 public:
  virtual ~PayloadOpener() = default;
  // nullopt: it was redacted. DATA_LOSS: it is there and was tampered with. INTERNAL: the master key is not known.
  virtual absl::StatusOr<std::optional<EntrySecret>> FindSecret(const SecretSource& source) const = 0;
  // The payload's bytes. DATA_LOSS where these are not what was sealed.
  virtual absl::StatusOr<std::string> Open(const EntrySecret& secret, uint64_t index,
                                           absl::string_view sealed) const = 0;
};

// Used by one batch of the appender at a time, but for what is const.
class PayloadSealer {
 public:
  // The secrets of one transaction that appends.
  class Batch {
   public:
    virtual ~Batch() = default;
    // Of the entry whose payload tells of `subject`.
    virtual absl::StatusOr<EntrySecret> SecretFor(const SubjectName& subject, uint64_t index) = 0;
    // The first error of SecretFor. The batch must not be committed then.
    virtual absl::Status status() const = 0;
    // Writes what was made anew. After the swap of tree_state, which makes this the only transaction that does.
    virtual absl::Status Save(mysql::Transaction& tx) = 0;
  };

  virtual ~PayloadSealer() = default;
  // Whom the event's payload tells of.
  virtual SubjectName SubjectOf(const event::v1::Event& event) const = 0;
  // For a batch that begins at index `size` and tells of these. `secret_epoch` is tree_state's: keys known from another
  // are forgotten.
  virtual absl::StatusOr<std::unique_ptr<Batch>> Begin(mysql::Transaction& tx, const std::set<SubjectName>& subjects,
                                                       uint64_t size, uint64_t secret_epoch) = 0;
  virtual absl::StatusOr<std::string> Seal(const EntrySecret& secret, uint64_t index,
                                           absl::string_view payload) const = 0;
  // The batch has all its secrets, and the log will have `size` entries. The next batch may go on from it before it is
  // committed.
  virtual void Made(Batch& batch, uint64_t size) = 0;
  // What was made may not have been committed: only the database knows from now on.
  virtual void Forget() = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PAYLOAD_SEAL_H_

// Who may wait for the log. What waits is bounded altogether and for each source, so that one that sends more than can
// be written neither fills the memory nor keeps the others out.
//
// While several sources deliver, none may hold more than what is left free: one that is alone at it gets half of the
// room, two get a third each, and a newcomer always finds some. A source that no other one has been seen beside for a
// minute has all of it.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_FAIR_ADMISSION_H_
#define DOCKET_SERVICES_AUDIT_INGEST_FAIR_ADMISSION_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"

namespace docket::audit {

// Thread-safe. Must outlive its tickets.
class FairAdmission {
 public:
  struct Limits {
    // Of all sources together.
    size_t calls = 2048;
    size_t bytes = size_t{32} << 20;
  };

  // Room that a call holds until it is destroyed.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)),
          source_(std::move(other.source_)),
          bytes_(other.bytes_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (admission_ != nullptr) admission_->Leave(source_, bytes_);
    }

   private:
    friend class FairAdmission;
    Ticket(FairAdmission* admission, std::string source, size_t bytes)
        : admission_(admission), source_(std::move(source)), bytes_(bytes) {}
    FairAdmission* admission_;
    std::string source_;
    size_t bytes_;
  };

  FairAdmission(Limits limits, Clock& clock) : limits_(limits), clock_(clock) {}
  FairAdmission(const FairAdmission&) = delete;
  FairAdmission& operator=(const FairAdmission&) = delete;

  // Never blocks. RESOURCE_EXHAUSTED / OVERLOADED with a retry delay where there is no room for this source now. A
  // source that holds nothing gets in wherever there is room at all, however large its call.
  absl::StatusOr<Ticket> Admit(const std::string& source, size_t bytes);

 private:
  struct Held {
    size_t calls = 0;
    size_t bytes = 0;
    absl::Time last_seen;
  };

  bool HasRoom(const Held& held, size_t bytes, bool alone) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether no other source was seen lately. Forgets those.
  bool IsAlone(const std::string& source, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(const std::string& source, size_t bytes);

  const Limits limits_;
  Clock& clock_;
  absl::Mutex mutex_;
  std::map<std::string, Held> held_ ABSL_GUARDED_BY(mutex_);
  size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_FAIR_ADMISSION_H_

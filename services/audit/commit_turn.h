// The order in which batches of the log commit that are under way at once: each is made upon the tree that the one
// before it leads to, and commits only once that one has. Where one fails, so do all that were made upon it.
//
//   const auto turn = std::make_shared<CommitTurn>(last_turn);
//   ...                                                    // insert what needs no turn
//   if (!turn->Await()) return GiveUp();                   // the one before failed
//   ...                                                    // swap, commit
//   turn->End(true);
#ifndef DOCKET_SERVICES_AUDIT_COMMIT_TURN_H_
#define DOCKET_SERVICES_AUDIT_COMMIT_TURN_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace docket::audit {

// Thread-safe, but that one thread alone calls Await and End, and End once.
class CommitTurn {
 public:
  // nullptr: there is none before it.
  explicit CommitTurn(std::shared_ptr<CommitTurn> before) : before_(std::move(before)) {}

  // Blocks until the one before is over, for as long as its transaction may take. Whether that one is committed.
  bool Await() {
    const std::shared_ptr<CommitTurn> before = Before();
    if (before == nullptr) return !IsDoomed();
    const bool committed = before->AwaitEnd();
    absl::MutexLock lock(&mutex_);
    if (!committed) before_failed_ = true;
    before_.reset();
    return committed;
  }
  // Waits for the one before, so that whoever sees one end knows that all before it have ended.
  void End(bool committed) {
    Await();
    absl::MutexLock lock(&mutex_);
    state_ = committed ? State::kCommitted : State::kFailed;
  }

  // Blocks until it is over. Whether it is committed.
  bool AwaitEnd() const {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](const State* state) { return *state != State::kUnderWay; }, &state_));
    return state_ == State::kCommitted;
  }
  // Whether it failed, or must because one before it did. Nothing should be made upon it then.
  bool IsDoomed() const {
    std::shared_ptr<CommitTurn> before;
    {
      absl::MutexLock lock(&mutex_);
      if (state_ == State::kFailed || before_failed_) return true;
      before = before_;
    }
    return before != nullptr && before->IsDoomed();
  }

 private:
  enum class State { kUnderWay, kCommitted, kFailed };

  std::shared_ptr<CommitTurn> Before() const {
    absl::MutexLock lock(&mutex_);
    return before_;
  }

  mutable absl::Mutex mutex_;
  // Gone once it is over, or a chain of all would stay.
  std::shared_ptr<CommitTurn> before_ ABSL_GUARDED_BY(mutex_);
  bool before_failed_ ABSL_GUARDED_BY(mutex_) = false;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kUnderWay;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_COMMIT_TURN_H_

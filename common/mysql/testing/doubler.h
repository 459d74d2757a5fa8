// For the tests of shared commits.
#ifndef DOCKET_COMMON_MYSQL_TESTING_DOUBLER_H_
#define DOCKET_COMMON_MYSQL_TESTING_DOUBLER_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/mysql/commit_batch.h"

namespace docket::mysql::testing {

// A batch function that doubles, remembers its batches, and can be made to stand still.
class Doubler {
 public:
  BatchCommitter<int, int>::Function Function() {
    return [this](const std::vector<int*>& batch, absl::Time, std::vector<absl::StatusOr<int>>& results) {
      absl::MutexLock lock(&mutex_);
      ++running_;
      most_running_ = std::max(most_running_, running_);
      mutex_.Await(absl::Condition(&open_));
      --running_;
      batches_.emplace_back();
      for (size_t i = 0; i < batch.size(); ++i) {
        batches_.back().push_back(*batch[i]);
        results[i] = *batch[i] * 2;
      }
      return absl::OkStatus();
    };
  }
  void Hold() { Set(false); }
  void Release() { Set(true); }
  void AwaitRunning(int count) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&] { return running_ == count; };
    mutex_.Await(absl::Condition(&reached));
  }
  std::vector<std::vector<int>> batches() {
    absl::MutexLock lock(&mutex_);
    return batches_;
  }
  int most_running() {
    absl::MutexLock lock(&mutex_);
    return most_running_;
  }

 private:
  void Set(bool open) {
    absl::MutexLock lock(&mutex_);
    open_ = open;
  }

  absl::Mutex mutex_;
  bool open_ = true;
  int running_ = 0;
  int most_running_ = 0;
  std::vector<std::vector<int>> batches_;
};

}  // namespace docket::mysql::testing

#endif  // DOCKET_COMMON_MYSQL_TESTING_DOUBLER_H_

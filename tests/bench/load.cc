#include "tests/bench/load.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace docket::bench {
namespace {

// What all calls of a run share.
class Run {
 public:
  Run(const LoadOptions& options, absl::Time begin, absl::Time end) : options_(options), begin_(begin), end_(end) {}

  const LoadOptions& options() const { return options_; }
  bool Over() const { return absl::Now() >= end_; }

  void Record(absl::Time started, const grpc::Status& status) {
    const absl::Time now = absl::Now();
    if (started < begin_ || now > end_) return;
    absl::MutexLock lock(&mutex_);
    microseconds_.push_back(absl::ToInt64Microseconds(now - started));
    if (status.ok()) return;
    if (errors_++ == 0) first_error_ = absl::StrCat(status.error_code(), " ", status.error_message());
  }

  void Started() { under_way_.fetch_add(1); }
  void Ended() {
    if (under_way_.fetch_sub(1) != 1) return;
    absl::MutexLock lock(&mutex_);
    done_ = true;
  }

  LoadResult Wait() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&done_));
    LoadResult result{
        .calls = static_cast<int64_t>(microseconds_.size()), .errors = errors_, .first_error = first_error_};
    if (microseconds_.empty()) return result;
    std::sort(microseconds_.begin(), microseconds_.end());
    result.calls_per_second = static_cast<double>(result.calls) / absl::ToDoubleSeconds(end_ - begin_);
    result.p50 = absl::Microseconds(microseconds_[microseconds_.size() / 2]);
    result.p99 = absl::Microseconds(microseconds_[microseconds_.size() * 99 / 100]);
    return result;
  }

 private:
  const LoadOptions& options_;
  const absl::Time begin_;
  const absl::Time end_;
  std::atomic<int> under_way_{0};
  absl::Mutex mutex_;
  std::vector<int64_t> microseconds_ ABSL_GUARDED_BY(mutex_);
  int64_t errors_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string first_error_ ABSL_GUARDED_BY(mutex_);
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

// One of the calls that are always under way.
class Lane {
 public:
  Lane(Run& run, std::shared_ptr<grpc::Channel> channel) : run_(run), stub_(std::move(channel)) {}

  void Next() {
    if (run_.Over()) {
      run_.Ended();
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    if (!run_.options().token.empty()) context_->AddMetadata("authorization", "Bearer " + run_.options().token);
    if (!run_.options().principal.empty()) context_->AddMetadata("docket-principal-bin", run_.options().principal);
    const grpc::Slice slice(run_.options().make_request());
    request_ = grpc::ByteBuffer(&slice, 1);
    reply_.Clear();
    const absl::Time started = absl::Now();
    stub_.UnaryCall(context_.get(), run_.options().path, grpc::StubOptions(), &request_, &reply_,
                    [this, started](grpc::Status status) {
                      run_.Record(started, status);
                      Next();
                    });
  }

 private:
  Run& run_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
};

}  // namespace

absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!options.ca.empty()) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = options.ca;
    credentials = grpc::SslCredentials(tls);
  }
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < options.connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(grpc::CreateCustomChannel(options.target, credentials, arguments));
    if (!channels.back()->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(10)))) {
      return absl::UnavailableError(absl::StrCat("cannot connect to ", options.target));
    }
  }
  const absl::Time begin = absl::Now() + options.warm_up;
  Run run(options, begin, begin + options.duration);
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < options.in_flight; ++i)
    lanes.push_back(std::make_unique<Lane>(run, channels[static_cast<size_t>(i) % channels.size()]));
  for (int i = 0; i < options.in_flight; ++i) run.Started();
  for (const auto& lane : lanes) lane->Next();
  return run.Wait();
}

}  // namespace docket::bench

#include "tests/bench/load.h"

#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/principal.pb.h"

namespace docket::bench {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);

std::unique_ptr<grpc::ClientContext> MakeContext(const LoadOptions& options) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + kTimeout));
  if (!options.token.empty()) context->AddMetadata("authorization", "Bearer " + options.token);
  if (!options.principal.empty()) context->AddMetadata("docket-principal-bin", options.principal);
  return context;
}

// A connection that is shared with no other channel.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const LoadOptions& options) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!options.ca.empty()) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = options.ca;
    credentials = grpc::SslCredentials(tls);
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel(options.target, credentials, arguments);
  if (!channel->WaitForConnected(absl::ToChronoTime(absl::Now() + kTimeout)))
    return absl::UnavailableError(absl::StrCat("cannot connect to ", options.target));
  return channel;
}

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
    LoadResult result = Summarize(std::move(microseconds_), end_ - begin_);
    result.errors = errors_;
    result.first_error = first_error_;
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
  // Where calls come at a rate, the first one is due at `first`.
  Lane(Run& run, std::shared_ptr<grpc::Channel> channel, absl::Time first)
      : run_(run), stub_(std::move(channel)), due_(first) {}

  void Next() {
    if (run_.Over()) {
      run_.Ended();
      return;
    }
    if (run_.options().rate <= 0) {
      due_ = absl::Now();
      Call();
      return;
    }
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(absl::ToChronoTime(due_), [this](bool) { Call(); });
  }

 private:
  void Call() {
    context_ = MakeContext(run_.options());
    const grpc::Slice slice(run_.options().make_request());
    request_ = grpc::ByteBuffer(&slice, 1);
    reply_.Clear();
    const absl::Time started = due_;
    if (run_.options().rate > 0) due_ += absl::Seconds(run_.options().in_flight / run_.options().rate);
    stub_.UnaryCall(context_.get(), run_.options().path, grpc::StubOptions(), &request_, &reply_,
                    [this, started](grpc::Status status) {
                      if (status.ok() && reply_.Length() < run_.options().min_reply_bytes)
                        status = grpc::Status(grpc::StatusCode::NOT_FOUND, "the reply holds no answer");
                      run_.Record(started, status);
                      Next();
                    });
  }

  Run& run_;
  grpc::GenericStub stub_;
  absl::Time due_;
  std::unique_ptr<grpc::Alarm> alarm_;
  std::unique_ptr<grpc::ClientContext> context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
};

}  // namespace

std::string SamplePrincipal() {
  common::v1::Principal principal;
  principal.set_name("organizations/yunqi/people/li-xiaoyun");
  principal.set_organization("organizations/yunqi");
  principal.add_roles(common::v1::ROLE_REQUESTER);
  return principal.SerializeAsString();
}

LoadResult Summarize(std::vector<int64_t> microseconds, absl::Duration duration) {
  LoadResult result{.calls = static_cast<int64_t>(microseconds.size())};
  if (microseconds.empty()) return result;
  std::sort(microseconds.begin(), microseconds.end());
  result.calls_per_second = static_cast<double>(result.calls) / absl::ToDoubleSeconds(duration);
  result.p50 = absl::Microseconds(microseconds[microseconds.size() / 2]);
  result.p99 = absl::Microseconds(microseconds[microseconds.size() * 99 / 100]);
  return result;
}

absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < options.connections; ++i) {
    DOCKET_ASSIGN_OR_RETURN(auto channel, Connect(options));
    channels.push_back(std::move(channel));
  }
  const absl::Time begin = absl::Now() + options.warm_up;
  Run run(options, begin, begin + options.duration);
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < options.in_flight; ++i)
    lanes.push_back(std::make_unique<Lane>(
        run, channels[static_cast<size_t>(i) % channels.size()],
        absl::Now() + (options.rate > 0 ? absl::Seconds(i / options.rate) : absl::ZeroDuration())));
  for (int i = 0; i < options.in_flight; ++i) run.Started();
  for (const auto& lane : lanes) lane->Next();
  return run.Wait();
}

absl::Status CallOnce(const LoadOptions& options, const google::protobuf::Message& request,
                      google::protobuf::Message& reply) {
  DOCKET_ASSIGN_OR_RETURN(auto channel, Connect(options));
  const auto context = MakeContext(options);
  const grpc::Slice slice(request.SerializeAsString());
  grpc::ByteBuffer body(&slice, 1);
  grpc::ByteBuffer answer;
  grpc::Status status;
  absl::Notification done;
  grpc::GenericStub(channel).UnaryCall(context.get(), options.path, grpc::StubOptions(), &body, &answer,
                                       [&](grpc::Status result) {
                                         status = std::move(result);
                                         done.Notify();
                                       });
  done.WaitForNotification();
  if (!status.ok()) return absl::UnknownError(absl::StrCat(status.error_code(), " ", status.error_message()));
  grpc::Slice bytes;
  if (!answer.DumpToSingleSlice(&bytes).ok() || !reply.ParseFromArray(bytes.begin(), static_cast<int>(bytes.size())))
    return absl::InternalError("the reply cannot be read");
  return absl::OkStatus();
}

}  // namespace docket::bench

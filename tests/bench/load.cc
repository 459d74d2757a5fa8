#include "tests/bench/load.h"

#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/principal.pb.h"
#include "tests/bench/http2_connection.h"

namespace docket::bench {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);

// One of the calls that are always under way.
struct Lane {
  UnaryCall call;
  // Where the call is under way; nullptr: it is not.
  Http2Connection* connection = nullptr;
  // When the call was due, from which its time counts.
  absl::Time due;
  // A connection refused the call, and it is made again as it was.
  bool again = false;
};

class Run {
 public:
  explicit Run(const LoadOptions& options)
      : options_(options),
        taking_(static_cast<size_t>(options.connections), nullptr),
        lanes_(static_cast<size_t>(options.in_flight)) {}

  absl::StatusOr<LoadResult> Go() {
    for (size_t place = 0; place < taking_.size(); ++place) DOCKET_RETURN_IF_ERROR(Connection(place).status());
    PutLanesInLine();
    while (true) {
      StartDue();
      Flush();
      const absl::Time now = absl::Now();
      if (under_way_ == 0 && Over(now)) break;
      if (now >= end_ + kTimeout) {
        Fail(absl::DeadlineExceededError(absl::StrCat(under_way_, " calls are not answered")));
        break;
      }
      Wait(NextTurn(now));
      Receive();
    }
    return Result();
  }

 private:
  void PutLanesInLine() {
    const absl::Time start = absl::Now();
    begin_ = start + options_.warm_up;
    end_ = begin_ + options_.duration;
    for (size_t i = 0; i < lanes_.size(); ++i) {
      lanes_[i].call.lane = i;
      waiting_.emplace(options_.rate > 0 ? start + absl::Seconds(static_cast<double>(i) / options_.rate) : start, i);
    }
  }

  bool Over(absl::Time now) const { return !failure_.ok() || now >= end_; }

  absl::Time NextTurn(absl::Time now) const {
    if (Over(now)) return end_ + kTimeout;
    return waiting_.empty() ? end_ : std::min(end_, waiting_.top().first);
  }

  // The one that takes the calls of that place's lanes; another one where the server asked to leave the last.
  absl::StatusOr<Http2Connection*> Connection(size_t place) {
    if (taking_[place] == nullptr || taking_[place]->draining()) {
      DOCKET_ASSIGN_OR_RETURN(
          auto connection,
          Http2Connection::Open(
              options_.target, options_.ca,
              {.path = options_.path, .token = options_.token, .principal = options_.principal, .timeout = kTimeout},
              absl::Now() + kTimeout));
      taking_[place] = connection.get();
      connections_.push_back(std::move(connection));
    }
    return taking_[place];
  }

  void StartDue() {
    const absl::Time now = absl::Now();
    while (!Over(now) && !waiting_.empty() && waiting_.top().first <= now) {
      const auto [due, place] = waiting_.top();
      waiting_.pop();
      const auto connection = Connection(place % taking_.size());
      if (!connection.ok()) return Fail(connection.status());
      Lane& lane = lanes_[place];
      if (!std::exchange(lane.again, false)) lane.call.request = FrameMessage(options_.make_request());
      lane.due = due;
      lane.connection = *connection;
      ++under_way_;
      lane.connection->Start(lane.call);
    }
  }

  // Both go backwards, for a connection that has come to its end goes.
  void Flush() {
    for (size_t i = connections_.size(); i-- > 0;) Settle(i, connections_[i]->Flush());
  }
  void Receive() {
    for (size_t i = connections_.size(); i-- > 0;) {
      if (polled_[i].revents != 0) Settle(i, connections_[i]->Receive());
    }
  }

  void Wait(absl::Time until) {
    polled_.clear();
    for (const auto& connection : connections_)
      polled_.push_back({.fd = connection->descriptor(), .events = connection->events(), .revents = 0});
    const timespec timeout = absl::ToTimespec(std::max(until - absl::Now(), absl::ZeroDuration()));
    ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  }

  // Ends the calls that have ended on a connection, and the connection if that is its state.
  void Settle(size_t place, const absl::Status& state) {
    Http2Connection& connection = *connections_[place];
    const bool left = connection.draining() && connection.under_way() == 0;
    const std::vector<UnaryCall*> ended = connection.TakeEnded();
    if (ended.empty() && state.ok() && !left) return;
    const absl::Time now = absl::Now();
    for (const UnaryCall* call : ended) End(lanes_[call->lane], now);
    if (state.ok() && !left) return;
    if (!left) {
      for (Lane& lane : lanes_) {
        if (lane.connection != &connection) continue;
        lane.call.status = state;
        End(lane, now);
      }
      Fail(state);
    }
    std::replace(taking_.begin(), taking_.end(), &connection, static_cast<Http2Connection*>(nullptr));
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(place));
  }

  void End(Lane& lane, absl::Time now) {
    lane.connection = nullptr;
    --under_way_;
    if (lane.call.refused) {
      lane.again = true;
      waiting_.emplace(lane.due, lane.call.lane);
      return;
    }
    if (lane.call.status.ok() && lane.call.reply_bytes < options_.min_reply_bytes)
      lane.call.status = absl::NotFoundError("the reply holds no answer");
    if (lane.due >= begin_ && now <= end_) Record(lane, now);
    waiting_.emplace(options_.rate > 0 ? lane.due + absl::Seconds(options_.in_flight / options_.rate) : now,
                     lane.call.lane);
  }

  void Record(const Lane& lane, absl::Time now) {
    microseconds_.push_back(absl::ToInt64Microseconds(now - lane.due));
    if (!lane.call.status.ok() && errors_++ == 0) first_error_ = lane.call.status.ToString();
  }

  // Ends the run by what is no single call's error.
  void Fail(const absl::Status& error) {
    failure_ = error;
    if (errors_++ == 0) first_error_ = error.ToString();
  }

  absl::StatusOr<LoadResult> Result() {
    LoadResult result = Summarize(std::move(microseconds_), options_.duration);
    if (!failure_.ok() && result.calls == 0) return failure_;
    result.errors = errors_;
    result.first_error = first_error_;
    return result;
  }

  const LoadOptions& options_;
  std::vector<std::unique_ptr<Http2Connection>> connections_;
  // Of `connections_`, by place, those that take calls; nullptr: one is to be opened.
  std::vector<Http2Connection*> taking_;
  std::vector<Lane> lanes_;
  // Lanes without a call under way and when their next one is due, the earliest first.
  using Due = std::pair<absl::Time, size_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> waiting_;
  std::vector<pollfd> polled_;
  absl::Time begin_;
  absl::Time end_;
  int under_way_ = 0;
  absl::Status failure_;
  std::vector<int64_t> microseconds_;
  int64_t errors_ = 0;
  std::string first_error_;
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

absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options) { return Run(options).Go(); }

}  // namespace docket::bench

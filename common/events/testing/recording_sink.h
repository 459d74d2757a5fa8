// A consumer of events in a test: a real server that keeps what it gets and answers as it is told.
//
//   RecordingSink sink;
//   relay.AddConsumer("sink", sink.channel());
//   sink.AnswerWith([](const event::v1::Event& event) { return event.type() == "Bad" ?
//   event::v1::DeliveryResult::VERDICT_REJECTED : ... }); ASSERT_THAT(relay.RunOnce(), IsOk());
//   EXPECT_THAT(sink.events(), SizeIs(3));
#ifndef DOCKET_COMMON_EVENTS_TESTING_RECORDING_SINK_H_
#define DOCKET_COMMON_EVENTS_TESTING_RECORDING_SINK_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "common/rpc/testing/test_server.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/event_sink.pb.h"

namespace docket::events::testing {

// A connection to a test's server, as a service's own to its peer.
std::shared_ptr<rpc::Channel> ChannelTo(rpc::testing::TestServer& server);

// Takes every event once, a repeated one as a duplicate, until it is told otherwise. Thread-safe.
class RecordingSink {
 public:
  explicit RecordingSink(rpc::ServerOptions options = {});

  std::shared_ptr<rpc::Channel> channel() { return ChannelTo(*server_); }

  // What becomes of an event that was not taken before; nothing: it is accepted.
  void AnswerWith(std::function<event::v1::DeliveryResult::Verdict(const event::v1::Event&)> verdict);
  // Asked before a delivery is looked at; an error is the whole call's answer. It may block. Nothing: go ahead.
  void Gate(std::function<absl::Status(const event::v1::DeliverEventsRequest&)> gate);

  // Events that were taken, in the order in which they came.
  std::vector<event::v1::Event> events() const;
  std::vector<int64_t> sequences() const;
  // Deliveries that came, refused ones included.
  int calls() const;
  int duplicates() const;
  // Waits until that many were taken; false when the deadline passes first.
  bool WaitForEvents(size_t count, absl::Time deadline) const;

 private:
  absl::StatusOr<event::v1::DeliverEventsResponse> Deliver(const event::v1::DeliverEventsRequest& request);

  mutable absl::Mutex mutex_;
  std::function<event::v1::DeliveryResult::Verdict(const event::v1::Event&)> verdict_ ABSL_GUARDED_BY(mutex_);
  std::function<absl::Status(const event::v1::DeliverEventsRequest&)> gate_ ABSL_GUARDED_BY(mutex_);
  std::vector<event::v1::Event> events_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> taken_ ABSL_GUARDED_BY(mutex_);
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int duplicates_ ABSL_GUARDED_BY(mutex_) = 0;
  // Last: its handlers use the rest.
  std::unique_ptr<rpc::testing::TestServer> server_;
};

}  // namespace docket::events::testing

#endif  // DOCKET_COMMON_EVENTS_TESTING_RECORDING_SINK_H_

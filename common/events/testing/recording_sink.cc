#include "common/events/testing/recording_sink.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/method_table.h"

namespace docket::events::testing {

using event::v1::DeliverEventsRequest;
using event::v1::DeliverEventsResponse;
using event::v1::DeliveryResult;
using event::v1::Event;

std::shared_ptr<rpc::Channel> ChannelTo(rpc::testing::TestServer& server) {
  absl::StatusOr<std::shared_ptr<rpc::Channel>> channel = rpc::MakeChannel(
      {.target = absl::StrCat("127.0.0.1:", server.server().port()), .service = "test", .insecure = true});
  if (channel.ok()) return *std::move(channel);
  std::fprintf(stderr, "no channel to the test server: %s\n", channel.status().ToString().c_str());
  std::abort();
}

RecordingSink::RecordingSink(rpc::ServerOptions options) {
  rpc::MethodTable table;
  table.Unary(
      "docket.event.v1.EventSinkService/DeliverEvents",
      [this](const rpc::CallContext&, const DeliverEventsRequest& request) -> absl::StatusOr<DeliverEventsResponse> {
        return Deliver(request);
      });
  table.LeaveValidationToHandler("docket.event.v1.EventSinkService/DeliverEvents");
  server_ = std::make_unique<rpc::testing::TestServer>(std::move(table), std::move(options));
}

void RecordingSink::AnswerWith(std::function<DeliveryResult::Verdict(const Event&)> verdict) {
  absl::MutexLock lock(&mutex_);
  verdict_ = std::move(verdict);
}

void RecordingSink::Gate(std::function<absl::Status(const DeliverEventsRequest&)> gate) {
  absl::MutexLock lock(&mutex_);
  gate_ = std::move(gate);
}

absl::StatusOr<DeliverEventsResponse> RecordingSink::Deliver(const DeliverEventsRequest& request) {
  std::function<absl::Status(const DeliverEventsRequest&)> gate;
  {
    absl::MutexLock lock(&mutex_);
    ++calls_;
    gate = gate_;
  }
  if (gate) {
    if (absl::Status status = gate(request); !status.ok()) return status;
  }
  absl::MutexLock lock(&mutex_);
  DeliverEventsResponse response;
  for (const Event& event : request.events()) {
    DeliveryResult& result = *response.add_results();
    result.set_event_id(event.event_id());
    if (taken_.contains(event.event_id())) {
      ++duplicates_;
      result.set_verdict(DeliveryResult::VERDICT_DUPLICATE);
      continue;
    }
    result.set_verdict(verdict_ ? verdict_(event) : DeliveryResult::VERDICT_ACCEPTED);
    if (result.verdict() == DeliveryResult::VERDICT_ACCEPTED) {
      taken_.insert(event.event_id());
      events_.push_back(event);
    } else {
      result.set_reason("told so");
    }
  }
  return response;
}

std::vector<Event> RecordingSink::events() const {
  absl::MutexLock lock(&mutex_);
  return events_;
}

std::vector<int64_t> RecordingSink::sequences() const {
  std::vector<int64_t> sequences;
  for (const Event& event : events()) sequences.push_back(event.source_sequence());
  return sequences;
}

int RecordingSink::calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

int RecordingSink::duplicates() const {
  absl::MutexLock lock(&mutex_);
  return duplicates_;
}

bool RecordingSink::WaitForEvents(size_t count, absl::Time deadline) const {
  absl::MutexLock lock(&mutex_);
  const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return events_.size() >= count; };
  return mutex_.AwaitWithDeadline(absl::Condition(&enough), deadline);
}

}  // namespace docket::events::testing

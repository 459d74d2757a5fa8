// Refusals of one kind, told once and then counted, so that a caller that goes on trying does not fill the audit log.
//
// The first call of a caller to a method that is refused for a reason, about a resource, is told at once. What is
// refused in the same way within the minute that begins with it is counted, and told in one event when the minute is
// over. A caller that tries one resource after the other has 50 of them told in a minute; the rest is counted together,
// without a resource.
#ifndef DOCKET_SERVICES_GATEWAY_DENIAL_AGGREGATOR_H_
#define DOCKET_SERVICES_GATEWAY_DENIAL_AGGREGATOR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "docket/event/v1/event.pb.h"

namespace docket::gateway {

// Not thread-safe.
class DenialAggregator {
 public:
  static constexpr absl::Duration kWindow = absl::Minutes(1);
  // Resources told of in a window.
  static constexpr size_t kMaxSubjects = 50;
  // Windows open at a time. What finds no room is told one by one.
  static constexpr size_t kMaxWindows = 10000;

  // A CallDenied event: what is to be told now, or nothing where it was counted.
  std::optional<event::v1::Event> Take(event::v1::Event denied, absl::Time now);

  // Events for what was counted in windows that are over at `now`. Those windows are closed.
  std::vector<event::v1::Event> Close(absl::Time now);

 private:
  struct Repeats {
    int64_t count = 0;
    event::v1::Event last;
  };
  struct Window {
    absl::Time start;
    std::map<std::string, Repeats> by_subject;
    // Of further subjects.
    Repeats others;
  };

  // By caller, method and reason.
  std::map<std::string, Window> windows_;
  // When the first window is over at the earliest.
  absl::Time next_end_ = absl::InfiniteFuture();
};

}  // namespace docket::gateway

#endif  // DOCKET_SERVICES_GATEWAY_DENIAL_AGGREGATOR_H_

// What every call through the gateway is held against, and where it goes. Shared by all calls; everything here is
// thread-safe.
#ifndef DOCKET_SERVICES_GATEWAY_DOOR_H_
#define DOCKET_SERVICES_GATEWAY_DOOR_H_

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/jwt/caching_verifier.h"
#include "common/metrics/metrics.h"
#include "docket/common/v1/principal.pb.h"
#include "services/gateway/backend.h"
#include "services/gateway/denial_reporter.h"
#include "services/gateway/routes.h"

namespace docket::gateway {

// How long calls may take and how many there may be.
struct DoorLimits {
  // For a caller that set no deadline.
  absl::Duration default_deadline = absl::Seconds(10);
  // The longest that a caller may ask for.
  absl::Duration max_deadline = absl::Seconds(60);
  absl::Duration max_stream_deadline = absl::Hours(1);
  // Kept back from the caller's deadline, so that the backend's own answer still arrives in time.
  absl::Duration margin = absl::Milliseconds(20);
  // Calls under way at a time, all callers together. Beyond it: RESOURCE_EXHAUSTED.
  int max_calls = 4000;
  // And of one caller.
  int max_calls_per_caller = 500;
};

class Door {
 public:
  struct Parts {
    const Routes* routes = nullptr;
    std::map<std::string, Backend> backends;
    jwt::CachingVerifier* verifier = nullptr;
    DenialReporter* denials = nullptr;
    Clock* clock = nullptr;
    Metrics* metrics = nullptr;
    DoorLimits limits;
  };
  explicit Door(Parts parts);

  const DoorLimits& limits() const { return parts_.limits; }
  Clock& clock() { return *parts_.clock; }
  DenialReporter& denials() { return *parts_.denials; }

  // UNIMPLEMENTED / UNKNOWN_METHOD where the contract has no such method.
  absl::StatusOr<const Route*> FindRoute(absl::string_view path) const;
  // Who bears this `authorization` value (`Bearer <token>`; empty: none came). UNAUTHENTICATED otherwise.
  absl::StatusOr<common::v1::Principal> Authenticate(absl::string_view authorization, absl::string_view peer) const;
  // The backend of a route. UNAVAILABLE / BACKEND_UNAVAILABLE where none is configured.
  absl::StatusOr<const Backend*> FindBackend(const Route& route) const;

  // A place among the calls under way, given back when it is destroyed.
  class Place {
   public:
    Place(Door* door, std::string caller) : door_(door), caller_(std::move(caller)) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Door* const door_;
    const std::string caller_;
  };
  // RESOURCE_EXHAUSTED / OVERLOADED or RATE_LIMITED, with RetryInfo, where there is none.
  absl::StatusOr<std::unique_ptr<Place>> Enter(const std::string& caller);

  // Counts a finished call. `path` is of the contract, or empty.
  void Count(absl::string_view path, int code, absl::Duration took);

 private:
  Parts parts_;
  absl::Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, int> calls_of_ ABSL_GUARDED_BY(mutex_);
  struct Series {
    std::string label;
    Metrics::Histogram* seconds = nullptr;
    // Made with the first call of that code: all methods times all codes are more than one metric may have.
    std::array<std::atomic<Metrics::Counter*>, 17> by_code{};
  };
  // Of every method of the contract, and under "" of everything else. Complete after construction.
  absl::flat_hash_map<std::string, std::unique_ptr<Series>> series_;
};

}  // namespace docket::gateway

#endif  // DOCKET_SERVICES_GATEWAY_DOOR_H_

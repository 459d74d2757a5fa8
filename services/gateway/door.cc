#include "services/gateway/door.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/gateway/principal.h"

namespace docket::gateway {
namespace {

constexpr absl::Duration kComeBack = absl::Milliseconds(500);

}  // namespace

Door::Door(Parts parts) : parts_(std::move(parts)) {
  const auto add = [this](const std::string& path) {
    auto series = std::make_unique<Series>();
    series->label = path.empty() ? "unknown" : path.substr(1);
    series->seconds = &parts_.metrics->GetHistogram(
        "docket_gateway_call_seconds", "Duration of calls through the gateway.", {{"method", series->label}});
    series_[path] = std::move(series);
  };
  add("");
  for (const auto& [path, route] : parts_.routes->all()) add(path);
}

absl::StatusOr<const Route*> Door::FindRoute(absl::string_view path) const {
  if (const Route* route = parts_.routes->Find(path)) return route;
  return Error(absl::StatusCode::kUnimplemented, Reason::REASON_UNKNOWN_METHOD, "the contract has no such method");
}

absl::StatusOr<common::v1::Principal> Door::Authenticate(absl::string_view authorization,
                                                         absl::string_view peer) const {
  // RFC 6750: the scheme's name is case-insensitive.
  constexpr absl::string_view kScheme = "bearer ";
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return Error(absl::StatusCode::kUnauthenticated, Reason::REASON_CREDENTIALS_MISSING,
                 "send a token: metadata `authorization: Bearer <JWT>`");
  }
  DOCKET_ASSIGN_OR_RETURN(const auto claims,
                          parts_.verifier->Verify(absl::StripAsciiWhitespace(authorization.substr(kScheme.size()))));
  DOCKET_ASSIGN_OR_RETURN(common::v1::Principal principal, PrincipalOfClaims(*claims));
  principal.set_client_ip(AddressOfPeer(peer));
  return principal;
}

absl::StatusOr<const Backend*> Door::FindBackend(const Route& route) const {
  const auto found = parts_.backends.find(route.backend);
  if (found != parts_.backends.end()) return &found->second;
  return Error(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE,
               absl::StrCat("this gateway knows no backend for ", route.backend));
}

absl::StatusOr<std::unique_ptr<Door::Place>> Door::Enter(const std::string& caller) {
  absl::MutexLock lock(&mutex_);
  if (calls_ >= parts_.limits.max_calls) {
    return WithRetryDelay(
        Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED, "too many calls are under way"),
        kComeBack);
  }
  const auto known = calls_of_.find(caller);
  if ((known == calls_of_.end() ? 0 : known->second) >= parts_.limits.max_calls_per_caller) {
    return WithRetryDelay(
        Error(absl::StatusCode::kResourceExhausted, Reason::REASON_RATE_LIMITED,
              absl::StrCat("at most ", parts_.limits.max_calls_per_caller, " calls of one caller at a time")),
        kComeBack);
  }
  ++calls_;
  ++calls_of_[caller];
  return std::make_unique<Place>(this, caller);
}

Door::Place::~Place() {
  absl::MutexLock lock(&door_->mutex_);
  --door_->calls_;
  const auto own = door_->calls_of_.find(caller_);
  if (--own->second == 0) door_->calls_of_.erase(own);
}

void Door::Count(absl::string_view path, int code, absl::Duration took) {
  auto found = series_.find(path);
  if (found == series_.end()) found = series_.find("");
  Series& series = *found->second;
  series.seconds->Observe(absl::ToDoubleSeconds(took));
  if (code < 0 || code >= static_cast<int>(series.by_code.size())) return;
  Metrics::Counter* counter = series.by_code[code].load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Two threads may come here at once; they get the same counter.
    counter = &parts_.metrics->GetCounter(
        "docket_gateway_calls_total", "Calls through the gateway.",
        {{"method", series.label}, {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}});
    series.by_code[code].store(counter, std::memory_order_release);
  }
  counter->Increment();
}

}  // namespace docket::gateway

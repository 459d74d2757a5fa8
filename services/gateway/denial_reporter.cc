#include "services/gateway/denial_reporter.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/event_sink.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "google/protobuf/message.h"

namespace docket::gateway {
namespace {

constexpr char kSource[] = "services/gateway";
constexpr char kDeliver[] = "docket.event.v1.EventSinkService/DeliverEvents";
constexpr size_t kMaxWaiting = 10000;
constexpr size_t kBatch = 200;

// Whatever the caller sent stands in the request; only what can be a name becomes part of the evidence.
bool IsNameLike(absl::string_view name) {
  return name.size() <= 200 && std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '/' || c == '-' || c == '_' || c == '.';
         });
}

// The resource that the refused call was about, as far as its request can be read.
std::string ResourceOf(const Denial& denial) {
  if (denial.method == nullptr) return "";
  const google::protobuf::Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(denial.method->descriptor->input_type());
  std::unique_ptr<google::protobuf::Message> request(prototype->New());
  if (!request->ParseFromString(denial.request)) return "";
  std::string name = denial.method->ResourceName(*request);
  return absl::StartsWith(name, "organizations/") && IsNameLike(name) ? name : "";
}

// Evaluations, plans and what lies in them carry their request's identifier.
std::string ChangeOf(absl::string_view resource) {
  const std::vector<std::string> parts = absl::StrSplit(resource, '/');
  if (parts.size() < 4 || parts[1].empty() || parts[3].empty()) return "";
  if (parts[2] != "requests" && parts[2] != "evaluations" && parts[2] != "plans") return "";
  return RequestName(parts[1], parts[3]);
}

common::v1::Principal OwnPrincipal() {
  common::v1::Principal principal;
  principal.set_name(kSource);
  principal.set_organization("organizations/-");
  principal.add_roles(common::v1::ROLE_SERVICE);
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
  return principal;
}

event::v1::Event EventOf(const Denial& denial, absl::string_view id, absl::Time now) {
  event::v1::Event event;
  event.set_event_id(FormatUuid(id));
  event.set_source(kSource);
  event.set_type("CallDenied");
  event.set_subject(ResourceOf(denial));
  event.set_change(ChangeOf(event.subject()));
  event.set_organization(event.subject().empty() ? denial.principal.organization() : OrganizationOf(event.subject()));
  event::v1::Actor& actor = *event.mutable_actor();
  actor.set_name(denial.principal.name());
  *actor.mutable_roles() = denial.principal.roles();
  actor.set_department(denial.principal.department());
  actor.set_client_ip(denial.principal.client_ip());
  actor.set_authentication_method(denial.principal.authentication_method());
  actor.set_display_name(denial.principal.display_name());
  event.mutable_occur_time()->set_seconds(absl::ToUnixSeconds(now));
  event.mutable_occur_time()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(now - absl::FromUnixSeconds(absl::ToUnixSeconds(now)))));
  event.set_outcome(event::v1::OUTCOME_DENIED);
  const std::string method(absl::StripPrefix(denial.path, "/"));
  if (denial.method != nullptr) event.set_method(method);
  event.set_trace_id(denial.trace_id);
  event::v1::CallDenied payload;
  payload.set_code(absl::StatusCodeToString(denial.status.code()));
  payload.set_message(std::string(denial.status.message()));
  if (const auto info = GetErrorInfo(denial.status); info.has_value()) {
    payload.set_error_reason(info->reason());
    *payload.mutable_metadata() = info->metadata();
  }
  // What the contract does not have is no method of an event's, or each that a caller makes up would be another kind.
  if (denial.method == nullptr && IsNameLike(method)) (*payload.mutable_metadata())["method"] = method;
  event.mutable_payload()->PackFrom(payload);
  return event;
}

}  // namespace

DenialReporter::DenialReporter(std::shared_ptr<rpc::Channel> audit, Clock& clock, Logger& logger, Metrics& metrics)
    : audit_(std::move(audit)),
      clock_(clock),
      logger_(logger),
      reported_(
          metrics.GetCounter("docket_gateway_denials_reported_total", "Refused calls that the audit log took in.")),
      lost_(metrics.GetCounter("docket_gateway_denials_lost_total", "Refused calls that did not reach the audit log.")),
      uuids_(clock),
      task_(
          {.name = "report refused calls", .interval = absl::Seconds(1), .max_start_delay = absl::Milliseconds(1)},
          [this] { return DeliverWaiting(); }, clock, logger) {}

DenialReporter::~DenialReporter() { Stop(); }

void DenialReporter::Start() { task_.Start(); }

void DenialReporter::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  task_.Stop();
  CloseWindows(absl::InfiniteFuture());
  if (absl::Status status = DeliverWaiting(); !status.ok()) {
    logger_.Warning("refused calls could not be reported before the end", {{"error", status.message()}});
    absl::MutexLock lock(&mutex_);
    lost_.Increment(static_cast<double>(waiting_.size()));
    waiting_.clear();
  }
}

void DenialReporter::Report(const Denial& denial) {
  logger_.Info("call refused", {{"caller", denial.principal.name()},
                                {"method", denial.path},
                                {"error", denial.status.message()},
                                TraceId(denial.trace_id)});
  // An identifier from a caller that no event could carry would only be rejected.
  if (denial.principal.name().empty()) return;
  const absl::Time now = clock_.Now();
  event::v1::Event event = EventOf(denial, uuids_.Next(), now);
  CloseWindows(now);
  {
    absl::MutexLock lock(&mutex_);
    std::optional<event::v1::Event> told = aggregator_.Take(std::move(event), now);
    if (!told.has_value()) return;
    Wait(*std::move(told));
  }
  task_.Wake();
}

void DenialReporter::Wait(event::v1::Event event) {
  if (waiting_.size() >= kMaxWaiting) {
    lost_.Increment();
    return;
  }
  waiting_.push_back(std::move(event));
}

void DenialReporter::CloseWindows(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  for (event::v1::Event& event : aggregator_.Close(now)) Wait(std::move(event));
}

absl::Status DenialReporter::DeliverWaiting() {
  absl::MutexLock delivering(&deliver_mutex_);
  CloseWindows(clock_.Now());
  while (true) {
    event::v1::DeliverEventsRequest request;
    {
      absl::MutexLock lock(&mutex_);
      for (size_t i = 0; i < std::min(kBatch, waiting_.size()); ++i) *request.add_events() = waiting_[i];
    }
    if (request.events_size() == 0) return absl::OkStatus();
    rpc::CallOptions call = rpc::CallOptions::After(absl::Seconds(5));
    // The certificate says the same; without TLS nothing else would.
    call.principal = OwnPrincipal();
    DOCKET_ASSIGN_OR_RETURN(const auto response,
                            rpc::Call<event::v1::DeliverEventsResponse>(*audit_, kDeliver, call, request));
    if (response.results_size() != request.events_size()) {
      return absl::UnavailableError("the audit log did not give one verdict for each event");
    }
    for (const event::v1::DeliveryResult& result : response.results()) {
      const bool taken = result.verdict() == event::v1::DeliveryResult::VERDICT_ACCEPTED ||
                         result.verdict() == event::v1::DeliveryResult::VERDICT_DUPLICATE;
      if (result.verdict() == event::v1::DeliveryResult::VERDICT_RETRY)
        return absl::UnavailableError("the audit log asks to come again");
      (taken ? reported_ : lost_).Increment();
      absl::MutexLock lock(&mutex_);
      waiting_.pop_front();
    }
  }
}

}  // namespace docket::gateway

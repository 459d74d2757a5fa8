#include "services/gateway/testing/running_gateway.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/testing/raw_call.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"

namespace docket::gateway::testing {
namespace {

// A fixture has no way to return an error, and a test without a gateway has no point.
template <typename T>
T OrExit(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "running gateway: %s\n", value.status().ToString().c_str());
  std::abort();
}

// A method that no test calls.
template <typename Request, typename Reply>
void Unused(rpc::MethodTable& table, const std::string& path) {
  table.Unary(path, [](const rpc::CallContext&, const Request&) -> absl::StatusOr<Reply> {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, "no test calls this");
  });
}

}  // namespace

rpc::MethodTable RequestBackend::Table() {
  namespace v1 = request::v1;
  const std::string service = "docket.request.v1.RequestService/";
  rpc::MethodTable table;
  table.Unary(kGetRequest,
              [this](const rpc::CallContext& context,
                     const v1::GetRequestRequest& call) -> absl::StatusOr<v1::Request> { return get(context, call); });
  Unused<v1::CreateRequestRequest, v1::Request>(table, service + "CreateRequest");
  Unused<v1::ListRequestsRequest, v1::ListRequestsResponse>(table, service + "ListRequests");
  Unused<v1::UpdateRequestRequest, v1::Request>(table, service + "UpdateRequest");
  Unused<v1::SubmitRequestRequest, v1::Request>(table, service + "SubmitRequest");
  Unused<v1::WithdrawRequestRequest, v1::Request>(table, service + "WithdrawRequest");
  Unused<v1::EndorseRequestRequest, v1::Request>(table, service + "EndorseRequest");
  Unused<v1::ReturnRequestRequest, v1::Request>(table, service + "ReturnRequest");
  Unused<v1::TriageRequestRequest, v1::Request>(table, service + "TriageRequest");
  Unused<v1::CloseRequestRequest, v1::Request>(table, service + "CloseRequest");
  Unused<v1::HoldRequestRequest, v1::Request>(table, service + "HoldRequest");
  Unused<v1::ResumeRequestRequest, v1::Request>(table, service + "ResumeRequest");
  Unused<v1::AddRequestRelationRequest, v1::Request>(table, service + "AddRequestRelation");
  Unused<v1::RemoveRequestRelationRequest, v1::Request>(table, service + "RemoveRequestRelation");
  Unused<v1::GetRequestImpactRequest, v1::RequestImpact>(table, service + "GetRequestImpact");
  Unused<v1::SearchRequestsRequest, v1::SearchRequestsResponse>(table, service + "SearchRequests");
  Unused<v1::CountRequestsRequest, v1::CountRequestsResponse>(table, service + "CountRequests");
  return table;
}

rpc::MethodTable AuditBackend::Table() {
  namespace v1 = audit::v1;
  const std::string service = "docket.audit.v1.LogService/";
  rpc::MethodTable table;
  table.ServerStreaming(kTailEntries,
                        [this](const rpc::CallContext& context, const v1::TailEntriesRequest& call,
                               Writer& writer) -> absl::Status { return tail(context, call, writer); });
  Unused<v1::GetCheckpointRequest, v1::Checkpoint>(table, service + "GetCheckpoint");
  Unused<v1::GetEntryRequest, v1::LogEntry>(table, service + "GetEntry");
  Unused<v1::ListEntriesRequest, v1::ListEntriesResponse>(table, service + "ListEntries");
  Unused<v1::GetChangeTrailRequest, v1::ChangeTrail>(table, service + "GetChangeTrail");
  Unused<v1::GetInclusionProofRequest, v1::InclusionProof>(table, service + "GetInclusionProof");
  Unused<v1::GetConsistencyProofRequest, v1::ConsistencyProof>(table, service + "GetConsistencyProof");
  table.Unary(kDeliverEvents,
              [this](const rpc::CallContext& context,
                     const event::v1::DeliverEventsRequest& call) -> absl::StatusOr<event::v1::DeliverEventsResponse> {
                absl::StatusOr<event::v1::DeliverEventsResponse> response = deliver(call);
                absl::MutexLock lock(&mutex_);
                ++deliveries_;
                for (int i = 0; response.ok() && i < std::min(call.events_size(), response->results_size()); ++i) {
                  const bool own = call.events(i).source() == context.principal().name();
                  if (own && response->results(i).verdict() == event::v1::DeliveryResult::VERDICT_ACCEPTED)
                    taken_.push_back(call.events(i));
                }
                return response;
              });
  return table;
}

absl::StatusOr<event::v1::DeliverEventsResponse> AuditBackend::AcceptAll(const event::v1::DeliverEventsRequest& call) {
  event::v1::DeliverEventsResponse response;
  for (const event::v1::Event& event : call.events()) {
    event::v1::DeliveryResult& result = *response.add_results();
    result.set_event_id(event.event_id());
    result.set_verdict(event::v1::DeliveryResult::VERDICT_ACCEPTED);
  }
  return response;
}

std::vector<event::v1::Event> AuditBackend::WaitForEvents(size_t count) {
  absl::MutexLock lock(&mutex_);
  const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return taken_.size() >= count; };
  mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
  return taken_;
}

int AuditBackend::deliveries() {
  absl::MutexLock lock(&mutex_);
  return deliveries_;
}

process::v1::GatewayConfig TestConfig(const std::string& jwks_file, const std::map<std::string, int>& backend_ports) {
  process::v1::GatewayConfig config;
  config.mutable_listener()->set_address("127.0.0.1:0");
  config.mutable_listener()->set_insecure(true);
  config.mutable_listener()->mutable_drain_delay();
  for (const auto& [service, port] : backend_ports) {
    process::v1::Peer& peer = *config.add_backends();
    peer.set_service(service);
    peer.set_target(absl::StrCat("127.0.0.1:", port));
    peer.set_connections(1);
  }
  config.set_jwks_file(jwks_file);
  config.set_token_issuer("https://login.example");
  config.set_token_audience("docket");
  return config;
}

RunningGateway::RunningGateway(RequestBackend& request, AuditBackend& audit, const DoorLimits& limits)
    : request_server_(
          std::make_unique<rpc::testing::TestServer>(request.Table(), rpc::ServerOptions{.service = "request"})),
      audit_server_(std::make_unique<rpc::testing::TestServer>(audit.Table(), rpc::ServerOptions{.service = "audit"})) {
  const process::v1::GatewayConfig config =
      TestConfig(WriteKeys({ed_.Jwk(), rs_.Jwk(), es_.Jwk()}),
                 {{"request", request_server_->server().port()}, {"audit", audit_server_->server().port()}});
  gateway_ = OrExit(Gateway::Start(config, limits, clock_, logger_, metrics_));
  channel_ = OrExit(rpc::MakeChannel({.target = absl::StrCat("127.0.0.1:", gateway_->port()),
                                      .insecure = true,
                                      .max_message_bytes = 16 * 1024 * 1024}));
}

std::string RunningGateway::WriteKeys(const nlohmann::json& keys) {
  return dir_.Write("jwks.json", nlohmann::json{{"keys", keys}}.dump());
}

nlohmann::json RunningGateway::Claims(const std::vector<std::string>& roles) {
  nlohmann::json claims = jwt::TestPayload();
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  claims["iat"] = now;
  claims["exp"] = now + 3600;
  claims["docket_roles"] = roles;
  return claims;
}

std::unique_ptr<grpc::ClientContext> RunningGateway::Context(const std::string& token, absl::Duration timeout) {
  auto context = std::make_unique<grpc::ClientContext>();
  if (timeout < absl::InfiniteDuration()) context->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

absl::StatusOr<std::string> RunningGateway::Raw(const std::string& path, const std::string& request,
                                                grpc::ClientContext& context) {
  std::string reply;
  const grpc::Status status = rpc::testing::RawCall(*channel_, path, request, &context, &reply);
  if (!status.ok()) return rpc::FromWire(status);
  return reply;
}

absl::StatusOr<request::v1::Request> RunningGateway::Get(const std::string& token, const std::string& name) {
  request::v1::GetRequestRequest call;
  call.set_name(name);
  const auto context = Context(token);
  absl::StatusOr<std::string> reply = Raw(kGetRequest, call.SerializeAsString(), *context);
  if (!reply.ok()) return reply.status();
  request::v1::Request request;
  if (!request.ParseFromString(*reply)) return absl::InternalError("the answer is no Request");
  return request;
}

}  // namespace docket::gateway::testing

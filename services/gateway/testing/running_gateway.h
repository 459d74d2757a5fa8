// A real gateway in front of real servers, all in the test's process and without TLS between them.
//
//   RequestBackend request;
//   AuditBackend audit;
//   request.get = [](const rpc::CallContext& context, const GetRequestRequest& call) -> absl::StatusOr<Request> {...};
//   RunningGateway gateway(request, audit);
//   auto answer = gateway.Get(gateway.Token({"REQUESTER"}), "organizations/yuehai/requests/7");
#ifndef DOCKET_SERVICES_GATEWAY_TESTING_RUNNING_GATEWAY_H_
#define DOCKET_SERVICES_GATEWAY_TESTING_RUNNING_GATEWAY_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/jwt/test_issuer.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/testing/test_server.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/gateway/gateway.h"
#include "tests/support/temp_dir.h"

namespace docket::gateway::testing {

inline constexpr char kGetRequest[] = "docket.request.v1.RequestService/GetRequest";
inline constexpr char kEndorseRequest[] = "docket.request.v1.RequestService/EndorseRequest";
inline constexpr char kTailEntries[] = "docket.audit.v1.LogService/TailEntries";
inline constexpr char kDeliverEvents[] = "docket.event.v1.EventSinkService/DeliverEvents";

// The request service as far as tests need one. Replace the functions before the first call.
struct RequestBackend {
  std::function<absl::StatusOr<request::v1::Request>(const rpc::CallContext&, const request::v1::GetRequestRequest&)>
      get = [](const rpc::CallContext&,
               const request::v1::GetRequestRequest& call) -> absl::StatusOr<request::v1::Request> {
    request::v1::Request request;
    request.set_name(call.name());
    return request;
  };

  // Refers to this, which must outlive the server.
  rpc::MethodTable Table();
};

// The audit service likewise: it remembers what it is told.
struct AuditBackend {
  using Writer = rpc::StreamWriter<audit::v1::TailEntriesResponse>;
  std::function<absl::Status(const rpc::CallContext&, const audit::v1::TailEntriesRequest&, Writer&)> tail =
      [](const rpc::CallContext&, const audit::v1::TailEntriesRequest&, Writer&) { return absl::OkStatus(); };
  // What it says to each event; by default it accepts.
  std::function<absl::StatusOr<event::v1::DeliverEventsResponse>(const event::v1::DeliverEventsRequest&)> deliver =
      AcceptAll;

  rpc::MethodTable Table();
  static absl::StatusOr<event::v1::DeliverEventsResponse> AcceptAll(const event::v1::DeliverEventsRequest& call);

  // Waits until there are so many events; what is there after 10 s otherwise.
  std::vector<event::v1::Event> WaitForEvents(size_t count);
  int deliveries();

 private:
  absl::Mutex mutex_;
  int deliveries_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<event::v1::Event> taken_ ABSL_GUARDED_BY(mutex_);
};

class RunningGateway {
 public:
  // The backends must outlive this.
  RunningGateway(RequestBackend& request, AuditBackend& audit, const DoorLimits& limits = {});

  Gateway& gateway() { return *gateway_; }
  Metrics& metrics() { return metrics_; }
  rpc::Channel& channel() { return *channel_; }
  rpc::testing::TestServer& request_server() { return *request_server_; }
  rpc::testing::TestServer& audit_server() { return *audit_server_; }
  // Ends a backend; its port is free again.
  void StopRequestServer() { request_server_.reset(); }
  void StopAuditServer() { audit_server_.reset(); }

  // Ed25519, the first of the keys that the gateway knows; the others are of the other two algorithms.
  const jwt::TestIssuer& issuer() const { return ed_; }
  const jwt::TestIssuer& rsa_issuer() const { return rs_; }
  const jwt::TestIssuer& ec_issuer() const { return es_; }
  // Writes the key file anew, with this array of JWKs; returns its path.
  std::string WriteKeys(const nlohmann::json& keys);
  // Claims of organizations/yuehai/people/lin-mei, good for an hour from now, with these roles.
  static nlohmann::json Claims(const std::vector<std::string>& roles);
  std::string Token(const std::vector<std::string>& roles) const { return ed_.Token(Claims(roles)); }

  // A call with a token, and its context for what else the caller sends.
  static std::unique_ptr<grpc::ClientContext> Context(const std::string& token,
                                                      absl::Duration timeout = absl::Seconds(10));
  // Sends these bytes and returns what came back; errors as rpc::FromWire makes them.
  absl::StatusOr<std::string> Raw(const std::string& path, const std::string& request, grpc::ClientContext& context);
  absl::StatusOr<request::v1::Request> Get(const std::string& token, const std::string& name);

 private:
  tests::TempDir dir_;
  SystemClock clock_;
  Logger logger_{-1, Severity::kError, "gateway", clock_};
  Metrics metrics_;
  const jwt::TestIssuer ed_{jwt::Algorithm::kEdDsa, "ed"};
  const jwt::TestIssuer rs_{jwt::Algorithm::kRs256, "rs"};
  const jwt::TestIssuer es_{jwt::Algorithm::kEs256, "es"};
  std::unique_ptr<rpc::testing::TestServer> request_server_;
  std::unique_ptr<rpc::testing::TestServer> audit_server_;
  std::unique_ptr<Gateway> gateway_;
  std::shared_ptr<rpc::Channel> channel_;
};

// A configuration with these backends, insecure, listening on a free port of 127.0.0.1, without a drain delay.
process::v1::GatewayConfig TestConfig(const std::string& jwks_file, const std::map<std::string, int>& backend_ports);

}  // namespace docket::gateway::testing

#endif  // DOCKET_SERVICES_GATEWAY_TESTING_RUNNING_GATEWAY_H_

#include "services/audit/tiles/tile_server.h"

#include <arpa/inet.h>
#include <civetweb.h>

#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/audit/tiles/gzip.h"

namespace docket::audit {
namespace {

constexpr absl::Duration kAnswerLimit = absl::Seconds(10);
constexpr char kMaxWaitingConnections[] = "64";
constexpr char kRequestLimitMillis[] = "5000";
constexpr char kIdleLimitMillis[] = "2000";
constexpr char kMaxRequestBytes[] = "8192";
// Less is not worth the work. At most, 256 entries of 64 KiB, 16 MiB, are compressed by each thread.
constexpr size_t kMinCompressedBytes = 1024;

// The library reads a little language of its own out of its listening_ports ("80r,443s"); only a plain address and port
// may get there.
absl::StatusOr<std::string> ListeningPort(absl::string_view address) {
  const absl::Status wrong = absl::InvalidArgumentError(
      absl::StrCat("\"", address, "\" is not an IP address and a port, such as 127.0.0.1:7411 or [::1]:7411"));
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return wrong;
  }
  absl::string_view host = address.substr(0, colon);
  in6_addr parsed;
  if (inet_pton(AF_INET, std::string(host).c_str(), &parsed) == 1) return absl::StrCat(host, ":", port);
  if (absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]") &&
      inet_pton(AF_INET6, std::string(host).c_str(), &parsed) == 1) {
    return absl::StrCat("[", host, "]:", port);
  }
  return wrong;
}

absl::string_view TextOrEmpty(const char* text) { return text == nullptr ? "" : text; }

// What kind of resource it was, for counting: a handful whatever is asked for.
std::string KindOf(absl::string_view path) {
  if (path == "/checkpoint") return "checkpoint";
  if (absl::ConsumePrefix(&path, "/tile/entries/")) return "entries";
  return absl::ConsumePrefix(&path, "/tile/") ? "tile" : "other";
}

}  // namespace

absl::StatusOr<std::unique_ptr<TileServer>> TileServer::Start(absl::string_view address, int threads, TileSite& site,
                                                              Metrics& metrics) {
  const absl::StatusOr<std::string> listening_port = ListeningPort(address);
  if (!listening_port.ok()) return listening_port.status();
  const std::string thread_count = absl::StrCat(threads);
  const char* const options[] = {"listening_ports", listening_port->c_str(), "num_threads", thread_count.c_str(),
                                 "connection_queue", kMaxWaitingConnections, "request_timeout_ms", kRequestLimitMillis,
                                 "enable_keep_alive", "yes", "keep_alive_timeout_ms", kIdleLimitMillis,
                                 "max_request_size", kMaxRequestBytes,
                                 // Paths are compared as they were sent: each resource has one.
                                 "decode_url", "no", "enable_directory_listing", "no", nullptr};
  std::unique_ptr<TileServer> server(new TileServer(site, metrics));
  const mg_callbacks callbacks = {};
  server->context_ = mg_start(&callbacks, nullptr, const_cast<const char**>(options));
  if (server->context_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot serve tiles on ", *listening_port));
  }
  // Everything, so that the library has no answers of its own to give.
  mg_set_request_handler(server->context_, "/", &TileServer::Handle, server.get());
  std::array<mg_server_port, 1> ports = {};
  if (mg_get_server_ports(server->context_, 1, ports.data()) != 1) {
    return absl::UnavailableError(absl::StrCat("cannot serve tiles on ", *listening_port));
  }
  server->port_ = ports[0].port;
  return server;
}

TileServer::~TileServer() {
  if (context_ != nullptr) mg_stop(context_);
}

int TileServer::Handle(mg_connection* connection, void* server) {
  return static_cast<TileServer*>(server)->Serve(connection);
}

int TileServer::Serve(mg_connection* connection) {
  const mg_request_info* const request = mg_get_request_info(connection);
  const absl::string_view method = TextOrEmpty(request->request_method);
  const absl::string_view path = TextOrEmpty(request->local_uri_raw);
  TileAnswer answer;
  if (method == "GET" || method == "HEAD") {
    answer = site_.Get(path, absl::Now() + kAnswerLimit);
  } else {
    answer = {.status = 405,
              .content_type = "text/plain; charset=utf-8",
              .cache_control = "no-store",
              .body = "Only GET and HEAD.\n"};
    // A body that nobody reads would be taken for the next request.
    mg_disable_connection_keep_alive(connection);
  }
  // Hashes do not become smaller, and a checkpoint is small. What is answered depends on the header either way.
  const bool entries = answer.status == 200 && KindOf(path) == "entries";
  bool compressed = false;
  if (entries && answer.body.size() >= kMinCompressedBytes &&
      AcceptsGzip(TextOrEmpty(mg_get_header(connection, "Accept-Encoding")))) {
    std::string smaller = Gzip(answer.body);
    compressed = !smaller.empty() && smaller.size() < answer.body.size();
    if (compressed) answer.body = std::move(smaller);
  }
  metrics_
      .GetCounter("docket_tile_requests_total", "Requests for static tiles.",
                  {{"kind", KindOf(path)}, {"code", absl::StrCat(answer.status)}})
      .Increment();
  mg_response_header_start(connection, answer.status);
  mg_response_header_add(connection, "Content-Type", answer.content_type.c_str(), -1);
  mg_response_header_add(connection, "Content-Length", absl::StrCat(answer.body.size()).c_str(), -1);
  mg_response_header_add(connection, "Cache-Control", answer.cache_control.c_str(), -1);
  mg_response_header_add(connection, "X-Content-Type-Options", "nosniff", -1);
  if (entries) mg_response_header_add(connection, "Vary", "Accept-Encoding", -1);
  if (compressed) mg_response_header_add(connection, "Content-Encoding", "gzip", -1);
  if (answer.status == 405) mg_response_header_add(connection, "Allow", "GET, HEAD", -1);
  if (answer.status == 503) mg_response_header_add(connection, "Retry-After", "5", -1);
  mg_response_header_send(connection);
  if (method != "HEAD") mg_write(connection, answer.body.data(), answer.body.size());
  return answer.status;
}

}  // namespace docket::audit

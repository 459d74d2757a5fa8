// The door through which the static tiles are read: plain HTTP on a port of its own.
//
// Whoever connects gets GET and HEAD and nothing else. A connection costs one of a fixed number of threads, further
// ones wait in a short queue and then at the kernel's; a request has a few seconds to be sent and a few kilobytes to be
// said in, bodies are not read. Entries are compressed with gzip where the client accepts it.
#ifndef DOCKET_SERVICES_AUDIT_TILES_TILE_SERVER_H_
#define DOCKET_SERVICES_AUDIT_TILES_TILE_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/metrics/metrics.h"
#include "services/audit/tiles/tile_site.h"

struct mg_connection;
struct mg_context;

namespace docket::audit {

class TileServer {
 public:
  // `address` is host:port, the host an IPv4 address or an IPv6 one in brackets; port 0 takes a free one. `threads`: 1
  // to 64. The site and the metrics must outlive the server. INVALID_ARGUMENT for another address, UNAVAILABLE where it
  // cannot be bound.
  static absl::StatusOr<std::unique_ptr<TileServer>> Start(absl::string_view address, int threads, TileSite& site,
                                                           Metrics& metrics);
  // Waits for the requests in progress.
  ~TileServer();
  TileServer(const TileServer&) = delete;
  TileServer& operator=(const TileServer&) = delete;

  // The port it listens on.
  int port() const { return port_; }

 private:
  TileServer(TileSite& site, Metrics& metrics) : site_(site), metrics_(metrics) {}
  static int Handle(mg_connection* connection, void* server);
  int Serve(mg_connection* connection);

  TileSite& site_;
  Metrics& metrics_;
  mg_context* context_ = nullptr;
  int port_ = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TILES_TILE_SERVER_H_

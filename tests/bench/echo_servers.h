// Servers that answer docket.request.v1.CatalogService/GetSystem with the name that was asked for and nothing else:
// what a call costs before anybody does anything for it.
#ifndef DOCKET_TESTS_BENCH_ECHO_SERVERS_H_
#define DOCKET_TESTS_BENCH_ECHO_SERVERS_H_

#include <string>

#include "absl/status/status.h"

namespace docket::bench {

inline constexpr char kEchoPath[] = "/docket.request.v1.CatalogService/GetSystem";

// gRPC's callback API and nothing else. Serves until killed; writes its port to the file.
absl::Status ServeBareEcho(const std::string& port_file);

// The same handler in common/rpc: worker pool, access, rules, metrics. All other methods of the service answer
// NOT_FOUND.
absl::Status ServeAdapterEcho(const std::string& port_file);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_ECHO_SERVERS_H_

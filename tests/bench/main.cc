// The benches' program. tests/bench/run drives it.
//
//   docket_bench serve-bare|serve-adapter PORT_FILE
//   docket_bench echo TARGET [TOKEN_FILE]          # calls GetSystem; without a token as a principal of its own
//   docket_bench create GATEWAY CA_FILE TOKEN_FILE
//   docket_bench create-raw SOCKET
//
// The last three print one line of JSON.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "common/process/config_file.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "tests/bench/create_load.h"
#include "tests/bench/echo_servers.h"
#include "tests/bench/load.h"

namespace docket::bench {
namespace {

// DOCKET_BENCH_SECONDS, 5 where it is not set.
absl::Duration DurationOfRun() {
  const char* seconds = std::getenv("DOCKET_BENCH_SECONDS");
  double value = 5;
  if (seconds != nullptr && !absl::SimpleAtod(seconds, &value)) value = 5;
  return absl::Seconds(value);
}

int Print(const absl::StatusOr<LoadResult>& result) {
  if (!result.ok()) {
    std::cerr << result.status() << "\n";
    return 1;
  }
  std::cout << absl::StrFormat(R"({"calls_per_second": %.0f, "p50_us": %d, "p99_us": %d, "calls": %d, "errors": %d})",
                               result->calls_per_second, absl::ToInt64Microseconds(result->p50),
                               absl::ToInt64Microseconds(result->p99), result->calls, result->errors)
            << std::endl;
  if (result->errors > 0) std::cerr << "first error: " << result->first_error << "\n";
  return result->errors > 0 ? 1 : 0;
}

absl::StatusOr<LoadResult> Echo(const std::string& target, const std::string& token) {
  request::v1::GetSystemRequest request;
  request.set_name("organizations/yunqi/systems/access-control");
  const std::string body = request.SerializeAsString();
  LoadOptions options{
      .target = target, .path = kEchoPath, .token = token, .duration = DurationOfRun(), .make_request = [&] {
        return body;
      }};
  if (token.empty()) {
    common::v1::Principal principal;
    principal.set_name("organizations/yunqi/people/li-xiaoyun");
    principal.set_organization("organizations/yunqi");
    principal.add_roles(common::v1::ROLE_REQUESTER);
    options.principal = principal.SerializeAsString();
  }
  return RunLoad(options);
}

int Run(const std::vector<std::string>& words) {
  const auto read = [](const std::string& path) { return process::ReadFile(path).value_or(""); };
  const auto token = [&](const std::string& path) { return process::ReadSecret(path).value_or(""); };
  if (words.size() == 2 && words[0] == "serve-bare") return ServeBareEcho(words[1]).ok() ? 0 : 1;
  if (words.size() == 2 && words[0] == "serve-adapter") return ServeAdapterEcho(words[1]).ok() ? 0 : 1;
  if (words.size() == 2 && words[0] == "echo") return Print(Echo(words[1], ""));
  if (words.size() == 3 && words[0] == "echo") return Print(Echo(words[1], token(words[2])));
  if (words.size() == 4 && words[0] == "create") {
    return Print(CreateThroughGateway(
        {.gateway = words[1], .ca = read(words[2]), .token = token(words[3]), .duration = DurationOfRun()}));
  }
  if (words.size() == 2 && words[0] == "create-raw")
    return Print(CreateRaw({.socket = words[1], .duration = DurationOfRun()}));
  std::cerr << "see the head of tests/bench/main.cc\n";
  return 2;
}

}  // namespace
}  // namespace docket::bench

int main(int argc, char** argv) { return docket::bench::Run({argv + 1, argv + argc}); }

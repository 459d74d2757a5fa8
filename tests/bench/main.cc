// The benches' program. tests/bench/run drives it.
//
//   docket_bench serve-bare|serve-adapter PORT_FILE
//   docket_bench echo TARGET [TOKEN_FILE]          # calls GetSystem; without a token as a principal of its own
//   docket_bench create GATEWAY CA_FILE TOKEN_FILE
//   docket_bench create-raw request|row SOCKET     # a transaction for each
//   docket_bench corpus SOCKET COUNT               # writes so many requests
//   docket_bench drafts SOCKET FIRST COUNT         # writes drafts; each can be submitted once
//   docket_bench submit GATEWAY CA_FILE TOKEN_FILE FIRST COUNT
//   docket_bench submit-raw SOCKET FIRST COUNT
//   docket_bench ask QUESTION COUNT GATEWAY CA_FILE TOKEN_FILE
//   docket_bench ask QUESTION COUNT SERVICE        # which listens without TLS
//   docket_bench ask-raw QUESTION COUNT SOCKET
//   docket_bench questions                         # their names
//   docket_bench append TARGET BATCH CALLS_UNDER_WAY [CALLS_A_SECOND]
//   docket_bench append-raw SOCKET ROWS THREADS
//   docket_bench log AUDIT_CONFIG SOCKET COUNT     # grows the log by so many entries
//   docket_bench ask-log QUESTION AUDIT_CONFIG SOCKET GATEWAY CA_FILE TOKEN_FILE
//   docket_bench ask-log-raw QUESTION AUDIT_CONFIG SOCKET
//   docket_bench log-questions|dashboards          # their names
//
// What measures prints one line of JSON.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "common/process/config_file.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "tests/bench/append_load.h"
#include "tests/bench/audit_corpus.h"
#include "tests/bench/audit_questions.h"
#include "tests/bench/create_load.h"
#include "tests/bench/dashboard_questions.h"
#include "tests/bench/echo_servers.h"
#include "tests/bench/load.h"
#include "tests/bench/request_corpus.h"
#include "tests/bench/request_questions.h"
#include "tests/bench/submit_load.h"

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
  if (result->calls == 0) {
    std::cerr << "not one call was done in time\n";
    return 1;
  }
  // What takes seconds is no 0.
  const int digits = result->calls_per_second < 100 ? 4 : 0;
  std::cout << absl::StrFormat(R"({"calls_per_second": %.*f, "p50_us": %d, "p99_us": %d, "calls": %d, "errors": %d})",
                               digits, result->calls_per_second, absl::ToInt64Microseconds(result->p50),
                               absl::ToInt64Microseconds(result->p99), result->calls, result->errors)
            << std::endl;
  if (result->errors > 0) std::cerr << "first error: " << result->first_error << "\n";
  return result->errors > 0 ? 1 : 0;
}

int PrintNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) std::cout << name << "\n";
  return 0;
}

absl::StatusOr<LoadResult> Echo(const std::string& target, const std::string& token) {
  request::v1::GetSystemRequest request;
  request.set_name("organizations/yunqi/systems/access-control");
  const std::string body = request.SerializeAsString();
  LoadOptions options{
      .target = target, .path = kEchoPath, .token = token, .duration = DurationOfRun(), .make_request = [&] {
        return body;
      }};
  if (token.empty()) options.principal = SamplePrincipal();
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
  if (words.size() == 3 && words[0] == "create-raw" && (words[1] == "request" || words[1] == "row")) {
    return Print(CreateRaw({.socket = words[2], .duration = DurationOfRun()},
                           words[1] == "row" ? RawTransactions::kOnePerRow : RawTransactions::kOnePerRequest));
  }
  int64_t corpus = 0;
  if (words.size() >= 3 && !absl::SimpleAtoi(words[2], &corpus)) corpus = 0;
  if (words.size() == 3 && words[0] == "corpus" && corpus > 0) {
    const absl::Status written = WriteCorpus(words[1], corpus);
    if (!written.ok()) std::cerr << written << "\n";
    return written.ok() ? 0 : 1;
  }
  if (words.size() == 6 && words[0] == "ask" && corpus > 0) {
    return Print(
        AskService(words[1], corpus,
                   {.target = words[3], .ca = read(words[4]), .token = token(words[5]), .duration = DurationOfRun()}));
  }
  if (words.size() == 4 && words[0] == "ask" && corpus > 0)
    return Print(AskService(words[1], corpus, {.target = words[3], .duration = DurationOfRun()}));
  if (words.size() == 4 && words[0] == "ask-raw" && corpus > 0)
    return Print(AskTables(words[1], corpus, {.socket = words[3], .duration = DurationOfRun()}));
  if (words.size() == 7 && words[0] == "ask-log") {
    return Print(AskLog(words[1], words[2],
                        {.target = words[4],
                         .ca = read(words[5]),
                         .token = token(words[6]),
                         .socket = words[3],
                         .duration = DurationOfRun()}));
  }
  if (words.size() == 4 && words[0] == "ask-log-raw")
    return Print(AskLogTables(words[1], words[2], {.socket = words[3], .duration = DurationOfRun()}));
  const auto number = [&](size_t place) {
    double value = 0;
    return words.size() > place && absl::SimpleAtod(words[place], &value) ? value : 0;
  };
  const auto drafts = [&](size_t place) {
    return DraftRange{.first = static_cast<int64_t>(number(place)), .count = static_cast<int64_t>(number(place + 1))};
  };
  if (words.size() == 4 && words[0] == "drafts") {
    const absl::Status written = WriteDrafts(words[1], drafts(2));
    if (!written.ok()) std::cerr << written << "\n";
    return written.ok() ? 0 : 1;
  }
  if (words.size() == 6 && words[0] == "submit") {
    return Print(SubmitThroughGateway({.gateway = words[1],
                                       .ca = read(words[2]),
                                       .token = token(words[3]),
                                       .drafts = drafts(4),
                                       .duration = DurationOfRun()}));
  }
  if (words.size() == 4 && words[0] == "submit-raw")
    return Print(SubmitRaw({.socket = words[1], .drafts = drafts(2), .duration = DurationOfRun()}));
  if (words.size() >= 4 && words[0] == "append") {
    return Print(AppendThroughService({.target = words[1],
                                       .batch = static_cast<int>(number(2)),
                                       .concurrency = static_cast<int>(number(3)),
                                       .rate = number(4),
                                       .duration = DurationOfRun()}));
  }
  if (words.size() == 4 && words[0] == "append-raw") {
    return Print(AppendRaw({.socket = words[1],
                            .batch = static_cast<int>(number(2)),
                            .concurrency = static_cast<int>(number(3)),
                            .duration = DurationOfRun()}));
  }
  if (words.size() == 4 && words[0] == "log") {
    const absl::Status written = WriteLog(words[1], words[2], static_cast<int64_t>(number(3)));
    if (!written.ok()) std::cerr << written << "\n";
    return written.ok() ? 0 : 1;
  }
  if (words.size() == 1 && words[0] == "questions") return PrintNames(QuestionNames());
  if (words.size() == 1 && words[0] == "log-questions") return PrintNames(LogQuestionNames());
  if (words.size() == 1 && words[0] == "dashboards") return PrintNames(DashboardNames());
  std::cerr << "see the head of tests/bench/main.cc\n";
  return 2;
}

}  // namespace
}  // namespace docket::bench

int main(int argc, char** argv) { return docket::bench::Run({argv + 1, argv + argc}); }

// One question to the audit log: as a call, and as the best statements that answer it.
#ifndef DOCKET_TESTS_BENCH_AUDIT_QUESTION_H_
#define DOCKET_TESTS_BENCH_AUDIT_QUESTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/mysql/connection.h"
#include "tests/bench/load.h"

namespace docket::bench {

// Turns count the times that it is asked; each asks for something else.
struct AuditQuestion {
  // Of the method.
  std::string path;
  // The serialised request.
  std::function<std::string(int64_t turn)> request;
  // Below it, a reply holds nothing of what was asked for.
  size_t min_reply_bytes = 1;
  // Asks the service a few times and fails unless it says what the tables say. Of `service`, the path is set already.
  std::function<absl::Status(const LoadOptions& service, mysql::Connection& tables)> check;
  // Fails where nothing is found.
  std::function<absl::Status(int64_t turn, mysql::Connection& tables)> ask_tables;
  // The statements go through much of the log.
  bool long_statement = false;
};

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_AUDIT_QUESTION_H_

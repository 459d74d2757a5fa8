// A real MariaDB for tests.
//
//   class RequestStoreTest : public ::testing::Test {
//    protected:
//     RequestStoreTest() : pool_(mysql::Pool::Create({.connection = database_.options()})) {}
//     TestDatabase database_;
//     std::unique_ptr<mysql::Pool> pool_;
//   };
//
// The first use in a test process starts a private server (about two seconds), shared by the process's tests and killed
// and removed at its end. When the environment variable DOCKET_TEST_MARIADB names the socket of a running server, that
// one is used, as root without a password; DOCKET_TEST_MARIADB_PORT may give its TCP port. Every test makes its own
// TestDatabase, so tests neither see each other nor care about order.
#ifndef DOCKET_TESTS_SUPPORT_MARIADB_H_
#define DOCKET_TESTS_SUPPORT_MARIADB_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mysql/connection.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace docket::tests {

struct MariaDbOptions {
  // False: commits are not forced to the disk, which is several times faster and loses nothing unless the machine
  // itself stops.
  bool durable = false;
  // Further server arguments, e.g. "--require-secure-transport=1".
  std::vector<std::string> arguments;
};

class MariaDb {
 public:
  // The process's shared server; ends the process with the server's log when it cannot be had.
  static MariaDb& Shared();
  // A server of one's own, for tests that stop, kill or configure it.
  static absl::StatusOr<std::unique_ptr<MariaDb>> Start(MariaDbOptions options = {});
  ~MariaDb();

  const std::string& socket() const { return socket_; }
  // 0 when an external server's port is not known.
  int port() const { return port_; }
  // As the root user, who needs no password; over the socket.
  mysql::ConnectionOptions Options(absl::string_view database = "") const;

  // The following are for a server of one's own.
  // Ends the server as kill -9 would.
  void Kill();
  // Stops the server process with SIGSTOP so that it answers nobody, and lets it go on.
  void Freeze();
  void Thaw();
  // Starts it again on the same data, socket and port.
  absl::Status Restart();
  std::string Log() const;

 private:
  MariaDb() = default;
  absl::Status Launch();

  MariaDbOptions options_;
  std::unique_ptr<TempDir> dir_;
  std::unique_ptr<Process> process_;
  std::string socket_;
  int port_ = 0;
};

// A new, empty database with a random name on a server, dropped at the end.
class TestDatabase {
 public:
  explicit TestDatabase(MariaDb& server = MariaDb::Shared());
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& name() const { return name_; }
  MariaDb& server() { return *server_; }
  // To open connections or pools to it.
  mysql::ConnectionOptions options() const { return server_->Options(name_); }
  // Runs statements, one each, outside any pool. Ends the test program when one fails: it is the test's own scenery.
  void Run(const std::vector<std::string>& statements);
  // A connection of its own.
  std::unique_ptr<mysql::Connection> Connect();

 private:
  MariaDb* const server_;
  std::string name_;
};

}  // namespace docket::tests

#endif  // DOCKET_TESTS_SUPPORT_MARIADB_H_

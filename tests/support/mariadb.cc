#include "tests/support/mariadb.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket::tests {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

// Test scenery has no way to go on without a database.
[[noreturn]] void Die(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

std::vector<std::string> AsRootWhereRoot(std::vector<std::string> arguments) {
  if (geteuid() == 0) arguments.push_back("--user=root");
  return arguments;
}

// Many small files are written: without waiting for the disk each time, this takes less than a second.
absl::Status Install(const TempDir& dir) {
  return RunProgram({.program = "mariadb-install-db",
                     .arguments = AsRootWhereRoot({"--no-defaults", absl::StrCat("--datadir=", dir.Path("data")),
                                                   "--auth-root-authentication-method=normal", "--skip-test-db",
                                                   "--innodb-log-file-size=16M", "--debug-no-sync"}),
                     .environment = {{"TMPDIR", dir.Path("tmp")}}},
                    absl::Now() + kPatience)
      .status();
}

}  // namespace

MariaDb& MariaDb::Shared() {
  // Lives until the process's end, where its destructor stops the server.
  static const std::unique_ptr<MariaDb> shared = [] {
    if (const char* socket = std::getenv("DOCKET_TEST_MARIADB"); socket != nullptr && *socket != '\0') {
      std::unique_ptr<MariaDb> external(new MariaDb);
      external->socket_ = socket;
      if (const char* port = std::getenv("DOCKET_TEST_MARIADB_PORT"); port != nullptr)
        external->port_ = std::atoi(port);
      return external;
    }
    absl::StatusOr<std::unique_ptr<MariaDb>> own = Start();
    if (!own.ok()) Die(own.status());
    return *std::move(own);
  }();
  return *shared;
}

absl::StatusOr<std::unique_ptr<MariaDb>> MariaDb::Start(MariaDbOptions options) {
  std::unique_ptr<MariaDb> server(new MariaDb);
  server->options_ = std::move(options);
  server->dir_ = std::make_unique<TempDir>();
  server->socket_ = server->dir_->Path("db.sock");
  // A server clears the folder for temporary tables when it starts, so two of them must not share one.
  if (mkdir(server->dir_->Path("tmp").c_str(), 0700) != 0) return absl::InternalError("mkdir failed");
  DOCKET_RETURN_IF_ERROR(Install(*server->dir_));
  absl::Status launched;
  // Another program may take the port between choosing and using it.
  for (int attempt = 0; attempt < 3; ++attempt) {
    server->port_ = FreePort();
    launched = server->Launch();
    if (launched.ok()) return server;
  }
  return launched;
}

absl::Status MariaDb::Launch() {
  std::vector<std::string> arguments = AsRootWhereRoot({
      "--no-defaults",
      absl::StrCat("--datadir=", dir_->Path("data")),
      absl::StrCat("--tmpdir=", dir_->Path("tmp")),
      absl::StrCat("--socket=", socket_),
      absl::StrCat("--pid-file=", dir_->Path("pid")),
      absl::StrCat("--port=", port_),
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      "--character-set-server=utf8mb4",
      "--max-connections=400",
      "--innodb-buffer-pool-size=64M",
      "--innodb-log-file-size=16M",
  });
  if (!options_.durable) {
    arguments.push_back("--innodb-flush-log-at-trx-commit=0");
    arguments.push_back("--debug-no-sync");
  }
  arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
  DOCKET_ASSIGN_OR_RETURN(
      process_,
      Process::Start({.program = "mariadbd", .arguments = std::move(arguments), .log_file = dir_->Path("log")}));
  return process_->WaitForLog("ready for connections", absl::Now() + kPatience);
}

// Nothing in its data is worth a clean shutdown.
MariaDb::~MariaDb() = default;

mysql::ConnectionOptions MariaDb::Options(absl::string_view database) const {
  return {.socket = socket_, .user = "root", .database = std::string(database)};
}

void MariaDb::Kill() { process_->Kill(); }
void MariaDb::Freeze() { process_->Suspend(); }
void MariaDb::Thaw() { process_->Resume(); }
absl::Status MariaDb::Restart() { return Launch(); }
std::string MariaDb::Log() const { return process_ == nullptr ? "" : process_->Log(); }

TestDatabase::TestDatabase(MariaDb& server) : server_(&server) {
  absl::BitGen random;
  const std::string name = absl::StrFormat("test_%016x", absl::Uniform<uint64_t>(random));
  Run({absl::StrCat("CREATE DATABASE ", name, " CHARACTER SET utf8mb4")});
  name_ = name;
}

TestDatabase::~TestDatabase() {
  // A server that the test has killed takes the database with it.
  auto connection = mysql::Connection::Open(server_->Options(), absl::Now() + kPatience);
  if (connection.ok()) (void)(*connection)->ExecuteUnprepared(absl::StrCat("DROP DATABASE IF EXISTS ", name_));
}

void TestDatabase::Run(const std::vector<std::string>& statements) {
  const std::unique_ptr<mysql::Connection> connection = Connect();
  for (const std::string& statement : statements) {
    if (absl::Status status = connection->ExecuteUnprepared(statement); !status.ok()) Die(status);
  }
}

std::unique_ptr<mysql::Connection> TestDatabase::Connect() {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection =
      mysql::Connection::Open(options(), absl::Now() + kPatience);
  if (!connection.ok()) Die(connection.status());
  (*connection)->SetDeadline(absl::InfiniteFuture());
  return *std::move(connection);
}

}  // namespace docket::tests

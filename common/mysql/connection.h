// One connection to a MySQL or MariaDB server. Services hold a Pool (pool.h) and run transactions (transaction.h) on
// it; few need a Connection itself.
//
// Every session is strict (STRICT_ALL_TABLES: a value that does not fit is an error, never cut), in UTC, READ
// COMMITTED, waits at most 3 s for a row lock, counts found rather than changed rows, and speaks utf8mb4. It never
// reconnects by itself, because that would lose the transaction, the session's settings and the prepared statements
// without a word.
//
// Used by one thread at a time.
#ifndef DOCKET_COMMON_MYSQL_CONNECTION_H_
#define DOCKET_COMMON_MYSQL_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/mysql/value.h"

namespace docket::mysql {

struct ConnectionOptions {
  // Path of a Unix socket; where it is empty, host and port are used.
  std::string socket;
  std::string host = "127.0.0.1";
  int port = 3306;
  std::string user;
  // Read by the caller from a file, never from a flag.
  std::string password;
  // May be empty: no database is selected then.
  std::string database;

  // Files in PEM form. A CA turns TLS on: the server must present a certificate of that CA for `host`. Certificate and
  // key are this client's own, for users declared REQUIRE X509.
  std::string tls_ca;
  std::string tls_certificate;
  std::string tls_key;

  // Rounded up to whole seconds, at least one; shortened by the deadline of who waits for the connection.
  absl::Duration connect_timeout = absl::Seconds(5);
  // The backstop for a server that went silent: the longest wait for an answer's next bytes, whole seconds. No
  // statement is given more time than this, whatever its deadline.
  absl::Duration read_timeout = absl::Seconds(20);

  // Prepared statements kept per connection, least recently used out first.
  size_t max_statements = 256;
};

class Connection {
 public:
  // Errors: UNAVAILABLE / DATABASE_UNAVAILABLE when the server cannot be reached, RESOURCE_EXHAUSTED / OVERLOADED when
  // it has no connection left, INTERNAL when it refuses the credentials, DEADLINE_EXCEEDED.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options, absl::Time deadline);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Statements from now on must be done by then: one whose time is up is not sent, and the server stops one that runs
  // longer (DEADLINE_EXCEEDED). The server is told at most once per statement and as a rule not at all: an earlier
  // limit that is at least the time left and at most twice as long is left standing. MySQL limits only SELECTs so;
  // there, other statements are limited by the lock wait timeout and read_timeout.
  void SetDeadline(absl::Time deadline);

  // Runs a statement that returns rows, as a server-side prepared statement that is kept by its text: the text must be
  // one of few (constants, and shapes such as multi-row inserts of few sizes), values go into `params`, one per `?`.
  absl::StatusOr<std::vector<Row>> Query(absl::string_view sql, absl::Span<const Value> params = {});

  // Runs a statement that returns none. Returns the rows found (not only those changed): an UPDATE that sets what
  // already stood counts. INSERT … ON DUPLICATE KEY UPDATE counts 1 for an inserted and 2 for a changed row.
  absl::StatusOr<int64_t> Execute(absl::string_view sql, absl::Span<const Value> params = {});

  // Runs one statement as text, for what cannot be prepared (DDL in migrations, transaction control). Rows it returns
  // are dropped.
  absl::Status ExecuteUnprepared(absl::string_view sql);

  // Ends a transaction without its changes. Sent whatever the deadline.
  absl::Status Rollback();

  // Asks the server whether it is there.
  absl::Status Ping();

  // True once the connection must not be used again: the server was lost or the connector failed in a way that leaves
  // its state unknown. An error that the server reported leaves the connection whole.
  bool broken() const;

  // The server's name for this connection, as in KILL.
  absl::StatusOr<int64_t> Id();

  // For tests and metrics.
  size_t cached_statements() const;
  int64_t statement_preparations() const;
  int64_t timeout_changes() const;

 private:
  class Impl;
  explicit Connection(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_CONNECTION_H_

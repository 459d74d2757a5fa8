// A bounded pool of connections to one database.
//
//   std::unique_ptr<Pool> pool = Pool::Create({.connection = {.socket = "/run/mysqld/mysqld.sock", .user = "request",
//                                                             .password = password, .database = "request"},
//                                              .max_connections = 16});
//   DOCKET_ASSIGN_OR_RETURN(std::vector<Row> rows, pool->Query(context.deadline, kSelectRequest, {organization_id,
//   request_id}));
//
// Thread-safe. Connections are opened when first needed, so a process starts while its database is away. The process
// keeps the pool in main and closes it before main returns.
#ifndef DOCKET_COMMON_MYSQL_POOL_H_
#define DOCKET_COMMON_MYSQL_POOL_H_

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/mysql/connection.h"
#include "common/mysql/value.h"

namespace docket::mysql {

struct PoolOptions {
  ConnectionOptions connection;
  // At least 1. As many as there are workers: more only wait for locks.
  int max_connections = 16;
  // A connection that rested longer is asked whether it still lives before it is handed out.
  absl::Duration ping_after_idle = absl::Seconds(30);
};

struct PoolStats {
  int in_use = 0;
  int idle = 0;
  // Callers waiting in Acquire for a connection to come back.
  int waiting = 0;
  // Since the start.
  int64_t created = 0;
  int64_t discarded = 0;
};

class Pool {
 public:
  // A connection on loan; goes back to the pool when it ends. A broken connection is discarded instead.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }
    // Has the pool discard the connection, whose state the borrower can no longer vouch for.
    void Discard() { discard_ = true; }

   private:
    friend class Pool;
    Lease(Pool* pool, std::unique_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {}
    void Return();

    Pool* pool_;
    std::unique_ptr<Connection> connection_;
    bool discard_ = false;
  };

  static std::unique_ptr<Pool> Create(PoolOptions options);

  // Closes, then waits for the leases that are still out.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A connection whose statements must be done by `deadline`. Waits for one, first come first served, no longer than
  // until then. Errors: RESOURCE_EXHAUSTED / OVERLOADED with RetryInfo when all stayed in use, UNAVAILABLE /
  // SHUTTING_DOWN after Close, and those of Connection::Open.
  absl::StatusOr<Lease> Acquire(absl::Time deadline);

  // One read outside a transaction. Repeated once on a new connection when the first was found dead.
  absl::StatusOr<std::vector<Row>> Query(absl::Time deadline, absl::string_view sql,
                                         absl::Span<const Value> params = {});

  // One statement that is its own transaction. Never repeated: when the connection is lost under way, UNAVAILABLE
  // leaves open whether it happened.
  absl::StatusOr<int64_t> Execute(absl::Time deadline, absl::string_view sql, absl::Span<const Value> params = {});

  PoolStats stats() const;

  // Hands out no more connections, drops the idle ones, and turns away who waits. Connections in use are closed when
  // they come back.
  void Close();

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    absl::Time since;
  };
  struct Waiter {
    absl::CondVar woken;
    bool served = false;
    // What the waiter was given: a connection, or the right to open one.
    std::unique_ptr<Connection> connection;
  };

  explicit Pool(PoolOptions options);
  absl::StatusOr<std::unique_ptr<Connection>> TakeOrReserve(absl::Time deadline);
  bool MustPing(absl::Time idle_since) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Return(std::unique_ptr<Connection> connection, bool discard);
  void PassOnOrRelease(std::unique_ptr<Connection> connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PoolOptions options_;

  mutable absl::Mutex mutex_;
  absl::CondVar returned_ ABSL_GUARDED_BY(mutex_);
  // Most recently used last; those are taken first, so that a quiet pool's surplus rests.
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mutex_);
  std::list<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);
  int in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t created_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t discarded_ ABSL_GUARDED_BY(mutex_) = 0;
  // When a connection was last found broken: the others may be too.
  absl::Time suspect_before_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_POOL_H_

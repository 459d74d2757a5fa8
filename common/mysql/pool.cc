#include "common/mysql/pool.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::mysql {
namespace {

absl::Status ClosedError() {
  return WithRetryDelay(
      Error(absl::StatusCode::kUnavailable, Reason::REASON_SHUTTING_DOWN, "the database pool is closed"),
      absl::Seconds(1));
}

absl::Status AllInUseError() {
  return WithRetryDelay(
      Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED, "all database connections are in use"),
      absl::Milliseconds(500));
}

}  // namespace

Pool::Lease::Lease(Lease&& other) noexcept
    : pool_(other.pool_), connection_(std::move(other.connection_)), discard_(other.discard_) {}

Pool::Lease& Pool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Return();
    pool_ = other.pool_;
    connection_ = std::move(other.connection_);
    discard_ = other.discard_;
  }
  return *this;
}

Pool::Lease::~Lease() { Return(); }

void Pool::Lease::Return() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_), discard_);
}

std::unique_ptr<Pool> Pool::Create(PoolOptions options) {
  options.max_connections = std::max(options.max_connections, 1);
  return std::unique_ptr<Pool>(new Pool(std::move(options)));
}

Pool::Pool(PoolOptions options) : options_(std::move(options)) {}

Pool::~Pool() {
  Close();
  absl::MutexLock lock(&mutex_);
  while (in_use_ > 0) returned_.Wait(&mutex_);
}

absl::StatusOr<Pool::Lease> Pool::Acquire(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, TakeOrReserve(deadline));
  if (connection != nullptr) {
    connection->SetDeadline(deadline);
    return Lease(this, std::move(connection));
  }
  absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options_.connection, deadline);
  absl::MutexLock lock(&mutex_);
  if (!opened.ok()) {
    PassOnOrRelease(nullptr);
    return opened.status();
  }
  ++created_;
  return Lease(this, *std::move(opened));
}

// A connection, or nullptr for the right to open one; either counts as in use from now on.
absl::StatusOr<std::unique_ptr<Connection>> Pool::TakeOrReserve(absl::Time deadline) {
  std::unique_ptr<Connection> connection;
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return ClosedError();
    if (!idle_.empty()) {
      Idle idle = std::move(idle_.back());
      idle_.pop_back();
      ++in_use_;
      if (!MustPing(idle.since)) return std::move(idle.connection);
      connection = std::move(idle.connection);
    } else if (in_use_ < options_.max_connections) {
      ++in_use_;
      return nullptr;
    } else {
      Waiter waiter;
      waiters_.push_back(&waiter);
      while (!waiter.served && !closed_) {
        if (waiter.woken.WaitWithDeadline(&mutex_, deadline)) break;
      }
      if (waiter.served) return std::move(waiter.connection);
      waiters_.remove(&waiter);
      return closed_ ? ClosedError() : AllInUseError();
    }
  }
  connection->SetDeadline(deadline);
  if (connection->Ping().ok()) return connection;
  absl::MutexLock lock(&mutex_);
  ++discarded_;
  suspect_before_ = absl::Now();
  return nullptr;
}

bool Pool::MustPing(absl::Time idle_since) const {
  return idle_since <= suspect_before_ || absl::Now() - idle_since >= options_.ping_after_idle;
}

void Pool::Return(std::unique_ptr<Connection> connection, bool discard) {
  std::unique_ptr<Connection> dropped;
  absl::MutexLock lock(&mutex_);
  if (connection->broken()) suspect_before_ = absl::Now();
  if (discard || connection->broken() || closed_) {
    ++discarded_;
    // Closed after the lock is released: the goodbye goes over the network.
    dropped = std::move(connection);
  }
  PassOnOrRelease(std::move(connection));
}

// Gives what one user leaves behind to who waits longest, else keeps it.
void Pool::PassOnOrRelease(std::unique_ptr<Connection> connection) {
  if (!waiters_.empty() && !closed_) {
    Waiter* const waiter = waiters_.front();
    waiters_.pop_front();
    waiter->connection = std::move(connection);
    waiter->served = true;
    waiter->woken.Signal();
    return;
  }
  --in_use_;
  if (connection != nullptr) idle_.push_back({std::move(connection), absl::Now()});
  returned_.SignalAll();
}

absl::StatusOr<std::vector<Row>> Pool::Query(absl::Time deadline, absl::string_view sql,
                                             absl::Span<const Value> params) {
  DOCKET_ASSIGN_OR_RETURN(Lease lease, Acquire(deadline));
  absl::StatusOr<std::vector<Row>> rows = lease->Query(sql, params);
  if (!lease->broken()) return rows;
  // The lease is let go first, so that a pool of one can open its successor.
  { const Lease broken = std::move(lease); }
  DOCKET_ASSIGN_OR_RETURN(Lease second, Acquire(deadline));
  return second->Query(sql, params);
}

absl::StatusOr<int64_t> Pool::Execute(absl::Time deadline, absl::string_view sql, absl::Span<const Value> params) {
  DOCKET_ASSIGN_OR_RETURN(Lease lease, Acquire(deadline));
  return lease->Execute(sql, params);
}

PoolStats Pool::stats() const {
  absl::MutexLock lock(&mutex_);
  return {.in_use = in_use_,
          .idle = static_cast<int>(idle_.size()),
          .waiting = static_cast<int>(waiters_.size()),
          .created = created_,
          .discarded = discarded_};
}

void Pool::Close() {
  std::vector<Idle> dropped;
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  dropped.swap(idle_);
  for (Waiter* waiter : waiters_) waiter->woken.Signal();
}

}  // namespace docket::mysql

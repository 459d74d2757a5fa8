#include "common/mysql/connection.h"

#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/metadata.h>
#include <cppconn/parameter_metadata.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <algorithm>
#include <exception>
#include <list>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/mysql/binding.h"
#include "common/mysql/error_table.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::mysql {
namespace {

// NO_ZERO_… and ONLY_FULL_GROUP_BY make MariaDB refuse what MySQL refuses.
constexpr char kSessionSettings[] =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', "
    "innodb_lock_wait_timeout = 3";

constexpr absl::Duration kShortestLimit = absl::Milliseconds(10);

// Oracle's client library wants a word from every thread that uses it; libmariadb does not mind.
class ThreadScope {
 public:
  explicit ThreadScope(sql::Driver* driver) : driver_(driver) { driver_->threadInit(); }
  ~ThreadScope() { driver_->threadEnd(); }

 private:
  sql::Driver* const driver_;
};

sql::Driver* Driver() {
  // The connector fills a table without a lock on the first call, so the first call must be one.
  static sql::Driver* const driver = get_driver_instance();
  static thread_local const ThreadScope scope(driver);
  return driver;
}

sql::SQLString ToSqlString(absl::string_view text) { return sql::SQLString(text.data(), text.size()); }

int WholeSeconds(absl::Duration duration) {
  return static_cast<int>(std::clamp<int64_t>(absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1))), 1, 86400));
}

sql::ConnectOptionsMap Properties(const ConnectionOptions& options, absl::Duration connect_timeout) {
  sql::ConnectOptionsMap properties;
  if (options.socket.empty()) {
    properties["hostName"] = sql::SQLString(absl::StrCat("tcp://", options.host));
    properties["port"] = options.port;
  } else {
    properties["hostName"] = sql::SQLString(absl::StrCat("unix://", options.socket));
  }
  properties["userName"] = sql::SQLString(options.user);
  properties["password"] = sql::SQLString(options.password);
  if (!options.database.empty()) properties["schema"] = sql::SQLString(options.database);
  properties["CLIENT_FOUND_ROWS"] = true;
  properties["OPT_CONNECT_TIMEOUT"] = WholeSeconds(connect_timeout);
  properties["OPT_READ_TIMEOUT"] = WholeSeconds(options.read_timeout);
  properties["OPT_WRITE_TIMEOUT"] = WholeSeconds(options.read_timeout);
  properties["postInit"] = sql::SQLString(kSessionSettings);
  if (!options.tls_ca.empty()) {
    properties["sslCA"] = sql::SQLString(options.tls_ca);
    properties["sslEnforce"] = true;
    properties["sslVerify"] = true;
    if (!options.tls_certificate.empty()) {
      properties["sslCert"] = sql::SQLString(options.tls_certificate);
      properties["sslKey"] = sql::SQLString(options.tls_key);
    }
  }
  return properties;
}

}  // namespace

class Connection::Impl {
 public:
  Impl(std::unique_ptr<sql::Connection> connection, const ConnectionOptions& options, bool mariadb)
      : connection_(std::move(connection)),
        text_statement_(connection_->createStatement()),
        max_statements_(std::max<size_t>(options.max_statements, 1)),
        longest_limit_(std::max(options.read_timeout - absl::Seconds(1), absl::Seconds(1))),
        mariadb_(mariadb) {}

  absl::StatusOr<std::vector<Row>> Query(absl::string_view sql, absl::Span<const Value> params) {
    std::vector<Row> rows;
    DOCKET_RETURN_IF_ERROR(RunPrepared(sql, params, /*returns_rows=*/true, [&](sql::PreparedStatement& statement) {
      const std::unique_ptr<sql::ResultSet> result(statement.executeQuery());
      rows = ReadRows(*result);
    }));
    return rows;
  }

  absl::StatusOr<int64_t> Execute(absl::string_view sql, absl::Span<const Value> params) {
    int64_t count = 0;
    DOCKET_RETURN_IF_ERROR(RunPrepared(sql, params, /*returns_rows=*/false,
                                       [&](sql::PreparedStatement& statement) { count = statement.executeUpdate(); }));
    return count;
  }

  absl::Status ExecuteUnprepared(absl::string_view sql) {
    DOCKET_RETURN_IF_ERROR(LimitTime());
    return RunText(sql);
  }

  absl::Status RunText(absl::string_view sql) {
    return Translate(sql, [&] {
      Driver();
      if (text_statement_->execute(ToSqlString(sql))) {
        const std::unique_ptr<sql::ResultSet> dropped(text_statement_->getResultSet());
      }
      return absl::OkStatus();
    });
  }

  absl::Status Ping() {
    return Translate("ping", [&] {
      Driver();
      if (connection_->isValid()) return absl::OkStatus();
      broken_ = true;
      return DatabaseErrorStatus(2006, "HY000", "", "");
    });
  }

  void SetDeadline(absl::Time deadline) { deadline_ = deadline; }
  bool broken() const { return broken_; }
  size_t cached_statements() const { return statements_.size(); }
  int64_t statement_preparations() const { return preparations_; }
  int64_t timeout_changes() const { return timeout_changes_; }

 private:
  struct Prepared {
    std::string sql;
    std::unique_ptr<sql::PreparedStatement> statement;
    bool returns_rows;
    unsigned int parameters;
  };

  // Runs `function` and turns what the connector throws into a status: here, and only here, exceptions end.
  template <typename F>
  absl::Status Translate(absl::string_view sql, F function) {
    if (broken_) return DatabaseErrorStatus(2006, "HY000", "", sql);
    try {
      return function();
    } catch (const sql::SQLException& e) {
      // Number 0 is the connector itself complaining, with an unknown amount of the answer read.
      if (e.getErrorCode() == 0 || LosesConnection(e.getErrorCode())) broken_ = true;
      return DatabaseErrorStatus(e.getErrorCode(), e.getSQLState(), e.what(), sql);
    } catch (const std::exception&) {
      broken_ = true;
    } catch (...) {
      broken_ = true;
    }
    return InternalError(absl::StrCat("the database connector failed in: ", sql.substr(0, 120)));
  }

  template <typename F>
  absl::Status RunPrepared(absl::string_view sql, absl::Span<const Value> params, bool returns_rows, F run) {
    DOCKET_RETURN_IF_ERROR(LimitTime());
    return Translate(sql, [&]() -> absl::Status {
      Driver();
      if (NeedsNewStatement(params)) Forget(sql);
      Prepared& prepared = Prepare(sql);
      if (prepared.returns_rows != returns_rows) {
        return InternalError(
            absl::StrCat(returns_rows ? "Query of a statement without rows: " : "Execute of a statement with rows: ",
                         sql.substr(0, 120)));
      }
      if (prepared.parameters != params.size()) {
        return InternalError(
            absl::StrCat(params.size(), " values for ", prepared.parameters, " parameters of: ", sql.substr(0, 120)));
      }
      const absl::Cleanup forget_spoiled = [&] {
        if (SpoilsStatement(params)) Forget(sql);
      };
      Bind(*prepared.statement, params);
      run(*prepared.statement);
      return absl::OkStatus();
    });
  }

  Prepared& Prepare(absl::string_view sql) {
    if (const auto found = by_sql_.find(sql); found != by_sql_.end()) {
      statements_.splice(statements_.begin(), statements_, found->second);
      return statements_.front();
    }
    if (statements_.size() >= max_statements_) {
      by_sql_.erase(statements_.back().sql);
      statements_.pop_back();
    }
    std::unique_ptr<sql::PreparedStatement> statement(connection_->prepareStatement(ToSqlString(sql)));
    ++preparations_;
    const bool returns_rows = statement->getMetaData()->getColumnCount() > 0;
    const unsigned int parameters = statement->getParameterMetaData()->getParameterCount();
    statements_.push_front({std::string(sql), std::move(statement), returns_rows, parameters});
    by_sql_[statements_.front().sql] = statements_.begin();
    return statements_.front();
  }

  void Forget(absl::string_view sql) {
    const auto found = by_sql_.find(sql);
    if (found == by_sql_.end()) return;
    const auto position = found->second;
    by_sql_.erase(found);
    statements_.erase(position);
  }

  absl::Status LimitTime() {
    const absl::Duration left = std::min(deadline_ - absl::Now(), longest_limit_);
    if (left <= absl::ZeroDuration()) {
      return Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
                   "the deadline passed before the statement was sent");
    }
    if (limit_ >= left && limit_ <= std::max(2 * left, kShortestLimit)) return absl::OkStatus();
    // A little more than what is left, so that the next caller with the same time to spend finds the limit long enough.
    const absl::Duration limit = std::max(std::min(left * 1.1, longest_limit_), kShortestLimit);
    DOCKET_RETURN_IF_ERROR(RunText(mariadb_
                                       ? absl::StrFormat("SET max_statement_time = %.3f", absl::ToDoubleSeconds(limit))
                                       : absl::StrCat("SET max_execution_time = ", absl::ToInt64Milliseconds(limit))));
    limit_ = limit;
    ++timeout_changes_;
    return absl::OkStatus();
  }

  // In the order of construction; statements go before the connection that they belong to.
  const std::unique_ptr<sql::Connection> connection_;
  const std::unique_ptr<sql::Statement> text_statement_;
  const size_t max_statements_;
  const absl::Duration longest_limit_;
  const bool mariadb_;

  // Most recently used first.
  std::list<Prepared> statements_;
  absl::flat_hash_map<absl::string_view, std::list<Prepared>::iterator> by_sql_;
  absl::Time deadline_ = absl::InfiniteFuture();
  // What the server was last told; at first it knows no limit.
  absl::Duration limit_ = absl::InfiniteDuration();
  bool broken_ = false;
  int64_t preparations_ = 0;
  int64_t timeout_changes_ = 0;
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options, absl::Time deadline) {
  const absl::Duration left = deadline - absl::Now();
  if (left <= absl::ZeroDuration()) {
    return Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
                 "the deadline passed before a connection to the database was opened");
  }
  try {
    sql::ConnectOptionsMap properties = Properties(options, std::min(options.connect_timeout, left));
    std::unique_ptr<sql::Connection> connection(Driver()->connect(properties));
    // Not part of the settings above because MariaDB and MySQL name this variable differently.
    connection->setTransactionIsolation(sql::TRANSACTION_READ_COMMITTED);
    const std::string version = connection->getMetaData()->getDatabaseProductVersion();
    auto impl = std::make_unique<Impl>(std::move(connection), options, absl::StrContains(version, "MariaDB"));
    std::unique_ptr<Connection> opened(new Connection(std::move(impl)));
    opened->SetDeadline(deadline);
    return opened;
  } catch (const sql::SQLException& e) {
    return DatabaseErrorStatus(e.getErrorCode(), e.getSQLState(), e.what(), "connect");
  } catch (const std::exception&) {
  } catch (...) {
  }
  return InternalError("the database connector failed to connect");
}

void Connection::SetDeadline(absl::Time deadline) { impl_->SetDeadline(deadline); }

absl::StatusOr<std::vector<Row>> Connection::Query(absl::string_view sql, absl::Span<const Value> params) {
  return impl_->Query(sql, params);
}

absl::StatusOr<int64_t> Connection::Execute(absl::string_view sql, absl::Span<const Value> params) {
  return impl_->Execute(sql, params);
}

absl::Status Connection::ExecuteUnprepared(absl::string_view sql) { return impl_->ExecuteUnprepared(sql); }
absl::Status Connection::Rollback() { return impl_->RunText("ROLLBACK"); }
absl::Status Connection::Ping() { return impl_->Ping(); }
bool Connection::broken() const { return impl_->broken(); }
size_t Connection::cached_statements() const { return impl_->cached_statements(); }
int64_t Connection::statement_preparations() const { return impl_->statement_preparations(); }
int64_t Connection::timeout_changes() const { return impl_->timeout_changes(); }

absl::StatusOr<int64_t> Connection::Id() {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, Query("SELECT CONNECTION_ID()"));
  return rows[0].Int(0);
}

}  // namespace docket::mysql

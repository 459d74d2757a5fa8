// For tests: the log on a database of its own, as one process holds it or several do, and events to fill it with.
#ifndef DOCKET_SERVICES_AUDIT_TESTING_LOG_FIXTURE_H_
#define DOCKET_SERVICES_AUDIT_TESTING_LOG_FIXTURE_H_

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/events/schema.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/merkle/note_key.h"
#include "common/merkle/reference_tree.h"
#include "common/migration/migrator.h"
#include "common/mutation/schema.h"
#include "common/mysql/pool.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_appender.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_growth.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/schema.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::audit {

inline constexpr char kOrigin[] = "docket.example/audit";

// Ends the test program where there is no value: what stands on it has no meaning then.
template <typename T>
T OrExit(absl::StatusOr<T> value, absl::string_view what) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s: %s\n", std::string(what).c_str(), value.status().ToString().c_str());
  std::abort();
}

inline absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

// All tables of the service.
class AuditDatabase {
 public:
  AuditDatabase() {
    Migrate("events", events::Schema());
    Migrate("mutation", mutation::Schema());
    Migrate("audit", Schema());
    pool_ = NewPool();
  }

  std::unique_ptr<mysql::Pool> NewPool(int connections = 24) const {
    return mysql::Pool::Create({.connection = database_.options(), .max_connections = connections});
  }
  mysql::Pool& pool() { return *pool_; }
  tests::TestDatabase& database() { return database_; }
  void Run(const std::vector<std::string>& statements) { database_.Run(statements); }
  // The one number that the statement selects.
  int64_t Count(const std::string& sql) { return OrExit(pool_->Query(Soon(), sql), sql).at(0).Int(0); }

 private:
  void Migrate(const std::string& track, std::vector<migration::Migration> migrations) {
    migration::Migrator migrator({.connection = database_.options(), .track = track, .owner = "test"},
                                 std::move(migrations));
    OrExit(migrator.Run(absl::Now() + absl::Minutes(1)), track);
  }

  tests::TestDatabase database_;
  std::unique_ptr<mysql::Pool> pool_;
};

// What one process has of the log.
struct LogProcess {
  // Without a sealer payloads are stored as they are.
  LogProcess(mysql::Pool& pool, Clock& clock, const merkle::NoteSigner& signer, const std::string& anchor_file,
             PayloadSealer* sealer = nullptr, const PayloadOpener* opener = nullptr, CheckpointerOptions options = {})
      : logger(STDERR_FILENO, Severity::kError, "audit", clock),
        store(pool, opener),
        guard(logger),
        appender(pool, store, guard, clock, kOrigin, sealer),
        checkpointer(store, guard, clock, signer, anchor_file, std::move(options)) {
    appender.OnGrowth([this](uint64_t size) { growth.Announce(size); });
  }

  Logger logger;
  LogStore store;
  LogGuard guard;
  LogGrowth growth;
  LogAppender appender;
  Checkpointer checkpointer;
};

class LogTest : public ::testing::Test {
 protected:
  std::unique_ptr<LogProcess> NewProcess() {
    return std::make_unique<LogProcess>(db_.pool(), clock_, signer_, anchor_file());
  }
  std::string anchor_file() const { return dir_.Path("anchor"); }

  // Not numbered: tests deliver events in any order and from several threads.
  event::v1::Event NewEvent(absl::string_view title = "门禁管理软件升级") {
    event::v1::RequestSubmitted payload;
    event::v1::Event event;
    event.set_event_id(FormatUuid(uuids_.Next()));
    event.set_source("services/request");
    event.set_type("RequestSubmitted");
    event.set_subject("organizations/yunqi/requests/r1");
    event.set_subject_revision(2);
    event.set_change("organizations/yunqi/requests/r1");
    event.set_organization("organizations/yunqi");
    event.mutable_actor()->set_name("organizations/yunqi/people/li-na");
    event.mutable_actor()->set_display_name("李娜");
    event.mutable_occur_time()->set_seconds(1790000000 + ++sequence_);
    event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
    event.set_method("docket.request.v1.RequestService/SubmitRequest");
    event.set_reason(std::string(title));
    event.set_trace_id("4bf92f3577b34da6a3ce929d0e0e4736");
    event.mutable_payload()->PackFrom(payload);
    return event;
  }
  std::vector<event::v1::Event> NewEvents(int count) {
    std::vector<event::v1::Event> events;
    for (int i = 0; i < count; ++i) events.push_back(NewEvent());
    return events;
  }
  // Numbered as the source's relay would.
  std::vector<event::v1::Event> NumberedEvents(int64_t first, int64_t last) {
    std::vector<event::v1::Event> events;
    for (int64_t number = first; number <= last; ++number) {
      events.push_back(NewEvent());
      events.back().set_source_sequence(number);
    }
    return events;
  }
  // In batches, as they would come.
  void Grow(LogProcess& log, int count) {
    for (; count > 0; count -= 200) {
      EXPECT_THAT(log.appender.Append(NewEvents(std::min(count, 200)), Soon()), tests::IsOk());
    }
  }

  // The leaf hashes of all entries' bytes, whatever the other columns and tables say.
  merkle::Hashes Leaves() {
    merkle::Hashes leaves;
    const auto rows =
        OrExit(db_.pool().Query(Soon(), "SELECT log_index, entry FROM entry ORDER BY log_index"), "entries");
    for (const mysql::Row& row : rows) {
      EXPECT_EQ(row.UInt(0), leaves.size()) << "the indexes have a gap";
      leaves.push_back(merkle::LeafHash(row.Text(1)));
    }
    return leaves;
  }
  // That tree_state is what the definition of the tree makes of the entries.
  void ExpectWholeTree(uint64_t size) {
    const merkle::Hashes leaves = Leaves();
    EXPECT_EQ(leaves.size(), size);
    const TreeState tree = OrExit(LogStore(db_.pool()).ReadTreeState(Soon()), "tree_state");
    EXPECT_EQ(tree.size, size);
    EXPECT_EQ(tree.root.ToHex(), merkle::ReferenceRoot(leaves).ToHex());
    EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM payload"), static_cast<int64_t>(size));
    EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM dedupe"), static_cast<int64_t>(size));
    EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM tile WHERE level = 0"), static_cast<int64_t>(size / merkle::kTileWidth));
  }

  // Payloads of all entries of that type, in the order of the log.
  template <typename Payload>
  std::vector<Payload> EntriesOf() {
    std::vector<Payload> found;
    const auto rows =
        OrExit(db_.pool().Query(Soon(),
                                "SELECT e.entry, p.payload FROM entry e JOIN payload p ON p.log_index = e.log_index "
                                "WHERE e.type = ? ORDER BY e.log_index",
                                mysql::Params{Payload::descriptor()->name()}),
               "entries");
    for (const mysql::Row& row : rows) {
      const event::v1::Event event = OrExit(UnsealEvent(row.Text(0), row.Text(1)), "event");
      EXPECT_TRUE(event.payload().UnpackTo(&found.emplace_back()));
    }
    return found;
  }

  AuditDatabase db_;
  tests::TempDir dir_;
  FakeClock clock_{absl::FromUnixSeconds(1790000000)};
  UuidGenerator uuids_{clock_};
  const merkle::NoteSigner signer_ = OrExit(merkle::NoteSigner::Generate(kOrigin), "signer");
  int64_t sequence_ = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TESTING_LOG_FIXTURE_H_

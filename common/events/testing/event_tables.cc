#include "common/events/testing/event_tables.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/time/clock.h"
#include "common/events/schema.h"
#include "common/migration/migrator.h"

namespace docket::events::testing {

void Migrate(tests::TestDatabase& database, const std::string& track, std::vector<migration::Migration> migrations) {
  migration::Migrator migrator({.connection = database.options(), .track = track, .owner = "test"},
                               std::move(migrations));
  const absl::StatusOr<migration::MigrationReport> report = migrator.Run(absl::Now() + absl::Minutes(1));
  if (report.ok()) return;
  std::fprintf(stderr, "cannot make the tables of %s: %s\n", track.c_str(), report.status().ToString().c_str());
  std::abort();
}

EventDatabase::EventDatabase() { Migrate(*this, "events", Schema()); }

}  // namespace docket::events::testing

// The tables of common/events in a test's database.
#ifndef DOCKET_COMMON_EVENTS_TESTING_EVENT_TABLES_H_
#define DOCKET_COMMON_EVENTS_TESTING_EVENT_TABLES_H_

#include <string>
#include <vector>

#include "common/migration/migration.h"
#include "tests/support/mariadb.h"

namespace docket::events::testing {

// Applies migrations under the track as a service's start does. Ends the test program where that fails.
void Migrate(tests::TestDatabase& database, const std::string& track, std::vector<migration::Migration> migrations);

// A database that holds the event tables.
struct EventDatabase : tests::TestDatabase {
  EventDatabase();
};

}  // namespace docket::events::testing

#endif  // DOCKET_COMMON_EVENTS_TESTING_EVENT_TABLES_H_

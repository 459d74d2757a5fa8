// What is in some tables at a moment: to see whether a call changed it, and to go back to it.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_KEPT_TABLES_H_
#define DOCKET_SERVICES_REQUEST_TESTING_KEPT_TABLES_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/mysql/pool.h"

namespace docket::request::testing {

class KeptTables {
 public:
  // The tables are all that the calls of a test write, but `outbox`.
  KeptTables(mysql::Pool& pool, std::vector<std::string> tables);

  // Takes what is in them now, and forgets the events that were left.
  void Keep();
  void Restore();
  // That nothing changed since, and that only events of these types were left. Goes back where it did.
  void ExpectUntouched(const std::multiset<std::string>& events);

  // The types of the events that were left since it was last asked.
  std::multiset<std::string> TakeEvents();

  // A statement that must succeed.
  void Run(const std::string& sql);

 private:
  std::vector<mysql::Row> Query(const std::string& sql);
  std::vector<int64_t> Content();

  mysql::Pool& pool_;
  const std::vector<std::string> tables_;
  std::vector<int64_t> content_;
};

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_TESTING_KEPT_TABLES_H_

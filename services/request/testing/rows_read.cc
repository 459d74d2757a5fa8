#include "services/request/testing/rows_read.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mysql/value.h"

namespace docket::request {
namespace {

int64_t RowsRead(mysql::Pool& pool) {
  const absl::StatusOr<std::vector<mysql::Row>> rows =
      pool.Query(absl::Now() + absl::Seconds(60), "SHOW SESSION STATUS LIKE 'Handler_read%'");
  if (!rows.ok()) {
    std::fprintf(stderr, "rows read: %s\n", rows.status().ToString().c_str());
    std::abort();
  }
  int64_t sum = 0;
  for (const mysql::Row& row : *rows) sum += row.Int(1);
  return sum;
}

}  // namespace

int64_t RowsReadFor(mysql::Pool& pool, absl::FunctionRef<void()> ask) {
  // Asking for the figure is a question too.
  const int64_t first = RowsRead(pool);
  const int64_t before = RowsRead(pool);
  ask();
  return RowsRead(pool) - before - (before - first);
}

}  // namespace docket::request

// What questions cost the server, in rows that it reads for them.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_ROWS_READ_H_
#define DOCKET_SERVICES_REQUEST_TESTING_ROWS_READ_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "common/mysql/pool.h"

namespace docket::request {

// How many rows `ask` has the server read, by the counters of the session. It must ask on this thread and nobody else
// may use the pool, so that all of it goes over one connection. Ends the test program where the counters cannot be had.
int64_t RowsReadFor(mysql::Pool& pool, absl::FunctionRef<void()> ask);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TESTING_ROWS_READ_H_

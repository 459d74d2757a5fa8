// The only macros of the project: passing an error on without five lines of ceremony.
//
//   absl::Status Load() {
//     DOCKET_RETURN_IF_ERROR(Open());
//     DOCKET_ASSIGN_OR_RETURN(const Row row, Read(id));
//     ...
//   }
#ifndef DOCKET_COMMON_STATUS_STATUS_MACROS_H_
#define DOCKET_COMMON_STATUS_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr`, an absl::Status, is an error.
#define DOCKET_RETURN_IF_ERROR(expr)                                \
  do {                                                              \
    if (absl::Status docket_status = (expr); !docket_status.ok()) { \
      return docket_status;                                         \
    }                                                               \
  } while (false)

#define DOCKET_STATUS_CONCAT_INNER(a, b) a##b
#define DOCKET_STATUS_CONCAT(a, b) DOCKET_STATUS_CONCAT_INNER(a, b)

// Declares or assigns `lhs` from `expr`, an absl::StatusOr, or returns its error.
#define DOCKET_ASSIGN_OR_RETURN(lhs, expr) \
  DOCKET_ASSIGN_OR_RETURN_INNER(DOCKET_STATUS_CONCAT(docket_or_, __LINE__), lhs, expr)
#define DOCKET_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                                  \
  if (!tmp.ok()) return std::move(tmp).status();      \
  lhs = *std::move(tmp)

#endif  // DOCKET_COMMON_STATUS_STATUS_MACROS_H_

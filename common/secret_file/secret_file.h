// Files that hold a secret: readable by their owner alone, written once.
#ifndef DOCKET_COMMON_SECRET_FILE_SECRET_FILE_H_
#define DOCKET_COMMON_SECRET_FILE_SECRET_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket {

inline constexpr size_t kMaxSecretFileBytes = 16 * 1024;

// The file's bytes. NOT_FOUND: no such file. FAILED_PRECONDITION: it is no regular file, group or others have any right
// to it, or it is larger than kMaxSecretFileBytes.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

// Writes a new file of mode 0600 that outlives a crash once this returns. ALREADY_EXISTS: the name is taken. Where
// writing fails, no file is left.
absl::Status WriteSecretFile(const std::string& path, absl::string_view bytes);

}  // namespace docket

#endif  // DOCKET_COMMON_SECRET_FILE_SECRET_FILE_H_

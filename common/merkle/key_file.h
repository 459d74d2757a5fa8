// Where a log keeps its signing key: a file of one line, `PRIVATE+KEY+…`, that nobody but its owner may read.
#ifndef DOCKET_COMMON_MERKLE_KEY_FILE_H_
#define DOCKET_COMMON_MERKLE_KEY_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/merkle/note_key.h"

namespace docket::merkle {

// NOT_FOUND: no such file. FAILED_PRECONDITION: group or others may read or write it (`chmod 600`), or it is no regular
// file. INVALID_ARGUMENT: it does not hold a key. No error repeats what is in the file.
absl::StatusOr<NoteSigner> LoadSigner(const std::string& path);

// Makes a new key of that name and writes it to a new file of mode 0600, durably. ALREADY_EXISTS: there is a file; a
// key is never overwritten.
absl::StatusOr<NoteSigner> GenerateKey(const std::string& path, absl::string_view name);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_KEY_FILE_H_

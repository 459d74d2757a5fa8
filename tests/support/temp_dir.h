// A directory of its own for a test, removed with everything in it at the end. What a crashed test leaves is removed by
// the next one.
#ifndef DOCKET_TESTS_SUPPORT_TEMP_DIR_H_
#define DOCKET_TESTS_SUPPORT_TEMP_DIR_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::tests {

class TempDir {
 public:
  // Below $TMPDIR, else /tmp. Ends the process when it cannot be made.
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  // The path of a file or folder inside.
  std::string Path(absl::string_view name) const;
  // Writes a file inside and returns its path.
  std::string Write(absl::string_view name, absl::string_view content) const;

 private:
  std::string path_;
  int lock_ = -1;
};

// The content of a file; empty when it cannot be read.
std::string ReadFile(const std::string& path);

}  // namespace docket::tests

#endif  // DOCKET_TESTS_SUPPORT_TEMP_DIR_H_

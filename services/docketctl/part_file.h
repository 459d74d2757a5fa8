// A file that appears under its name only when it is whole.
#ifndef DOCKET_SERVICES_DOCKETCTL_PART_FILE_H_
#define DOCKET_SERVICES_DOCKETCTL_PART_FILE_H_

#include <cstdint>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::ctl {

class PartFile {
 public:
  // Writes into `{path}.part`; what an earlier attempt left there is overwritten. FAILED_PRECONDITION where `path`
  // exists or the part cannot be written.
  static absl::StatusOr<PartFile> Create(const std::string& path, int64_t max_bytes);

  // RESOURCE_EXHAUSTED beyond `max_bytes`: a server must not fill the disk.
  absl::Status Write(absl::string_view bytes);
  // Gives the file its name.
  absl::Status Finish();

  int64_t size() const { return size_; }

 private:
  PartFile(std::string path, std::ofstream stream, int64_t max_bytes)
      : path_(std::move(path)), stream_(std::move(stream)), max_bytes_(max_bytes) {}
  absl::Status Failed() const;

  std::string path_;
  std::ofstream stream_;
  int64_t max_bytes_;
  int64_t size_ = 0;
};

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_PART_FILE_H_

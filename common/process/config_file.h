// Reading a process's configuration: JSON of a message of docket.process.v1, checked against its rules.
//
//   DOCKET_ASSIGN_OR_RETURN(auto config, ReadConfig<process::v1::ServiceConfig>("/etc/docket/request.json"));
//   DOCKET_ASSIGN_OR_RETURN(const std::string password, ReadSecret(config.database().password_file()));
//
// Errors name the file and, where it applies, every wrong field.
#ifndef DOCKET_COMMON_PROCESS_CONFIG_FILE_H_
#define DOCKET_COMMON_PROCESS_CONFIG_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace docket::process {

// A whole file of at most 1 MiB.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// The first line of a file; empty for an empty path. FAILED_PRECONDITION where anyone but the owner and the group may
// read it.
absl::StatusOr<std::string> ReadSecret(const std::string& path);

// Parses the file into `config`, refuses unknown fields, applies the rules.
absl::Status ReadConfigInto(const std::string& path, google::protobuf::Message* config);

template <typename Config>
absl::StatusOr<Config> ReadConfig(const std::string& path) {
  Config config;
  absl::Status status = ReadConfigInto(path, &config);
  if (!status.ok()) return status;
  return config;
}

}  // namespace docket::process

#endif  // DOCKET_COMMON_PROCESS_CONFIG_FILE_H_

#include "common/process/config_file.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "common/validation/validator.h"
#include "google/protobuf/util/json_util.h"

namespace docket::process {
namespace {

constexpr off_t kMaxFileBytes = 1 << 20;

absl::Status InFile(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", what));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return InFile(path, "cannot be found");
  if (!S_ISREG(info.st_mode) || info.st_size > kMaxFileBytes) return InFile(path, "is not a file of at most 1 MiB");
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  if (!stream) return InFile(path, "cannot be read");
  return content.str();
}

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  if (path.empty()) return std::string();
  absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok()) return content.status();
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & S_IRWXO) != 0) {
    return InFile(path, "holds a secret and may be read by its owner and group only (chmod 640)");
  }
  return content->substr(0, content->find('\n'));
}

absl::Status ReadConfigInto(const std::string& path, google::protobuf::Message* config) {
  absl::StatusOr<std::string> json = ReadFile(path);
  if (!json.ok()) return json.status();
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto parsed = google::protobuf::util::JsonStringToMessage(*json, config, options);
  if (!parsed.ok()) return InFile(path, absl::StrCat("is not a configuration: ", std::string(parsed.message())));
  DOCKET_ASSIGN_OR_RETURN(const Validator validator, Validator::Compile(config->GetDescriptor()));
  const absl::Status valid = validator.Validate(*config);
  return valid.ok() ? valid : InFile(path, valid.message());
}

}  // namespace docket::process

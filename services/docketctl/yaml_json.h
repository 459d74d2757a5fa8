// YAML files as JSON values: the files that people write and the messages that services take.
#ifndef DOCKET_SERVICES_DOCKETCTL_YAML_JSON_H_
#define DOCKET_SERVICES_DOCKETCTL_YAML_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace docket::ctl {

using Json = nlohmann::ordered_json;

// The one document of the file. A plain `true`, `false`, `null`, integer or decimal keeps its type; whatever is quoted,
// and everything else, is text: write versions in quotes ("4.10" is not 4.1). INVALID_ARGUMENT with the line where the
// file is no YAML. Anchors, aliases and tags other than !!str are refused (a small file could grow without bound), as
// are names that stand twice in a mapping, a second document, and nesting of more than 32.
absl::StatusOr<Json> ReadYaml(const std::string& path);
absl::StatusOr<Json> ParseYaml(const std::string& text);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_YAML_JSON_H_

#include "services/docketctl/yaml_json.h"

#include <yaml-cpp/yaml.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/process/config_file.h"
#include "common/status/status_macros.h"
#include "re2/re2.h"

namespace docket::ctl {
namespace {

constexpr int kMaxDepth = 32;

Json ScalarToJson(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  // yaml-cpp tags quoted scalars "!" and plain ones "?".
  if (node.Tag() == "!") return text;
  if (text == "true") return true;
  if (text == "false") return false;
  int64_t integer = 0;
  if (RE2::FullMatch(text, "-?(0|[1-9][0-9]*)") && absl::SimpleAtoi(text, &integer)) return integer;
  double decimal = 0;
  if (RE2::FullMatch(text, "-?[0-9]+\\.[0-9]+") && absl::SimpleAtod(text, &decimal)) return decimal;
  return text;
}

absl::StatusOr<Json> ToJson(const YAML::Node& node, int depth) {
  if (depth > kMaxDepth) return absl::InvalidArgumentError(absl::StrCat("nested more than ", kMaxDepth, " deep"));
  if (node.IsScalar()) return ScalarToJson(node);
  if (node.IsSequence()) {
    Json array = Json::array();
    for (const YAML::Node& item : node) {
      DOCKET_ASSIGN_OR_RETURN(Json value, ToJson(item, depth + 1));
      array.push_back(std::move(value));
    }
    return array;
  }
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& item : node) {
      const std::string key = item.first.Scalar();
      if (object.contains(key)) {
        return absl::InvalidArgumentError(absl::StrCat("line ", item.first.Mark().line + 1, ": ", key, " stands there twice"));
      }
      DOCKET_ASSIGN_OR_RETURN(object[key], ToJson(item.second, depth + 1));
    }
    return object;
  }
  return Json();
}

}  // namespace

absl::StatusOr<Json> ParseYaml(const std::string& text) {
  // An alias is `*name` where a value begins.
  if (RE2::PartialMatch(text, "(?m)(^|[:\\-\\[,{]\\s)\\s*[*&][A-Za-z0-9_]+\\s*$")) {
    return absl::InvalidArgumentError("anchors and aliases are not taken");
  }
  try {
    return ToJson(YAML::Load(text), 0);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
}

absl::StatusOr<Json> ReadYaml(const std::string& path) {
  DOCKET_ASSIGN_OR_RETURN(const std::string text, process::ReadFile(path));
  absl::StatusOr<Json> json = ParseYaml(text);
  if (!json.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", json.status().message()));
  return json;
}

}  // namespace docket::ctl

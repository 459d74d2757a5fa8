#include "services/docketctl/change_file.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/docketctl/contract.h"

namespace docket::ctl {
namespace {

absl::Status CheckKeys(const Json& json, const std::set<std::string>& known) {
  if (!json.is_object()) return absl::InvalidArgumentError("should be a mapping");
  for (const auto& [key, value] : json.items()) {
    if (!known.contains(key)) return absl::InvalidArgumentError(absl::StrCat("unknown: ", key));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Text(const Json& json, const std::string& key, bool required) {
  if (!json.contains(key)) {
    if (required) return absl::InvalidArgumentError(absl::StrCat(key, " is missing"));
    return std::string();
  }
  if (!json[key].is_string()) return absl::InvalidArgumentError(absl::StrCat(key, " should be text"));
  return json[key].get<std::string>();
}

absl::StatusOr<std::map<std::string, std::string>> TextMap(const Json& json, const std::string& key) {
  std::map<std::string, std::string> map;
  if (!json.contains(key)) return map;
  if (!json[key].is_object()) return absl::InvalidArgumentError(absl::StrCat(key, " should be a mapping"));
  for (const auto& [name, value] : json[key].items())
    map[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return map;
}

absl::StatusOr<std::vector<std::string>> TextList(const Json& json, const std::string& key) {
  std::vector<std::string> list;
  if (!json.contains(key)) return list;
  if (!json[key].is_array()) return absl::InvalidArgumentError(absl::StrCat(key, " should be a list"));
  for (const Json& item : json[key]) {
    if (!item.is_string()) return absl::InvalidArgumentError(absl::StrCat(key, " should be a list of texts"));
    list.push_back(item.get<std::string>());
  }
  return list;
}

absl::StatusOr<TrailCheck> ParseTrailCheck(const Json& json) {
  TrailCheck check;
  DOCKET_ASSIGN_OR_RETURN(check.change, Text(json, "verify_trail", true));
  DOCKET_ASSIGN_OR_RETURN(check.events, TextList(json, "events"));
  if (json.contains("denials_at_least")) {
    const Json& number = json["denials_at_least"];
    if (!number.is_number_integer() || number.get<int64_t>() < 0 || number.get<int64_t>() > 1'000'000) {
      return absl::InvalidArgumentError("denials_at_least should be a number");
    }
    check.denials_at_least = number.get<int>();
  }
  return check;
}

bool IsCodeName(const std::string& name) {
  for (int code = 1; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    if (absl::StatusCodeToString(static_cast<absl::StatusCode>(code)) == name) return true;
  }
  return false;
}

absl::StatusOr<ExpectedRefusal> ParseExpect(const Json& json) {
  DOCKET_RETURN_IF_ERROR(CheckKeys(json, {"code", "reason"}));
  ExpectedRefusal expect;
  DOCKET_ASSIGN_OR_RETURN(expect.code, Text(json, "code", true));
  DOCKET_ASSIGN_OR_RETURN(expect.reason, Text(json, "reason", true));
  Reason reason;
  if (!IsCodeName(expect.code))
    return absl::InvalidArgumentError(absl::StrCat("expect: no code is called ", expect.code));
  if (!common::v1::Reason_Parse(absl::StrCat("REASON_", expect.reason), &reason)) {
    return absl::InvalidArgumentError(absl::StrCat("expect: no reason is called ", expect.reason));
  }
  return expect;
}

absl::StatusOr<Step> ParseStep(const Json& json) {
  if (json.is_object() && json.contains("verify_trail")) {
    DOCKET_RETURN_IF_ERROR(CheckKeys(json, {"title", "path", "as", "verify_trail", "events", "denials_at_least"}));
  } else {
    DOCKET_RETURN_IF_ERROR(CheckKeys(json, {"title", "path", "as", "call", "body", "save", "until", "expect"}));
  }
  Step step;
  DOCKET_ASSIGN_OR_RETURN(step.title, Text(json, "title", true));
  DOCKET_ASSIGN_OR_RETURN(step.path, Text(json, "path", false));
  DOCKET_ASSIGN_OR_RETURN(step.as, Text(json, "as", true));
  if (json.contains("verify_trail")) {
    DOCKET_ASSIGN_OR_RETURN(step.trail, ParseTrailCheck(json));
    return step;
  }
  DOCKET_ASSIGN_OR_RETURN(const std::string method, Text(json, "call", true));
  DOCKET_ASSIGN_OR_RETURN(step.method, FindMethod(method));
  if (step.method->server_streaming()) return absl::InvalidArgumentError(absl::StrCat(method, " is a stream"));
  step.body = json.contains("body") ? json["body"] : Json::object();
  if (!step.body.is_object()) return absl::InvalidArgumentError("body should be a mapping");
  DOCKET_ASSIGN_OR_RETURN(step.save, TextMap(json, "save"));
  DOCKET_ASSIGN_OR_RETURN(step.until, TextMap(json, "until"));
  if (json.contains("expect")) {
    if (!step.save.empty() || !step.until.empty())
      return absl::InvalidArgumentError("a refusal has nothing to save or wait for");
    absl::StatusOr<ExpectedRefusal> expect = ParseExpect(json["expect"]);
    if (!expect.ok()) return expect.status();
    step.expect = *std::move(expect);
  }
  return step;
}

}  // namespace

absl::StatusOr<ChangeFile> ParseChangeFile(const Json& json) {
  DOCKET_RETURN_IF_ERROR(CheckKeys(json, {"title", "organization", "paths", "steps"}));
  ChangeFile file;
  DOCKET_ASSIGN_OR_RETURN(file.title, Text(json, "title", true));
  DOCKET_ASSIGN_OR_RETURN(file.paths, TextList(json, "paths"));
  if (!json.contains("steps") || !json["steps"].is_array()) return absl::InvalidArgumentError("steps should be a list");
  for (size_t i = 0; i < json["steps"].size(); ++i) {
    absl::StatusOr<Step> step = ParseStep(json["steps"][i]);
    if (!step.ok()) return absl::InvalidArgumentError(absl::StrCat("step ", i + 1, ": ", step.status().message()));
    if (!step->path.empty() && std::find(file.paths.begin(), file.paths.end(), step->path) == file.paths.end()) {
      return absl::InvalidArgumentError(absl::StrCat("step ", i + 1, ": paths does not list ", step->path));
    }
    file.steps.push_back(*std::move(step));
  }
  return file;
}

absl::StatusOr<ChangeFile> ReadChangeFile(const std::string& path) {
  DOCKET_ASSIGN_OR_RETURN(const Json json, ReadYaml(path));
  absl::StatusOr<ChangeFile> file = ParseChangeFile(json);
  if (!file.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", file.status().message()));
  return file;
}

}  // namespace docket::ctl

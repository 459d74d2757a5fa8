// A described change: the steps of a change from request to register, each an RPC by the person whose role it is.
//
//   title: 门禁管理软件升级
//   organization: organizations/yunqi
//   paths: [complete, rollback]          # what --path may choose; the first is the default
//   steps:
//     - title: 提交需求
//       path: complete                   # only on this path; left out: on all
//       as: yunqi/li-xiaoyun
//       call: docket.request.v1.RequestService/SubmitRequest
//       body: {name: "${request}"}       # the request as JSON or YAML; request_id is filled in
//       save: {number: number}           # value: field of the answer, with filters (template_text.h)
//       until: {state: STATE_OPEN}       # call again until the answer says so, at most 30 s
//       expect: {code: PERMISSION_DENIED, reason: ROLE_REQUIRED}   # wrong on purpose: must be refused like this
//     - title: 读取完整踪迹并离线验证
//       as: yunqi/shenji
//       verify_trail: "${request}"       # read the audit trail, verify every proof, look for what must be in it
//       events: [RequestCreated, RequestClosed]
//       denials_at_least: 12
#ifndef DOCKET_SERVICES_DOCKETCTL_CHANGE_FILE_H_
#define DOCKET_SERVICES_DOCKETCTL_CHANGE_FILE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "services/docketctl/yaml_json.h"

namespace docket::ctl {

struct ExpectedRefusal {
  std::string code;
  std::string reason;
};

struct TrailCheck {
  std::string change;
  std::vector<std::string> events;
  int denials_at_least = 0;
};

struct Step {
  std::string title;
  std::string path;
  std::string as;
  const google::protobuf::MethodDescriptor* method = nullptr;
  Json body;
  std::map<std::string, std::string> save;
  std::map<std::string, std::string> until;
  std::optional<ExpectedRefusal> expect;
  // Instead of a method.
  std::optional<TrailCheck> trail;
};

struct ChangeFile {
  std::string title;
  std::vector<std::string> paths;
  std::vector<Step> steps;
};

// INVALID_ARGUMENT, naming the step, where something is missing, misspelt or of the wrong kind.
absl::StatusOr<ChangeFile> ReadChangeFile(const std::string& path);
absl::StatusOr<ChangeFile> ParseChangeFile(const Json& json);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_CHANGE_FILE_H_

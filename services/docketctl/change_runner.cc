#include "services/docketctl/change_runner.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/identifier/uuid.h"
#include "common/merkle/hash.h"
#include "common/process/config_file.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/log_service.pb.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/trail_verifier.h"

namespace docket::ctl {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(1);

// Failures that say nothing about the call itself.
bool IsPassing(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return true;
    case absl::StatusCode::kAborted:
      return GetReason(status) == Reason::REASON_CONCURRENT_CHANGE;
    default:
      return false;
  }
}

absl::StatusOr<Json> AnswerOf(const google::protobuf::Message& reply) {
  DOCKET_ASSIGN_OR_RETURN(const std::string json, ToJson(reply, false));
  return Json::parse(json, nullptr, false);
}

bool Matches(const Json& answer, const std::map<std::string, std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& item) {
    const absl::StatusOr<std::string> value = Select(answer, item.first);
    return value.ok() && *value == item.second;
  });
}

std::string CodeAndReason(const absl::Status& status) {
  return absl::StrCat(absl::StatusCodeToString(status.code()), " ", ReasonName(GetReason(status)));
}

}  // namespace

ChangeRunner::ChangeRunner(Caller& caller, ProgressDisplay& display, Clock& clock, RunOptions options)
    : caller_(caller), display_(display), clock_(clock), options_(std::move(options)) {
  run_id_ = FormatUuid(UuidGenerator(clock_).Next());
}

absl::Status ChangeRunner::Run(const ChangeFile& file) {
  const std::string path = !options_.path.empty() || file.paths.empty() ? options_.path : file.paths.front();
  if (!path.empty() && std::find(file.paths.begin(), file.paths.end(), path) == file.paths.end()) {
    return absl::InvalidArgumentError(absl::StrCat("--path=", path, ": the file has no such path"));
  }
  std::vector<const Step*> steps;
  for (const Step& step : file.steps) {
    if (step.path.empty() || step.path == path) steps.push_back(&step);
  }
  DOCKET_RETURN_IF_ERROR(LoadProgress(file, path, steps.size()));
  values_["run"] = run_id_;
  display_.Begin(path.empty() ? file.title : absl::StrCat(file.title, " (", path, ")"), steps.size());
  for (size_t i = steps_done_; i < steps.size(); ++i) {
    if (!step_time_.has_value()) {
      // As precise as the progress file, so that a resumed step says the same.
      step_time_ = absl::FromUnixMicros(clock_.NowMicros());
      DOCKET_RETURN_IF_ERROR(SaveProgress(file, path, steps.size()));
    }
    display_.StepBegins(i + 1, steps[i]->title, steps[i]->as);
    std::string note;
    if (absl::Status status = RunStep(*steps[i], i, &note); !status.ok()) {
      display_.StepFailed();
      return status;
    }
    display_.StepDone(steps[i]->expect.has_value(), note);
    steps_done_ = i + 1;
    step_time_.reset();
  }
  if (!options_.progress_file.empty()) std::remove(options_.progress_file.c_str());
  display_.End();
  return absl::OkStatus();
}

absl::Status ChangeRunner::RunStep(const Step& step, size_t number, std::string* note) {
  if (step.trail.has_value()) return VerifyTrailOf(step, note);
  Json body = step.body;
  DOCKET_RETURN_IF_ERROR(ExpandAll(&body, values_, *step_time_));
  const auto request = NewMessage(step.method->input_type());
  const auto reply = NewMessage(step.method->output_type());
  DOCKET_RETURN_IF_ERROR(FromJson(body.dump(), request.get()));
  FillRequestId(request.get(), RequestIdOf(number));

  const absl::Status status = CallUntilFinal(step, *request, reply.get());
  if (step.expect.has_value()) {
    const std::string wanted = absl::StrCat(step.expect->code, " ", step.expect->reason);
    const std::string got = status.ok() ? "OK" : CodeAndReason(status);
    if (got == wanted) {
      *note = wanted;
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(absl::StrCat("this wrong step should have been refused with ", wanted,
                                                      " but the answer was ", got, status.ok() ? "" : ": ",
                                                      status.message()));
  }
  if (!status.ok()) return status;
  DOCKET_ASSIGN_OR_RETURN(const Json answer, AnswerOf(*reply));
  for (const auto& [name, field] : step.save) {
    DOCKET_ASSIGN_OR_RETURN(values_[name], Select(answer, field));
    *note = absl::StrCat(*note, note->empty() ? "" : ", ", name, " ", values_[name]);
  }
  return absl::OkStatus();
}

absl::Status ChangeRunner::CallUntilFinal(const Step& step, const google::protobuf::Message& request,
                                          google::protobuf::Message* reply) {
  std::map<std::string, std::string> until;
  for (const auto& [field, value] : step.until) {
    DOCKET_ASSIGN_OR_RETURN(until[field], Expand(value, values_, *step_time_));
  }
  const absl::Time end = clock_.Now() + options_.retry_for;
  absl::Duration pause = kFirstPause;
  while (true) {
    absl::Status status = caller_.Call(*step.method, step.as, request, reply);
    bool again = IsPassing(status);
    if (!until.empty()) {
      if (status.ok()) {
        DOCKET_ASSIGN_OR_RETURN(const Json answer, AnswerOf(*reply));
        if (!Matches(answer, until)) {
          status = absl::DeadlineExceededError(
              absl::StrCat("the answer never became ", Json(until).dump(), "; the last one: ", answer.dump()));
          again = true;
        }
      }
      // What an event is still to bring does not exist yet.
      again = again || status.code() == absl::StatusCode::kNotFound;
    }
    if (!again || clock_.Now() + pause > end) return status;
    display_.Waiting(status);
    options_.pause(std::max(pause, std::min(GetRetryDelay(status).value_or(absl::ZeroDuration()), kLongestPause)));
    pause = std::min(pause * 2, kLongestPause);
  }
}

absl::Status ChangeRunner::VerifyTrailOf(const Step& step, std::string* note) {
  audit::v1::GetChangeTrailRequest request;
  DOCKET_ASSIGN_OR_RETURN(*request.mutable_change(), Expand(step.trail->change, values_, *step_time_));
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod("docket.audit.v1.LogService/GetChangeTrail"));
  audit::v1::ChangeTrail trail;
  const absl::Time end = clock_.Now() + options_.retry_for;
  // Events reach the log within moments; what must be there is waited for.
  while (true) {
    absl::Status status = caller_.Call(*method, step.as, request, &trail);
    if (status.ok()) {
      if (trail.change() != request.change())
        return absl::DataLossError(absl::StrCat("the trail is of ", trail.change()));
      DOCKET_ASSIGN_OR_RETURN(const VerifiedTrail verified,
                              VerifyTrail(trail, options_.log_key.empty() ? trail.verifier_key() : options_.log_key));
      status = CheckTrail(verified, *step.trail);
      if (status.ok()) {
        *note = absl::StrCat(verified.events.size(), " entries, ", verified.denials,
                             " of them refusals, all proven in the log of size ", verified.log_size);
        break;
      }
    } else if (!IsPassing(status)) {
      return status;
    }
    if (clock_.Now() > end) return status;
    display_.Waiting(status);
    options_.pause(kFirstPause * 4);
  }
  if (options_.trail_file.empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const std::string json, ToJson(trail));
  std::ofstream stream(options_.trail_file);
  stream << json << "\n";
  if (!stream.flush()) return absl::FailedPreconditionError(absl::StrCat(options_.trail_file, ": cannot be written"));
  return absl::OkStatus();
}

std::string ChangeRunner::RequestIdOf(size_t number) const {
  // A UUID of version 8 (RFC 9562: made by rules of one's own).
  std::string bytes = merkle::Sha256(absl::StrCat(run_id_, "/", number)).ToBytes().substr(0, kUuidBytes);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  return FormatUuid(bytes);
}

absl::Status ChangeRunner::LoadProgress(const ChangeFile& file, const std::string& path, size_t steps) {
  if (options_.progress_file.empty() || !std::ifstream(options_.progress_file).good()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const std::string text, process::ReadFile(options_.progress_file));
  const Json json = Json::parse(text, nullptr, false);
  const auto is = [&json](const char* key, bool (Json::*kind)() const noexcept) {
    return json.contains(key) && (json[key].*kind)();
  };
  if (!json.is_object() || !is("title", &Json::is_string) || !is("path", &Json::is_string) ||
      !is("steps", &Json::is_number_unsigned) || !is("run", &Json::is_string) ||
      !is("steps_done", &Json::is_number_unsigned) || !is("step_micros", &Json::is_number_integer) ||
      !is("values", &Json::is_object) ||
      !std::all_of(json["values"].begin(), json["values"].end(), [](const Json& value) { return value.is_string(); })) {
    return absl::InvalidArgumentError(
        absl::StrCat(options_.progress_file, ": is no progress file; delete it to begin anew"));
  }
  if (json["title"] != file.title || json["path"] != path || json["steps"] != steps ||
      json["steps_done"].get<size_t>() >= steps) {
    return absl::InvalidArgumentError(
        absl::StrCat(options_.progress_file, ": is the progress of another run; delete it to begin anew"));
  }
  run_id_ = json["run"].get<std::string>();
  steps_done_ = json["steps_done"].get<size_t>();
  step_time_ = absl::FromUnixMicros(json["step_micros"].get<int64_t>());
  values_ = json["values"].get<Values>();
  return absl::OkStatus();
}

absl::Status ChangeRunner::SaveProgress(const ChangeFile& file, const std::string& path, size_t steps) const {
  if (options_.progress_file.empty()) return absl::OkStatus();
  const std::string temporary = options_.progress_file + ".new";
  const Json json = {{"title", file.title},
                     {"path", path},
                     {"steps", steps},
                     {"run", run_id_},
                     {"steps_done", steps_done_},
                     {"step_micros", absl::ToUnixMicros(*step_time_)},
                     {"values", values_}};
  std::ofstream stream(temporary);
  stream << json.dump(2) << "\n";
  stream.close();
  if (stream && std::rename(temporary.c_str(), options_.progress_file.c_str()) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(options_.progress_file, ": cannot be written"));
}

}  // namespace docket::ctl

#include "tests/bench/create_load.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/connection.h"
#include "common/mysql/value.h"
#include "docket/request/v1/request_service.pb.h"
#include "google/protobuf/text_format.h"
#include "tests/bench/raw_load.h"

namespace docket::bench {
namespace {

// An application form of ordinary length.
constexpr char kForm[] = R"pb(
  parent: "organizations/yunqi"
  request {
    title: "门禁管理软件升级至 4.2.0：支持访客二维码限时通行"
    kind: CHANGE_KIND_NORMAL
    source: SOURCE_FORM
    need: "在现有门禁管理软件上增加访客二维码限时通行，业主在业主服务APP上邀请访客，二维码到期自动失效。"
    problem: "目前访客依靠门岗电话核对业主，早晚高峰排队超过十分钟；控制器断网恢复后，已退租人员的门卡仍可通行。"
    business_impact: "涉及 3 个出入口、26 个单元门和地库道闸，影响 1,842 户住户；预计中断授权变更 40 分钟，通行不中断。"
    urgency: LEVEL_HIGH
    impact: LEVEL_HIGH
    necessity_ground: NECESSITY_GROUND_BUSINESS_NEED
    targets { system: "organizations/yunqi/systems/access-control" from_version: "4.1.3" to_version: "4.2.0" }
  })pb";

request::v1::CreateRequestRequest Form() {
  request::v1::CreateRequestRequest form;
  google::protobuf::TextFormat::ParseFromString(kForm, &form);
  return form;
}

constexpr char kInsertRequest[] =
    "INSERT INTO request (organization_id, request_id, request_number, title, state, kind, source, source_reference, "
    "need, problem, business_impact, "
    "urgency, impact, priority, necessity_ground, necessity_rationale, documents, requester, department_id, endorser, "
    "triager, state_reason, "
    "conclusion, result, create_time_us, update_time_us, submit_time_us, revision) "
    "VALUES (?, ?, ?, ?, 1, 1, 1, '', ?, ?, ?, 3, 3, 3, 1, '', '', ?, ?, '', '', '', '', 0, ?, ?, 0, 1)";
constexpr char kInsertTarget[] =
    "INSERT INTO request_target (organization_id, request_id, position, system_id, component_id, from_version, "
    "to_version) "
    "VALUES (?, ?, 0, ?, '', ?, ?)";
constexpr char kInsertOutbox[] =
    "INSERT INTO outbox (event_id, subject, subject_revision, type, organization_id, created_us, envelope) VALUES (?, "
    "?, 1, ?, ?, ?, ?)";
constexpr char kInsertRecord[] =
    "INSERT INTO idempotency (organization_id, principal, request_id, method, fingerprint, reply, created_us) VALUES "
    "(?, ?, ?, ?, ?, ?, ?)";

// The rows of one request, as the service writes them.
absl::Status WriteRows(mysql::Connection& connection, UuidGenerator& uuids,
                       const request::v1::CreateRequestRequest& form, int64_t now, RawTransactions transactions) {
  const std::string id = uuids.Next();
  const std::string person = "organizations/yunqi/people/li-xiaoyun";
  const request::v1::Request& request = form.request();
  const std::string reply = form.SerializeAsString();
  const std::string envelope = reply + std::string(500, 'e');
  // Without a transaction every statement is one.
  const bool together = transactions == RawTransactions::kOnePerRequest;
  absl::Status status = together ? connection.ExecuteUnprepared("START TRANSACTION") : absl::OkStatus();
  const auto run = [&](absl::string_view sql, const mysql::Params& params) {
    if (status.ok()) status = connection.Execute(sql, params).status();
  };
  run(kInsertRequest, {"yunqi", id, "~" + FormatUuid(id), request.title(), request.need(), request.problem(),
                       request.business_impact(), person, "security", now, now});
  run(kInsertTarget, {"yunqi", id, "access-control", "4.1.3", "4.2.0"});
  run(kInsertOutbox, {uuids.Next(), absl::StrCat("organizations/yunqi/requests/", FormatUuid(id)), "RequestCreated",
                      "yunqi", now, envelope});
  run(kInsertRecord, {"yunqi", person, uuids.Next(), "docket.request.v1.RequestService/CreateRequest",
                      std::string(32, 'f'), reply, now});
  if (status.ok() && together) status = connection.ExecuteUnprepared("COMMIT");
  return status;
}

}  // namespace

absl::StatusOr<LoadResult> CreateThroughGateway(const CreateOptions& options) {
  SystemClock clock;
  UuidGenerator uuids(clock);
  const request::v1::CreateRequestRequest form = Form();
  return RunLoad({.target = options.gateway,
                  .ca = options.ca,
                  .path = "/docket.request.v1.RequestService/CreateRequest",
                  .token = options.token,
                  .in_flight = options.concurrency,
                  .duration = options.duration,
                  .make_request = [&] {
                    request::v1::CreateRequestRequest request = form;
                    request.set_request_id(FormatUuid(uuids.Next()));
                    return request.SerializeAsString();
                  }});
}

absl::StatusOr<LoadResult> CreateRaw(const CreateOptions& options, RawTransactions transactions) {
  SystemClock clock;
  UuidGenerator uuids(clock);
  const request::v1::CreateRequestRequest form = Form();
  return RunRawLoad({.socket = options.socket,
                     .database = "docket_bench",
                     .threads = options.concurrency,
                     .duration = options.duration},
                    [&](mysql::Connection& connection) {
                      return WriteRows(connection, uuids, form, clock.NowMicros(), transactions);
                    });
}

}  // namespace docket::bench

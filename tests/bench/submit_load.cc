#include "tests/bench/submit_load.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/connection.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/status/status_macros.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/request/request.h"
#include "services/request/request_store.h"
#include "tests/bench/raw_load.h"
#include "tests/bench/request_corpus.h"

namespace docket::bench {
namespace {

constexpr char kRequester[] = "organizations/yunqi/people/li-xiaoyun";
constexpr int64_t kBatch = 1024;
// Behind every request of a corpus.
constexpr int64_t kFirstDraft = 100'000'000;
// The sizes of a submitted request's event and answer.
constexpr size_t kEnvelopeBytes = 1900;
constexpr size_t kReplyBytes = 1100;

constexpr char kSubmit[] =
    "UPDATE request SET request_number = ?, state = 2, priority = 3, submit_time_us = ?, update_time_us = ?,"
    " revision = 2 WHERE organization_id = ? AND request_id = ? AND revision = 1";
constexpr char kInsertEvent[] =
    "INSERT INTO docket_bench.outbox (event_id, subject, subject_revision, type, organization_id, created_us, envelope)"
    " VALUES (?, ?, 2, 'RequestSubmitted', ?, ?, ?)";
constexpr char kInsertRecord[] =
    "INSERT INTO docket_bench.idempotency (organization_id, principal, request_id, method, fingerprint, reply,"
    " created_us) VALUES (?, ?, ?, 'docket.request.v1.RequestService/SubmitRequest', ?, ?, ?)";
constexpr char kCountUp[] =
    "INSERT INTO docket_bench.request_counter (organization_id, year, last_number) VALUES (?, 2000, 1)"
    " ON DUPLICATE KEY UPDATE last_number = last_number + 1";

std::string DraftId(int64_t place) { return CorpusId(kFirstDraft + place); }

request::Request MakeDraft(int64_t place, absl::Time now) {
  request::Request draft;
  draft.organization_id = kCorpusOrganization;
  draft.id = DraftId(place);
  draft.form.title = absl::StrCat("门禁管理软件升级至 4.2.0：支持访客二维码限时通行 ", place);
  draft.form.kind = request::ChangeKind::kNormal;
  draft.form.source = request::Source::kForm;
  draft.form.need = "在现有门禁管理软件上增加访客二维码限时通行，业主在业主服务APP上邀请访客，二维码到期自动失效。";
  draft.form.problem =
      "目前访客依靠门岗电话核对业主，早晚高峰排队超过十分钟；控制器断网恢复后，已退租人员的门卡仍可通行。";
  draft.form.business_impact = "涉及 3 个出入口、26 个单元门和地库道闸，影响 1,842 户住户；预计中断授权变更 40 分钟。";
  draft.form.urgency = draft.form.impact = draft.priority = request::Level::kHigh;
  draft.form.necessity_ground = request::NecessityGround::kBusinessNeed;
  draft.form.targets = {{.system_id = "access-control", .from_version = "4.1.3", .to_version = "4.2.0"}};
  draft.state = request::RequestState::kDraft;
  draft.requester = kRequester;
  draft.department_id = "security";
  draft.create_time = draft.update_time = now;
  draft.revision = 1;
  return draft;
}

absl::Status WriteRows(mysql::Connection& connection, UuidGenerator& uuids, int64_t place, int64_t now) {
  const std::string id = DraftId(place);
  absl::Status status = connection.ExecuteUnprepared("START TRANSACTION");
  const auto run = [&](absl::string_view sql, const mysql::Params& params) {
    if (!status.ok()) return;
    const absl::StatusOr<int64_t> changed = connection.Execute(sql, params);
    status = changed.status();
    if (status.ok() && *changed == 0) status = absl::NotFoundError("a draft is not there");
  };
  run(kSubmit, {absl::StrFormat("REQ-2000-%06d", place), now, now, kCorpusOrganization, id});
  run(kInsertEvent, {uuids.Next(), absl::StrCat("organizations/yunqi/requests/", FormatUuid(id)), kCorpusOrganization,
                     now, std::string(kEnvelopeBytes, 'e')});
  run(kInsertRecord,
      {kCorpusOrganization, kRequester, uuids.Next(), std::string(32, 'f'), std::string(kReplyBytes, 'r'), now});
  run(kCountUp, {kCorpusOrganization});
  if (status.ok()) status = connection.ExecuteUnprepared("COMMIT");
  return status;
}

absl::StatusOr<LoadResult> Checked(absl::StatusOr<LoadResult> result, int64_t taken, DraftRange drafts) {
  if (taken > drafts.count) return absl::ResourceExhaustedError(absl::StrCat("more than ", drafts.count, " drafts"));
  return result;
}

}  // namespace

absl::Status WriteDrafts(const std::string& socket, DraftRange drafts) {
  const auto pool = mysql::Pool::Create({.connection = AsRoot(socket, "docket_request"), .max_connections = 1});
  request::RequestStore store(*pool);
  const int64_t end = drafts.first + drafts.count;
  for (int64_t first = drafts.first; first < end; first += kBatch) {
    std::vector<request::Request> batch;
    const int64_t last = std::min(first + kBatch, end);
    for (int64_t place = first; place < last; ++place) batch.push_back(MakeDraft(place, absl::Now()));
    std::vector<const request::Request*> requests;
    for (const request::Request& made : batch) requests.push_back(&made);
    DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(*pool, absl::Now() + absl::Minutes(1),
                                                   [&](mysql::Transaction& tx) { return store.Insert(tx, requests); }));
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadResult> SubmitThroughGateway(const SubmitOptions& options) {
  SystemClock clock;
  UuidGenerator uuids(clock);
  std::atomic<int64_t> taken{0};
  absl::StatusOr<LoadResult> result =
      RunLoad({.target = options.gateway,
               .ca = options.ca,
               .path = "/docket.request.v1.RequestService/SubmitRequest",
               .token = options.token,
               .in_flight = options.concurrency,
               .duration = options.duration,
               .make_request = [&] {
                 request::v1::SubmitRequestRequest call;
                 call.set_name(absl::StrCat("organizations/yunqi/requests/",
                                            FormatUuid(DraftId(options.drafts.first + taken.fetch_add(1)))));
                 call.set_request_id(FormatUuid(uuids.Next()));
                 return call.SerializeAsString();
               }});
  return Checked(std::move(result), taken.load(), options.drafts);
}

absl::StatusOr<LoadResult> SubmitRaw(const SubmitOptions& options) {
  SystemClock clock;
  UuidGenerator uuids(clock);
  std::atomic<int64_t> taken{0};
  absl::StatusOr<LoadResult> result =
      RunRawLoad({.socket = options.socket,
                  .database = "docket_request",
                  .threads = options.concurrency,
                  .duration = options.duration},
                 [&](mysql::Connection& connection) {
                   return WriteRows(connection, uuids, options.drafts.first + taken.fetch_add(1), clock.NowMicros());
                 });
  return Checked(std::move(result), taken.load(), options.drafts);
}

}  // namespace docket::bench

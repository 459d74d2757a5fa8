// For tests: the whole audit service behind a real gRPC server, on a database of its own, with a clock that the test
// moves. What other services would answer is the test's to say.
#ifndef DOCKET_SERVICES_AUDIT_TESTING_AUDIT_SERVICE_FIXTURE_H_
#define DOCKET_SERVICES_AUDIT_TESTING_AUDIT_SERVICE_FIXTURE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/audit/v1/register_service.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/ingest/ingest_service.h"
#include "services/audit/log_service.h"
#include "services/audit/register_print_service.h"
#include "services/audit/register_service.h"
#include "services/audit/register_store.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {

// Answers from memory. Thread-safe.
class FakeRegisterSources final : public RegisterSources {
 public:
  void SetPlan(scheduling::v1::Plan plan) {
    absl::MutexLock lock(&mutex_);
    plans_[plan.name()] = std::move(plan);
  }
  void SetTimeZone(const std::string& zone) {
    absl::MutexLock lock(&mutex_);
    absl::LoadTimeZone(zone, &organization_.zone);
  }
  void SetAttachments(const std::string& request, std::vector<common::v1::Document> attachments) {
    absl::MutexLock lock(&mutex_);
    attachments_[request] = std::move(attachments);
  }
  // Every question is answered with that from now on; OK: as before.
  void Fail(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }

  absl::StatusOr<scheduling::v1::Plan> GetPlan(const rpc::CallContext&, const std::string& name) override {
    absl::MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    const auto plan = plans_.find(name);
    if (plan == plans_.end()) return NotFoundError(name);
    return plan->second;
  }
  absl::StatusOr<OrganizationFacts> GetOrganization(const rpc::CallContext&, const std::string&) override {
    absl::MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    return organization_;
  }
  absl::StatusOr<std::vector<common::v1::Document>> ListAttachments(const rpc::CallContext&,
                                                                    const std::string& request) override {
    absl::MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    return attachments_[request];
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, scheduling::v1::Plan> plans_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<common::v1::Document>> attachments_ ABSL_GUARDED_BY(mutex_);
  OrganizationFacts organization_ ABSL_GUARDED_BY(mutex_) = {
      .title = "云栖物业服务有限公司", .zone = absl::UTCTimeZone(), .language_code = "zh-CN"};
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

inline std::vector<int64_t> IndexesOf(const google::protobuf::RepeatedPtrField<v1::LogEntry>& entries) {
  std::vector<int64_t> indexes;
  for (const v1::LogEntry& entry : entries) indexes.push_back(entry.index());
  return indexes;
}

class AuditServiceTest : public LogTest {
 protected:
  AuditServiceTest()
      : mutations_(db_.pool(), clock_, uuids_, log_->logger, "services/audit", nullptr),
        register_store_(db_.pool()),
        register_service_({.store = &register_store_,
                           .sources = &sources_,
                           .mutations = &mutations_,
                           .page_tokens = &page_tokens_,
                           .clock = &clock_},
                          signer_),
        print_service_({.store = &register_store_,
                        .sources = &sources_,
                        .checkpointer = &log_->checkpointer,
                        .reads = &reads_,
                        .clock = &clock_}),
        log_service_({.store = &log_->store,
                      .appender = &log_->appender,
                      .checkpointer = &log_->checkpointer,
                      .growth = &log_->growth,
                      .guard = &log_->guard,
                      .page_tokens = &page_tokens_,
                      .reads = &reads_}) {
    rpc::MethodTable table;
    log_service_.Register(table);
    register_service_.Register(table);
    print_service_.Register(table);
    ingest_service_.Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  template <typename Reply>
  absl::StatusOr<Reply> Call(absl::string_view method, const std::optional<common::v1::Principal>& principal,
                             const google::protobuf::Message& request) {
    return server_->Call<Reply>(absl::StrCat("docket.audit.v1.", method), principal, request);
  }

  absl::StatusOr<event::v1::DeliverEventsResponse> Deliver(const common::v1::Principal& principal,
                                                           const std::vector<event::v1::Event>& events) {
    event::v1::DeliverEventsRequest request;
    for (const event::v1::Event& event : events) *request.add_events() = event;
    return server_->Call<event::v1::DeliverEventsResponse>("docket.event.v1.EventSinkService/DeliverEvents", principal,
                                                           request);
  }
  // All of them must be taken.
  void Put(const std::vector<event::v1::Event>& events) {
    const auto response = Deliver(rpc::testing::DocketService("request"), events);
    ASSERT_THAT(response, tests::IsOk());
    for (const event::v1::DeliveryResult& result : response->results()) {
      ASSERT_EQ(result.verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED) << result.reason();
    }
  }
  std::unique_ptr<rpc::testing::TestStream> Tail(int64_t start, const std::string& filter = "",
                                                 absl::Duration timeout = absl::Seconds(30)) {
    v1::TailEntriesRequest request;
    request.set_parent("organizations/yunqi");
    request.set_start_index(start);
    request.set_filter(filter);
    return server_->Stream("docket.audit.v1.LogService/TailEntries", auditor_, request, timeout);
  }
  event::v1::Event EventOfLibrary() {
    event::v1::Event event = NewEvent("馆藏检索升级");
    event.set_organization("organizations/library");
    event.set_subject("organizations/library/requests/r9");
    event.set_change("organizations/library/requests/r9");
    event.mutable_actor()->set_name("organizations/library/people/qian-wei");
    return event;
  }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  const PageTokenCodec page_tokens_ = OrExit(PageTokenCodec::Create(std::string(32, 'k')), "page tokens");
  EvidenceReads reads_{log_->appender, clock_, uuids_};
  Mutations mutations_;
  FakeRegisterSources sources_;
  RegisterStore register_store_;
  RegisterService register_service_;
  RegisterPrintService print_service_;
  LogService log_service_;
  IngestService ingest_service_{db_.pool(), page_tokens_};
  std::unique_ptr<rpc::testing::TestServer> server_;

  const common::v1::Principal auditor_ = rpc::testing::Person("yunqi", "sun-yu", {common::v1::ROLE_AUDITOR});
  const common::v1::Principal library_auditor_ = rpc::testing::Person("library", "he-jing", {common::v1::ROLE_AUDITOR});
  const common::v1::Principal requester_ = rpc::testing::Person("yunqi", "li-na", {common::v1::ROLE_REQUESTER});
  const common::v1::Principal director_ = rpc::testing::Person("yunqi", "chen-min", {common::v1::ROLE_IT_DIRECTOR});
  const common::v1::Principal supervisor_ = rpc::testing::Person("yunqi", "zhou-jian", {common::v1::ROLE_SUPERVISOR});
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TESTING_AUDIT_SERVICE_FIXTURE_H_

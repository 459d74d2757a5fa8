// For tests: the audit service with encrypted payloads, as several replicas on one database, and the steps of a
// redaction.
#ifndef DOCKET_SERVICES_AUDIT_TESTING_PRIVACY_FIXTURE_H_
#define DOCKET_SERVICES_AUDIT_TESTING_PRIVACY_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/audit/v1/privacy_service.pb.h"
#include "docket/event/v1/privacy_events.pb.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_evidence.h"
#include "services/audit/log_service.h"
#include "services/audit/privacy/privacy_room.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {

inline std::string MasterKeyLine(const std::string& id, char digit) {
  return absl::StrCat(id, " ", std::string(64, digit), "\n");
}

// One process of the service.
struct Replica {
  Replica(mysql::Pool& pool, Clock& clock, UuidGenerator& uuids, const merkle::NoteSigner& signer,
          const std::string& anchor_file, const PageTokenCodec& page_tokens, const std::string& master_keys)
      : keys(OrExit(MasterKeys::Parse(master_keys), "master keys"), clock),
        log(pool, clock, signer, anchor_file, keys.sealer(), keys.opener()),
        mutations(pool, clock, uuids, log.logger, "services/audit", nullptr),
        room({.pool = pool,
              .log = log.store,
              .keys = keys,
              .mutations = mutations,
              .page_tokens = page_tokens,
              .clock = clock,
              .uuids = uuids,
              .logger = log.logger,
              .source = "services/audit",
              .wake_relay = nullptr,
              .payloads_gone = [this] { log_service.ForgetShown(); }}),
        reads(log.appender, clock, uuids),
        log_service({.store = &log.store,
                     .appender = &log.appender,
                     .checkpointer = &log.checkpointer,
                     .growth = &log.growth,
                     .guard = &log.guard,
                     .page_tokens = &page_tokens,
                     .reads = &reads}) {
    rpc::MethodTable table;
    log_service.Register(table);
    room.Register(table);
    server = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  PayloadKeys keys;
  LogProcess log;
  Mutations mutations;
  PrivacyRoom room;
  EvidenceReads reads;
  LogService log_service;
  std::unique_ptr<rpc::testing::TestServer> server;
};

class PrivacyTest : public LogTest {
 protected:
  PrivacyTest() : replica_(NewReplica()) {}

  std::unique_ptr<Replica> NewReplica(const std::string& master_keys = MasterKeyLine("k1", 'a')) {
    return std::make_unique<Replica>(db_.pool(), clock_, uuids_, signer_, anchor_file(), page_tokens_, master_keys);
  }

  event::v1::Event EventOf(const std::string& person, const std::string& reason, const std::string& change = "r1") {
    event::v1::Event event = NewEvent(reason);
    event.mutable_actor()->set_name("organizations/yunqi/people/" + person);
    event.set_change("organizations/yunqi/requests/" + change);
    event.set_subject(event.change());
    return event;
  }
  // All of them must be taken. Returns the index of the first.
  uint64_t Put(const std::vector<event::v1::Event>& events, Replica* replica = nullptr) {
    const auto verdicts = (replica == nullptr ? replica_.get() : replica)->log.appender.Append(events, Soon());
    EXPECT_THAT(verdicts, tests::IsOk());
    if (!verdicts.ok()) return 0;
    for (const event::v1::DeliveryResult& result : *verdicts) {
      EXPECT_EQ(result.verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED) << result.reason();
    }
    return static_cast<uint64_t>(verdicts->at(0).log_index());
  }
  StoredEntry EntryAt(uint64_t index, Replica* replica = nullptr) {
    auto entries = OrExit(
        (replica == nullptr ? replica_.get() : replica)->log.store.ReadEntries(index, index + 1, Soon()), "entry");
    return entries.at(0);
  }
  // Brings what waits in the outbox into the log, as the relay would. Returns the types, in order.
  std::vector<std::string> Relay() {
    std::vector<event::v1::Event> events;
    std::vector<std::string> types;
    for (const mysql::Row& row :
         OrExit(db_.pool().Query(Soon(), "SELECT envelope FROM outbox ORDER BY event_id"), "outbox")) {
      EXPECT_TRUE(events.emplace_back().ParseFromString(row.Text(0)));
      types.push_back(events.back().type());
    }
    if (!events.empty()) {
      EXPECT_THAT(replica_->log.appender.Append(events, Soon()), tests::IsOk());
      db_.Run({"DELETE FROM outbox"});
    }
    return types;
  }
  // Four years go by, and the retention of three takes what is older.
  void TakeByRetention() {
    v1::UpdateRetentionPolicyRequest policy;
    policy.mutable_retention_policy()->set_name("organizations/yunqi/retentionPolicy");
    policy.mutable_retention_policy()->set_etag("0");
    policy.mutable_retention_policy()->set_default_months(36);
    policy.set_request_id(NewRequestId());
    ASSERT_THAT(Call<v1::RetentionPolicy>("PrivacyService/UpdateRetentionPolicy", director_, policy), tests::IsOk());
    clock_.Advance(absl::Hours(24 * 366 * 4));
    ASSERT_THAT(replica_->room.retention().RunOnce(absl::Seconds(30)), tests::IsOk());
  }
  uint64_t Size() { return OrExit(replica_->log.store.ReadTreeState(Soon()), "tree").size; }
  // The whole log: leaves, commitments, projections, root, and that every redaction is explained.
  absl::Status CheckLog() {
    const uint64_t size = Size();
    for (uint64_t begin = 0; begin < size; begin += 256) {
      const uint64_t end = std::min(size, begin + 256);
      if (absl::Status checked = CheckEntries(replica_->log.store, begin, end, size_t{1} << 30, Soon()); !checked.ok())
        return checked;
      if (absl::Status checked = replica_->room.record().CheckRange(begin, end, Soon()); !checked.ok()) return checked;
    }
    const TreeState tree = OrExit(replica_->log.store.ReadTreeState(Soon()), "tree");
    return CheckRoot(replica_->log.store, size, size, tree.root, "tree_state", Soon());
  }

  template <typename Reply>
  absl::StatusOr<Reply> Call(absl::string_view method, const std::optional<common::v1::Principal>& principal,
                             const google::protobuf::Message& request, Replica* replica = nullptr) {
    return (replica == nullptr ? replica_.get() : replica)
        ->server->Call<Reply>(absl::StrCat("docket.audit.v1.", method), principal, request);
  }
  // The fields that an INVALID_ARGUMENT names, in order.
  static std::vector<std::string> FieldsOf(const absl::Status& status) {
    std::vector<std::string> fields;
    if (const auto bad = GetBadRequest(status); bad.has_value()) {
      for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
    }
    return fields;
  }
  std::string NewRequestId() { return FormatUuid(uuids_.Next()); }

  v1::ProposeRedactionRequest Proposal(const std::vector<uint64_t>& indexes, const std::string& subject = "") {
    v1::ProposeRedactionRequest request;
    request.set_parent("organizations/yunqi");
    for (const uint64_t index : indexes) request.mutable_redaction()->add_indexes(static_cast<int64_t>(index));
    if (!subject.empty()) request.mutable_redaction()->set_data_subject("organizations/yunqi/people/" + subject);
    request.mutable_redaction()->set_legal_basis(v1::Redaction::LEGAL_BASIS_SUBJECT_REQUEST);
    request.mutable_redaction()->set_reason("本人依法请求删除");
    request.set_request_id(NewRequestId());
    return request;
  }
  absl::StatusOr<v1::Redaction> Propose(const std::vector<uint64_t>& indexes, const std::string& subject = "") {
    return Call<v1::Redaction>("PrivacyService/ProposeRedaction", data_admin_, Proposal(indexes, subject));
  }
  absl::StatusOr<v1::Redaction> Approve(const std::string& name,
                                        const std::optional<common::v1::Principal>& by = std::nullopt,
                                        const std::string& etag = "") {
    v1::ApproveRedactionRequest request;
    request.set_name(name);
    request.set_etag(etag);
    request.set_request_id(NewRequestId());
    return Call<v1::Redaction>("PrivacyService/ApproveRedaction", by.has_value() ? *by : executive_, request);
  }
  absl::StatusOr<v1::Redaction> Get(const std::string& name) {
    v1::GetRedactionRequest request;
    request.set_name(name);
    return Call<v1::Redaction>("PrivacyService/GetRedaction", auditor_, request);
  }
  // Proposed, approved and applied.
  v1::Redaction Redact(const std::vector<uint64_t>& indexes, const std::string& subject = "") {
    const v1::Redaction proposed = OrExit(Propose(indexes, subject), "propose");
    OrExit(Approve(proposed.name()), "approve");
    v1::Redaction applied = OrExit(Get(proposed.name()), "get");
    EXPECT_EQ(applied.state(), v1::Redaction::STATE_APPLIED);
    return applied;
  }
  absl::StatusOr<v1::LegalHold> Place(const v1::LegalHold& hold,
                                      const std::optional<common::v1::Principal>& by = std::nullopt) {
    v1::PlaceLegalHoldRequest request;
    request.set_parent("organizations/yunqi");
    *request.mutable_legal_hold() = hold;
    request.mutable_legal_hold()->set_matter("（2026）沪01民初7号");
    request.mutable_legal_hold()->set_reason("诉讼期间保留证据");
    request.set_request_id(NewRequestId());
    return Call<v1::LegalHold>("PrivacyService/PlaceLegalHold", by.has_value() ? *by : director_, request);
  }
  absl::StatusOr<v1::LegalHold> Release(const std::string& name, const common::v1::Principal& by) {
    v1::ReleaseLegalHoldRequest request;
    request.set_name(name);
    request.set_reason("诉讼已结");
    request.set_request_id(NewRequestId());
    return Call<v1::LegalHold>("PrivacyService/ReleaseLegalHold", by, request);
  }

  const PageTokenCodec page_tokens_ = OrExit(PageTokenCodec::Create(std::string(32, 'k')), "page tokens");
  const std::unique_ptr<Replica> replica_;

  const common::v1::Principal auditor_ = rpc::testing::Person("yunqi", "sun-yu", {common::v1::ROLE_AUDITOR});
  const common::v1::Principal requester_ = rpc::testing::Person("yunqi", "li-na", {common::v1::ROLE_REQUESTER});
  const common::v1::Principal director_ = rpc::testing::Person("yunqi", "chen-min", {common::v1::ROLE_IT_DIRECTOR});
  const common::v1::Principal data_admin_ = rpc::testing::Person("yunqi", "wu-di", {common::v1::ROLE_DATA_ADMIN});
  const common::v1::Principal executive_ = rpc::testing::Person("yunqi", "zhao-lei", {common::v1::ROLE_EXECUTIVE});
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TESTING_PRIVACY_FIXTURE_H_

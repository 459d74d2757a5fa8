// Evidence bundles as a client gets them.
#include "services/audit/bundle/bundle_service.h"

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/evidence/bundle_verifier.h"
#include "docket/audit/v1/bundle_service.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "services/audit/testing/register_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using common::v1::ROLE_SUPERVISOR;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using tests::IsOk;
using tests::StatusIs;

constexpr char kChange[] = "organizations/yunqi/requests/p1";

class BundleServiceTest : public RegisterFixture {
 protected:
  BundleServiceTest()
      : bundles_({.log = &log_->store,
                  .records = &register_store_,
                  .checkpointer = &log_->checkpointer,
                  .guard = &log_->guard,
                  .reads = &reads_}) {
    rpc::MethodTable table;
    bundles_.Register(table);
    bundle_server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  struct Exported {
    std::string file;
    int64_t log_size = 0;
    int messages = 0;
  };
  absl::StatusOr<Exported> Export(const std::string& change = kChange, int64_t log_size = 0,
                                  const std::optional<common::v1::Principal>& by = std::nullopt) {
    v1::ExportBundleRequest request;
    request.set_change(change);
    request.set_log_size(log_size);
    const auto stream = bundle_server_->Stream("docket.audit.v1.BundleService/ExportBundle", by.value_or(auditor_),
                                               request, absl::Seconds(60));
    Exported exported;
    v1::ExportBundleResponse response;
    while (stream->Read(&response)) {
      exported.file += response.data();
      exported.log_size = response.log_size();
      ++exported.messages;
      EXPECT_LE(response.data().size(), size_t{256} << 10);
    }
    const absl::Status status = stream->Finish();
    if (!status.ok()) return status;
    return exported;
  }
  evidence::BundleReport Verify(const std::string& file) {
    std::istringstream stream(file);
    return evidence::VerifyBundle(stream, {.key = signer_.verifier()});
  }
  static std::string Told(const evidence::BundleReport& report) {
    return absl::StrJoin(report.faults, "; ", [](std::string* out, const evidence::Fault& fault) {
      absl::StrAppend(out, fault.where, "/", fault.check, ": ", fault.what);
    });
  }
  // As the relay would deliver the register's events, after `count` of the request's own.
  void PutTrail(int count = 5) {
    for (int i = 0; i < count; ++i) {
      Put({NewEvent("别的变更")});
      event::v1::Event event = NewEvent(absl::StrCat("第", i, "步"));
      event.set_change(kChange);
      event.set_subject(kChange);
      Put({event});
    }
    const std::vector<event::v1::Event> of_register = Events();
    if (of_register.empty()) return;
    ASSERT_THAT(Deliver(rpc::testing::DocketService("audit"), of_register), IsOk());
  }
  std::vector<std::string> TypesOf(int64_t from) {
    v1::ListEntriesRequest request;
    request.set_parent("organizations/yunqi");
    request.set_order_by("index");
    request.set_filter(absl::StrCat("index >= ", from));
    std::vector<std::string> types;
    const auto list = Call<v1::ListEntriesResponse>("LogService/ListEntries", auditor_, request);
    EXPECT_THAT(list, IsOk());
    if (!list.ok()) return types;
    for (const v1::LogEntry& entry : list->entries()) types.push_back(entry.event().type());
    return types;
  }

  BundleService bundles_;
  std::unique_ptr<rpc::testing::TestServer> bundle_server_;
};

TEST_F(BundleServiceTest, AWholeChangeIsProvenOffline) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  ASSERT_THAT(Enter("p1", "", "系统运行正常"), IsOk());
  PutTrail();
  const auto exported = Export();
  ASSERT_THAT(exported, IsOk());
  const evidence::BundleReport report = Verify(exported->file);
  EXPECT_EQ(Told(report), "");
  EXPECT_TRUE(report.key_is_expected);
  EXPECT_EQ(report.change, kChange);
  EXPECT_EQ(report.log_size, static_cast<uint64_t>(exported->log_size));
  EXPECT_EQ(report.entries, 8u) << "five of the request, two of the filing, one of the registration";
  EXPECT_THAT(report.records, ElementsAre("BB-2026-000001", "DJ-2026-000001"));
  EXPECT_THAT(report.without_payload, IsEmpty());
}

TEST_F(BundleServiceTest, TheSameLogSizeGivesTheSameBytes) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  PutTrail();
  const auto first = Export();
  ASSERT_THAT(first, IsOk());
  // The export itself, more of the change, and a registration come later.
  ASSERT_THAT(Enter("p1"), IsOk());
  Put({NewEvent("以后的事")});
  ASSERT_THAT(Deliver(rpc::testing::DocketService("audit"), Events()), IsOk());
  const auto newer = Export();
  ASSERT_THAT(newer, IsOk());
  EXPECT_GT(newer->log_size, first->log_size);
  EXPECT_NE(newer->file, first->file);
  const auto again = Export(kChange, first->log_size);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->file, first->file);
  EXPECT_EQ(again->log_size, first->log_size);
}

TEST_F(BundleServiceTest, AnotherProcessGivesTheSameBytes) {
  PutTrail();
  const auto first = Export();
  ASSERT_THAT(first, IsOk());
  const auto other = NewProcess();
  BundleService replica({.log = &other->store,
                         .records = &register_store_,
                         .checkpointer = &other->checkpointer,
                         .guard = &other->guard,
                         .reads = &reads_});
  rpc::MethodTable table;
  replica.Register(table);
  bundle_server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  const auto second = Export(kChange, first->log_size);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->file, first->file);
}

TEST_F(BundleServiceTest, OnlySizesThatWereSignedCanBeHad) {
  PutTrail();
  const auto exported = Export();
  ASSERT_THAT(exported, IsOk());
  EXPECT_THAT(Export(kChange, 3), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Export(kChange, exported->log_size + 1000),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Export(kChange, -1), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST_F(BundleServiceTest, ExportingLeavesAnEntryOfTheChange) {
  PutTrail();
  const auto exported = Export();
  ASSERT_THAT(exported, IsOk());
  const auto trail = Export();
  ASSERT_THAT(trail, IsOk());
  const evidence::BundleReport before = Verify(exported->file);
  const evidence::BundleReport after = Verify(trail->file);
  EXPECT_EQ(Told(after), "");
  EXPECT_EQ(after.entries, before.entries + 1);
  EXPECT_EQ(TypesOf(exported->log_size).front(), "EvidenceRead");
}

TEST_F(BundleServiceTest, WhatIsMissingIsNamed) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  PutTrail();
  const evidence::BundleReport whole = Verify(Export()->file);
  ASSERT_EQ(Told(whole), "");
  db_.Run({"DELETE FROM filing"});
  const auto exported = Export();
  ASSERT_THAT(exported, IsOk());
  const evidence::BundleReport report = Verify(exported->file);
  EXPECT_EQ(Told(report), "");
  EXPECT_EQ(report.without_record.size(), 1u);
  EXPECT_THAT(report.records, IsEmpty());
}

TEST_F(BundleServiceTest, APayloadThatIsMerelyMissingIsNoRedaction) {
  PutTrail();
  db_.Run({"DELETE FROM payload WHERE log_index = 3"});
  const absl::Status status = Export().status();
  EXPECT_THAT(status, StatusIs(StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("cause"), "the payload of entry 3 is missing");
}

TEST_F(BundleServiceTest, ARegisterThatWasChangedIsShownByTheLog) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  PutTrail();
  // What a database administrator could do: the document only, so that a later title stands in it.
  const auto rows = OrExit(db_.pool().Query(Soon(), "SELECT document FROM filing"), "filing");
  v1::Filing filing;
  ASSERT_TRUE(filing.ParseFromString(rows.at(0).Text(0)));
  filing.set_title("从未有过的标题");
  ASSERT_THAT(db_.pool().Execute(Soon(), "UPDATE filing SET document = ?", mysql::Params{filing.SerializeAsString()}),
              IsOk());
  const auto exported = Export();
  ASSERT_THAT(exported, IsOk());
  EXPECT_THAT(Told(Verify(exported->file)), StartsWith("record of entry "));
}

TEST_F(BundleServiceTest, EvidenceThatDoesNotVerifyIsNotHandedOut) {
  PutTrail();
  db_.Run({"UPDATE payload SET payload = 'x' WHERE log_index = 5"});
  EXPECT_THAT(Export(), StatusIs(StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
  EXPECT_THAT(log_->guard.CheckOpen(), StatusIs(StatusCode::kUnavailable));
}

TEST_F(BundleServiceTest, RolesAndOrganizations) {
  PutTrail();
  EXPECT_THAT(Export(kChange, 0, requester_), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Export(kChange, 0, library_auditor_),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_THAT(Export(kChange, 0, supervisor_), IsOk());
  EXPECT_THAT(Export(kChange, 0, director_), IsOk());
  EXPECT_THAT(Export("organizations/yunqi/requests/unknown"), StatusIs(StatusCode::kNotFound));
  for (const char* wrong : {"", "organizations/yunqi", "organizations/yunqi/requests/", "organizations/yunqi/plans/p1",
                            "organizations/yunqi/requests/a/b"}) {
    EXPECT_THAT(Export(wrong), StatusIs(StatusCode::kInvalidArgument)) << wrong;
  }
}

TEST_F(BundleServiceTest, TwinsOfAChangeAreOthers) {
  PutTrail();
  for (const char* twin : {"organizations/yunqi/requests/P1", "organizations/yunqi/requests/p1-"}) {
    EXPECT_FALSE(Export(twin).ok()) << twin;
  }
}

TEST_F(BundleServiceTest, ALargeChangeComesInPieces) {
  std::vector<event::v1::Event> events;
  for (int i = 0; i < 40; ++i) {
    event::v1::Event event = NewEvent();
    event.set_change(kChange);
    event::v1::CallDenied large;
    large.set_message(std::string(100'000, 'x'));
    event.mutable_payload()->PackFrom(large);
    Put({event});
  }
  const auto exported = Export();
  ASSERT_THAT(exported, IsOk());
  EXPECT_GT(exported->file.size(), size_t{5} << 20) << "more than one message could hold";
  EXPECT_GT(exported->messages, 20);
  EXPECT_EQ(Told(Verify(exported->file)), "");
}

TEST_F(BundleServiceTest, AChangeOfManyEntriesHasSeveralProofs) {
  std::vector<event::v1::Event> events;
  for (int i = 0; i < 4200; ++i) {
    event::v1::Event event = NewEvent();
    event.set_change(kChange);
    events.push_back(event);
    if (events.size() == 600) {
      Put(events);
      events.clear();
    }
  }
  const auto exported = Export();
  ASSERT_THAT(exported, IsOk());
  const evidence::BundleReport report = Verify(exported->file);
  EXPECT_EQ(Told(report), "");
  EXPECT_EQ(report.entries, 4200u);
  int proofs = 0;
  for (const auto line : absl::StrSplit(exported->file, '\n'))
    proofs += absl::StartsWith(line, "{\"proof_of\"") ? 1 : 0;
  EXPECT_EQ(proofs, 2);
}

}  // namespace
}  // namespace docket::audit

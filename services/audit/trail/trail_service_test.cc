// The complete trail of a change, and what it says of its own holes.
#include "services/audit/trail/trail_service.h"

#include <memory>
#include <string>
#include <vector>

#include "common/merkle/proof.h"
#include "docket/event/v1/audit_events.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "services/audit/testing/audit_service_fixture.h"
#include "services/audit/trail_reader.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

constexpr char kChange[] = "organizations/yunqi/requests/r1";

class TrailServiceTest : public AuditServiceTest {
 protected:
  TrailServiceTest() {
    rpc::MethodTable table;
    trail_service_.Register(table);
    trail_server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  struct Trail {
    std::vector<v1::StreamChangeTrailResponse> answers;
    v1::ChangeTrail whole;
    bool summary = false;
    int64_t entry_count = 0;
    absl::Status status;
  };
  std::unique_ptr<rpc::testing::TestStream> Stream(const common::v1::Principal& who,
                                                   const std::string& change = kChange) {
    v1::StreamChangeTrailRequest request;
    request.set_change(change);
    return trail_server_->Stream("docket.audit.v1.TrailService/StreamChangeTrail", who, request, absl::Seconds(30));
  }
  Trail Get(const common::v1::Principal& who, const std::string& change = kChange) {
    const auto stream = Stream(who, change);
    Trail trail;
    v1::StreamChangeTrailResponse answer;
    while (stream->Read(&answer)) {
      EXPECT_FALSE(trail.summary) << "something came after the summary";
      if (trail.answers.empty()) *trail.whole.mutable_checkpoint() = answer.checkpoint();
      EXPECT_EQ(answer.has_checkpoint(), trail.answers.empty());
      trail.whole.mutable_entries()->MergeFrom(answer.entries());
      trail.whole.mutable_proofs()->MergeFrom(answer.proofs());
      if (answer.has_summary()) {
        trail.summary = true;
        trail.entry_count = answer.summary().entry_count();
        *trail.whole.mutable_missing() = answer.summary().missing();
      }
      trail.answers.push_back(answer);
    }
    trail.status = stream->Finish();
    return trail;
  }
  void ExpectProven(const Trail& trail) {
    const auto checkpoint = merkle::VerifyCheckpoint(trail.whole.checkpoint().note(), kOrigin, {signer_.verifier()});
    ASSERT_THAT(checkpoint, IsOk());
    ASSERT_EQ(trail.whole.entries_size(), trail.whole.proofs_size());
    int64_t previous = -1;
    for (int i = 0; i < trail.whole.entries_size(); ++i) {
      const v1::LogEntry& entry = trail.whole.entries(i);
      EXPECT_GT(entry.index(), previous);
      previous = entry.index();
      ASSERT_EQ(trail.whole.proofs(i).index(), entry.index());
      const auto hashes = merkle::HashesFromBytes(trail.whole.proofs(i).hashes());
      ASSERT_THAT(hashes, IsOk());
      ASSERT_THAT(merkle::VerifyInclusion(merkle::LeafHash(entry.entry()), static_cast<uint64_t>(entry.index()),
                                          checkpoint->size, *hashes, checkpoint->root),
                  IsOk());
    }
  }
  event::v1::Event Revision(int64_t revision, const std::string& subject = kChange) {
    event::v1::Event event = NewEvent();
    event.set_subject(subject);
    event.set_subject_revision(revision);
    return event;
  }
  // What the log notices itself.
  event::v1::Event Finding(const google::protobuf::Message& payload) {
    event::v1::Event event = NewEvent();
    event.set_source("services/audit");
    event.set_type(payload.GetDescriptor()->name());
    event.clear_organization();
    event.clear_change();
    event.clear_subject();
    event.mutable_payload()->PackFrom(payload);
    return event;
  }
  event::v1::Event Gap(const std::string& source, int64_t first, int64_t last) {
    event::v1::IngestGap gap;
    gap.set_source(source);
    gap.set_first_missing(first);
    gap.set_last_missing(last);
    return Finding(gap);
  }
  event::v1::Event Filled(const std::string& source, int64_t first, int64_t last) {
    event::v1::IngestFilled filled;
    filled.set_source(source);
    filled.set_first(first);
    filled.set_last(last);
    return Finding(filled);
  }
  void Append(std::vector<event::v1::Event> events) {
    const auto verdicts = log_->appender.Append(std::move(events), Soon());
    ASSERT_THAT(verdicts, IsOk());
    for (const auto& verdict : *verdicts)
      ASSERT_EQ(verdict.verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED) << verdict.reason();
  }
  static std::vector<std::string> Texts(const Trail& trail) {
    std::vector<std::string> texts;
    for (const v1::MissingFact& fact : trail.whole.missing()) {
      texts.push_back(absl::StrCat(v1::MissingFact::Kind_Name(fact.kind()), " ", fact.subject(), fact.source(), " ",
                                   fact.first(), "-", fact.last(), " @", fact.index()));
    }
    return texts;
  }

  TrailService trail_service_{
      {.store = &log_->store, .checkpointer = &log_->checkpointer, .guard = &log_->guard, .reads = &reads_}};
  std::unique_ptr<rpc::testing::TestServer> trail_server_;
};

TEST_F(TrailServiceTest, ALongTrailComesWholeAndProven) {
  std::vector<event::v1::Event> other = {EventOfLibrary(), NewEvent()};
  other[1].set_change("organizations/yunqi/requests/r2");
  Append(other);
  for (int i = 0; i < 700; ++i) Append({Revision(1 + 2 * i), Revision(2 + 2 * i)});
  const Trail trail = Get(auditor_);
  ASSERT_THAT(trail.status, IsOk());
  EXPECT_EQ(trail.entry_count, 1400);
  EXPECT_EQ(trail.whole.entries_size(), 1400);
  EXPECT_TRUE(trail.summary);
  ExpectProven(trail);
  EXPECT_THAT(trail.whole.missing(), IsEmpty());
  EXPECT_EQ(trail.whole.checkpoint().size(), 1402);
  for (const auto& answer : trail.answers) EXPECT_LT(answer.ByteSizeLong(), size_t{1} << 20);
  EXPECT_GT(trail.answers.size(), 2u);
}

TEST_F(TrailServiceTest, LargeEntriesComeInAnswersOfTheirOwn) {
  for (int i = 1; i <= 8; ++i) {
    event::v1::Event event = Revision(i);
    event.mutable_payload()->set_value(std::string(400 << 10, 'x'));
    Append({event});
  }
  const Trail trail = Get(auditor_);
  ASSERT_THAT(trail.status, IsOk());
  EXPECT_EQ(trail.whole.entries_size(), 8);
  ExpectProven(trail);
  for (const auto& answer : trail.answers) {
    EXPECT_LE(answer.entries_size(), 1);
    EXPECT_LT(answer.ByteSizeLong(), size_t{1} << 20);
  }
}

TEST_F(TrailServiceTest, SaysWhichRevisionsNobodyToldOf) {
  Append({Revision(1), Revision(2), Revision(5), Revision(1, "organizations/yunqi/evaluations/e1"),
          Revision(4, "organizations/yunqi/evaluations/e1"), Revision(9, "organizations/yunqi/plans/p1")});
  EXPECT_THAT(Texts(Get(auditor_)), ElementsAre("KIND_REVISIONS organizations/yunqi/evaluations/e1 2-3 @0",
                                                "KIND_REVISIONS organizations/yunqi/requests/r1 3-4 @0"));
  // What belongs to another change is not missing, and not part of this one.
  event::v1::Event elsewhere = Revision(3);
  elsewhere.set_change("organizations/yunqi/requests/r2");
  Append({elsewhere, Revision(2, "organizations/yunqi/evaluations/e1"),
          Revision(3, "organizations/yunqi/evaluations/e1")});
  const Trail trail = Get(auditor_);
  EXPECT_THAT(Texts(trail), ElementsAre("KIND_REVISIONS organizations/yunqi/requests/r1 4-4 @0"));
  // The trail was read once, and that is a part of it; the evaluation's two came after.
  EXPECT_EQ(trail.entry_count, 9);
}

TEST_F(TrailServiceTest, SaysWhatSourcesNeverDelivered) {
  Append({Revision(1), Gap("services/request", 5, 9), Gap("services/evaluation", 2, 2), Gap("services/request", 20, 20),
          Filled("services/request", 6, 7), Filled("services/evaluation", 2, 2)});
  EXPECT_THAT(Texts(Get(auditor_)), ElementsAre("KIND_SOURCE_SEQUENCE services/request 5-5 @0",
                                                "KIND_SOURCE_SEQUENCE services/request 8-9 @0",
                                                "KIND_SOURCE_SEQUENCE services/request 20-20 @0"));
  Append({Filled("services/request", 1, 100)});
  EXPECT_THAT(Texts(Get(auditor_)), IsEmpty());
}

TEST_F(TrailServiceTest, SaysWhatWasRedactedAndWhatWasRefused) {
  event::v1::IngestConflict conflict;
  conflict.set_source("services/request");
  event::v1::Event refused = Finding(conflict);
  refused.set_organization("organizations/yunqi");
  refused.set_change(kChange);
  refused.set_subject(kChange);
  Append({Revision(1), Revision(2), refused});
  db_.Run({"DELETE FROM payload WHERE log_index = 1"});
  const Trail trail = Get(auditor_);
  EXPECT_THAT(Texts(trail),
              ElementsAre("KIND_REDACTED  0-0 @1", "KIND_REFUSED organizations/yunqi/requests/r1 0-0 @2"));
  ExpectProven(trail);
  // The short form says so too.
  v1::GetChangeTrailRequest request;
  request.set_change(kChange);
  const auto whole = Call<v1::ChangeTrail>("LogService/GetChangeTrail", auditor_, request);
  ASSERT_THAT(whole, IsOk());
  EXPECT_THAT(whole->missing(), SizeIs(2));
}

TEST_F(TrailServiceTest, TooManyFactsAreNotAllTold) {
  std::vector<event::v1::Event> events;
  for (size_t i = 0; i <= TrailReader::kMaxMissing; ++i)
    events.push_back(Gap("services/request", static_cast<int64_t>(10 * i + 1), static_cast<int64_t>(10 * i + 2)));
  events.push_back(Revision(1));
  Append(events);
  const Trail trail = Get(auditor_);
  ASSERT_EQ(trail.whole.missing_size(), static_cast<int>(TrailReader::kMaxMissing) + 1);
  EXPECT_EQ(trail.whole.missing().rbegin()->kind(), v1::MissingFact::KIND_UNCHECKED);
}

TEST_F(TrailServiceTest, ReadingItLeavesAnEntryBeforeAnythingIsShown) {
  Append({Revision(1)});
  ASSERT_THAT(Get(requester_).status, IsOk());
  const Trail second = Get(auditor_);
  ASSERT_EQ(second.whole.entries_size(), 2);
  const event::v1::Event& read = second.whole.entries(1).event();
  EXPECT_EQ(read.type(), "EvidenceRead");
  EXPECT_EQ(read.actor().name(), requester_.name());
  EXPECT_EQ(read.method(), "docket.audit.v1.TrailService/StreamChangeTrail");
  EXPECT_EQ(read.change(), kChange);
}

TEST_F(TrailServiceTest, IsForThoseWhoMaySeeItAndOfTheirOrganisation) {
  Append({Revision(1)});
  EXPECT_THAT(Get(library_auditor_).status, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Get(rpc::testing::Person("yunqi", "kan-ban", {common::v1::ROLE_VIEWER})).status,
              StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Get(auditor_, "organizations/yunqi/requests/unknown").status, StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Get(auditor_, "organizations/yunqi/requests/r10").status, StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Get(auditor_, "organizations/yunqi/plans/r1").status, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM entry WHERE type = 'EvidenceRead'"), 0);
}

TEST_F(TrailServiceTest, AChangedEntryEndsItAndFreezesTheLog) {
  Append({Revision(1), Revision(2)});
  ASSERT_THAT(Get(auditor_).status, IsOk());
  db_.Run({"UPDATE payload SET payload = 'x' WHERE log_index = 1"});
  const Trail trail = Get(auditor_);
  EXPECT_THAT(trail.status, StatusIs(StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
  EXPECT_FALSE(trail.summary);
}

}  // namespace
}  // namespace docket::audit

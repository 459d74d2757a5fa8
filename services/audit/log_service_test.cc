#include "services/audit/log_service.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/merkle/commitment.h"
#include "common/merkle/proof.h"
#include "docket/event/v1/platform_events.pb.h"
#include "services/audit/log_entry.h"
#include "services/audit/testing/audit_service_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using event::v1::DeliveryResult;
using rpc::testing::DocketService;
using rpc::testing::Person;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

std::vector<DeliveryResult::Verdict> VerdictsOf(const event::v1::DeliverEventsResponse& response) {
  std::vector<DeliveryResult::Verdict> verdicts;
  for (const DeliveryResult& result : response.results()) verdicts.push_back(result.verdict());
  return verdicts;
}

class LogServiceTest : public AuditServiceTest {
 protected:
  absl::StatusOr<v1::LogEntry> GetEntry(const common::v1::Principal& principal, int64_t index,
                                        const std::string& org = "yunqi") {
    v1::GetEntryRequest request;
    request.set_parent("organizations/" + org);
    request.set_index(index);
    return Call<v1::LogEntry>("LogService/GetEntry", principal, request);
  }
  absl::StatusOr<v1::ListEntriesResponse> List(const std::string& filter, int page_size = 0,
                                               const std::string& token = "", const std::string& order_by = "") {
    v1::ListEntriesRequest request;
    request.set_parent("organizations/yunqi");
    request.set_filter(filter);
    request.set_page_size(page_size);
    request.set_page_token(token);
    request.set_order_by(order_by);
    return Call<v1::ListEntriesResponse>("LogService/ListEntries", auditor_, request);
  }
  absl::StatusOr<v1::ChangeTrail> Trail(const std::string& change) {
    v1::GetChangeTrailRequest request;
    request.set_change(change);
    return Call<v1::ChangeTrail>("LogService/GetChangeTrail", requester_, request);
  }
  v1::Checkpoint Checkpoint() {
    return OrExit(Call<v1::Checkpoint>("LogService/GetCheckpoint", requester_, v1::GetCheckpointRequest()),
                  "checkpoint");
  }
  int64_t Reads() { return db_.Count("SELECT COUNT(*) FROM entry WHERE type = 'EvidenceRead'"); }
};

TEST_F(LogServiceTest, TakesTheEventsOfTheCallingService) {
  const auto response = Deliver(DocketService("request"), {NewEvent(), NewEvent()});
  ASSERT_THAT(response, IsOk());
  EXPECT_THAT(VerdictsOf(*response), ElementsAre(DeliveryResult::VERDICT_ACCEPTED, DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_EQ(response->results(1).log_index(), 1);
}

TEST_F(LogServiceTest, RefusesWhatClaimsAnotherSource) {
  const event::v1::Event own = NewEvent();
  event::v1::Event foreign = NewEvent();
  foreign.set_source("services/evaluation");
  const auto response = Deliver(DocketService("request"), {foreign, own, foreign});
  ASSERT_THAT(response, IsOk());
  EXPECT_THAT(VerdictsOf(*response), ElementsAre(DeliveryResult::VERDICT_REJECTED, DeliveryResult::VERDICT_ACCEPTED,
                                                 DeliveryResult::VERDICT_REJECTED));
  EXPECT_EQ(response->results(0).event_id(), foreign.event_id());
  EXPECT_THAT(response->results(0).reason(), HasSubstr("services/request"));
  // And one entry that says what was tried.
  ExpectWholeTree(2);
  // Nobody else has taken the id.
  const auto genuine = Deliver(DocketService("evaluation"), {foreign});
  ASSERT_THAT(genuine, IsOk());
  EXPECT_THAT(VerdictsOf(*genuine), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
}

TEST_F(LogServiceTest, OneEventThatBreaksARuleDoesNotRefuseItsNeighbours) {
  std::vector<event::v1::Event> events = NewEvents(7);
  events[0].clear_type();
  events[2].set_event_id("nonsense");
  events[3].clear_actor();
  events[4].set_subject(std::string(100, 'x') + std::string(101, 'y'));
  events[5].set_outcome(static_cast<event::v1::Outcome>(77));
  const auto response = Deliver(DocketService("request"), events);
  ASSERT_THAT(response, IsOk());
  const auto kAccepted = DeliveryResult::VERDICT_ACCEPTED;
  const auto kRejected = DeliveryResult::VERDICT_REJECTED;
  EXPECT_THAT(VerdictsOf(*response),
              ElementsAre(kRejected, kAccepted, kRejected, kRejected, kRejected, kRejected, kAccepted));
  for (const DeliveryResult& result : response->results())
    EXPECT_EQ(result.reason().empty(), result.verdict() == kAccepted);
  EXPECT_EQ(response->results(6).log_index(), 1);
  EXPECT_EQ(response->results(6).event_id(), events[6].event_id());
}

TEST_F(LogServiceTest, ABatchHasALimit) {
  EXPECT_THAT(Deliver(DocketService("request"), {}),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Deliver(DocketService("request"), std::vector<event::v1::Event>(1001, NewEvent())),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Deliver(DocketService("request"), NewEvents(1000)), IsOk());
}

TEST_F(LogServiceTest, OnlyServicesDeliver) {
  EXPECT_THAT(Deliver(auditor_, {NewEvent()}), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
}

TEST_F(LogServiceTest, AnEntryIsShownAsBytesAndAsEvent) {
  const event::v1::Event event = NewEvent();
  Put({event});
  const auto entry = GetEntry(auditor_, 0);
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->index(), 0);
  EXPECT_EQ(entry->event().SerializeAsString(), event.SerializeAsString());
  v1::Entry parsed;
  ASSERT_TRUE(parsed.ParseFromString(entry->entry()));
  EXPECT_EQ(parsed.payload_commitment(), merkle::PayloadCommitment(entry->salt(), entry->payload()));
  EXPECT_FALSE(entry->redacted());
  EXPECT_EQ(entry->receive_time().seconds(), 1790000000);
}

TEST_F(LogServiceTest, ARedactedEntryKeepsItsProof) {
  Put({NewEvent()});
  db_.Run({"DELETE FROM payload WHERE log_index = 0"});
  const auto entry = GetEntry(auditor_, 0);
  ASSERT_THAT(entry, IsOk());
  EXPECT_TRUE(entry->redacted());
  EXPECT_EQ(entry->payload(), "");
  EXPECT_EQ(entry->event().reason(), "");
  EXPECT_EQ(entry->event().type(), "RequestSubmitted");
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  const auto trail = Trail("organizations/yunqi/requests/r1");
  ASSERT_THAT(trail, IsOk());
}

TEST_F(LogServiceTest, EntriesOfAnotherOrganizationDoNotExist) {
  Put({NewEvent(), EventOfLibrary()});
  EXPECT_THAT(GetEntry(auditor_, 1), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(GetEntry(auditor_, 77), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(GetEntry(library_auditor_, 1, "library"), IsOk());
  EXPECT_THAT(GetEntry(auditor_, 1, "library"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  const auto list = List("");
  ASSERT_THAT(list, IsOk());
  for (const v1::LogEntry& entry : list->entries()) EXPECT_EQ(entry.event().organization(), "organizations/yunqi");
  EXPECT_THAT(Trail("organizations/library/requests/r9"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  // Its change under this organisation's name is not there either.
  EXPECT_THAT(Trail("organizations/yunqi/requests/r9"), StatusIs(StatusCode::kNotFound));
}

TEST_F(LogServiceTest, RolesOpenTheMethods) {
  Put({NewEvent()});
  using common::v1::Role;
  for (const Role role : {common::v1::ROLE_REQUESTER, common::v1::ROLE_DEPARTMENT_HEAD, common::v1::ROLE_IT_DIRECTOR,
                          common::v1::ROLE_SYSTEM_ADMIN, common::v1::ROLE_DATA_ADMIN, common::v1::ROLE_FINANCE_MANAGER,
                          common::v1::ROLE_ACCOUNTANT, common::v1::ROLE_EXECUTIVE, common::v1::ROLE_VENDOR,
                          common::v1::ROLE_SUPERVISOR, common::v1::ROLE_AUDITOR, common::v1::ROLE_VIEWER}) {
    SCOPED_TRACE(common::v1::Role_Name(role));
    const common::v1::Principal person = Person("yunqi", "somebody", {role});
    const bool reads = role == common::v1::ROLE_AUDITOR || role == common::v1::ROLE_IT_DIRECTOR ||
                       role == common::v1::ROLE_EXECUTIVE || role == common::v1::ROLE_SUPERVISOR;
    const bool reads_trails = reads || role == common::v1::ROLE_REQUESTER || role == common::v1::ROLE_DEPARTMENT_HEAD ||
                              role == common::v1::ROLE_SYSTEM_ADMIN;
    const auto expect = [](bool open, const absl::Status& status) {
      if (open) {
        EXPECT_THAT(status, IsOk());
      } else {
        EXPECT_THAT(status, StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
      }
    };
    v1::ListEntriesRequest list;
    list.set_parent("organizations/yunqi");
    v1::GetChangeTrailRequest trail;
    trail.set_change("organizations/yunqi/requests/r1");
    v1::GetConsistencyProofRequest consistency;
    consistency.set_first_size(1);
    expect(reads, GetEntry(person, 0).status());
    expect(reads, Call<v1::ListEntriesResponse>("LogService/ListEntries", person, list).status());
    expect(reads_trails, Call<v1::ChangeTrail>("LogService/GetChangeTrail", person, trail).status());
    expect(true, Call<v1::Checkpoint>("LogService/GetCheckpoint", person, v1::GetCheckpointRequest()).status());
    expect(true,
           Call<v1::InclusionProof>("LogService/GetInclusionProof", person, v1::GetInclusionProofRequest()).status());
    expect(true, Call<v1::ConsistencyProof>("LogService/GetConsistencyProof", person, consistency).status());
    if (!reads) {
      v1::TailEntriesRequest tail;
      tail.set_parent("organizations/yunqi");
      const auto stream = server_->Stream("docket.audit.v1.LogService/TailEntries", person, tail);
      v1::TailEntriesResponse response;
      EXPECT_FALSE(stream->Read(&response));
      expect(false, stream->Finish());
    }
  }
  EXPECT_THAT(Call<v1::Checkpoint>("LogService/GetCheckpoint", std::nullopt, v1::GetCheckpointRequest()),
              StatusIs(StatusCode::kUnauthenticated));
}

TEST_F(LogServiceTest, PagesAreBoundToTheSizeOfTheFirst) {
  Put(NewEvents(5));
  Put({EventOfLibrary()});
  Put(NewEvents(2));
  const auto first = List("", 3);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->log_size(), 8);
  EXPECT_THAT(IndexesOf(first->entries()), ElementsAre(7, 6, 4));
  Put(NewEvents(4));
  const auto second = List("", 3, first->next_page_token());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->log_size(), 8);
  EXPECT_THAT(IndexesOf(second->entries()), ElementsAre(3, 2, 1));
  const auto third = List("", 3, second->next_page_token());
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(IndexesOf(third->entries()), ElementsAre(0));
  EXPECT_EQ(third->next_page_token(), "");
}

TEST_F(LogServiceTest, OldestFirstEndsWhereTheLogEndedAtTheFirstPage) {
  Put(NewEvents(5));
  const auto first = List("", 3, "", "index");
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(IndexesOf(first->entries()), ElementsAre(0, 1, 2));
  Put(NewEvents(4));
  const auto second = List("", 3, first->next_page_token(), "index");
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(IndexesOf(second->entries()), ElementsAre(3, 4));
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(LogServiceTest, ATokenBelongsToItsQuery) {
  Put(NewEvents(5));
  const std::string token = List("", 2)->next_page_token();
  ASSERT_NE(token, "");
  EXPECT_THAT(List("outcome = SUCCEEDED", 2, token),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List("", 2, token, "index"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List("", 2, "x" + token), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List("", 2, "", "actor"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST_F(LogServiceTest, PagesOfLargeEntriesAreShorter) {
  std::vector<event::v1::Event> large = NewEvents(7);
  for (event::v1::Event& event : large) {
    event.mutable_payload()->set_value(std::string(400 << 10, 'x'));
    Put({event});
  }
  std::vector<int64_t> seen;
  std::string token;
  int pages = 0;
  do {
    const auto page = List("type = \"RequestSubmitted\"", 100, token);
    ASSERT_THAT(page, IsOk());
    for (const int64_t index : IndexesOf(page->entries())) seen.push_back(index);
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_THAT(seen, ElementsAre(6, 5, 4, 3, 2, 1, 0));
  EXPECT_EQ(pages, 3);
}

TEST_F(LogServiceTest, AThousandSmallEntriesAreOnePage) {
  Put(NewEvents(1000));
  const auto page = List("", 5000);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->entries_size(), 1000);
  for (int i = 0; i < page->entries_size(); ++i) ASSERT_EQ(page->entries(i).index(), 999 - i);
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(LogServiceTest, FiltersByEveryField) {
  std::vector<event::v1::Event> events = NewEvents(3);
  events[1].set_type("RequestEndorsed");
  events[1].set_subject("organizations/yunqi/requests/r2");
  events[1].set_change("organizations/yunqi/requests/r2");
  events[1].mutable_actor()->set_name("organizations/yunqi/people/wang-qiang");
  events[1].set_method("docket.request.v1.RequestService/EndorseRequest");
  events[1].set_outcome(event::v1::OUTCOME_DENIED);
  events[1].set_trace_id(std::string(32, 'a'));
  events[1].mutable_occur_time()->set_seconds(1700000000);
  Put(events);
  event::v1::Event other = NewEvent();
  other.set_source("services/evaluation");
  ASSERT_THAT(Deliver(DocketService("evaluation"), {other}), IsOk());
  const std::pair<const char*, std::vector<int64_t>> cases[] = {
      {"type = \"RequestEndorsed\"", {1}},
      {"subject = \"organizations/yunqi/requests/r2\"", {1}},
      {"change = \"organizations/yunqi/requests/r2\"", {1}},
      {"actor = \"organizations/yunqi/people/wang-qiang\"", {1}},
      {"method = \"docket.request.v1.RequestService/EndorseRequest\"", {1}},
      {"outcome = DENIED", {1}},
      {"trace_id = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", {1}},
      {"time < \"2024-01-01T00:00:00Z\"", {1}},
      {"source = \"services/evaluation\"", {3}},
      {"index >= 1 AND index < 3", {2, 1}},
      {"type = \"REQUESTENDORSED\"", {}},
      {"outcome = DENIED AND NOT type = \"RequestEndorsed\"", {}}};
  for (const auto& [filter, expected] : cases) {
    const auto list = List(absl::StrCat("(", filter, ") AND NOT type = \"EvidenceRead\""));
    ASSERT_THAT(list, IsOk()) << filter;
    EXPECT_EQ(IndexesOf(list->entries()), expected) << filter;
  }
  EXPECT_THAT(List("organization_id = \"library\""),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  // A text is a text.
  EXPECT_THAT(List("type = '\" OR 1=1 --'")->entries(), IsEmpty());
}

TEST_F(LogServiceTest, ReadingEvidenceLeavesAnEntry) {
  Put({NewEvent()});
  ASSERT_THAT(GetEntry(auditor_, 0), IsOk());
  EXPECT_EQ(Reads(), 1);
  ASSERT_THAT(List("type = \"RequestSubmitted\""), IsOk());
  EXPECT_EQ(Reads(), 2);
  ASSERT_THAT(Trail("organizations/yunqi/requests/r1"), IsOk());
  EXPECT_EQ(Reads(), 3);
  const auto reads = List("type = \"EvidenceRead\"");
  ASSERT_THAT(reads, IsOk());
  ASSERT_EQ(reads->entries_size(), 3);
  const event::v1::Event& trail = reads->entries(0).event();
  EXPECT_EQ(trail.source(), "services/audit");
  EXPECT_EQ(trail.actor().name(), requester_.name());
  EXPECT_EQ(trail.method(), "docket.audit.v1.LogService/GetChangeTrail");
  EXPECT_EQ(trail.change(), "organizations/yunqi/requests/r1");
  EXPECT_EQ(trail.organization(), "organizations/yunqi");
  event::v1::EvidenceRead read;
  ASSERT_TRUE(reads->entries(1).event().payload().UnpackTo(&read));
  EXPECT_THAT(read.query(), HasSubstr("RequestSubmitted"));
  // What is no evidence of anyone leaves none.
  Checkpoint();
  EXPECT_EQ(Reads(), 4);
}

TEST_F(LogServiceTest, TheTrailOfAChangeVerifies) {
  Put(NewEvents(3));
  Put({EventOfLibrary()});
  event::v1::Event other = NewEvent();
  other.set_change("organizations/yunqi/requests/r2");
  Put({other});
  Put(NewEvents(300));
  const auto trail = Trail("organizations/yunqi/requests/r1");
  ASSERT_THAT(trail, IsOk());
  EXPECT_EQ(trail->change(), "organizations/yunqi/requests/r1");
  ASSERT_EQ(trail->entries_size(), 303);
  ASSERT_EQ(trail->proofs_size(), 303);
  const auto verifier = merkle::NoteVerifier::Parse(trail->verifier_key());
  ASSERT_THAT(verifier, IsOk());
  const auto checkpoint = merkle::VerifyCheckpoint(trail->checkpoint().note(), kOrigin, {*verifier});
  ASSERT_THAT(checkpoint, IsOk());
  EXPECT_EQ(checkpoint->size, 305u);
  for (int i = 0; i < trail->entries_size(); ++i) {
    const v1::InclusionProof& proof = trail->proofs(i);
    ASSERT_EQ(proof.index(), trail->entries(i).index());
    const auto hashes = merkle::HashesFromBytes(proof.hashes());
    ASSERT_THAT(hashes, IsOk());
    EXPECT_THAT(
        merkle::VerifyInclusion(merkle::LeafHash(trail->entries(i).entry()), static_cast<uint64_t>(proof.index()),
                                checkpoint->size, *hashes, checkpoint->root),
        IsOk());
  }
  EXPECT_THAT(Trail("organizations/yunqi/requests/unknown"), StatusIs(StatusCode::kNotFound));
}

TEST_F(LogServiceTest, ATrailThatIsTooLongIsNotCut) {
  for (int i = 0; i < 8; ++i) {
    event::v1::Event event = NewEvent();
    event.mutable_payload()->set_value(std::string(400 << 10, 'x'));
    Put({event});
  }
  EXPECT_THAT(Trail("organizations/yunqi/requests/r1"),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr("StreamChangeTrail")));
}

TEST_F(LogServiceTest, EveryProofVerifies) {
  Put(NewEvents(270));
  const v1::Checkpoint checkpoint = Checkpoint();
  EXPECT_EQ(checkpoint.size(), 270);
  const merkle::Hashes leaves = Leaves();
  for (const int64_t size : {int64_t{0}, int64_t{1}, int64_t{5}, int64_t{256}, int64_t{257}, int64_t{270}}) {
    for (const int64_t index : {int64_t{0}, int64_t{4}, int64_t{255}, int64_t{256}, int64_t{269}}) {
      v1::GetInclusionProofRequest request;
      request.set_index(index);
      request.set_size(size);
      const int64_t wanted = size == 0 ? 270 : size;
      const auto proof = Call<v1::InclusionProof>("LogService/GetInclusionProof", requester_, request);
      if (index >= wanted) {
        EXPECT_THAT(proof, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
        continue;
      }
      ASSERT_THAT(proof, IsOk());
      EXPECT_EQ(proof->index(), index);
      EXPECT_EQ(proof->size(), wanted);
      EXPECT_EQ(proof->leaf_sha256(), leaves[static_cast<size_t>(index)].ToBytes());
      EXPECT_THAT(merkle::VerifyInclusion(
                      leaves[static_cast<size_t>(index)], static_cast<uint64_t>(index), static_cast<uint64_t>(wanted),
                      *merkle::HashesFromBytes(proof->hashes()),
                      merkle::ReferenceRoot(absl::MakeSpan(leaves).subspan(0, static_cast<size_t>(wanted)))),
                  IsOk());
    }
  }
  v1::GetInclusionProofRequest beyond;
  beyond.set_size(271);
  EXPECT_THAT(Call<v1::InclusionProof>("LogService/GetInclusionProof", requester_, beyond),
              StatusIs(StatusCode::kInvalidArgument));
  for (const int64_t first : {1, 100, 256, 270}) {
    for (const int64_t second : {0, 256, 269, 270, 271}) {
      v1::GetConsistencyProofRequest request;
      request.set_first_size(first);
      request.set_second_size(second);
      const auto proof = Call<v1::ConsistencyProof>("LogService/GetConsistencyProof", requester_, request);
      const int64_t wanted = second == 0 ? 270 : second;
      if (first > wanted || wanted > 270) {
        EXPECT_THAT(proof, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
        continue;
      }
      ASSERT_THAT(proof, IsOk());
      EXPECT_EQ(proof->second_size(), wanted);
      EXPECT_THAT(merkle::VerifyConsistency(static_cast<uint64_t>(first), static_cast<uint64_t>(wanted),
                                            *merkle::Hash::FromBytes(proof->first_root_sha256()),
                                            *merkle::Hash::FromBytes(proof->second_root_sha256()),
                                            *merkle::HashesFromBytes(proof->hashes())),
                  IsOk());
    }
  }
  v1::GetConsistencyProofRequest nothing;
  EXPECT_THAT(Call<v1::ConsistencyProof>("LogService/GetConsistencyProof", requester_, nothing),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(LogServiceTest, ACheckpointCoversWhatWasAcknowledged) {
  EXPECT_EQ(Checkpoint().size(), 0);
  for (int64_t size = 1; size <= 5; ++size) {
    Put({NewEvent()});
    const v1::Checkpoint checkpoint = Checkpoint();
    EXPECT_EQ(checkpoint.size(), size);
    EXPECT_EQ(checkpoint.root_sha256(), merkle::ReferenceRoot(Leaves()).ToBytes());
    EXPECT_THAT(merkle::VerifyCheckpoint(checkpoint.note(), kOrigin, {signer_.verifier()}), IsOk());
  }
}

TEST_F(LogServiceTest, ReadingGoesOnWhileTheLogIsFrozen) {
  Put(NewEvents(3));
  const int64_t before = db_.Count("SELECT size FROM tree_state");
  log_->guard.Freeze("entry 1 is not what its leaf was made of");
  const auto frozen = StatusIs(StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN);
  EXPECT_THAT(GetEntry(auditor_, 0), IsOk());
  const auto list = List("");
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->entries_size(), 3);
  const auto stream = Tail(0);
  v1::TailEntriesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.entries_size(), 3);
  EXPECT_THAT(Deliver(DocketService("request"), {NewEvent()}), frozen);
  EXPECT_THAT(Call<v1::Checkpoint>("LogService/GetCheckpoint", auditor_, v1::GetCheckpointRequest()), frozen);
  EXPECT_THAT(Trail("organizations/yunqi/requests/r1"), frozen);
  EXPECT_EQ(db_.Count("SELECT size FROM tree_state"), before);
}

TEST_F(LogServiceTest, AnEntryThatDoesNotVerifyIsShownWithoutItsEventAndFreezesTheLog) {
  Put(NewEvents(3));
  db_.Run({"UPDATE entry SET entry = CONCAT(entry, 'x') WHERE log_index = 1"});
  const auto list = List("", 0, "", "index");
  ASSERT_THAT(list, IsOk());
  ASSERT_EQ(list->entries_size(), 3);
  EXPECT_TRUE(list->entries(0).has_event());
  EXPECT_FALSE(list->entries(1).has_event());
  EXPECT_NE(list->entries(1).entry(), "");
  EXPECT_TRUE(list->entries(2).has_event());
  EXPECT_THAT(log_->guard.CheckOpen(), StatusIs(StatusCode::kUnavailable, HasSubstr("entry 1 ")));
}

TEST_F(LogServiceTest, ReadingGoesOnWithoutTheTree) {
  Put(NewEvents(3));
  db_.Run({"DELETE FROM tree_state"});
  const auto list = List("");
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->entries_size(), 3);
  EXPECT_EQ(list->log_size(), 3);
  EXPECT_THAT(log_->guard.CheckOpen(), StatusIs(StatusCode::kUnavailable, HasSubstr("tree_state")));
}

}  // namespace
}  // namespace docket::audit

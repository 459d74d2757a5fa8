#include "services/request/request_service.h"

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/status/error.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/request_events.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::StartsWith;
using tests::IsOk;
using tests::StatusIs;

class RequestServiceTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::Request> TryCreate(const common::v1::Principal& by, const v1::Request& form,
                                        const std::string& request_id) {
    v1::CreateRequestRequest call;
    call.set_parent("organizations/yunqi");
    *call.mutable_request() = form;
    call.set_request_id(request_id);
    return service_.Call<v1::Request>("RequestService/CreateRequest", by, call);
  }

  absl::StatusOr<v1::Request> TryGet(const common::v1::Principal& by, const std::string& name) {
    v1::GetRequestRequest call;
    call.set_name(name);
    return service_.Call<v1::Request>("RequestService/GetRequest", by, call);
  }

  absl::StatusOr<v1::Request> Update(const common::v1::Principal& by, const v1::Request& request,
                                     const std::vector<std::string>& mask) {
    v1::UpdateRequestRequest call;
    *call.mutable_request() = request;
    for (const std::string& path : mask) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Request>("RequestService/UpdateRequest", by, call);
  }

  absl::StatusOr<v1::Request> Submit(const common::v1::Principal& by, const std::string& name,
                                     const std::string& etag = "") {
    return service_.Act<v1::SubmitRequestRequest>("SubmitRequest", by, name,
                                                  [&](v1::SubmitRequestRequest& call) { call.set_etag(etag); });
  }

  absl::StatusOr<v1::Request> Triage(const common::v1::Principal& by, const std::string& name,
                                     v1::TriageOutcome outcome,
                                     const std::function<void(v1::TriageRequestRequest&)>& fill = nullptr) {
    return service_.Act<v1::TriageRequestRequest>("TriageRequest", by, name, [&](v1::TriageRequestRequest& call) {
      call.set_outcome(outcome);
      call.set_reason("经信息部研究");
      if (fill) fill(call);
    });
  }

  WholeService service_;
};

TEST_F(RequestServiceTest, CreatesAPrivateDraft) {
  const v1::Request created = service_.Create(service_.author, WholeService::Form());
  EXPECT_THAT(created.name(), StartsWith("organizations/yunqi/requests/"));
  EXPECT_EQ(created.state(), v1::Request::STATE_DRAFT);
  EXPECT_EQ(created.requester(), service_.author.name());
  EXPECT_EQ(created.department(), "organizations/yunqi/departments/customer-service");
  EXPECT_EQ(created.priority(), common::v1::LEVEL_HIGH);
  EXPECT_EQ(created.number(), "");
  EXPECT_EQ(created.etag(), "1");
  EXPECT_EQ(created.create_time().seconds(), 1790000000);

  const absl::StatusOr<v1::Request> got = TryGet(service_.author, created.name());
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->SerializeAsString(), created.SerializeAsString());
  // To everyone else it does not exist, whatever they try.
  EXPECT_THAT(TryGet(service_.head, created.name()), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(TryGet(service_.auditor, created.name()), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, created.name()),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Triage(service_.director, created.name(), v1::TRIAGE_OUTCOME_DECLINE), StatusIs(StatusCode::kNotFound));
}

TEST_F(RequestServiceTest, ReportsTheWholeSnapshot) {
  const v1::Request created = service_.Create(service_.author, WholeService::Form());
  const event::v1::Event event = service_.LastEvent("RequestCreated");
  EXPECT_EQ(event.subject(), created.name());
  EXPECT_EQ(event.change(), created.name());
  EXPECT_THAT(event.systems(), ElementsAre("organizations/yunqi/systems/access-control"));
  EXPECT_EQ(event.subject_revision(), 1);
  EXPECT_EQ(event.organization(), "organizations/yunqi");
  EXPECT_EQ(event.actor().name(), service_.author.name());
  EXPECT_EQ(event.before_sha256(), "");
  EXPECT_EQ(event.after_sha256(), ContentSha256(created));
  event::v1::RequestCreated payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.request().name(), created.name());
  EXPECT_EQ(payload.request().title(), "门禁管理软件升级到4.2");
  EXPECT_EQ(payload.request().targets_size(), 2);
  EXPECT_EQ(payload.request().priority(), common::v1::LEVEL_HIGH);
  EXPECT_EQ(payload.request().state(), "DRAFT");
  EXPECT_EQ(payload.request().department(), created.department());
}

TEST_F(RequestServiceTest, AFormIsCheckedWhole) {
  v1::Request form;
  form.set_title("只有标题");
  form.add_targets()->set_system("organizations/library/systems/opac");
  // What the contract's rules cannot say comes with what they say.
  form.set_source(v1::Request::SOURCE_SECURITY_ADVISORY);
  *form.add_targets() = WholeService::Form().targets(0);
  form.mutable_targets(1)->set_to_version("v" + form.targets(1).from_version());
  form.set_template_("organizations/yunqi/changeTemplates/t/versions/1");
  form.set_kind(common::v1::CHANGE_KIND_NORMAL);
  const absl::StatusOr<v1::Request> refused = TryCreate(service_.author, form, service_.NewRequestId());
  ASSERT_THAT(refused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  std::set<std::string> fields;
  const auto bad_request = GetBadRequest(refused.status());
  ASSERT_TRUE(bad_request.has_value());
  for (const auto& violation : bad_request->field_violations()) fields.insert(violation.field());
  for (const char* field :
       {"request.source_reference", "request.need", "request.problem", "request.business_impact", "request.urgency",
        "request.impact", "request.necessity_ground", "request.targets[0].system", "request.targets[0].from_version",
        "request.targets[0].to_version", "request.targets[1].to_version", "request.template"}) {
    EXPECT_TRUE(fields.contains(field)) << field;
  }

  v1::Request twice = WholeService::Form();
  *twice.add_targets() = twice.targets(0);
  EXPECT_THAT(TryCreate(service_.author, twice, service_.NewRequestId()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));

  v1::Request same = WholeService::Form();
  same.mutable_targets(0)->set_to_version("v" + same.targets(0).from_version() + ".0");
  EXPECT_THAT(TryCreate(service_.author, same, service_.NewRequestId()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST_F(RequestServiceTest, ASourceBesideTheFormSaysWhichOne) {
  for (const v1::Request::Source source :
       {v1::Request::SOURCE_COLLECTION_ROUND, v1::Request::SOURCE_VENDOR_NOTICE, v1::Request::SOURCE_END_USER_FEEDBACK,
        v1::Request::SOURCE_SECURITY_ADVISORY, v1::Request::SOURCE_INDUSTRY_WATCH}) {
    v1::Request form = WholeService::Form();
    form.set_source(source);
    form.clear_source_reference();
    const auto refused = TryCreate(service_.author, form, service_.NewRequestId());
    ASSERT_THAT(refused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
    EXPECT_EQ(GetBadRequest(refused.status())->field_violations(0).field(), "request.source_reference");
    form.set_source_reference("CVE-2026-1001");
    EXPECT_THAT(TryCreate(service_.author, form, service_.NewRequestId()), IsOk());
  }
  v1::Request claimed = WholeService::Form();
  claimed.set_source(v1::Request::SOURCE_OBSERVED_DRIFT);
  claimed.set_source_reference("organizations/yunqi/versionDrifts/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  const auto refused = TryCreate(service_.author, claimed, service_.NewRequestId());
  ASSERT_THAT(refused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(GetBadRequest(refused.status())->field_violations(0).field(), "request.source");
}

TEST_F(RequestServiceTest, ARepeatedCallIsAnsweredAsTheFirst) {
  const std::string id = service_.NewRequestId();
  const absl::StatusOr<v1::Request> first = TryCreate(service_.author, WholeService::Form(), id);
  ASSERT_THAT(first, IsOk());
  const absl::StatusOr<v1::Request> second = TryCreate(service_.author, WholeService::Form(), id);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
  v1::Request other = WholeService::Form();
  other.set_title("另一个标题");
  EXPECT_THAT(TryCreate(service_.author, other, id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));

  int created = 0;
  for (const event::v1::Event& event : service_.Events()) created += event.type() == "RequestCreated" ? 1 : 0;
  EXPECT_EQ(created, 1);

  // Likewise a transition, although the state has moved on.
  v1::SubmitRequestRequest submit;
  submit.set_name(first->name());
  submit.set_request_id(service_.NewRequestId());
  const auto submitted = service_.Call<v1::Request>("RequestService/SubmitRequest", service_.author, submit);
  ASSERT_THAT(submitted, IsOk());
  const auto again = service_.Call<v1::Request>("RequestService/SubmitRequest", service_.author, submit);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), submitted->SerializeAsString());
}

TEST_F(RequestServiceTest, ManyCallersCreateAtOnce) {
  constexpr int kThreads = 8, kEach = 10;
  const std::string shared_id = service_.NewRequestId();
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> names(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        // The last call of each thread is the same one: one of them creates, the others get its answer.
        const std::string id = i + 1 < kEach ? service_.NewRequestId() : shared_id;
        const absl::StatusOr<v1::Request> created = TryCreate(service_.author, WholeService::Form(), id);
        names[t].push_back(created.ok() ? created->name() : created.status().ToString());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> distinct;
  for (const auto& some : names) {
    EXPECT_EQ(some.back(), names[0].back());
    distinct.insert(some.begin(), some.end());
  }
  EXPECT_EQ(distinct.size(), kThreads * (kEach - 1) + 1u);
  for (const std::string& name : distinct) EXPECT_THAT(name, StartsWith("organizations/yunqi/requests/"));
  int created = 0;
  for (const event::v1::Event& event : service_.Events()) created += event.type() == "RequestCreated" ? 1 : 0;
  EXPECT_EQ(static_cast<size_t>(created), distinct.size());
}

TEST_F(RequestServiceTest, UpdateTakesOverWhatTheMaskNames) {
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  v1::Request edit;
  edit.set_name(draft.name());
  edit.set_etag(draft.etag());
  edit.set_title("新标题");
  edit.set_need("不在掩码内，不应生效");
  edit.set_urgency(common::v1::LEVEL_CRITICAL);
  absl::StatusOr<v1::Request> updated = Update(service_.author, edit, {"title", "urgency", "documents"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->title(), "新标题");
  EXPECT_EQ(updated->need(), draft.need());
  EXPECT_EQ(updated->documents_size(), 0);
  EXPECT_EQ(updated->priority(), common::v1::LEVEL_CRITICAL);
  EXPECT_EQ(updated->etag(), "2");
  EXPECT_EQ(service_.Get(draft.name()).SerializeAsString(), updated->SerializeAsString());

  const event::v1::Event event = service_.LastEvent("RequestUpdated");
  std::vector<std::string> changed;
  for (const auto& change : event.changes()) changed.push_back(change.field());
  EXPECT_THAT(changed, ElementsAre("title", "urgency", "documents", "priority"));
  EXPECT_EQ(event.changes(0).before(), "门禁管理软件升级到4.2");
  EXPECT_EQ(event.changes(0).after(), "新标题");
  EXPECT_EQ(event.before_sha256(), ContentSha256(draft));
  EXPECT_EQ(event.after_sha256(), ContentSha256(*updated));

  // Without a mask: what is set.
  v1::Request more;
  more.set_name(draft.name());
  more.set_etag("2");
  *more.add_targets() = draft.targets(0);
  updated = Update(service_.author, more, {});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->targets_size(), 1);
  EXPECT_EQ(updated->title(), "新标题");
  EXPECT_EQ(service_.Get(draft.name()).targets_size(), 1);
}

TEST_F(RequestServiceTest, UpdateRefusals) {
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  v1::Request edit;
  edit.set_name(draft.name());
  edit.set_title("标题");
  EXPECT_THAT(Update(service_.author, edit, {"title"}),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  edit.set_etag("9");
  EXPECT_THAT(Update(service_.author, edit, {"title"}), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  edit.set_etag("1");
  EXPECT_THAT(Update(service_.author, edit, {"state"}),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_UPDATE_MASK));
  EXPECT_THAT(Update(service_.author, edit, {"need"}),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Update(service_.director, edit, {"title"}), StatusIs(StatusCode::kNotFound));

  const v1::Request submitted = service_.Submitted();
  edit.set_name(submitted.name());
  edit.set_etag(submitted.etag());
  EXPECT_THAT(Update(service_.author, edit, {"title"}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Update(service_.director, edit, {"title"}),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
}

TEST_F(RequestServiceTest, SubmissionNumbersWithoutGaps) {
  const v1::Request first = service_.Submitted();
  EXPECT_EQ(first.number(), "REQ-2026-000001");
  EXPECT_EQ(first.state(), v1::Request::STATE_SUBMITTED);
  // A submission that is refused takes no number.
  v1::Request form = WholeService::Form();
  form.mutable_targets(0)->set_from_version("3.9");
  const v1::Request wrong = service_.Create(service_.author, form);
  EXPECT_THAT(Submit(service_.author, wrong.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH));
  EXPECT_EQ(service_.Submitted().number(), "REQ-2026-000002");
  // The year is the organisation's: in Shanghai it turns eight hours earlier than in UTC.
  service_.clock().Set(absl::FromCivil(absl::CivilHour(2026, 12, 31, 17), absl::UTCTimeZone()));
  EXPECT_EQ(service_.Submitted().number(), "REQ-2027-000001");
}

TEST_F(RequestServiceTest, SubmissionChecksTheCatalogue) {
  v1::Request form = WholeService::Form();
  form.mutable_targets(1)->set_component("no-such-part");
  const v1::Request draft = service_.Create(service_.author, form);
  const absl::StatusOr<v1::Request> refused = Submit(service_.author, draft.name());
  ASSERT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(GetErrorInfo(refused.status())->metadata().at("resource"),
            "organizations/yunqi/systems/access-control/components/no-such-part");
  EXPECT_THAT(Submit(service_.author, draft.name(), "8"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

TEST_F(RequestServiceTest, WithdrawnDraftsStayPrivate) {
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, draft.name()), IsOk());
  EXPECT_THAT(TryGet(service_.author, draft.name()), IsOk());
  EXPECT_THAT(TryGet(service_.head, draft.name()), StatusIs(StatusCode::kNotFound));
}

TEST_F(RequestServiceTest, OrganisationsAreWalls) {
  const v1::Request submitted = service_.Submitted();
  const common::v1::Principal librarian = PersonOf("library", "he-jing", "it", {common::v1::ROLE_IT_DIRECTOR});
  EXPECT_THAT(TryGet(librarian, submitted.name()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  std::string moved = submitted.name();
  moved.replace(moved.find("yunqi"), 5, "library");
  EXPECT_THAT(TryGet(librarian, moved), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(TryGet(service_.author, "organizations/yunqi/requests/1"), StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace docket::request

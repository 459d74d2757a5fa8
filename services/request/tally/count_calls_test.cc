// The four methods that count, through the real server and database: what they say, and what they refuse.
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/notice/testing/notice_fixture.h"
#include "services/request/tally/testing/shown_counts.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LinesOf;
using tests::IsOk;
using tests::StatusIs;
using Lines = std::vector<std::string>;

class CountCallsTest : public NoticeRoomTest {
 protected:
  // An answer's lines; or its error, which they are none of.
  struct Counted {
    absl::Status status;
    Lines lines;
  };
  using Method = std::function<Counted(const Principal& by, const std::vector<int>& group_by, const std::string& filter,
                                       const std::string& parent)>;
  struct Named {
    std::string name;
    Method count;
    int dimensions = 3;
    // That it takes, that it does not have, and one of another organisation's.
    std::string filter, no_field, elsewhere;
  };

  template <typename Function>
  Method Of(Function function) {
    return [this, function](const Principal& by, const std::vector<int>& group_by, const std::string& filter,
                            const std::string& parent) {
      const auto reply = function(service_, by, group_by, filter, parent);
      return Counted{reply.status(), reply.ok() ? LinesOf(reply) : Lines()};
    };
  }

  std::vector<Named> Methods() {
    const auto system = [](const std::string& organization) {
      return absl::StrCat("system = \"organizations/", organization, "/systems/access-control\"");
    };
    return {{"CountRequests", Of([](auto&... args) { return testing::CountRequests(args...); }), 7,
             "kind = NORMAL AND source = FORM AND held = false AND retrospective = false", "title = x",
             "department = \"organizations/library/departments/it\""},
            {"CountFeedback", Of([](auto&... args) { return testing::CountFeedback(args...); }), 3,
             "state = NEW AND channel = APP AND " + system("yunqi"), "text = x", system("library")},
            {"CountVendorNotices", Of([](auto&... args) { return testing::CountVendorNotices(args...); }), 3,
             "state = PUBLISHED AND kind = UPGRADE_PLAN AND vendor = \"organizations/yunqi/vendors/hikvision\"",
             "title = x", "vendor = \"organizations/library/vendors/hikvision\""},
            {"CountVersionDrifts", Of([](auto&... args) { return testing::CountVersionDrifts(args...); }), 3,
             "state = OPEN AND direction = UPGRADED AND " + system("yunqi"), "source = x", system("library")}};
  }

  std::string Said(v1::Feedback::Channel channel) {
    v1::CreateFeedbackRequest call;
    call.set_parent("organizations/yunqi");
    call.mutable_feedback()->set_system("organizations/yunqi/systems/access-control");
    call.mutable_feedback()->set_text("刷脸太慢");
    call.mutable_feedback()->set_channel(channel);
    call.set_request_id(service_.NewRequestId());
    const auto made = service_.Call<v1::Feedback>("FeedbackService/CreateFeedback", service_.author, call);
    EXPECT_THAT(made, IsOk());
    return made.ok() ? made->name() : "";
  }

  void Seen(const std::vector<std::string>& versions) {
    v1::ReportObservedVersionsRequest report;
    report.set_parent("organizations/yunqi");
    for (const std::string& version : versions) {
      v1::VersionObservation* seen = report.add_observations();
      seen->set_system("organizations/yunqi/systems/access-control");
      seen->set_version(version);
      seen->set_source("scanner-01");
      seen->mutable_observe_time()->set_seconds(kNow);
    }
    report.set_request_id(service_.NewRequestId());
    EXPECT_THAT(service_.Call<v1::ReportObservedVersionsResponse>(
                    "VersionDriftService/ReportObservedVersions",
                    PersonOf("yunqi", "scanner", "", {common::v1::ROLE_SERVICE}), report),
                IsOk());
  }

  Lines Feedback(const std::vector<int>& by, const std::string& filter = "") {
    return LinesOf(testing::CountFeedback(service_, service_.auditor, by, filter));
  }
  Lines Notices(const Principal& caller, const std::vector<int>& by, const std::string& filter = "") {
    return LinesOf(testing::CountVendorNotices(service_, caller, by, filter));
  }
  Lines Drifts(const std::vector<int>& by, const std::string& filter = "") {
    return LinesOf(testing::CountVersionDrifts(service_, service_.auditor, by, filter));
  }
  Lines Requests(const std::vector<int>& by, const std::string& filter = "") {
    return LinesOf(testing::CountRequests(service_, service_.auditor, by, filter));
  }
};

TEST_F(CountCallsTest, RefuseWhatIsNotTheirs) {
  for (const Named& method : Methods()) {
    SCOPED_TRACE(method.name);
    const std::string here = "organizations/yunqi";
    EXPECT_THAT(method.count(service_.auditor, {1, 2, 3}, method.filter, here).status, IsOk());
    EXPECT_THAT(method.count(service_.auditor, {1, 2, 1}, "", here).status,
                StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
    EXPECT_THAT(method.count(service_.auditor, {1, 2, 1}, "", here).status.ToString(), HasSubstr("group_by[2]"));
    EXPECT_THAT(method.count(service_.auditor, {0}, "", here).status.ToString(), HasSubstr("group_by[0]"));
    EXPECT_THAT(method.count(service_.auditor, {1, method.dimensions + 1}, "", here).status,
                StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
    EXPECT_THAT(
        method.count(service_.auditor, std::vector<int>(static_cast<size_t>(method.dimensions) + 1, 1), "", here)
            .status,
        StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
    for (const std::string& filter :
         {method.no_field, method.elsewhere, std::string("state = NOSUCH"), std::string("((")}) {
      EXPECT_THAT(method.count(service_.auditor, {}, filter, here).status,
                  StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER))
          << filter;
    }
    EXPECT_THAT(method.count(service_.auditor, {}, "", "organizations/library").status,
                StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
    EXPECT_THAT(method.count(PersonOf("yunqi", "nobody", "", {}), {}, "", here).status,
                StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
    EXPECT_THAT(method.count(PersonOf("yunqi", "kanban", "", {common::v1::ROLE_VIEWER}), {}, "", here).status, IsOk());
    const absl::Status vendor = method.count(vendor_, {}, "", here).status;
    if (method.name == "CountVendorNotices") {
      EXPECT_THAT(vendor, IsOk());
    } else {
      EXPECT_THAT(vendor, StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
    }
  }
}

TEST_F(CountCallsTest, AnotherOrganisationHasItsOwn) {
  service_.Submitted();
  Said(v1::Feedback::CHANNEL_APP);
  Published();
  Seen({"4.3.0"});
  const Principal reader = PersonOf("library", "zhou", "", {common::v1::ROLE_AUDITOR});
  for (const Named& method : Methods()) {
    SCOPED_TRACE(method.name);
    EXPECT_THAT(method.count(service_.auditor, {1}, "", "organizations/yunqi").lines, Not(IsEmpty()));
    const Counted counted = method.count(reader, {1}, "", "organizations/library");
    EXPECT_THAT(counted.status, IsOk());
    EXPECT_THAT(counted.lines, IsEmpty());
  }
}

TEST_F(CountCallsTest, Feedback) {
  EXPECT_THAT(Feedback({}), IsEmpty());
  const std::string one = Said(v1::Feedback::CHANNEL_APP), other = Said(v1::Feedback::CHANNEL_PHONE);
  Said(v1::Feedback::CHANNEL_PHONE);
  v1::DismissFeedbackRequest dismiss;
  dismiss.set_name(one);
  dismiss.set_reason("与软件无关");
  dismiss.set_request_id(service_.NewRequestId());
  // The same call twice counts once.
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_THAT(service_.Call<v1::Feedback>("FeedbackService/DismissFeedback", service_.head, dismiss), IsOk());
  }
  EXPECT_THAT(Feedback({}), ElementsAre("0|0||3"));
  EXPECT_THAT(Feedback({1}), ElementsAre("1|0||2", "3|0||1"));
  EXPECT_THAT(Feedback({2}), ElementsAre("0|1||1", "0|2||2"));
  EXPECT_THAT(Feedback({3}), ElementsAre("0|0|access-control|3"));
  EXPECT_THAT(Feedback({3, 2, 1}), ElementsAre("1|2|access-control|2", "3|1|access-control|1"));
  EXPECT_THAT(Feedback({2}, "state = NEW"), ElementsAre("0|2||2"));
  EXPECT_THAT(Feedback({}, "state = FOLDED OR channel = APP"), ElementsAre("0|0||1"));
  EXPECT_THAT(Feedback({}, "NOT system = \"organizations/yunqi/systems/access-control\""), IsEmpty());
  // One that a request has as its source is folded when that is submitted.
  v1::Request form = WholeService::Form();
  form.set_source(v1::Request::SOURCE_END_USER_FEEDBACK);
  form.set_source_reference(other);
  const std::string request = service_.Create(service_.author, form).name();
  ASSERT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, request), IsOk());
  EXPECT_THAT(Feedback({1}), ElementsAre("1|0||1", "2|0||1", "3|0||1"));
}

TEST_F(CountCallsTest, VendorNotices) {
  const std::string one = Published(), older = Published();
  const std::string newer = Published([&](v1::VendorNotice& notice) {
    notice.set_supersedes(older);
    notice.set_kind(v1::VendorNotice::KIND_KNOWN_ISSUE);
  });
  v1::VendorNotice foreign = Notice();
  foreign.set_vendor("organizations/yunqi/vendors/dahua");
  ASSERT_THAT(Create(rival_, foreign), IsOk());
  ASSERT_THAT(Acknowledge(admin_, one), IsOk());
  EXPECT_THAT(Notices(service_.auditor, {1}), ElementsAre("1|0||2", "2|0||1", "4|0||1"));
  EXPECT_THAT(Notices(service_.auditor, {2}), ElementsAre("0|1||3", "0|3||1"));
  EXPECT_THAT(Notices(service_.auditor, {1, 3}),
              ElementsAre("1|0|dahua|1", "1|0|hikvision|1", "2|0|hikvision|1", "4|0|hikvision|1"));
  EXPECT_THAT(Notices(service_.auditor, {}, "vendor = \"organizations/yunqi/vendors/dahua\" AND state = PUBLISHED"),
              ElementsAre("0|0||1"));
  // People of a vendor count that vendor's, whatever they ask; someone of no vendor none.
  EXPECT_THAT(Notices(vendor_, {3}), ElementsAre("0|0|hikvision|3"));
  EXPECT_THAT(Notices(rival_, {}), ElementsAre("0|0||1"));
  EXPECT_THAT(Notices(rival_, {}, "state = PUBLISHED OR vendor = \"organizations/yunqi/vendors/hikvision\""),
              ElementsAre("0|0||1"));
  EXPECT_THAT(Notices(rival_, {}, "vendor = \"organizations/yunqi/vendors/hikvision\""), IsEmpty());
  Principal stray = PersonOf("yunqi", "stray", "", {common::v1::ROLE_VENDOR});
  stray.set_vendor("organizations/yunqi/vendors/hikvision");
  EXPECT_THAT(Notices(stray, {1}), IsEmpty());
  // An edit may change the kind.
  v1::VendorNotice edited = *Get(vendor_, newer);
  edited.set_kind(v1::VendorNotice::KIND_RELEASE_NOTES);
  ASSERT_THAT(Update(vendor_, edited, {"kind"}), IsOk());
  EXPECT_THAT(Notices(vendor_, {2}), ElementsAre("0|1||2", "0|2||1"));
}

TEST_F(CountCallsTest, VersionDrifts) {
  Seen({"4.3.0", "4.0.0", "4.3.0"});
  Seen({"4.3.0"});
  EXPECT_THAT(Drifts({1, 2, 3}), ElementsAre("1|1|access-control|1", "1|2|access-control|1"));
  EXPECT_THAT(Drifts({}, "direction = DOWNGRADED"), ElementsAre("0|0||1"));
  EXPECT_THAT(Drifts({1}, "state = RESOLVED"), IsEmpty());
  EXPECT_THAT(Requests({5, 7}, "source = OBSERVED_DRIFT AND retrospective = true AND kind = EMERGENCY"),
              ElementsAre("0|0||0|7|0|1|2"));
}

TEST_F(CountCallsTest, RequestsFollowHoldsAndEdits) {
  const std::string name = service_.Submitted().name();
  service_.Submitted();
  service_.Create(service_.author, WholeService::Form());
  EXPECT_THAT(Requests({1, 4, 5, 6, 7}), ElementsAre("2|0||1|1|0|0|2"));
  ASSERT_THAT(service_.Act<v1::HoldRequestRequest>("HoldRequest", service_.director, name,
                                                   [](auto& call) { call.set_reason("等预算"); }),
              IsOk());
  EXPECT_THAT(Requests({6}), ElementsAre("0|0||0|0|0|0|1", "0|0||0|0|1|0|1"));
  EXPECT_THAT(Requests({}, "held = true"), ElementsAre("0|0||0|0|0|0|1"));
  ASSERT_THAT(service_.Act<v1::ResumeRequestRequest>("ResumeRequest", service_.director, name,
                                                     [](auto& call) { call.set_reason("预算已批"); }),
              IsOk());
  EXPECT_THAT(Requests({}, "held = true"), IsEmpty());

  service_.Return(name);
  service_.GiveSource(name, v1::Request::SOURCE_SECURITY_ADVISORY, "CVE-2026-1");
  EXPECT_THAT(Requests({1, 5}), ElementsAre("2|0||0|1|0|0|1", "3|0||0|5|0|0|1"));
  v1::UpdateRequestRequest update;
  *update.mutable_request() = service_.Get(name);
  update.mutable_request()->set_kind(common::v1::CHANGE_KIND_EMERGENCY);
  update.mutable_update_mask()->add_paths("kind");
  update.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::Request>("RequestService/UpdateRequest", service_.author, update), IsOk());
  EXPECT_THAT(Requests({4}, "department = \"organizations/yunqi/departments/customer-service\" AND priority >= HIGH"),
              ElementsAre("0|0||1|0|0|0|1", "0|0||3|0|0|0|1"));
  testing::ExpectCountsAsInTables(service_);
}

}  // namespace
}  // namespace docket::request

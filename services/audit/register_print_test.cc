// The printed ledger 登记台账 as a client gets it.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/evidence/receipt.h"
#include "docket/event/v1/platform_events.pb.h"
#include "services/audit/register.h"
#include "services/audit/testing/register_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::IsOk;
using tests::StatusIs;

class RegisterPrintTest : public RegisterFixture {
 protected:
  static v1::PrintLedgerRequest OfYear(int year, const std::string& language = "zh-CN", bool csv = false) {
    v1::PrintLedgerRequest request;
    request.set_parent("organizations/yunqi");
    request.set_year(year);
    request.set_language_code(language);
    request.set_format(csv ? v1::PrintLedgerRequest::FORMAT_CSV : v1::PrintLedgerRequest::FORMAT_HTML);
    return request;
  }
  static v1::PrintLedgerRequest OfDays(const std::string& first, const std::string& last) {
    v1::PrintLedgerRequest request = OfYear(0);
    request.set_start_date(first);
    request.set_end_date(last);
    return request;
  }
  absl::StatusOr<std::string> Print(const v1::PrintLedgerRequest& request,
                                    const std::optional<common::v1::Principal>& by = std::nullopt) {
    const auto stream = server_->Stream("docket.audit.v1.RegisterService/PrintLedger", by.value_or(auditor_), request,
                                        absl::Seconds(60));
    std::string document;
    v1::PrintLedgerResponse response;
    messages_ = 0;
    for (; stream->Read(&response); ++messages_) document += response.data();
    const absl::Status status = stream->Finish();
    if (!status.ok()) return status;
    return document;
  }
  static size_t Times(absl::string_view text, absl::string_view part) {
    size_t times = 0;
    for (size_t at = text.find(part); at != absl::string_view::npos; at = text.find(part, at + 1)) ++times;
    return times;
  }

  int messages_ = 0;
};

TEST_F(RegisterPrintTest, ShowsTheYearInChinese) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  ASSERT_THAT(File("p2"), IsOk());
  const auto entered = Enter("p1", "", "系统运行正常");
  ASSERT_THAT(entered, IsOk());
  ASSERT_THAT(Enter("p1", entered->name(), "更正验收日期"), IsOk());
  Put({NewEvent()});
  const auto document = Print(OfYear(2026));
  ASSERT_THAT(document, IsOk());
  EXPECT_THAT(
      *document,
      AllOf(HasSubstr("<html lang=\"zh-CN\">"), HasSubstr("软件变更报备登记台账"), HasSubstr("云栖物业服务有限公司"),
            HasSubstr("2026-01-01 至 2026-12-31"), HasSubstr("BB-2026-000001"), HasSubstr("DJ-2026-000001"),
            HasSubstr("access-control / 整个系统: 4.1.0 → 4.2.0"), HasSubstr("已实施"), HasSubstr("未确认")));
  EXPECT_THAT(*document, AllOf(HasSubstr("系统运行正常"), Not(HasSubstr("本期无记录"))));
  EXPECT_THAT(*document, HasSubstr("已被更正,见 DJ-2026-000002"));
  EXPECT_THAT(*document, HasSubstr("更正 DJ-2026-000001"));
  EXPECT_THAT(*document, HasSubstr("2026-11-15 08:00:00")) << "in the organisation's time zone";
  EXPECT_THAT(*document, HasSubstr("2 (BB-2026-000001 – BB-2026-000002), 编号连续,无缺号"));
  EXPECT_THAT(*document, HasSubstr(evidence::ShortFingerprint(entered->receipt())));
  EXPECT_THAT(*document, HasSubstr(evidence::KeyFingerprint(signer_.verifier())));
  EXPECT_THAT(*document, HasSubstr(std::string(64, 'f'))) << "the documents' digests";
  EXPECT_THAT(*document, HasSubstr("@page { size: A4 landscape"));
  EXPECT_TRUE(absl::EndsWith(*document, "</html>\n"));
}

TEST_F(RegisterPrintTest, ShowsTheYearInEnglishAndInTheOrganizationsLanguage) {
  Finish("p1", scheduling::v1::Plan::STATE_ROLLED_BACK);
  ASSERT_THAT(Enter("p1"), IsOk());
  Put({NewEvent()});
  EXPECT_THAT(
      *Print(OfYear(2026, "en")),
      AllOf(HasSubstr("<html lang=\"en\">"), HasSubstr("Register of software changes"), HasSubstr("rolled back"),
            HasSubstr("access-control / whole system: 4.1.0 → 4.1.0"), Not(HasSubstr("登记台账"))));
  EXPECT_THAT(*Print(OfYear(2026, "")), HasSubstr("登记台账"));
  EXPECT_THAT(Print(OfYear(2026, "fr")), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST_F(RegisterPrintTest, IsCompleteWhateverTheSize) {
  constexpr int kFilings = 230;
  for (int i = 0; i < kFilings; ++i) {
    SetPlan(absl::StrCat("c", i), scheduling::v1::Plan::STATE_APPROVED);
    ASSERT_THAT(File(absl::StrCat("c", i)), IsOk());
  }
  Put({NewEvent()});
  const auto document = Print(OfYear(2026));
  ASSERT_THAT(document, IsOk());
  EXPECT_GT(messages_, 1);
  for (int i = 1; i <= kFilings; ++i) {
    EXPECT_EQ(Times(*document, absl::StrCat("<td class=\"number\">", FormatNumber("BB", 2026, i), "</td>")), 1u) << i;
  }
  EXPECT_THAT(*document, HasSubstr("230 (BB-2026-000001 – BB-2026-000230), 编号连续,无缺号"));
  EXPECT_EQ(Times(*document, "本期无记录"), 1u) << "of the registrations, not of the filings";
  const auto csv = Print(OfYear(2026, "en", true));
  ASSERT_THAT(csv, IsOk());
  EXPECT_EQ(Times(*csv, "\r\n"), kFilings + 1u);
}

TEST_F(RegisterPrintTest, ANumberThatIsGoneShows) {
  for (const char* id : {"p1", "p2", "p3"}) ASSERT_THAT(File(id), IsOk());
  Put({NewEvent()});
  db_.Run({"DELETE FROM filing WHERE number = 'BB-2026-000001'"});
  EXPECT_THAT(*Print(OfYear(2026)), HasSubstr("缺号: 1"));
  EXPECT_THAT(*Print(OfYear(2026, "en")), HasSubstr("missing numbers: 1"));
}

TEST_F(RegisterPrintTest, DaysAreThoseOfTheOrganization) {
  absl::Time evening;
  std::string error;
  // 23:30 on 31 December in Shanghai, and an hour later.
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "2026-12-31T15:30:00Z", &evening, &error));
  clock_.Set(evening);
  ASSERT_THAT(File("p1"), IsOk());
  clock_.Advance(absl::Hours(1));
  ASSERT_THAT(File("p2"), IsOk());
  Put({NewEvent()});
  EXPECT_THAT(*Print(OfDays("2026-12-31", "2026-12-31")),
              AllOf(HasSubstr("BB-2026-000001"), Not(HasSubstr("BB-2027-000001"))));
  EXPECT_THAT(*Print(OfDays("2027-01-01", "2027-01-01")),
              AllOf(HasSubstr("BB-2027-000001"), Not(HasSubstr("BB-2026-000001"))));
  EXPECT_THAT(*Print(OfDays("2026-12-31", "2027-01-01")),
              AllOf(HasSubstr("BB-2026-000001"), HasSubstr("BB-2027-000001")));
  EXPECT_THAT(*Print(OfDays("2026-12-30", "2026-12-30")), Not(HasSubstr("BB-2026-000001")));
}

TEST_F(RegisterPrintTest, NothingFromElsewhereBecomesMarkupOrAFormula) {
  scheduling::v1::Plan plan;
  plan.set_name(PlanName("evil"));
  plan.set_request("organizations/yunqi/requests/evil");
  plan.set_state(scheduling::v1::Plan::STATE_APPROVED);
  plan.set_title("=HYPERLINK(\"x\")</td><script>alert(1)</script>&\xE2\x80\xAE😀\r\n\"");
  plan.set_content_sha256(std::string(64, 'a'));
  sources_.SetPlan(plan);
  ASSERT_THAT(File("evil"), IsOk());
  Put({NewEvent()});
  const auto html = Print(OfYear(2026));
  ASSERT_THAT(html, IsOk());
  EXPECT_THAT(*html, AllOf(Not(HasSubstr("<script")), HasSubstr("&lt;script&gt;"), HasSubstr("😀")));
  const auto csv = Print(OfYear(2026, "zh-CN", true));
  ASSERT_THAT(csv, IsOk());
  EXPECT_THAT(*csv, HasSubstr("\"'=HYPERLINK(\"\"x\"\")"));
}

TEST_F(RegisterPrintTest, LeavesAnEntryInTheLog) {
  Put({NewEvent()});
  ASSERT_THAT(Print(OfYear(2026)), IsOk());
  v1::ListEntriesRequest request;
  request.set_parent("organizations/yunqi");
  request.set_filter("type = \"EvidenceRead\"");
  const auto list = Call<v1::ListEntriesResponse>("LogService/ListEntries", auditor_, request);
  ASSERT_THAT(list, IsOk());
  ASSERT_EQ(list->entries_size(), 1);
  event::v1::EvidenceRead read;
  ASSERT_TRUE(list->entries(0).event().payload().UnpackTo(&read));
  EXPECT_THAT(read.query(), HasSubstr("2026"));
  EXPECT_EQ(list->entries(0).event().method(), "docket.audit.v1.RegisterService/PrintLedger");
  EXPECT_EQ(list->entries(0).event().actor().name(), auditor_.name());
}

TEST_F(RegisterPrintTest, RolesOrganizationsAndInput) {
  Put({NewEvent()});
  EXPECT_THAT(Print(OfYear(2026), requester_), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Print(OfYear(2026), library_auditor_),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  for (const auto& person : {auditor_, director_, supervisor_}) EXPECT_THAT(Print(OfYear(2026), person), IsOk());
  EXPECT_THAT(Print(OfYear(9999)), IsOk());
  EXPECT_THAT(Print(OfDays("0001-01-01", "0001-12-31")), IsOk());
  v1::PrintLedgerRequest both = OfDays("2026-01-01", "2026-01-02");
  both.set_year(2026);
  const v1::PrintLedgerRequest wrong[] = {OfYear(0),
                                          OfYear(-1),
                                          OfYear(10000),
                                          both,
                                          OfDays("2026-01-01", ""),
                                          OfDays("", "2026-01-01"),
                                          OfDays("2026-02-30", "2026-03-01"),
                                          OfDays("2026-02-02", "2026-02-01"),
                                          OfDays("2026-01-01", "2036-01-01"),
                                          OfDays("gestern", "2026-01-01")};
  for (const v1::PrintLedgerRequest& request : wrong) {
    EXPECT_THAT(Print(request), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS))
        << request.DebugString();
  }
}

}  // namespace
}  // namespace docket::audit

#include "services/audit/ledger/ledger_document.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/audit/ledger/html_text.h"
#include "services/audit/ledger/ledger_words.h"

namespace docket::audit {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

LedgerHead Head(LedgerLanguage language) {
  LedgerHead head{.language = language,
                  .organization_title = "云栖 \"物业\" </style>",
                  .organization = "organizations/yunqi",
                  .first_day = absl::CivilDay(2026, 1, 1),
                  .last_day = absl::CivilDay(2026, 12, 31),
                  .zone = absl::FixedTimeZone(8 * 3600),
                  .generate_time = absl::FromUnixSeconds(1794700800),
                  .printer = "organizations/yunqi/people/sun-yu",
                  .log_size = 42,
                  .log_root = std::string(64, 'e'),
                  .checkpoint = "note",
                  .key_fingerprint = std::string(64, 'd')};
  return head;
}

v1::Filing SomeFiling() {
  v1::Filing filing;
  filing.set_number("BB-2026-000001");
  filing.set_state(v1::Filing::STATE_ACKNOWLEDGED);
  filing.set_title("a,\"b\"\n<c>");
  filing.set_request("organizations/yunqi/requests/r1");
  filing.set_filer("organizations/yunqi/people/chen-min");
  filing.mutable_file_time()->set_seconds(1794700800);
  filing.set_acknowledger("organizations/yunqi/people/zhou-jian");
  filing.mutable_acknowledge_time()->set_seconds(1794704400);
  common::v1::VersionChange& target = *filing.add_targets();
  target.set_system("organizations/yunqi/systems/access-control");
  target.set_component("gate");
  target.set_from_version("4.1.0");
  target.set_to_version("4.2.0");
  return filing;
}

std::string Whole(LedgerDocument& document) {
  std::string whole = document.Begin();
  whole += document.Add(SomeFiling());
  whole += document.BeginRegistrations();
  return whole += document.End({});
}

TEST(LedgerDocumentTest, HtmlIsWellFormedAndEscaped) {
  for (const LedgerLanguage language : {LedgerLanguage::kChinese, LedgerLanguage::kEnglish}) {
    const std::string html = Whole(*NewHtmlLedger(Head(language)));
    for (const char* tag :
         {"html", "head", "body", "table", "thead", "tbody", "style", "dl", "tr", "td", "div", "bdi"}) {
      const std::string open = std::string("<") + tag;
      size_t opened = 0;
      size_t closed = 0;
      for (size_t at = html.find(open); at != std::string::npos; at = html.find(open, at + 1)) {
        const char next = html[at + open.size()];
        opened += next == '>' || next == ' ' ? 1 : 0;
      }
      const std::string close = std::string("</") + tag + ">";
      for (size_t at = html.find(close); at != std::string::npos; at = html.find(close, at + 1)) ++closed;
      EXPECT_EQ(opened, closed) << tag;
    }
    EXPECT_THAT(html, AllOf(HasSubstr("&lt;c&gt;"), HasSubstr("2026-11-15 08:00:00"), HasSubstr("zhou-jian"),
                            HasSubstr("access-control / gate: 4.1.0 → 4.2.0"), HasSubstr(std::string(64, 'e')),
                            HasSubstr("counter(page)"), HasSubstr("table-header-group")));
  }
}

TEST(LedgerDocumentTest, SaysOfAnEmptyTableThatItIs) {
  const auto document = NewHtmlLedger(Head(LedgerLanguage::kEnglish));
  const std::string none = "Nothing in this period";
  document->Begin();
  EXPECT_THAT(document->BeginRegistrations(), HasSubstr(none));
  EXPECT_THAT(document->End({}), HasSubstr(none));
  const auto full = NewHtmlLedger(Head(LedgerLanguage::kEnglish));
  full->Begin();
  full->Add(SomeFiling());
  EXPECT_THAT(full->BeginRegistrations(), Not(HasSubstr(none)));
  full->Add(v1::Registration());
  EXPECT_THAT(full->End({}), Not(HasSubstr(none)));
}

TEST(LedgerDocumentTest, CsvQuotesEveryCell) {
  const std::string csv = Whole(*NewCsvLedger(Head(LedgerLanguage::kEnglish)));
  EXPECT_EQ(csv.substr(0, 9), "\xEF\xBB\xBF\"Kind\"");
  EXPECT_THAT(csv, HasSubstr("\r\n\"Filing\",\"BB-2026-000001\",\"acknowledged\",\"\",\"a,\"\"b\"\"\n<c>\","
                             "\"organizations/yunqi/requests/r1\""));
}

TEST(HtmlTextTest, EscapesWhatHtmlAndCssTakeForTheirOwn) {
  EXPECT_EQ(HtmlText("<a href=\"x\">&'\x01\x7F\n"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\xEF\xBF\xBD\xEF\xBF\xBD\n");
  EXPECT_EQ(CssString("云 a</style>\"\\"), "\"云 a\\3c \\2f style\\3e \\22 \\5c \"");
}

TEST(LedgerTotalsTest, CountsGapsWithinAndBeforeWhatIsThere) {
  RegisterNumbers range;
  for (const char* number : {"BB-2026-000003", "BB-2026-000004", "BB-2026-000007"}) range.Add(number, true);
  EXPECT_EQ(range.missing, 4);
  EXPECT_EQ(range.count, 3);
  EXPECT_EQ(range.first, "BB-2026-000003");
  EXPECT_EQ(range.last, "BB-2026-000007");
  RegisterNumbers later;
  for (const char* number : {"BB-2026-000003", "BB-2027-000009"}) later.Add(number, false);
  EXPECT_EQ(later.missing, 0);
}

TEST(LedgerTotalsTest, ACorrectionIsNoSecondChange) {
  LedgerTotals totals;
  v1::Registration registration;
  registration.set_number("DJ-2026-000001");
  registration.set_result(v1::Registration::RESULT_IMPLEMENTED);
  totals.Add(registration);
  registration.set_number("DJ-2026-000002");
  registration.set_corrects("organizations/yunqi/registrations/dj-2026-000001");
  totals.Add(registration);
  registration.set_number("DJ-2026-000003");
  registration.clear_corrects();
  registration.set_result(v1::Registration::RESULT_ROLLED_BACK);
  totals.Add(registration);
  EXPECT_EQ(totals.registrations.count, 3);
  EXPECT_EQ(totals.implemented, 1);
  EXPECT_EQ(totals.rolled_back, 1);
  EXPECT_EQ(totals.corrections, 1);
}

TEST(LedgerWordsTest, BothLanguagesHaveEveryWord) {
  const auto check = [](const LedgerWords& words) {
    EXPECT_FALSE(words.title.empty() || words.no_gaps.empty() || words.signature_date.empty() || words.key.empty() ||
                 words.corrected_by.empty() || words.not_acknowledged.empty() || words.how_to_verify.empty());
  };
  check(WordsOf(LedgerLanguage::kChinese));
  check(WordsOf(LedgerLanguage::kEnglish));
  EXPECT_NE(WordsOf(LedgerLanguage::kChinese).title, WordsOf(LedgerLanguage::kEnglish).title);
}

}  // namespace
}  // namespace docket::audit

#include "services/audit/export/csv_row.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::audit {
namespace {

TEST(CsvRowTest, QuotesTextsAndNotNumbers) {
  CsvRow row;
  row.Text("门禁 \"A\", 升级").Number(-7).Text("").Text("one\r\ntwo");
  EXPECT_EQ(std::move(row).Take(), "\"门禁 \"\"A\"\", 升级\",-7,\"\",\"one\r\ntwo\"\r\n");
}

TEST(CsvRowTest, DefusesFormulas) {
  for (const char* text :
       {"=HYPERLINK(\"http://x\")", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠x"}) {
    CsvRow row;
    row.Text(text);
    EXPECT_EQ(std::move(row).Take().substr(0, 2), "\"'") << text;
  }
  for (const char* text : {"a=1", "1-2", "升级", "😀", "\u202E=1"}) {
    CsvRow row;
    row.Text(text);
    EXPECT_NE(std::move(row).Take().substr(0, 2), "\"'") << text;
  }
}

TEST(CsvRowTest, ReplacesNul) {
  CsvRow row;
  row.Text(absl::string_view("a\0b", 3));
  EXPECT_EQ(std::move(row).Take(),
            "\"a\xEF\xBF\xBD"
            "b\"\r\n");
}

}  // namespace
}  // namespace docket::audit

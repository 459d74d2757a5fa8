#include "common/calendar/civil_text.h"

#include <string>

#include "gtest/gtest.h"

namespace docket::calendar {
namespace {

TEST(CivilTextTest, ReadsWhatItWrites) {
  EXPECT_EQ(ParseDay("2026-02-14"), absl::CivilDay(2026, 2, 14));
  EXPECT_EQ(FormatDay(absl::CivilDay(2026, 2, 14)), "2026-02-14");
  EXPECT_EQ(ParseDay("0000-02-29"), absl::CivilDay(0, 2, 29));
  EXPECT_EQ(FormatDay(absl::CivilDay(0, 2, 29)), "0000-02-29");
  EXPECT_EQ(ParseMinute("9999-12-31T23:59"), absl::CivilMinute(9999, 12, 31, 23, 59));
  EXPECT_EQ(FormatMinute(absl::CivilMinute(2026, 1, 5, 9, 3)), "2026-01-05T09:03");
  EXPECT_EQ(ParseBasicDay("20260214"), absl::CivilDay(2026, 2, 14));
  EXPECT_EQ(ParseBasicSecond("20260214T090501"), absl::CivilSecond(2026, 2, 14, 9, 5, 1));
}

TEST(CivilTextTest, ReadsNothingElse) {
  for (const std::string& text :
       {std::string(""), std::string("2026-02-30"), std::string("2025-02-29"), std::string("2026-13-01"),
        std::string("2026-00-10"), std::string("2026-1-05"), std::string("2026-02-14 "), std::string("+026-02-14"),
        std::string("2026-02-1\0", 10), std::string("二〇二六-02-14")}) {
    EXPECT_FALSE(ParseDay(text).has_value()) << text;
  }
  for (const char* text :
       {"2026-02-14", "2026-02-14T24:00", "2026-02-14T09:60", "2026-02-14 09:00", "2026-02-14T9:00"}) {
    EXPECT_FALSE(ParseMinute(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseBasicSecond("20260214T090560").has_value());
}

}  // namespace
}  // namespace docket::calendar

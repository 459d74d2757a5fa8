#include "common/evidence/redacted_entries.h"

#include "gtest/gtest.h"

namespace docket::evidence {
namespace {

TEST(RedactedEntriesTest, TellsRunsOfNeighboursInTheBundle) {
  RedactedEntries entries;
  EXPECT_EQ(entries.ToText(), "-");
  for (const uint64_t index : {2, 7, 9}) entries.Add(index, false);
  EXPECT_EQ(entries.ToText(), "-");
  entries.Add(12, true);
  EXPECT_EQ(entries.ToText(), "12");
  entries.Add(13, false);
  for (const uint64_t index : {20, 25, 31}) entries.Add(index, true);
  entries.Add(40, false);
  entries.Add(41, true);
  EXPECT_EQ(entries.ToText(), "12 20-31 41");
  for (const uint64_t index : {12, 20, 25, 31, 41}) EXPECT_TRUE(entries.Contains(index)) << index;
  for (const uint64_t index : {0, 11, 13, 19, 32, 40, 42}) EXPECT_FALSE(entries.Contains(index)) << index;
}

TEST(RedactedEntriesTest, ReadsWhatItWritesAndNothingElse) {
  for (const char* text : {"-", "0", "3 5", "3-4 7", "0-18446744073709551615"}) {
    const auto parsed = RedactedEntries::Parse(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->ToText(), text);
  }
  for (const char* text : {"", "many", "x", "3-", "-3", "5 3", "3 3", "7-4", "3-4-5", "3,4", "18446744073709551616"}) {
    EXPECT_FALSE(RedactedEntries::Parse(text).has_value()) << text;
  }
}

TEST(RedactedEntriesTest, WhatWouldBeTooLongIsMany) {
  RedactedEntries entries;
  for (uint64_t index = 0; index < 200'000; ++index) entries.Add(index, index % 2 == 0);
  EXPECT_EQ(entries.ToText(), "many");
}

}  // namespace
}  // namespace docket::evidence

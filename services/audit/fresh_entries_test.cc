#include "services/audit/fresh_entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FreshEntries::Entries Entries(uint64_t first, uint64_t end, size_t bytes = 10) {
  FreshEntries::Entries entries;
  for (uint64_t i = first; i < end; ++i) {
    auto entry = std::make_shared<PreparedEvent>();
    entry->digest = absl::StrCat(i);
    entry->parts.payload.assign(bytes, 'p');
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<std::string> Names(const FreshEntries::Entries& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry->digest);
  return names;
}

TEST(FreshEntriesTest, AreTakenInOrderAndOnce) {
  FreshEntries fresh;
  fresh.Offer(5, Entries(5, 8));
  fresh.Offer(8, Entries(8, 10));
  EXPECT_THAT(Names(fresh.Take(5, 2)), ElementsAre("5", "6"));
  EXPECT_THAT(Names(fresh.Take(7, 100)), ElementsAre("7", "8", "9"));
  EXPECT_THAT(fresh.Take(7, 100), IsEmpty());
  EXPECT_THAT(fresh.Take(10, 100), IsEmpty());
  fresh.Offer(10, Entries(10, 11));
  EXPECT_THAT(Names(fresh.Take(10, 100)), ElementsAre("10"));
}

TEST(FreshEntriesTest, WhatLiesBeforeIsLeftToTheDatabase) {
  FreshEntries fresh;
  fresh.Offer(5, Entries(5, 8));
  EXPECT_THAT(fresh.Take(4, 100), IsEmpty());
  EXPECT_THAT(Names(fresh.Take(6, 100)), ElementsAre("6", "7"));
}

TEST(FreshEntriesTest, ALogThatGrewElsewhereMeanwhileLeavesNoGap) {
  FreshEntries fresh;
  fresh.Offer(5, Entries(5, 8));
  fresh.Offer(9, Entries(9, 10));
  EXPECT_THAT(fresh.Take(5, 100), IsEmpty());
  EXPECT_THAT(Names(fresh.Take(9, 100)), ElementsAre("9"));
}

TEST(FreshEntriesTest, KeepsNoMoreThanItMay) {
  FreshEntries fresh;
  fresh.Offer(0, Entries(0, FreshEntries::kMaxEntries + 3));
  EXPECT_THAT(fresh.Take(2, 1), IsEmpty());
  EXPECT_THAT(Names(fresh.Take(3, 1)), ElementsAre("3"));

  FreshEntries large;
  large.Offer(0, Entries(0, 5, FreshEntries::kMaxBytes / 4));
  EXPECT_THAT(large.Take(0, 1), IsEmpty());
  EXPECT_THAT(Names(large.Take(1, 9)), ElementsAre("1", "2", "3", "4"));
}

}  // namespace
}  // namespace docket::audit

#include "common/events/claimed_window.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::events {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

std::vector<WaitingEvent> Waiting(const std::vector<std::string>& ids) {
  std::vector<WaitingEvent> events;
  for (const std::string& id : ids) {
    events.push_back({.event_id = id,
                      .subject = absl::StrCat("subject of ", id),
                      .revision = 1,
                      .type = "RequestCreated",
                      .envelope_bytes = 3,
                      .envelope = id});
  }
  return events;
}

std::optional<std::vector<std::string>> Read(const ClaimedWindow& window, int64_t epoch, int64_t sequence,
                                             int limit = 100) {
  const auto read = window.Read(epoch, sequence, limit);
  if (!read.has_value()) return std::nullopt;
  std::vector<std::string> ids;
  for (const auto& event : *read) {
    EXPECT_EQ(event->event.sequence, sequence + static_cast<int64_t>(ids.size()));
    EXPECT_EQ(event->envelope, event->event.event_id);
    ids.push_back(event->event.event_id);
  }
  return ids;
}

TEST(ClaimedWindowTest, KnowsNothingBeforeTheFirstClaim) {
  const ClaimedWindow window;
  EXPECT_EQ(Read(window, 1, 1), std::nullopt);
}

TEST(ClaimedWindowTest, TellsWhatWasClaimedFromAnyPlaceOn) {
  ClaimedWindow window;
  window.Add(1, 10, Waiting({"a", "b"}));
  window.Add(1, 12, Waiting({"c"}));
  EXPECT_THAT(Read(window, 1, 10), Optional(ElementsAre("a", "b", "c")));
  EXPECT_THAT(Read(window, 1, 11), Optional(ElementsAre("b", "c")));
  EXPECT_THAT(Read(window, 1, 10, 2), Optional(ElementsAre("a", "b")));
}

TEST(ClaimedWindowTest, TellsThatThereIsNothingNew) {
  ClaimedWindow window;
  window.Add(1, 10, Waiting({"a"}));
  EXPECT_THAT(Read(window, 1, 11), Optional(IsEmpty()));
}

TEST(ClaimedWindowTest, KnowsAtTheBeginningOfAnEpochThatNothingIsNewYet) {
  ClaimedWindow window;
  window.Begin(3, 10);
  EXPECT_THAT(Read(window, 3, 10), Optional(IsEmpty()));
  EXPECT_EQ(Read(window, 3, 9), std::nullopt);
  window.Add(3, 10, Waiting({"a"}));
  EXPECT_THAT(Read(window, 3, 10), Optional(ElementsAre("a")));
}

TEST(ClaimedWindowTest, CannotTellWhatIsOlderOrOfAnotherEpochOrNotThereYet) {
  ClaimedWindow window;
  window.Add(2, 10, Waiting({"a"}));
  EXPECT_EQ(Read(window, 2, 9), std::nullopt);
  EXPECT_EQ(Read(window, 2, 12), std::nullopt);
  EXPECT_EQ(Read(window, 1, 10), std::nullopt);
  EXPECT_EQ(Read(window, 3, 10), std::nullopt);
}

TEST(ClaimedWindowTest, AGapOrAnotherEpochBeginsAnew) {
  ClaimedWindow window;
  window.Add(1, 10, Waiting({"a"}));
  window.Add(1, 15, Waiting({"b"}));
  EXPECT_EQ(Read(window, 1, 10), std::nullopt);
  EXPECT_THAT(Read(window, 1, 15), Optional(ElementsAre("b")));
  window.Add(2, 16, Waiting({"c"}));
  EXPECT_EQ(Read(window, 2, 15), std::nullopt);
  EXPECT_THAT(Read(window, 2, 16), Optional(ElementsAre("c")));
}

TEST(ClaimedWindowTest, KeepsTheNewestWithinItsLimits) {
  ClaimedWindow by_count(/*max_events=*/2);
  by_count.Add(1, 1, Waiting({"a", "b", "c"}));
  EXPECT_EQ(Read(by_count, 1, 1), std::nullopt);
  EXPECT_THAT(Read(by_count, 1, 2), Optional(ElementsAre("b", "c")));

  ClaimedWindow by_size(/*max_events=*/100, /*max_bytes=*/1);
  by_size.Add(1, 1, Waiting({"a"}));
  EXPECT_EQ(Read(by_size, 1, 1), std::nullopt);
  EXPECT_THAT(Read(by_size, 1, 2), Optional(IsEmpty()));
}

}  // namespace
}  // namespace docket::events

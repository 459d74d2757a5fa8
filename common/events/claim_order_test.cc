#include "common/events/claim_order.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::events {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

WaitingEvent Waiting(const char* id, const char* subject, int64_t revision) {
  return {.event_id = id, .subject = subject, .revision = revision, .type = "RequestCreated"};
}

std::vector<std::string> Order(std::vector<WaitingEvent> events) {
  SortForClaim(events);
  std::vector<std::string> ids;
  for (const WaitingEvent& event : events) ids.push_back(event.event_id);
  return ids;
}

TEST(ClaimOrderTest, NothingStaysNothing) { EXPECT_THAT(Order({}), IsEmpty()); }

TEST(ClaimOrderTest, EventsOfDifferentSubjectsGoById) {
  EXPECT_THAT(Order({Waiting("3", "a", 1), Waiting("1", "b", 9), Waiting("2", "c", 4)}), ElementsAre("1", "2", "3"));
}

TEST(ClaimOrderTest, RevisionsOfASubjectAscendInThePlacesOfItsEvents) {
  EXPECT_THAT(Order({Waiting("1", "a", 3), Waiting("2", "b", 1), Waiting("3", "a", 1), Waiting("4", "b", 2),
                     Waiting("5", "a", 2)}),
              ElementsAre("3", "2", "5", "4", "1"));
}

TEST(ClaimOrderTest, EventsOfOneRevisionGoById) {
  EXPECT_THAT(Order({Waiting("4", "a", 2), Waiting("3", "a", 2), Waiting("2", "a", 2), Waiting("5", "a", 1)}),
              ElementsAre("5", "2", "3", "4"));
}

TEST(ClaimOrderTest, EventsWithoutRevisionKeepTheirPlace) {
  EXPECT_THAT(Order({Waiting("1", "a", 2), Waiting("2", "a", 0), Waiting("3", "a", 1)}), ElementsAre("3", "2", "1"));
}

TEST(ClaimOrderTest, EventsWithoutSubjectKeepTheirPlace) {
  EXPECT_THAT(Order({Waiting("1", "", 2), Waiting("2", "", 1)}), ElementsAre("1", "2"));
}

}  // namespace
}  // namespace docket::events

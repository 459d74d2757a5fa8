// Delivery through the whole service: whatever senders repeat, reorder or get wrong, the log has each event once.
#include <algorithm>
#include <cstddef>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/testing/audit_service_fixture.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;
using rpc::testing::DocketService;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

class DeliveryTest : public AuditServiceTest {
 protected:
  std::vector<DeliveryResult> Results(const std::vector<event::v1::Event>& events,
                                      const std::string& service = "request") {
    const auto response = OrExit(Deliver(DocketService(service), events), "deliver");
    return {response.results().begin(), response.results().end()};
  }
};

TEST_F(DeliveryTest, OneEventSentAHundredTimesByThirtyTwoClientsIsOneEntry) {
  Put({NewEvent()});
  const event::v1::Event event = NewEvent();
  constexpr int kClients = 32;
  std::vector<DeliveryResult> results[kClients];
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (int call = client; call < 100; call += kClients) results[client].push_back(Results({event})[0]);
    });
  }
  for (std::thread& client : clients) client.join();
  int accepted = 0;
  int duplicate = 0;
  for (const auto& some : results) {
    for (const DeliveryResult& result : some) {
      EXPECT_EQ(result.log_index(), 1);
      accepted += result.verdict() == DeliveryResult::VERDICT_ACCEPTED ? 1 : 0;
      duplicate += result.verdict() == DeliveryResult::VERDICT_DUPLICATE ? 1 : 0;
    }
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(duplicate, 99);
  ExpectWholeTree(2);
}

TEST_F(DeliveryTest, TheSameIdWithOtherContentAtOnceIsOneEntryAndItsConflicts) {
  const event::v1::Event event = NewEvent();
  constexpr int kClients = 32;
  std::vector<DeliveryResult> results(kClients);
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      event::v1::Event told = event;
      told.set_reason(absl::StrCat("说法 ", client % 4));
      results[static_cast<size_t>(client)] = Results({told})[0];
    });
  }
  for (std::thread& client : clients) client.join();
  int accepted = 0;
  int duplicate = 0;
  int conflict = 0;
  for (const DeliveryResult& result : results) {
    accepted += result.verdict() == DeliveryResult::VERDICT_ACCEPTED ? 1 : 0;
    duplicate += result.verdict() == DeliveryResult::VERDICT_DUPLICATE ? 1 : 0;
    conflict += result.verdict() == DeliveryResult::VERDICT_CONFLICT ? 1 : 0;
    EXPECT_EQ(result.log_index(), 0);
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(duplicate, 7);
  EXPECT_EQ(conflict, 24);
  // Of the three that were not first, each is recorded once.
  EXPECT_THAT(EntriesOf<event::v1::IngestConflict>(), SizeIs(3));
  ExpectWholeTree(4);
}

TEST_F(DeliveryTest, ABatchMayHoldAnEventTwice) {
  const std::vector<event::v1::Event> events = NumberedEvents(1, 3);
  const auto results = Results({events[0], events[1], events[0], events[2], events[2]});
  std::vector<int64_t> indexes;
  for (const DeliveryResult& result : results) indexes.push_back(result.log_index());
  EXPECT_THAT(indexes, ::testing::ElementsAre(0, 1, 0, 2, 2));
  EXPECT_EQ(results[2].verdict(), DeliveryResult::VERDICT_DUPLICATE);
  EXPECT_EQ(results[4].verdict(), DeliveryResult::VERDICT_DUPLICATE);
  ExpectWholeTree(3);
}

// A source's whole outbox of a thousand events, again and in any order, in other batches, by several clients at once.
TEST_F(DeliveryTest, AWholeOutboxAgainIsNothingNew) {
  const std::vector<event::v1::Event> outbox = NumberedEvents(1, 1000);
  for (size_t i = 0; i < outbox.size(); i += 250)
    Put({outbox.begin() + static_cast<std::ptrdiff_t>(i), outbox.begin() + static_cast<std::ptrdiff_t>(i + 250)});
  constexpr int kClients = 4;
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      std::mt19937 random(static_cast<uint32_t>(client));
      std::vector<event::v1::Event> shuffled = outbox;
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      for (size_t i = 0; i < shuffled.size(); i += 125) {
        const auto begin = shuffled.begin() + static_cast<std::ptrdiff_t>(i);
        for (const DeliveryResult& result : Results({begin, begin + 125}))
          ASSERT_EQ(result.verdict(), DeliveryResult::VERDICT_DUPLICATE);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  ExpectWholeTree(1000);
  EXPECT_THAT(EntriesOf<event::v1::IngestGap>(), IsEmpty());
}

// Parts of an outbox that arrive in any order leave gaps; when all is there, all of them are filled, exactly.
TEST_F(DeliveryTest, AnOutboxInAnyOrderEndsWithoutGaps) {
  const std::vector<event::v1::Event> outbox = NumberedEvents(1, 200);
  std::vector<size_t> order;
  for (size_t i = 0; i < outbox.size(); i += 10) order.push_back(i);
  std::shuffle(order.begin(), order.end(), std::mt19937(7));
  for (const size_t first : order)
    Put({outbox.begin() + static_cast<std::ptrdiff_t>(first),
         outbox.begin() + static_cast<std::ptrdiff_t>(first + 10)});
  std::set<int64_t> missing;
  for (const event::v1::IngestGap& gap : EntriesOf<event::v1::IngestGap>()) {
    for (int64_t n = gap.first_missing(); n <= gap.last_missing(); ++n) EXPECT_TRUE(missing.insert(n).second) << n;
  }
  EXPECT_FALSE(missing.empty());
  for (const event::v1::IngestFilled& filled : EntriesOf<event::v1::IngestFilled>()) {
    for (int64_t n = filled.first(); n <= filled.last(); ++n) EXPECT_EQ(missing.erase(n), 1u) << n;
  }
  EXPECT_THAT(missing, IsEmpty());
  EXPECT_EQ(db_.Count("SELECT missing FROM ingest_source WHERE source = 'services/request'"), 0);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM ingest_gap"), 0);
}

TEST_F(DeliveryTest, PoisonIsRecordedAndItsNeighboursLand) {
  std::vector<event::v1::Event> events = NumberedEvents(1, 8);
  events[1].clear_actor();
  events[2].set_type("not a type");
  events[3].set_reason(std::string(2001, 'x'));
  events[4].mutable_payload()->set_value(std::string(size_t{1} << 20, 'x'));
  events[5].set_outcome(static_cast<event::v1::Outcome>(77));
  events[6].set_event_id("");
  const auto results = Results(events);
  for (const size_t good : {size_t{0}, size_t{7}})
    EXPECT_EQ(results[good].verdict(), DeliveryResult::VERDICT_ACCEPTED) << results[good].reason();
  for (size_t bad = 1; bad < 7; ++bad) {
    EXPECT_EQ(results[bad].verdict(), DeliveryResult::VERDICT_REJECTED) << bad;
    EXPECT_FALSE(results[bad].reason().empty());
  }
  EXPECT_THAT(EntriesOf<event::v1::IngestRejected>(), SizeIs(6));
  EXPECT_THAT(EntriesOf<event::v1::IngestGap>(), IsEmpty()) << "they did arrive";
  ExpectWholeTree(8);
}

TEST_F(DeliveryTest, WhoSpeaksInAnothersNameIsRecorded) {
  const std::vector<event::v1::Event> events = NumberedEvents(1, 2);
  for (const DeliveryResult& result : Results(events, "evaluation")) {
    EXPECT_EQ(result.verdict(), DeliveryResult::VERDICT_REJECTED);
    EXPECT_THAT(result.reason(), HasSubstr("services/evaluation"));
  }
  const auto rejected = EntriesOf<event::v1::IngestRejected>();
  ASSERT_THAT(rejected, SizeIs(2));
  EXPECT_EQ(rejected[0].source(), "services/evaluation");
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM ingest_source WHERE source = 'services/request'"), 0);
  // It did not use up the event.
  Put(events);
}

}  // namespace
}  // namespace docket::audit

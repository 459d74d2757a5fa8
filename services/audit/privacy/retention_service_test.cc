// Retention: the policy as clients edit it, and the worker that follows it.
#include <string>
#include <thread>
#include <vector>

#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using tests::IsOk;

class RetentionServiceTest : public PrivacyTest {
 protected:
  absl::StatusOr<v1::RetentionPolicy> GetPolicy() {
    v1::GetRetentionPolicyRequest request;
    request.set_name("organizations/yunqi/retentionPolicy");
    return Call<v1::RetentionPolicy>("PrivacyService/GetRetentionPolicy", auditor_, request);
  }
  absl::StatusOr<v1::RetentionPolicy> Set(int default_months,
                                          const std::vector<std::pair<std::string, int>>& rules = {},
                                          const std::optional<std::string>& etag = std::nullopt) {
    v1::UpdateRetentionPolicyRequest request;
    v1::RetentionPolicy& policy = *request.mutable_retention_policy();
    policy.set_name("organizations/yunqi/retentionPolicy");
    policy.set_etag(etag.has_value() ? *etag : GetPolicy()->etag());
    policy.set_default_months(default_months);
    for (const auto& [type, months] : rules) {
      v1::RetentionPolicy::Rule* rule = policy.add_rules();
      rule->set_event_type(type);
      rule->set_months(months);
    }
    request.set_request_id(NewRequestId());
    return Call<v1::RetentionPolicy>("PrivacyService/UpdateRetentionPolicy", director_, request);
  }
  event::v1::Event OfType(const std::string& type, const std::string& change = "r1") {
    event::v1::Event event = EventOf("li-na", "x", change);
    event.set_type(type);
    return event;
  }
  int64_t RunWorker(Replica* replica = nullptr) {
    return OrExit((replica == nullptr ? replica_.get() : replica)->room.retention().RunOnce(absl::Seconds(30)),
                  "retention");
  }
  std::vector<uint64_t> Redacted() {
    std::vector<uint64_t> indexes;
    for (uint64_t i = 0; i < Size(); ++i) {
      if (EntryAt(i).redacted) indexes.push_back(i);
    }
    return indexes;
  }
};

TEST_F(RetentionServiceTest, EditsAreEntriesWithBeforeAndAfter) {
  EXPECT_EQ(GetPolicy()->etag(), "0");
  const auto first = Set(24, {{"FeedbackCreated", 12}});
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->etag(), "1");
  EXPECT_EQ(first->updater(), director_.name());
  ASSERT_THAT(Set(36, {{"FeedbackCreated", 6}, {"RequestSubmitted", 0}}), IsOk());
  EXPECT_EQ(GetPolicy()->etag(), "2");
  EXPECT_EQ(GetReason(Set(24, {}, "1").status()), Reason::REASON_STALE_ETAG);
  EXPECT_THAT(Relay(), ElementsAre("RetentionPolicyUpdated", "RetentionPolicyUpdated"));
  const auto event = UnsealEvent(EntryAt(1).entry, EntryAt(1).payload);
  ASSERT_THAT(event, IsOk());
  std::vector<std::string> changes;
  for (const auto& change : event->changes()) {
    changes.push_back(absl::StrCat(change.field(), ": ", change.before(), " -> ", change.after()));
  }
  EXPECT_THAT(changes, ElementsAre("default_months: 24 -> 36", "rules[FeedbackCreated].months: 12 -> 6",
                                   "rules[RequestSubmitted].months:  -> for ever"));
  EXPECT_EQ(event->before_sha256().size(), 32u);
  EXPECT_NE(event->before_sha256(), event->after_sha256());
}

TEST_F(RetentionServiceTest, MistakesAreNamedAndOthersAreRefused) {
  const auto wrong = Set(5, {{"FeedbackCreated", 5}, {"LegalHoldPlaced", 12}}, "0");
  ASSERT_EQ(GetReason(wrong.status()), Reason::REASON_INVALID_FIELDS);
  EXPECT_EQ(GetBadRequest(wrong.status())->field_violations_size(), 3);
  EXPECT_EQ(GetReason(Set(12, {{"feedback", 12}}, "0").status()), Reason::REASON_INVALID_FIELDS);
  EXPECT_EQ(GetReason(Set(1201, {}, "0").status()), Reason::REASON_INVALID_FIELDS);
  EXPECT_EQ(GetReason(Set(12, {}, "").status()), Reason::REASON_INVALID_FIELDS);
  v1::UpdateRetentionPolicyRequest request;
  request.mutable_retention_policy()->set_name("organizations/yunqi/retentionPolicy");
  request.mutable_retention_policy()->set_etag("0");
  request.set_request_id(NewRequestId());
  for (const auto& person : {auditor_, requester_, data_admin_}) {
    EXPECT_EQ(GetReason(Call<v1::RetentionPolicy>("PrivacyService/UpdateRetentionPolicy", person, request).status()),
              Reason::REASON_ROLE_REQUIRED);
  }
}

TEST_F(RetentionServiceTest, TakesAwayWhatIsOlderThanItsRuleSays) {
  Put({OfType("FeedbackCreated"), OfType("RequestSubmitted"), OfType("VendorNoticePublished")});
  clock_.Advance(absl::Hours(24 * 200));
  Put({OfType("FeedbackCreated"), OfType("RequestSubmitted")});
  EXPECT_EQ(RunWorker(), 0);
  ASSERT_THAT(Set(0, {{"FeedbackCreated", 6}}), IsOk());
  EXPECT_EQ(RunWorker(), 1);
  EXPECT_THAT(Redacted(), ElementsAre(0));
  EXPECT_EQ(RunWorker(), 0);
  ASSERT_THAT(Set(6, {{"FeedbackCreated", 6}, {"RequestSubmitted", 0}}), IsOk());
  EXPECT_EQ(RunWorker(), 1);
  EXPECT_THAT(Redacted(), ElementsAre(0, 2));
  EXPECT_THAT(Relay(),
              ElementsAre("RetentionPolicyUpdated", "RetentionApplied", "RetentionPolicyUpdated", "RetentionApplied"));
  const auto event = UnsealEvent(EntryAt(6).entry, EntryAt(6).payload);
  ASSERT_THAT(event, IsOk());
  event::v1::RetentionApplied applied;
  ASSERT_TRUE(event->payload().UnpackTo(&applied));
  EXPECT_EQ(applied.event_type(), "FeedbackCreated");
  EXPECT_EQ(applied.months(), 6);
  EXPECT_EQ(applied.count(), 1);
  ASSERT_EQ(applied.ranges_size(), 1);
  EXPECT_EQ(applied.ranges(0).first(), 0);
  EXPECT_EQ(applied.ranges(0).last(), 0);
  EXPECT_EQ(event->actor().name(), "services/audit");
  EXPECT_EQ(event->organization(), "organizations/yunqi");
  EXPECT_THAT(CheckLog(), IsOk());
}

TEST_F(RetentionServiceTest, WhatTellsOfRedactionsIsKeptWhateverItsAge) {
  Put({OfType("FeedbackCreated")});
  Redact({0});
  Relay();
  const auto types = Size();
  clock_.Advance(absl::Hours(24 * 400));
  ASSERT_THAT(Set(6), IsOk());
  EXPECT_EQ(RunWorker(), 0);
  EXPECT_EQ(Size(), types);
  EXPECT_THAT(Redacted(), ElementsAre(0));
}

TEST_F(RetentionServiceTest, WhatIsHeldStaysUntilItsHoldIsReleased) {
  Put({OfType("FeedbackCreated", "r1"), OfType("FeedbackCreated", "r2"), OfType("FeedbackCreated", "r1")});
  clock_.Advance(absl::Hours(24 * 200));
  v1::LegalHold scope;
  scope.set_change("organizations/yunqi/requests/r1");
  const auto hold = Place(scope);
  ASSERT_THAT(hold, IsOk());
  ASSERT_THAT(Set(6), IsOk());
  EXPECT_EQ(RunWorker(), 1);
  EXPECT_THAT(Redacted(), ElementsAre(1));
  EXPECT_EQ(RunWorker(), 0);
  ASSERT_THAT(Release(hold->name(), executive_), IsOk());
  EXPECT_EQ(RunWorker(), 2);
  EXPECT_THAT(Redacted(), ElementsAre(0, 1, 2));
  Relay();
  EXPECT_THAT(CheckLog(), IsOk());
}

TEST_F(RetentionServiceTest, ReplicasShareTheWorkInBoundedBatches) {
  std::vector<event::v1::Event> events;
  for (int i = 0; i < 1200; ++i) events.push_back(OfType(i % 3 == 0 ? "RequestSubmitted" : "FeedbackCreated"));
  Put(events);
  clock_.Advance(absl::Hours(24 * 200));
  ASSERT_THAT(Set(0, {{"FeedbackCreated", 6}}), IsOk());
  Relay();
  const auto other = NewReplica();
  std::vector<std::thread> threads;
  int64_t redacted[2] = {};
  threads.emplace_back([&] { redacted[0] = RunWorker(); });
  threads.emplace_back([&] { redacted[1] = RunWorker(other.get()); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(redacted[0] + redacted[1], 800);
  EXPECT_EQ(Relay().size(), 2u);
  // Blocks that lost two of three seeds.
  for (uint64_t index : {0, 1, 2, 3, 1198, 1199}) EXPECT_EQ(EntryAt(index).redacted, index % 3 != 0) << index;
  EXPECT_THAT(CheckLog(), IsOk());
}

TEST_F(RetentionServiceTest, OtherOrganisationsAreLeftAlone) {
  event::v1::Event foreign = OfType("FeedbackCreated");
  foreign.set_organization("organizations/library");
  Put({foreign, OfType("FeedbackCreated")});
  clock_.Advance(absl::Hours(24 * 200));
  ASSERT_THAT(Set(6), IsOk());
  EXPECT_EQ(RunWorker(), 1);
  EXPECT_THAT(Redacted(), ElementsAre(1));
}

}  // namespace
}  // namespace docket::audit

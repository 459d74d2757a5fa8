#include "services/docketctl/trail_download.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using absl::StatusCode;
using audit::v1::StreamChangeTrailRequest;
using audit::v1::StreamChangeTrailResponse;
using tests::IsOk;
using tests::StatusIs;

constexpr char kChange[] = "organizations/yunqi/requests/r1";

StreamChangeTrailResponse Entries(int64_t first, int64_t last) {
  StreamChangeTrailResponse answer;
  for (int64_t index = first; index <= last; ++index) {
    answer.add_entries()->set_index(index);
    answer.add_proofs()->set_index(index);
  }
  return answer;
}

StreamChangeTrailResponse Summary(int64_t entries) {
  StreamChangeTrailResponse answer;
  answer.mutable_summary()->set_entry_count(entries);
  answer.mutable_summary()->add_missing()->set_kind(audit::v1::MissingFact::KIND_REDACTED);
  return answer;
}

absl::StatusOr<audit::v1::ChangeTrail> Download(const std::vector<StreamChangeTrailResponse>& answers,
                                                const absl::Status& end = absl::OkStatus()) {
  return DownloadTrail(
      [&](const StreamChangeTrailRequest& request, const auto& receive) {
        EXPECT_EQ(request.change(), kChange);
        for (const auto& answer : answers) EXPECT_TRUE(receive(answer));
        return end;
      },
      kChange);
}

TEST(TrailDownloadTest, PutsTheAnswersTogether) {
  StreamChangeTrailResponse first = Entries(3, 4);
  first.mutable_checkpoint()->set_size(9);
  first.set_verifier_key("key");
  const auto trail = Download({first, Entries(7, 7), Summary(3)});
  ASSERT_THAT(trail, IsOk());
  EXPECT_EQ(trail->change(), kChange);
  EXPECT_EQ(trail->checkpoint().size(), 9);
  EXPECT_EQ(trail->verifier_key(), "key");
  EXPECT_EQ(trail->entries_size(), 3);
  EXPECT_EQ(trail->proofs(2).index(), 7);
  EXPECT_EQ(trail->missing_size(), 1);
}

TEST(TrailDownloadTest, ATrailThatWasCutIsNone) {
  EXPECT_THAT(Download({}), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Download({Entries(1, 2)}), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Download({Entries(1, 2), Summary(3)}), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Download({Entries(1, 2)}, absl::UnavailableError("gone")), StatusIs(StatusCode::kUnavailable));
}

TEST(TrailDownloadTest, SaysEveryFactInALine) {
  audit::v1::MissingFact fact;
  for (int kind = 0; kind <= audit::v1::MissingFact::Kind_MAX; ++kind) {
    fact.set_kind(static_cast<audit::v1::MissingFact::Kind>(kind));
    EXPECT_NE(Describe(fact), "");
    EXPECT_EQ(Describe(fact) == "something that this docketctl does not know", kind == 0) << kind;
  }
  fact.set_kind(audit::v1::MissingFact::KIND_REVISIONS);
  fact.set_subject(kChange);
  fact.set_first(3);
  fact.set_last(3);
  EXPECT_EQ(Describe(fact), "no event tells of revision 3 of organizations/yunqi/requests/r1");
  fact.set_last(5);
  EXPECT_EQ(Describe(fact), "no event tells of revision 3 to 5 of organizations/yunqi/requests/r1");
}

}  // namespace
}  // namespace docket::ctl

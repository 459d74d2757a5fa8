#include "services/request/request_relation.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/request.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;
using Kind = RelationKind;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);
constexpr Kind kKinds[] = {Kind::kDuplicateOf, Kind::kDuplicatedBy, Kind::kParent, Kind::kChild,
                           Kind::kRelated,     Kind::kCausedBy,     Kind::kCauses};

Request Submitted(char id) {
  Request request;
  request.organization_id = "yunqi";
  request.id = std::string(16, id);
  request.state = RequestState::kSubmitted;
  request.submit_time = kNow;
  request.revision = 3;
  return request;
}

TEST(RequestRelationTest, BothEndsShowItAndItGoesFromBoth) {
  for (const Kind kind : kKinds) {
    Request a = Submitted('a'), b = Submitted('b');
    ASSERT_THAT(Relate(a, b, kind, kNow), IsOk());
    EXPECT_THAT(a.relations, ElementsAre(Relation{.kind = kind, .other_id = b.id}));
    EXPECT_THAT(b.relations, ElementsAre(Relation{.kind = InverseOf(kind), .other_id = a.id}));
    EXPECT_EQ(InverseOf(InverseOf(kind)), kind);
    EXPECT_EQ(a.revision, 4);
    EXPECT_EQ(b.revision, 4);
    EXPECT_THAT(Relate(a, b, kind, kNow), StatusIs(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
    ASSERT_THAT(Unrelate(b, a, InverseOf(kind), kNow), IsOk());
    EXPECT_TRUE(a.relations.empty() && b.relations.empty());
    EXPECT_THAT(Unrelate(a, b, kind, kNow), StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  }
}

TEST(RequestRelationTest, OneDirectionExcludesTheOther) {
  for (const Kind kind : kKinds) {
    Request a = Submitted('a'), b = Submitted('b');
    ASSERT_THAT(Relate(a, b, kind, kNow), IsOk());
    const absl::Status opposite = Relate(b, a, kind, kNow);
    if (kind == Kind::kRelated) {
      EXPECT_THAT(opposite, StatusIs(absl::StatusCode::kAlreadyExists));
      continue;
    }
    EXPECT_THAT(opposite, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
    EXPECT_EQ(GetErrorInfo(opposite)->metadata().at("cycle"), b.Name() + " " + a.Name() + " " + b.Name());
    // But two may be related in two ways.
    EXPECT_THAT(Relate(a, b, Kind::kRelated, kNow), IsOk());
  }
}

TEST(RequestRelationTest, NeverToItselfNorToADraft) {
  Request a = Submitted('a'), same = Submitted('a'), draft = Submitted('b');
  draft.submit_time.reset();
  draft.state = RequestState::kDraft;
  EXPECT_THAT(Relate(a, same, Kind::kRelated, kNow),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Relate(a, draft, Kind::kRelated, kNow),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Relate(draft, a, Kind::kRelated, kNow),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(a.revision, 3);
}

TEST(RequestRelationTest, OneParentAndAHundredRelations) {
  Request child = Submitted('c'), parent = Submitted('p'), other = Submitted('q');
  ASSERT_THAT(Relate(child, parent, Kind::kParent, kNow), IsOk());
  const auto limit = StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED);
  EXPECT_THAT(Relate(child, other, Kind::kParent, kNow), limit);
  EXPECT_THAT(Relate(other, child, Kind::kChild, kNow), limit);

  FakeClock clock(kNow);
  UuidGenerator uuids(clock);
  std::vector<Request> others(kMaxRelations, Submitted('x'));
  for (Request& one : others) one.id = uuids.Next();
  for (size_t i = 0; i + 1 < kMaxRelations; ++i) {
    ASSERT_THAT(Relate(parent, others[i], Kind::kRelated, kNow), IsOk());
  }
  const absl::Status full = Relate(others.back(), parent, Kind::kRelated, kNow);
  EXPECT_THAT(full, limit);
  EXPECT_EQ(GetErrorInfo(full)->metadata().at("limit"), "100");
  EXPECT_EQ(parent.relations.size(), kMaxRelations);
  EXPECT_TRUE(std::is_sorted(parent.relations.begin(), parent.relations.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kind, a.other_id) < std::tie(b.kind, b.other_id);
  }));
}

TEST(RequestRelationTest, WhatAMergeLeavesStays) {
  for (const bool said_before : {false, true}) {
    Request merged = Submitted('m'), target = Submitted('t'), third = Submitted('z');
    if (said_before) {
      ASSERT_THAT(Relate(merged, target, Kind::kDuplicateOf, kNow), IsOk());
    }
    const int64_t revision = merged.revision;
    ASSERT_THAT(RelateMerged(merged, target, kNow), IsOk());
    EXPECT_EQ(merged.revision, revision);
    EXPECT_THAT(merged.relations,
                ElementsAre(Relation{.kind = Kind::kDuplicateOf, .other_id = target.id, .by_merge = true}));
    EXPECT_THAT(Unrelate(merged, target, Kind::kDuplicateOf, kNow),
                StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    // The target of a merge is not merged further.
    const absl::Status chain = CheckMergeTarget(target, third);
    EXPECT_THAT(chain, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
    EXPECT_EQ(GetErrorInfo(chain)->metadata().at("resource"), merged.Name());
  }
}

TEST(RequestRelationTest, WhoMayRelate) {
  Request request = Submitted('a');
  request.requester = "organizations/yunqi/people/li-na";
  request.department_id = "engineering";
  const auto by = [](const std::string& person, const std::string& department, bool director, bool head) {
    return Attempt{.caller = "organizations/yunqi/people/" + person,
                   .department_id = department,
                   .is_it_director = director,
                   .is_department_head = head};
  };
  EXPECT_THAT(request.CheckMayRelate(by("li-na", "engineering", false, false)), IsOk());
  EXPECT_THAT(request.CheckMayRelate(by("li-na", "finance", false, true)), IsOk());
  EXPECT_THAT(request.CheckMayRelate(by("wang-qiang", "engineering", false, true)), IsOk());
  EXPECT_THAT(request.CheckMayRelate(by("chen-min", "it", true, false)), IsOk());
  EXPECT_THAT(request.CheckMayRelate(by("zhao-lei", "finance", false, true)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  EXPECT_THAT(request.CheckMayRelate(by("sun-yu", "engineering", false, false)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
}

}  // namespace
}  // namespace docket::request

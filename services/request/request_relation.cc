#include "services/request/request_relation.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/request.h"

namespace docket::request {
namespace {

constexpr std::array<absl::string_view, 8> kKindNames = {"",      "DUPLICATE_OF", "DUPLICATED_BY", "PARENT",
                                                         "CHILD", "RELATED",      "CAUSED_BY",     "CAUSES"};

auto OrderOf(const Relation& relation) { return std::tie(relation.kind, relation.other_id); }

std::vector<Relation>::iterator Find(Request& request, RelationKind kind, const std::string& other_id) {
  return std::find_if(request.relations.begin(), request.relations.end(),
                      [&](const Relation& relation) { return relation.kind == kind && relation.other_id == other_id; });
}

bool Has(Request& request, RelationKind kind, const std::string& other_id) {
  return Find(request, kind, other_id) != request.relations.end();
}

void Put(Request& request, Relation relation) {
  const auto place = std::lower_bound(request.relations.begin(), request.relations.end(), relation,
                                      [](const Relation& a, const Relation& b) { return OrderOf(a) < OrderOf(b); });
  request.relations.insert(place, std::move(relation));
}

absl::Status LimitReached(absl::string_view message, size_t limit) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED, message,
               {{"limit", absl::StrCat(limit)}});
}

absl::Status CheckRoom(const Request& request) {
  if (request.relations.size() < kMaxRelations) return absl::OkStatus();
  return LimitReached(absl::StrCat(request.Name(), " has ", kMaxRelations, " relations already"), kMaxRelations);
}

absl::Status CheckOneParent(const Request& child) {
  const bool has_parent = std::any_of(child.relations.begin(), child.relations.end(),
                                      [](const Relation& relation) { return relation.kind == RelationKind::kParent; });
  if (!has_parent) return absl::OkStatus();
  return LimitReached(absl::StrCat(child.Name(), " has a parent already"), 1);
}

// Being related goes both ways; of the others only one direction can be true.
absl::Status CheckOpposite(Request& one, Request& other, RelationKind kind) {
  if (kind == RelationKind::kRelated || !Has(one, InverseOf(kind), other.id)) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE,
               absl::StrCat("the opposite is the case: the other request is ", RelationKindName(InverseOf(kind)),
                            " of this one"),
               {{"cycle", absl::StrCat(one.Name(), " ", other.Name(), " ", one.Name())}});
}

// Relate without the revisions.
absl::Status Link(Request& one, Request& other, RelationKind kind) {
  FieldViolations violations;
  violations.Require(one.id != other.id, "related_request", "must be another request");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  for (const Request* request : {&one, &other}) {
    if (request->submit_time.has_value()) continue;
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
                 "a request that was never submitted is its author's alone and has no relations",
                 {{"resource", request->Name()}, {"state", std::string(RequestStateName(request->state))}});
  }
  if (Has(one, kind, other.id)) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS, "the requests are so related already",
                 {{"resource", other.Name()}});
  }
  DOCKET_RETURN_IF_ERROR(CheckOpposite(one, other, kind));
  if (kind == RelationKind::kParent) DOCKET_RETURN_IF_ERROR(CheckOneParent(one));
  if (kind == RelationKind::kChild) DOCKET_RETURN_IF_ERROR(CheckOneParent(other));
  DOCKET_RETURN_IF_ERROR(CheckRoom(one));
  DOCKET_RETURN_IF_ERROR(CheckRoom(other));
  Put(one, {.kind = kind, .other_id = other.id});
  Put(other, {.kind = InverseOf(kind), .other_id = one.id});
  return absl::OkStatus();
}

}  // namespace

absl::string_view RelationKindName(RelationKind kind) {
  const size_t index = static_cast<size_t>(kind);
  return index < kKindNames.size() ? kKindNames[index] : "";
}

RelationKind InverseOf(RelationKind kind) {
  switch (kind) {
    case RelationKind::kDuplicateOf:
      return RelationKind::kDuplicatedBy;
    case RelationKind::kDuplicatedBy:
      return RelationKind::kDuplicateOf;
    case RelationKind::kParent:
      return RelationKind::kChild;
    case RelationKind::kChild:
      return RelationKind::kParent;
    case RelationKind::kCausedBy:
      return RelationKind::kCauses;
    case RelationKind::kCauses:
      return RelationKind::kCausedBy;
    case RelationKind::kRelated:
    case RelationKind::kUnspecified:
      break;
  }
  return kind;
}

absl::Status Relate(Request& one, Request& other, RelationKind kind, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(Link(one, other, kind));
  one.Enter(one.state, now);
  other.Enter(other.state, now);
  return absl::OkStatus();
}

absl::Status RelateMerged(Request& merged, Request& target, absl::Time now) {
  if (!Has(merged, RelationKind::kDuplicateOf, target.id)) {
    DOCKET_RETURN_IF_ERROR(Link(merged, target, RelationKind::kDuplicateOf));
  }
  Find(merged, RelationKind::kDuplicateOf, target.id)->by_merge = true;
  Find(target, RelationKind::kDuplicatedBy, merged.id)->by_merge = true;
  target.Enter(target.state, now);
  return absl::OkStatus();
}

absl::Status Unrelate(Request& one, Request& other, RelationKind kind, absl::Time now) {
  const auto at_one = Find(one, kind, other.id);
  const auto at_other = Find(other, InverseOf(kind), one.id);
  if (at_one == one.relations.end() || at_other == other.relations.end()) {
    return Error(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND, "the requests are not so related",
                 {{"resource", other.Name()}});
  }
  if (at_one->by_merge) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
                 "a merge left this relation, and it stays", {{"state", std::string(RequestStateName(one.state))}});
  }
  one.relations.erase(at_one);
  other.relations.erase(at_other);
  one.Enter(one.state, now);
  other.Enter(other.state, now);
  return absl::OkStatus();
}

}  // namespace docket::request

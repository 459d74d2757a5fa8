// How requests hang together. Each relation is kept at both ends, as each sees the other.
//
// What is checked here concerns the two alone. That no request becomes its own ancestor takes a look at others, which
// the store does (RequestRelationStore::CheckAncestors).
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_RELATION_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_RELATION_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace docket::request {

struct Request;

// The numbers are those of the contract and of the tables.
enum class RelationKind {
  kUnspecified = 0,
  kDuplicateOf = 1,
  kDuplicatedBy = 2,
  kParent = 3,
  kChild = 4,
  kRelated = 5,
  kCausedBy = 6,
  kCauses = 7,
};

inline constexpr size_t kMaxRelations = 100;

// "DUPLICATE_OF".
absl::string_view RelationKindName(RelationKind kind);
// The same relation from the other end.
RelationKind InverseOf(RelationKind kind);

// What another request is to the one that holds this.
struct Relation {
  RelationKind kind = RelationKind::kUnspecified;
  // The `{request}` of the other, 16 raw bytes.
  std::string other_id;
  // Left by a merge, and stays.
  bool by_merge = false;

  friend bool operator==(const Relation&, const Relation&) = default;
};

// Adds the relation to both. Both must have been submitted; whether the caller may is CheckMayRelate's to say.
// INVALID_ARGUMENT / INVALID_FIELDS for a request and itself, ALREADY_EXISTS where they are so related,
// FAILED_PRECONDITION with WRONG_STATE for a draft, DEPENDENCY_CYCLE (metadata `cycle`) where the opposite holds, or
// LIMIT_REACHED (metadata `limit`).
absl::Status Relate(Request& one, Request& other, RelationKind kind, absl::Time now);
// What a merge leaves: `merged`, which has just become that, is a duplicate of `target`, whether or not somebody had
// said so before. Only the target gets a new revision of its own for it.
absl::Status RelateMerged(Request& merged, Request& target, absl::Time now);
// Takes the relation from both. NOT_FOUND where there is none, FAILED_PRECONDITION / WRONG_STATE where a merge left it.
absl::Status Unrelate(Request& one, Request& other, RelationKind kind, absl::Time now);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_RELATION_H_

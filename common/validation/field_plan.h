// The compiled form of a contract's field rules. Internal to validation.
#ifndef DOCKET_COMMON_VALIDATION_FIELD_PLAN_H_
#define DOCKET_COMMON_VALIDATION_FIELD_PLAN_H_

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/resource_name/resource_pattern.h"
#include "google/protobuf/descriptor.h"

namespace docket::validation {

inline constexpr int kMaxNesting = 16;
inline constexpr uint32_t kDefaultMaxItems = 1000;
inline constexpr uint32_t kDefaultMaxCharacters = 10'000;

class MessagePlan;

// What the values of a field are, as far as the checks tell them apart.
enum class ValueKind { kString, kBytes, kInteger, kFloating, kBool, kEnum, kTimestamp, kDuration, kMessage };

// The checks of one field, or of the keys or values of a map.
struct FieldPlan {
  const google::protobuf::FieldDescriptor* field = nullptr;
  ValueKind kind = ValueKind::kBool;
  bool required = false;
  bool output_only = false;
  uint32_t min_length = 0;
  // 0: no bound.
  uint32_t max_length = 0;
  uint32_t max_items = kDefaultMaxItems;
  std::unique_ptr<const RE2> pattern;
  std::optional<ResourcePattern> resource;
  std::optional<int64_t> minimum;
  std::optional<int64_t> maximum;
  // Of a message: its plan. Of a map: that of its entries' keys and values.
  const MessagePlan* child = nullptr;
  std::unique_ptr<const FieldPlan> map_key;
  std::unique_ptr<const FieldPlan> map_value;

  // Whether anything about the field itself, leaving its child aside, needs a look.
  bool has_own_checks = false;
};

// The fields of one message type that have something to check or to clear.
class MessagePlan {
 public:
  std::vector<FieldPlan> checked;
  // Output-only fields, and message fields with such below them.
  std::vector<FieldPlan> cleared;
  // Where the message is a partial update: the mask, and the message that it is about.
  const google::protobuf::FieldDescriptor* update_mask = nullptr;
  const google::protobuf::FieldDescriptor* updated = nullptr;
};

// The plans of a message type and of all that it contains.
class PlanSet {
 public:
  static absl::StatusOr<std::shared_ptr<const PlanSet>> Compile(const google::protobuf::Descriptor* root);

  const MessagePlan* Find(const google::protobuf::Descriptor* descriptor) const;

 private:
  absl::Status Add(const google::protobuf::Descriptor* descriptor);
  // Leaves out the fields that turn out to have nothing to check or to clear.
  void Prune();

  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<MessagePlan>> plans_;
};

}  // namespace docket::validation

#endif  // DOCKET_COMMON_VALIDATION_FIELD_PLAN_H_

// One walk over one message. Internal to validation.
#ifndef DOCKET_COMMON_VALIDATION_MESSAGE_CHECK_H_
#define DOCKET_COMMON_VALIDATION_MESSAGE_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/status/error.h"
#include "common/validation/field_plan.h"
#include "common/validation/violation_path.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace docket::validation {

// Collects the violations of a message. Used once.
class MessageCheck {
 public:
  // Where `organization` is not empty, resource names of other organisations are violations.
  explicit MessageCheck(absl::string_view organization) : organization_(organization) {}

  void Run(const MessagePlan& plan, const google::protobuf::Message& message);

  FieldViolations& violations() { return violations_; }

 private:
  // What a partial update means to change; nullptr: the message is whole.
  struct Partial {
    const google::protobuf::FieldMask* mask;
    // Path of the message at hand within the updated one, with a dot behind it, or empty.
    std::string prefix;
  };

  void CheckMessage(const MessagePlan& plan, const google::protobuf::Message& message, const Partial* partial);
  void CheckField(const FieldPlan& plan, const google::protobuf::Message& message, const Partial* partial);
  void CheckRepeated(const FieldPlan& plan, const google::protobuf::Message& message);
  void CheckMap(const FieldPlan& plan, const google::protobuf::Message& message);
  // One value; `index` is -1 for a field that is not repeated.
  void CheckValue(const FieldPlan& plan, const google::protobuf::Message& message, int index, const Partial* partial);
  void CheckText(const FieldPlan& plan, const std::string& text);
  void CheckBytes(const FieldPlan& plan, const std::string& bytes);
  void CheckInteger(const FieldPlan& plan, const google::protobuf::Message& message, int index);
  void CheckFloating(const FieldPlan& plan, double value);
  void CheckEnum(const FieldPlan& plan, int number);
  // Timestamp and Duration, which have the same two fields.
  void CheckTime(const FieldPlan& plan, const google::protobuf::Message& time);
  void CheckBounds(const FieldPlan& plan, bool inside);

  void Add(absl::string_view description);
  // Enough is known: the caller's message is beyond repair.
  bool Full() const { return count_ >= 100; }

  const absl::string_view organization_;
  ViolationPath path_;
  int depth_ = 0;
  int count_ = 0;
  FieldViolations violations_;
};

}  // namespace docket::validation

#endif  // DOCKET_COMMON_VALIDATION_MESSAGE_CHECK_H_

// Where in a message a check is looking. Internal to validation.
#ifndef DOCKET_COMMON_VALIDATION_VIOLATION_PATH_H_
#define DOCKET_COMMON_VALIDATION_VIOLATION_PATH_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace docket::validation {

// A path that costs nothing until it is spelled out: `request.targets[2].labels["floor"]`.
class ViolationPath {
 public:
  void Push(const google::protobuf::FieldDescriptor* field) { steps_.push_back({field, -1, nullptr}); }
  void Pop() { steps_.pop_back(); }
  // Within the field pushed last.
  void SetIndex(int index) { steps_.back().index = index; }
  void SetKey(const std::string* key) { steps_.back().key = key; }

  // The path with keys cut at 50 bytes and control characters in them left out.
  std::string ToString() const;

 private:
  struct Step {
    const google::protobuf::FieldDescriptor* field;
    int index;
    const std::string* key;
  };
  std::vector<Step> steps_;
};

}  // namespace docket::validation

#endif  // DOCKET_COMMON_VALIDATION_VIOLATION_PATH_H_

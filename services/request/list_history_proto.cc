#include "services/request/list_history_proto.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/util/json_util.h"

namespace docket::request {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kMaxText = events::kMaxChangeText;

// The bytes of a message of this one element.
std::string ElementBytes(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection* reflection = message.GetReflection();
  const std::unique_ptr<Message> only(message.New());
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      reflection->AddMessage(only.get(), field)->CopyFrom(reflection->GetRepeatedMessage(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection->AddEnumValue(only.get(), field, reflection->GetRepeatedEnumValue(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      reflection->AddString(only.get(), field, reflection->GetRepeatedString(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection->AddBool(only.get(), field, reflection->GetRepeatedBool(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection->AddInt32(only.get(), field, reflection->GetRepeatedInt32(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      reflection->AddInt64(only.get(), field, reflection->GetRepeatedInt64(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection->AddUInt32(only.get(), field, reflection->GetRepeatedUInt32(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection->AddUInt64(only.get(), field, reflection->GetRepeatedUInt64(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      reflection->AddFloat(only.get(), field, reflection->GetRepeatedFloat(message, field, index));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      reflection->AddDouble(only.get(), field, reflection->GetRepeatedDouble(message, field, index));
      break;
  }
  return only->SerializeAsString();
}

std::vector<std::string> Elements(const Message& message, const FieldDescriptor* field) {
  std::vector<std::string> elements;
  const int size = message.GetReflection()->FieldSize(message, field);
  elements.reserve(static_cast<size_t>(size));
  for (int i = 0; i < size; ++i) elements.push_back(ElementBytes(message, field, i));
  return elements;
}

// The elements that `others` does not have, or not as often.
std::vector<std::string> Without(const std::vector<std::string>& elements, const std::vector<std::string>& others) {
  absl::flat_hash_map<absl::string_view, int> counts;
  for (const std::string& other : others) ++counts[other];
  std::vector<std::string> left;
  for (const std::string& element : elements) {
    if (--counts[element] < 0) left.push_back(element);
  }
  return left;
}

bool StartsCodePoint(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

size_t CodePoints(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCodePoint));
}

// Pieces of at most kMaxText code points.
std::vector<std::string> Pieces(absl::string_view text) {
  std::vector<std::string> pieces;
  size_t begin = 0, code_points = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!StartsCodePoint(text[i]) || code_points++ < kMaxText) continue;
    pieces.emplace_back(text.substr(begin, i - begin));
    begin = i;
    code_points = 1;
  }
  pieces.emplace_back(text.substr(begin));
  return pieces;
}

// One side of the field's history: element by element into the list of the change that is being filled.
class Side {
 public:
  Side(const Message& prototype, const FieldDescriptor* field, std::vector<std::string> elements, bool is_set)
      : element_(prototype.New()),
        elements_(std::move(elements)),
        head_(absl::StrCat("{\"", field->name(), "\":[").size()),
        is_set_(is_set) {}

  size_t size() const { return elements_.size(); }

  // JSON of an element; empty: there is none at this position.
  std::string TextOf(size_t index) const {
    if (index >= elements_.size()) return "";
    element_->ParseFromString(elements_[index]);
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    (void)google::protobuf::util::MessageToJsonString(*element_, &json, options);
    // {"field":[…]}
    return json.size() > head_ + 2 ? json.substr(head_, json.size() - head_ - 2) : "";
  }

  bool IsEmpty() const { return list_.empty(); }
  // The brackets count, and the comma.
  bool HasRoomFor(absl::string_view text) const { return text.empty() || length_ + 1 + CodePoints(text) <= kMaxText; }
  void Add(absl::string_view text) {
    if (text.empty()) return;
    length_ += CodePoints(text) + (list_.empty() ? 0 : 1);
    absl::StrAppend(&list_, list_.empty() ? "" : ",", text);
  }
  // The list so far; begins the next one.
  std::string Take() {
    std::string list = is_set_ ? absl::StrCat("[", list_, "]") : "";
    list_.clear();
    length_ = 2;
    return list;
  }

 private:
  const std::unique_ptr<Message> element_;
  const std::vector<std::string> elements_;
  const size_t head_;
  const bool is_set_;
  std::string list_;
  size_t length_ = 2;
};

}  // namespace

void AppendListChanges(const Message& before, const Message& after, const FieldDescriptor* field,
                       std::vector<events::Change>* changes) {
  std::vector<std::string> old_elements = Elements(before, field), new_elements = Elements(after, field);
  if (old_elements == new_elements) return;
  const bool was_set = !old_elements.empty(), is_set = !new_elements.empty();
  std::vector<std::string> gone = Without(old_elements, new_elements), come = Without(new_elements, old_elements);
  if (gone.empty() && come.empty()) {
    gone = std::move(old_elements);
    come = std::move(new_elements);
  }
  Side old_side(before, field, std::move(gone), was_set), new_side(after, field, std::move(come), is_set);
  const auto finish = [&] {
    std::vector<std::string> old_texts = Pieces(old_side.Take()), new_texts = Pieces(new_side.Take());
    const size_t count = std::max(old_texts.size(), new_texts.size());
    old_texts.resize(count);
    new_texts.resize(count);
    for (size_t i = 0; i < count; ++i) {
      changes->push_back({field->name(), std::move(old_texts[i]), std::move(new_texts[i])});
    }
  };
  for (size_t i = 0; i < std::max(old_side.size(), new_side.size()); ++i) {
    const std::string old_text = old_side.TextOf(i), new_text = new_side.TextOf(i);
    const bool fits = old_side.HasRoomFor(old_text) && new_side.HasRoomFor(new_text);
    if (!fits && !(old_side.IsEmpty() && new_side.IsEmpty())) finish();
    old_side.Add(old_text);
    new_side.Add(new_text);
  }
  finish();
}

}  // namespace docket::request

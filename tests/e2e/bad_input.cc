// Sends wrong requests to every method of the contract, and checks that each is refused in the right words.
//
//   ADDRESS=127.0.0.1:7400 CA=ca.crt TOKENS=state/token
//   ORGANIZATION=property/organization.yaml OTHER_ORGANIZATION=library/organization.yaml docket_bad_input cases
//
// The table of cases is derived from the contract: for every method a valid request is made from the rules of its
// fields, then one thing at a time is made wrong. `cases` sends those; `baseline` sends the valid requests themselves,
// none of which may be called wrong. One line per case, `ok` or `FAIL`; the last line has the totals. Exit code 1 where
// a case failed.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/sync_stream.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/process/config_file.h"
#include "common/resource_name/resource_name.h"
#include "docket/common/v1/options.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/organization_file.h"
#include "tests/e2e/valid_requests.h"

namespace docket {
namespace {

using common::v1::FieldRules;
using common::v1::MethodRules;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr char kOwn[] = "organizations/yunqi";
constexpr char kOther[] = "organizations/wenlan";
constexpr char kAdministrator[] = "platform/administrator";
constexpr size_t kMaxTrailerBytes = 8 * 1024;

const FieldRules& RulesOf(const FieldDescriptor* field) { return field->options().GetExtension(common::v1::rules); }
bool IsTime(const FieldDescriptor* field) {
  return field->message_type() != nullptr && (field->message_type()->full_name() == "google.protobuf.Timestamp" ||
                                              field->message_type()->full_name() == "google.protobuf.Duration");
}
bool IsMask(const FieldDescriptor* field) {
  return field->message_type() != nullptr && field->message_type()->full_name() == "google.protobuf.FieldMask";
}

// ---- Valid requests, made from the rules ----

// A name of the first shape that the rules allow.
std::string SampleName(const std::string& shapes) {
  const std::vector<std::string> alternatives = absl::StrSplit(shapes, '|');
  std::vector<std::string> segments = absl::StrSplit(alternatives.front(), '/');
  for (size_t i = 1; i < segments.size(); i += 2) segments[i] = i == 1 ? "yunqi" : "nowhere";
  return absl::StrJoin(segments, "/");
}

std::string SampleText(const FieldDescriptor* field) {
  const FieldRules& rules = RulesOf(field);
  if (!rules.resource().empty()) return SampleName(rules.resource());
  SystemClock clock;
  if (field->name() == "request_id") return FormatUuid(UuidGenerator(clock).Next());
  // What a query goes by is optional, and more than text.
  if (field->name() == "filter" || field->name() == "page_token" || field->name() == "order_by") return "";
  if (rules.pattern().empty()) {
    // Each field its own text: two versions differ.
    std::string text = field->name();
    if (rules.max_length() > 0 && text.size() > rules.max_length()) text.resize(rules.max_length());
    while (text.size() < rules.min_length()) text += 'x';
    return text;
  }
  for (const std::string& text :
       {std::string("Asia/Shanghai"), std::string("newcomer"), std::string(64, 'a'), std::string("CNY"),
        std::string("zh-CN"), std::string("Nowhere"), std::string("a@b.example"),
        std::string("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17"), std::string("services/nowhere"), std::string("2026-02-14"),
        std::string("2026-01-05T09:00"), std::string("FREQ=MONTHLY")}) {
    if ((rules.max_length() == 0 || text.size() <= rules.max_length()) && RE2::FullMatch(text, rules.pattern()))
      return text;
  }
  std::cerr << "no sample text for " << field->full_name() << ": " << rules.pattern() << "\n";
  std::exit(2);
}

int64_t SampleNumber(const FieldDescriptor* field) {
  const FieldRules& rules = RulesOf(field);
  // Ascending, as an index is below a size.
  const int64_t number = field->number();
  return !rules.has_minimum() || (rules.minimum() <= number && number <= rules.maximum()) ? number : rules.minimum();
}

// To a list.
void AddNumber(Message* message, const FieldDescriptor* field, int64_t value) {
  const auto* reflection = message->GetReflection();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) return reflection->AddInt64(message, field, value);
  reflection->AddInt32(message, field, static_cast<int32_t>(value));
}

void SetNumber(Message* message, const FieldDescriptor* field, int64_t value) {
  const auto* reflection = message->GetReflection();
  if (field->is_repeated()) {
    if (reflection->FieldSize(*message, field) == 0) AddNumber(message, field, 0);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      return reflection->SetRepeatedInt64(message, field, 0, value);
    }
    return reflection->SetRepeatedInt32(message, field, 0, static_cast<int32_t>(value));
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      reflection->SetInt32(message, field, static_cast<int32_t>(value));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection->SetUInt32(message, field, static_cast<uint32_t>(value));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection->SetUInt64(message, field, static_cast<uint64_t>(value));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      reflection->SetDouble(message, field, static_cast<double>(value));
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      reflection->SetFloat(message, field, static_cast<float>(value));
      break;
    default:
      reflection->SetInt64(message, field, value);
  }
}

void SetText(Message* message, const FieldDescriptor* field, const std::string& text) {
  if (!field->is_repeated()) return message->GetReflection()->SetString(message, field, text);
  if (message->GetReflection()->FieldSize(*message, field) == 0)
    message->GetReflection()->AddString(message, field, text);
  message->GetReflection()->SetRepeatedString(message, field, 0, text);
}

void SetEnum(Message* message, const FieldDescriptor* field, int number) {
  if (!field->is_repeated()) return message->GetReflection()->SetEnumValue(message, field, number);
  if (message->GetReflection()->FieldSize(*message, field) == 0)
    message->GetReflection()->AddEnumValue(message, field, number);
  message->GetReflection()->SetRepeatedEnumValue(message, field, 0, number);
}

void SetTime(Message* message, const FieldDescriptor* field, int64_t seconds, int32_t nanos) {
  Message* time = message->GetReflection()->MutableMessage(message, field);
  time->GetReflection()->SetInt64(time, time->GetDescriptor()->field(0), seconds);
  time->GetReflection()->SetInt32(time, time->GetDescriptor()->field(1), nanos);
}

// Every field that a caller may set; of a oneof the member number `choice`.
void Fill(Message* message, size_t choice, size_t* choices) {
  const Descriptor* type = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    // A vendor's people are not a department's, and a template goes with standard changes only, so not all of a
    // message's fields go together.
    if (RulesOf(field).output_only() || field->full_name() == "docket.request.v1.Person.vendor" ||
        field->full_name() == "docket.request.v1.Request.template") {
      continue;
    }
    if (const auto* oneof = field->real_containing_oneof()) {
      *choices = std::max<size_t>(*choices, oneof->field_count());
      if (oneof->field(static_cast<int>(choice % oneof->field_count())) != field) continue;
    }
    if (field->is_map()) {
      std::cerr << "maps are not known here: " << field->full_name() << "\n";
      std::exit(2);
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (const std::string text = SampleText(field); !text.empty()) SetText(message, field, text);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        SetEnum(message, field, field->enum_type()->value(1)->number());
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (RulesOf(field).required()) reflection->SetBool(message, field, true);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (IsMask(field)) break;
        if (IsTime(field)) {
          // Later fields get later times: a start comes before its end. A duration is some hours.
          const bool is_duration = field->message_type()->name() == "Duration";
          const absl::Duration hours = absl::Hours(is_duration ? field->number() : 24 + field->number());
          SetTime(message, field, is_duration ? absl::ToInt64Seconds(hours) : absl::ToUnixSeconds(absl::Now() + hours),
                  0);
        } else {
          Message* const part = field->is_repeated() ? reflection->AddMessage(message, field)
                                                     : reflection->MutableMessage(message, field);
          Fill(part, choice, choices);
          // What is as a call of its own has its id from the whole.
          const FieldDescriptor* id = part->GetDescriptor()->FindFieldByName("request_id");
          if (RulesOf(field).separate() && id != nullptr) part->GetReflection()->ClearField(part, id);
        }
        break;
      default:
        SetNumber(message, field, SampleNumber(field));
    }
  }
  // A partial update names all that may be updated, so that what is required there is required.
  const FieldDescriptor* mask = type->FindFieldByName("update_mask");
  for (int i = 0; mask != nullptr && i < type->field_count(); ++i) {
    const Descriptor* updated = type->field(i)->message_type();
    for (int j = 0; updated != nullptr && type->field(i) != mask && j < updated->field_count(); ++j) {
      const FieldRules& rules = RulesOf(updated->field(j));
      if (rules.output_only() || rules.immutable() || updated->field(j)->name() == "etag") continue;
      static_cast<google::protobuf::FieldMask*>(reflection->MutableMessage(message, mask))
          ->add_paths(updated->field(j)->name());
    }
  }
}

// ---- Cases ----

struct Expected {
  grpc::StatusCode code = grpc::StatusCode::INVALID_ARGUMENT;
  std::string reason = "INVALID_FIELDS";
  std::set<std::string> fields;
  // No fields but these.
  bool exactly = true;
  // The call goes through, and its first result says so.
  bool of_element = false;
};

struct Case {
  std::string name;
  std::string who;
  std::string bytes;
  Expected expected;
};

const Expected kMalformed = {.reason = "MALFORMED_MESSAGE"};
const Expected kOtherOrganization = {.code = grpc::StatusCode::PERMISSION_DENIED, .reason = "OTHER_ORGANIZATION"};

// Elements that are answered one by one, of a call that is looked at field by field once it can be recorded.
bool IsImported(const FieldDescriptor* elements) {
  return elements->full_name() == "docket.request.v1.ImportCatalogRequest.items";
}

// The cases of one method with one valid request.
class Table {
 public:
  Table(const MethodDescriptor* method, const Message& valid, std::string who, std::vector<Case>* cases)
      : rules_(method->options().GetExtension(common::v1::access)),
        valid_(valid),
        who_(std::move(who)),
        cases_(*cases) {}

  void Build() {
    AddMessageCases();
    Visit(valid_, {});
  }

 private:
  using Way = std::vector<const FieldDescriptor*>;
  using Change = std::function<void(Message*, const FieldDescriptor*)>;

  bool Crosses() const { return who_ == kAdministrator; }

  // Whether it leads into an element that is as a call of its own.
  static bool LeadsIntoElement(const Way& way) { return way.size() > 1 && RulesOf(way.front()).separate(); }

  // What is expected where the field is wrong, which an element names as its own call would.
  static Expected Wrong(const Way& way, bool of_list = false) {
    Expected expected = {.of_element = LeadsIntoElement(way)};
    expected.fields = {PathOf(expected.of_element ? Way(way.begin() + 1, way.end()) : way, !of_list)};
    return expected;
  }

  // Violations of an element are named with its index; those of the list itself without.
  static std::string PathOf(const Way& way, bool with_last_index) {
    std::string path;
    for (size_t i = 0; i < way.size(); ++i) {
      absl::StrAppend(&path, i == 0 ? "" : ".", way[i]->name());
      if (way[i]->is_repeated() && (i + 1 < way.size() || with_last_index)) absl::StrAppend(&path, "[0]");
    }
    return path;
  }

  std::string Changed(const Way& way, const Change& change) const {
    std::unique_ptr<Message> copy(valid_.New());
    copy->CopyFrom(valid_);
    Message* holder = copy.get();
    for (size_t i = 0; i + 1 < way.size(); ++i) {
      const auto* reflection = holder->GetReflection();
      holder = way[i]->is_repeated() ? reflection->MutableRepeatedMessage(holder, way[i], 0)
                                     : reflection->MutableMessage(holder, way[i]);
    }
    change(holder, way.back());
    return copy->SerializeAsString();
  }

  void Add(const std::string& name, std::string bytes, Expected expected) {
    cases_.push_back({name, who_, std::move(bytes), std::move(expected)});
  }

  void AddField(const Way& way, const std::string& what, const Change& change, bool of_list = false) {
    Add(absl::StrCat(PathOf(way, !of_list), " ", what), Changed(way, change), Wrong(way, of_list));
  }

  // Another text in a field; what it is answered depends on the organisation that it then names.
  void AddText(const Way& way, const std::string& what, const std::string& text) {
    const std::string path = PathOf(way, true);
    Expected expected = Wrong(way);
    const std::string organization = OrganizationOf(text);
    if (path == rules_.resource_field() && !organization.empty() && organization != kOwn) {
      // Who serves all organisations is refused for the field; what else it names then is another's.
      if (Crosses()) expected.exactly = false;
      if (!Crosses()) expected = kOtherOrganization;
    }
    Add(absl::StrCat(path, " ", what),
        Changed(way, [&text](Message* m, const FieldDescriptor* f) { SetText(m, f, text); }), expected);
  }

  void AddMessageCases() {
    const std::string bytes = valid_.SerializeAsString();
    if (!bytes.empty()) {
      Add("cut by one byte", bytes.substr(0, bytes.size() - 1), kMalformed);
      Expected nothing_set;
      nothing_set.exactly = false;
      for (int i = 0; i < valid_.GetDescriptor()->field_count(); ++i) {
        const FieldDescriptor* field = valid_.GetDescriptor()->field(i);
        if (RulesOf(field).required()) nothing_set.fields.insert(field->name());
      }
      for (int i = 0; i < valid_.GetDescriptor()->field_count(); ++i) {
        if (IsImported(valid_.GetDescriptor()->field(i))) nothing_set.fields = {"request_id"};
      }
      if (!nothing_set.fields.empty()) Add("nothing set", "", nothing_set);
    }
    Add("a tag without end", std::string(32, '\xff'), kMalformed);
    Add("field number 0", bytes + std::string("\0\1", 2), kMalformed);
    Add("a group that was not begun", bytes + "\x0c", kMalformed);
    Add("a wire type that is none", bytes + "\x0f", kMalformed);
    Add("groups without end", std::string(200, '\x0b'), kMalformed);
    std::mt19937 random(7);
    for (int i = 0; i < 3; ++i) {
      std::string garbage(256, '\0');
      std::unique_ptr<Message> parsed(valid_.New());
      do {
        for (char& c : garbage) c = static_cast<char>(random());
      } while (parsed->ParseFromString(garbage));
      Add(absl::StrCat("garbage ", i), garbage, kMalformed);
    }
  }

  void Visit(const Message& message, const Way& above) {
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message.GetDescriptor()->field(i);
      if (RulesOf(field).output_only()) continue;
      if (field->real_containing_oneof() != nullptr && !message.GetReflection()->HasField(message, field)) continue;
      Way way = above;
      way.push_back(field);
      if (way.size() == 2 && LeadsIntoElement(way) && field->name() == "request_id") {
        AddField(way, "of its own", [](Message* m, const FieldDescriptor* f) { SetText(m, f, SampleText(f)); });
        continue;
      }
      AddFieldCases(way);
      if (field->message_type() == nullptr || IsTime(field) || IsMask(field) || IsImported(field)) continue;
      Visit(field->is_repeated() ? message.GetReflection()->GetRepeatedMessage(message, field, 0)
                                 : message.GetReflection()->GetMessage(message, field),
            way);
    }
  }

  void AddFieldCases(const Way& way) {
    const FieldDescriptor* field = way.back();
    const FieldRules& rules = RulesOf(field);
    // What cannot be changed need not be said again to change something else.
    const bool updating = valid_.GetDescriptor()->FindFieldByName("update_mask") != nullptr;
    // An element has it from the whole.
    const bool is_inherited = way.size() == 2 && LeadsIntoElement(way) && field->name() == "parent";
    if ((rules.required() && !(updating && rules.immutable()) && !is_inherited) ||
        PathOf(way, true) == rules_.resource_field()) {
      AddField(
          way, "missing", [](Message* m, const FieldDescriptor* f) { m->GetReflection()->ClearField(m, f); }, true);
    }
    if (field->is_repeated()) AddTooManyItems(way);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (field->type() == FieldDescriptor::TYPE_STRING) AddTextCases(way);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        for (const int number : {9999, -1, INT32_MAX}) {
          AddField(way, absl::StrCat("number ", number),
                   [number](Message* m, const FieldDescriptor* f) { SetEnum(m, f, number); });
        }
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (IsTime(field)) AddTimeCases(way);
        if (IsMask(field)) AddMaskCases(way);
        break;
      default:
        AddNumberCases(way);
    }
  }

  void AddTooManyItems(const Way& way) {
    const uint32_t most = RulesOf(way.back()).max_items() > 0 ? RulesOf(way.back()).max_items() : 1000;
    AddField(
        way, absl::StrCat(most + 1, " elements"),
        [most](Message* m, const FieldDescriptor* f) {
          const auto* reflection = m->GetReflection();
          while (reflection->FieldSize(*m, f) <= static_cast<int>(most)) {
            if (f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
              Message* added = reflection->AddMessage(m, f);
              added->CopyFrom(reflection->GetRepeatedMessage(*m, f, 0));
            } else if (f->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
              reflection->AddEnumValue(m, f, f->enum_type()->value(1)->number());
            } else if (f->cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
                       f->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
              AddNumber(m, f, SampleNumber(f));
            } else {
              reflection->AddString(m, f, SampleText(f));
            }
          }
        },
        true);
  }

  void AddNumberCases(const Way& way) {
    const FieldRules& rules = RulesOf(way.back());
    if (!rules.has_minimum()) return;
    const bool narrow = way.back()->cpp_type() == FieldDescriptor::CPPTYPE_INT32;
    std::vector<int64_t> wrong;
    if (rules.minimum() > (narrow ? INT32_MIN : INT64_MIN))
      wrong = {rules.minimum() - 1, narrow ? INT32_MIN : INT64_MIN};
    if (rules.maximum() < (narrow ? INT32_MAX : INT64_MAX)) {
      wrong.push_back(rules.maximum() + 1);
      wrong.push_back(narrow ? INT32_MAX : INT64_MAX);
    }
    for (const int64_t number : wrong) {
      AddField(way, absl::StrCat("= ", number),
               [number](Message* m, const FieldDescriptor* f) { SetNumber(m, f, number); });
    }
  }

  void AddTimeCases(const Way& way) {
    const FieldRules& rules = RulesOf(way.back());
    std::vector<std::pair<int64_t, int32_t>> wrong = {
        {1'800'000'000, -1}, {1'800'000'000, 1'000'000'000}, {253'402'300'800, 0}, {INT64_MIN, 0}, {INT64_MAX, 0}};
    if (rules.has_minimum()) wrong.insert(wrong.end(), {{rules.minimum() - 1, 0}, {rules.maximum() + 1, 0}});
    for (const auto& [seconds, nanos] : wrong) {
      AddField(way, absl::StrCat("= ", seconds, " s ", nanos, " ns"),
               [s = seconds, n = nanos](Message* m, const FieldDescriptor* f) { SetTime(m, f, s, n); });
    }
  }

  void AddMaskCases(const Way& way) {
    const auto add = [&](const std::string& path) {
      Add(absl::StrCat(way.back()->name(), " names ", path),
          Changed(way,
                  [&path](Message* m, const FieldDescriptor* f) {
                    auto* mask = static_cast<google::protobuf::FieldMask*>(m->GetReflection()->MutableMessage(m, f));
                    mask->clear_paths();
                    mask->add_paths(path);
                  }),
          {.reason = "INVALID_UPDATE_MASK", .fields = {absl::StrCat(way.back()->name(), ".paths[0]")}});
    };
    for (const char* path : {"*", "nowhere", "", ".", "title.nowhere", "..", "name", "state", "create_time"}) add(path);
  }

  void AddTextCases(const Way& way) {
    const FieldDescriptor* field = way.back();
    const FieldRules& rules = RulesOf(field);
    const std::string sample = SampleText(field);
    const bool named = !rules.resource().empty();
    // Behind a slash the organisation of a name stays what it was.
    const std::string more = named ? sample + "/" : sample;
    const size_t most = rules.max_length() > 0 ? rules.max_length() : 10'000;
    std::string too_long = more;
    for (size_t length = more.size(); length <= most; ++length) too_long += named ? "a" : "书";
    AddText(way, absl::StrCat(most + 1, " characters"), too_long);
    if (rules.min_length() > 1) AddText(way, "too short", std::string(rules.min_length() - 1, 'x'));
    AddText(way, "with NUL", more + std::string(1, '\0'));
    AddText(way, "with ESC", more + "\x1b[2J");
    AddText(way, "with DEL", more + "\x7f");
    AddText(way, "with CSI", more + "\xc2\x9b");
    if (!rules.pattern().empty()) {
      for (const std::string& wrong : {std::string("!"), sample + "\n", " " + sample, sample + "é"}) {
        if (!RE2::FullMatch(wrong, rules.pattern())) AddText(way, absl::StrCat("= ", Quoted(wrong)), wrong);
      }
    }
    if (field->name() == "request_id" && way.size() == 1) {
      for (const std::string& wrong : {std::string("x"), absl::AsciiStrToUpper(sample), "{" + sample.substr(2) + "}",
                                       absl::StrReplaceAll(sample, {{"-", ""}}), sample.substr(1)}) {
        AddText(way, absl::StrCat("= ", Quoted(wrong)), wrong);
      }
    }
    AddMalformed(way);
    if (named) AddNames(way, sample);
  }

  void AddMalformed(const Way& way) {
    constexpr char kMark[] = "~mark~mark~";
    const std::string marked = Changed(way, [&](Message* m, const FieldDescriptor* f) { SetText(m, f, kMark); });
    // A byte that never occurs, one that continues nothing, an overlong slash, half a surrogate pair, one beyond
    // U+10FFFF, and a character that is cut off.
    for (const char* wrong : {"\xff", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4\xb9"}) {
      std::string bytes = marked;
      const size_t end = bytes.rfind(kMark) + sizeof(kMark) - 1;
      bytes.replace(end - std::string(wrong).size(), std::string(wrong).size(), wrong);
      Add(absl::StrCat(PathOf(way, true), " with ", Quoted(wrong)), bytes, kMalformed);
    }
  }

  void AddNames(const Way& way, const std::string& name) {
    const std::string id = LastId(name);
    const std::string before = name.substr(0, name.size() - id.size());
    const std::string collection = LastId(before.substr(0, before.size() - 1));
    const std::string above = before.substr(0, before.size() - 1 - collection.size());
    for (const std::string& wrong : {before + absl::AsciiStrToUpper(id),
                                     absl::AsciiStrToUpper(name),
                                     name + "/",
                                     "/" + name,
                                     before + "/" + id,
                                     absl::StrReplaceAll(name, {{"organizations/", "organizations//"}}),
                                     before + "..",
                                     before + ".",
                                     name + "/..",
                                     std::string(kOwn) + "/../wenlan/" + collection + "/" + id,
                                     name + "%2f",
                                     name + "/%2e%2e",
                                     absl::StrReplaceAll(name, {{"/", "%2F"}}),
                                     above + "others/" + id,
                                     before.substr(0, before.size() - 1),
                                     before,
                                     id,
                                     name + "/others/x",
                                     before + "-x",
                                     before + std::string(64, 'x'),
                                     before + "x y",
                                     before + "*",
                                     before + "ｘ",
                                     std::string("-"),
                                     "https://docket.example/" + name}) {
      AddText(way, absl::StrCat("= ", Quoted(wrong)), wrong);
    }
    AddOtherOrganization(way, absl::StrReplaceAll(name, {{kOwn, kOther}}));
    if (absl::StrContains(name, "/yunqi/")) AddOtherOrganization(way, absl::StrReplaceAll(name, {{"/yunqi/", "/-/"}}));
  }

  void AddOtherOrganization(const Way& way, const std::string& name) {
    const bool is_resource = PathOf(way, true) == rules_.resource_field();
    // Who serves all organisations may name any; a method that belongs to none binds no name.
    if ((is_resource && Crosses()) || rules_.resource_field().empty()) return;
    AddText(way, absl::StrCat("= ", name), name);
  }

  static std::string Quoted(const std::string& text) {
    std::string quoted;
    for (const char c : text.substr(0, 80)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7f)
        quoted += c;
      else
        absl::StrAppend(&quoted, "\\x", absl::Hex(byte, absl::kZeroPad2));
    }
    return quoted;
  }

  const MethodRules& rules_;
  const Message& valid_;
  const std::string who_;
  std::vector<Case>& cases_;
};

// ---- Sending them ----

struct Answer {
  grpc::Status status;
  size_t trailer_bytes = 0;
  // Of a unary call that went well.
  std::string reply;
};

class Sender {
 public:
  Sender(const std::string& address, const std::string& ca, std::string tokens) : tokens_(std::move(tokens)) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = process::ReadFile(ca).value();
    channel_ = grpc::CreateChannel(address, grpc::SslCredentials(options));
  }

  Answer Send(const MethodDescriptor& method, const std::string& who, const std::string& bytes) {
    std::string& token = token_of_[who];
    if (token.empty())
      token =
          std::string(absl::StripAsciiWhitespace(process::ReadSecret(absl::StrCat(tokens_, "/", who, ".jwt")).value()));
    grpc::ClientContext context;
    // A stream that is accepted has no end of its own.
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(method.server_streaming() ? 3 : 20)));
    context.AddMetadata("authorization", "Bearer " + token);
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer reply;
    const std::string path = ctl::PathOf(method);
    Answer answer;
    if (method.server_streaming()) {
      const grpc::internal::RpcMethod rpc(path.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING, channel_);
      const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
          grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(channel_.get(), rpc, &context, request));
      while (reader->Read(&reply)) continue;
      answer.status = reader->Finish();
    } else {
      const grpc::internal::RpcMethod rpc(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, channel_);
      answer.status = grpc::internal::BlockingUnaryCall(channel_.get(), rpc, &context, request, &reply);
      grpc::Slice bytes_of_reply;
      if (answer.status.ok() && reply.DumpToSingleSlice(&bytes_of_reply).ok())
        answer.reply.assign(reinterpret_cast<const char*>(bytes_of_reply.begin()), bytes_of_reply.size());
    }
    // As HTTP/2 counts a header, binary values as base64.
    for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
      answer.trailer_bytes +=
          key.size() + 32 +
          (absl::EndsWith(absl::string_view(key.data(), key.size()), "-bin") ? (value.size() + 2) / 3 * 4
                                                                             : value.size());
    }
    for (const char c : answer.status.error_message())
      answer.trailer_bytes += c >= 0x20 && c < 0x7f && c != '%' ? 1 : 3;
    return answer;
  }

 private:
  const std::string tokens_;
  std::shared_ptr<grpc::Channel> channel_;
  std::map<std::string, std::string> token_of_;
};

// What an error carries.
struct Details {
  google::rpc::Status status;
  std::vector<google::rpc::ErrorInfo> infos;
  std::set<std::string> locales;
  std::set<std::string> fields;

  explicit Details(const grpc::Status& from) {
    status.ParseFromString(from.error_details());
    for (const auto& any : status.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::LocalizedMessage text;
      google::rpc::BadRequest bad;
      if (any.UnpackTo(&info)) infos.push_back(info);
      if (any.UnpackTo(&text) && !text.message().empty()) locales.insert(text.locale());
      if (!any.UnpackTo(&bad)) continue;
      for (const auto& violation : bad.field_violations()) fields.insert(violation.field());
    }
  }
};

// What is wrong with any error; empty: nothing.
std::string WrongForm(const Answer& answer, const Details& details) {
  if (details.infos.size() != 1) return absl::StrCat(details.infos.size(), " ErrorInfo");
  if (!absl::StartsWith(details.infos[0].domain(), "docket.")) return "domain " + details.infos[0].domain();
  if (details.status.code() != answer.status.error_code()) return "another code in the details";
  if (details.locales != std::set<std::string>{"en", "zh-CN"}) return "locales " + absl::StrJoin(details.locales, ",");
  if (answer.trailer_bytes >= kMaxTrailerBytes) return absl::StrCat(answer.trailer_bytes, " bytes of trailers");
  return "";
}

// A list that is wrong as a whole may have elements that are wrong as well, such as one that stands there twice.
bool NamesNothingElse(const std::set<std::string>& named, const std::set<std::string>& expected) {
  return std::all_of(named.begin(), named.end(), [&](const std::string& field) {
    return expected.contains(field) || expected.contains(field.substr(0, field.find_last_of('[')));
  });
}

// The answer to the first element of a call, as a call about the element alone would have had it.
Answer OfElement(const MethodDescriptor& method, const Answer& whole) {
  const auto reply = ctl::NewMessage(method.output_type());
  const FieldDescriptor* results = method.output_type()->FindFieldByName("results");
  if (!whole.status.ok() || !reply->ParseFromString(whole.reply) || results == nullptr ||
      reply->GetReflection()->FieldSize(*reply, results) == 0) {
    return whole;
  }
  const Message& first = reply->GetReflection()->GetRepeatedMessage(*reply, results, 0);
  google::rpc::Status error;
  error.ParseFromString(
      first.GetReflection()->GetMessage(first, first.GetDescriptor()->FindFieldByName("error")).SerializeAsString());
  return {.status = {static_cast<grpc::StatusCode>(error.code()), error.message(), error.SerializeAsString()}};
}

std::string WrongAnswer(const Case& tried, const Answer& answer, const MethodRules& rules) {
  const Expected& expected = tried.expected;
  if (answer.status.ok()) return "accepted";
  const Details details(answer.status);
  if (const std::string wrong = WrongForm(answer, details); !wrong.empty()) return wrong;
  const google::rpc::ErrorInfo& info = details.infos[0];
  if (answer.status.error_code() != expected.code) return "code";
  if (info.reason() != expected.reason) return "reason";
  const bool all_named =
      std::includes(details.fields.begin(), details.fields.end(), expected.fields.begin(), expected.fields.end());
  if (!all_named || (expected.exactly && !NamesNothingElse(details.fields, expected.fields))) return "fields";
  if (expected.reason != "ROLE_REQUIRED") return "";
  const auto required = info.metadata().find("required_roles");
  if (required == info.metadata().end()) return "no required_roles";
  std::set<std::string> named = absl::StrSplit(required->second, ',');
  std::set<std::string> open;
  for (const int role : rules.roles())
    open.insert(std::string(absl::StripPrefix(common::v1::Role_Name(static_cast<common::v1::Role>(role)), "ROLE_")));
  return named == open ? "" : "required_roles " + required->second;
}

std::string Shown(const Answer& answer) {
  const Details details(answer.status);
  return absl::StrCat("code ", answer.status.error_code(), " ", details.infos.empty() ? "" : details.infos[0].reason(),
                      " [", absl::StrJoin(details.fields, ","), "] ", answer.status.error_message());
}

// Everyone of an organisation's file, and the roles.
std::vector<std::pair<std::string, std::set<std::string>>> PeopleOf(const std::string& file) {
  const ctl::Json organization = ctl::ReadOrganizationFile(file).value();
  const std::string id = organization.at("organization").at("id").get<std::string>();
  std::vector<std::pair<std::string, std::set<std::string>>> people;
  for (const auto& person : organization.at("people")) {
    std::set<std::string> roles;
    for (const auto& role : person.at("roles")) roles.insert(role.get<std::string>());
    people.emplace_back(absl::StrCat(id, "/", person.at("id").get<std::string>()), roles);
  }
  people.emplace_back(kAdministrator, std::set<std::string>{"ADMINISTRATOR"});
  return people;
}

// Those whom the method is open to, or is not.
std::vector<std::string> Everyone(const std::vector<std::pair<std::string, std::set<std::string>>>& people,
                                  const MethodRules& rules, bool open) {
  std::vector<std::string> found;
  for (const auto& [who, roles] : people) {
    bool opens = false;
    for (const int role : rules.roles())
      opens |= roles.contains(
          std::string(absl::StripPrefix(common::v1::Role_Name(static_cast<common::v1::Role>(role)), "ROLE_")));
    if (opens == open) found.push_back(who);
  }
  return found;
}

// The first whom the method is open to.
std::string Someone(const std::vector<std::pair<std::string, std::set<std::string>>>& people,
                    const MethodRules& rules) {
  const std::vector<std::string> found = Everyone(people, rules, true);
  return found.empty() ? "" : found.front();
}

std::string Setting(const char* name) {
  const char* value = std::getenv(name);
  if (value != nullptr) return value;
  std::cerr << name << " is not set\n";
  std::exit(2);
}

int Run(bool baseline) {
  Sender sender(Setting("ADDRESS"), Setting("CA"), Setting("TOKENS"));
  const auto people = PeopleOf(Setting("ORGANIZATION"));
  const auto others = PeopleOf(Setting("OTHER_ORGANIZATION"));
  const auto methods = ctl::AllMethods();
  int tried = 0;
  int failed = 0;
  const auto report = [&](const MethodDescriptor* method, const std::string& name, const std::string& wrong,
                          const Answer& answer) {
    ++tried;
    failed += !wrong.empty();
    std::cout << (wrong.empty() ? "ok   " : "FAIL ") << ctl::PathOf(*method).substr(1) << ": " << name;
    if (!wrong.empty()) std::cout << " | " << wrong << " | " << Shown(answer);
    std::cout << "\n";
  };
  for (const MethodDescriptor* method : methods) {
    const MethodRules& rules = method->options().GetExtension(common::v1::access);
    const std::string who = Someone(people, rules);
    size_t choices = 1;
    std::set<std::string> known;
    for (size_t choice = 0; choice < choices; ++choice) {
      const auto valid = ctl::NewMessage(method->input_type());
      Fill(valid.get(), choice, &choices);
      if (baseline) {
        if (!CanBeMadeUp(*valid)) continue;
        MakeWhole(valid.get());
        const Answer answer = sender.Send(*method, who, valid->SerializeAsString());
        const Details details(answer.status);
        std::string wrong;
        if (answer.status.error_code() == grpc::StatusCode::INTERNAL ||
            answer.status.error_code() == grpc::StatusCode::UNKNOWN)
          wrong = "code";
        if (!details.infos.empty() &&
            (details.infos[0].reason() == "INVALID_FIELDS" || details.infos[0].reason() == "MALFORMED_MESSAGE" ||
             details.infos[0].reason() == "INVALID_UPDATE_MASK"))
          wrong = "called wrong";
        const std::string reason = details.infos.empty() ? "" : details.infos[0].reason();
        const bool unavailable = answer.status.error_code() == grpc::StatusCode::UNAVAILABLE;
        if (unavailable || reason == "ROLE_REQUIRED" || reason == "OTHER_ORGANIZATION") wrong = "no handler saw it";
        // Only a stream that was taken up may run into the caller's deadline.
        const bool ran_on =
            method->server_streaming() && answer.status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
        if (wrong.empty() && !answer.status.ok() && !ran_on) wrong = WrongForm(answer, details);
        report(method,
               absl::StrCat("valid request ", choice, " as ", who, ", code ", answer.status.error_code(), " ", reason),
               wrong, answer);
        continue;
      }
      std::vector<Case> cases;
      Table(method, *valid, who, &cases).Build();
      for (const std::string& closed : Everyone(people, rules, false)) {
        cases.push_back({absl::StrCat("as ", closed),
                         closed,
                         valid->SerializeAsString(),
                         {.code = grpc::StatusCode::PERMISSION_DENIED, .reason = "ROLE_REQUIRED"}});
      }
      if (const std::string other = Someone(others, rules);
          other != kAdministrator && !rules.resource_field().empty()) {
        cases.push_back({absl::StrCat("as ", other), other, valid->SerializeAsString(), kOtherOrganization});
      }
      for (const Case& one : cases) {
        // What another choice within a oneof does not touch was tried.
        if (!known.insert(one.name).second) continue;
        Answer answer = sender.Send(*method, one.who, one.bytes);
        std::string wrong;
        if (one.expected.of_element) {
          if (!answer.status.ok()) wrong = "the whole was refused";
          answer = OfElement(*method, answer);
        }
        if (wrong.empty()) wrong = WrongAnswer(one, answer, rules);
        report(method, one.name, wrong, answer);
      }
    }
  }
  std::cout << "methods: " << methods.size() << " cases: " << tried << " failed: " << failed << std::endl;
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace docket

int main(int argc, char** argv) {
  const std::string mode = argc == 2 ? argv[1] : "";
  if (mode != "cases" && mode != "baseline") {
    std::cerr << "usage: docket_bad_input cases | baseline\n";
    return 2;
  }
  return docket::Run(mode == "baseline");
}

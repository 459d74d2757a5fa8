#include "services/docketctl/yaml_json.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/process/config_file.h"
#include "common/status/status_macros.h"
#include "re2/re2.h"

namespace docket::ctl {
namespace {

constexpr size_t kMaxDepth = 32;

Json ScalarToJson(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  int64_t integer = 0;
  if (RE2::FullMatch(text, "-?(0|[1-9][0-9]*)") && absl::SimpleAtoi(text, &integer)) return integer;
  double decimal = 0;
  if (RE2::FullMatch(text, "-?[0-9]+\\.[0-9]+") && absl::SimpleAtod(text, &decimal)) return decimal;
  return text;
}

// Builds the value from the parser's events. Throws YAML::ParserException at what is refused, as the parser itself
// does: an alias is seen before anything grows by it.
class Builder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Refuse(anchor != 0, mark, "anchors and aliases are not taken");
    Add(mark, Json());
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(true, mark, "anchors and aliases are not taken");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Refuse(anchor != 0, mark, "anchors and aliases are not taken");
    // yaml-cpp tags quoted scalars "!" and plain ones "?".
    const bool plain = tag.empty() || tag == "?";
    Refuse(!plain && tag != "!" && tag != "tag:yaml.org,2002:str", mark, "tags other than !!str are not taken");
    if (AwaitsKey()) {
      levels_.back().key = value;
      levels_.back().has_key = true;
      Refuse(levels_.back().value.contains(value), mark, absl::StrCat(value, " stands there twice"));
    } else {
      Add(mark, plain ? ScalarToJson(value) : Json(value));
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Begin(mark, tag, anchor, Json::array());
  }
  void OnSequenceEnd() override { End(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Begin(mark, tag, anchor, Json::object());
  }
  void OnMapEnd() override { End(); }

  Json Take() { return std::move(root_); }

 private:
  struct Level {
    Json value;
    YAML::Mark mark;
    std::string key;
    bool has_key = false;
  };

  static void Refuse(bool wrong, const YAML::Mark& mark, const std::string& why) {
    if (wrong) throw YAML::ParserException(mark, why);
  }
  bool AwaitsKey() const { return !levels_.empty() && levels_.back().value.is_object() && !levels_.back().has_key; }
  void Begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json empty) {
    Refuse(anchor != 0, mark, "anchors and aliases are not taken");
    Refuse(!tag.empty() && tag != "?" && tag != "!", mark, "tags other than !!str are not taken");
    Refuse(AwaitsKey(), mark, "a key should be text");
    Refuse(levels_.size() >= kMaxDepth, mark, absl::StrCat("nested more than ", kMaxDepth, " deep"));
    levels_.push_back({.value = std::move(empty), .mark = mark});
  }
  void End() {
    Level done = std::move(levels_.back());
    levels_.pop_back();
    Add(done.mark, std::move(done.value));
  }
  void Add(const YAML::Mark& mark, Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& level = levels_.back();
    if (level.value.is_array()) {
      level.value.push_back(std::move(value));
      return;
    }
    Refuse(!level.has_key, mark, "a key should be text");
    level.value[level.key] = std::move(value);
    level.has_key = false;
  }

  std::vector<Level> levels_;
  Json root_;
};

}  // namespace

absl::StatusOr<Json> ParseYaml(const std::string& text) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Builder builder;
    parser.HandleNextDocument(builder);
    Json json = builder.Take();
    Builder second;
    if (parser.HandleNextDocument(second)) return absl::InvalidArgumentError("holds more than one document");
    return json;
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
}

absl::StatusOr<Json> ReadYaml(const std::string& path) {
  DOCKET_ASSIGN_OR_RETURN(const std::string text, process::ReadFile(path));
  absl::StatusOr<Json> json = ParseYaml(text);
  if (!json.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", json.status().message()));
  return json;
}

}  // namespace docket::ctl

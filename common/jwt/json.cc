#include "common/jwt/json.h"

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

namespace docket::jwt {
namespace {

// Sees the text go by and stops it where two readers could understand it differently, or where it is nested too deep.
class StrictShape final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Enter(); }
  bool key(string_t& name) override { return keys_.back().insert(name).second; }
  bool end_object() override { return Leave(); }
  bool start_array(size_t) override { return Enter(); }
  bool end_array() override { return Leave(); }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  bool Enter() {
    keys_.emplace_back();
    return keys_.size() <= kMaxJsonDepth;
  }
  bool Leave() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;  // of each object that is open
};

}  // namespace

std::optional<nlohmann::json> ParseJsonObject(absl::string_view text) {
  // The parser takes a zero byte for the end, whatever follows, and passes over a byte order mark.
  if (absl::StrContains(text, '\0') || absl::StartsWith(text, "\xEF\xBB\xBF")) return std::nullopt;
  StrictShape shape;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &shape)) return std::nullopt;
  nlohmann::json value = nlohmann::json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return std::nullopt;
  return value;
}

const nlohmann::json* FindMember(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

const std::string* FindString(const nlohmann::json& object, const char* key) {
  const nlohmann::json* const member = FindMember(object, key);
  return member == nullptr ? nullptr : member->get_ptr<const std::string*>();
}

}  // namespace docket::jwt

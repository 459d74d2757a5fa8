// JSON as this room reads it: strictly, since two readers that disagree about a token are a way around one of them.
#ifndef DOCKET_COMMON_JWT_JSON_H_
#define DOCKET_COMMON_JWT_JSON_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace docket::jwt {

inline constexpr size_t kMaxJsonDepth = 8;

// The object that `text` is. Nothing where it is no JSON, no object, has a key twice anywhere, is nested deeper than
// kMaxJsonDepth, or is not UTF-8. The caller bounds its length.
std::optional<nlohmann::json> ParseJsonObject(absl::string_view text);

// The value at that key; null where there is none.
const nlohmann::json* FindMember(const nlohmann::json& object, const char* key);

// The string at that key; null where there is none or it is no string. Tell the two apart with FindMember.
const std::string* FindString(const nlohmann::json& object, const char* key);

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_JSON_H_

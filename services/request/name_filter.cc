#include "services/request/name_filter.h"

#include <optional>
#include <utility>

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"

namespace docket::request {

using filter::FilterValue;

filter::Converter LastIdOf(std::string organization_id, std::string (*name)(absl::string_view, absl::string_view)) {
  return
      [organization_id = std::move(organization_id), name](absl::string_view argument) -> std::optional<FilterValue> {
        const std::string id = LastId(argument);
        if (name(organization_id, id) != argument) return std::nullopt;
        return FilterValue(id);
      };
}

filter::Converter LastUuidOf(std::string organization_id, std::string (*name)(absl::string_view, absl::string_view)) {
  return
      [convert = LastIdOf(std::move(organization_id), name)](absl::string_view argument) -> std::optional<FilterValue> {
        if (!convert(argument).has_value()) return std::nullopt;
        const std::optional<std::string> id = ParseUuid(LastId(argument));
        if (!id.has_value()) return std::nullopt;
        return FilterValue(*id);
      };
}

}  // namespace docket::request

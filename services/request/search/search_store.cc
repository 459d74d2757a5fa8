#include "services/request/search/search_store.h"

#include <cstddef>

#include "common/mysql/value.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

// One statement stays well below max_allowed_packet (16 MiB).
constexpr size_t kMaxStatementBytes = size_t{4} << 20;

}  // namespace

SearchStore::SearchStore()
    : insert_("request_search", {"organization_id", "request_id", "terms"},
              "ON DUPLICATE KEY UPDATE terms = VALUES(terms)") {}

absl::Status SearchStore::Put(mysql::Transaction& tx, absl::Span<const SearchDocument> documents) const {
  mysql::Params values;
  size_t bytes = 0;
  for (const SearchDocument& document : documents) {
    if (bytes > 0 && bytes + document.terms.size() > kMaxStatementBytes) {
      DOCKET_RETURN_IF_ERROR(insert_.Run(tx, values).status());
      values.clear();
      bytes = 0;
    }
    bytes += document.terms.size();
    values.emplace_back(document.organization_id);
    values.emplace_back(document.request_id);
    values.emplace_back(document.terms);
  }
  return values.empty() ? absl::OkStatus() : insert_.Run(tx, values).status();
}

}  // namespace docket::request

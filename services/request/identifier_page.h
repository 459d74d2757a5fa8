// Pages of a list that goes by identifier.
//
//   DOCKET_ASSIGN_OR_RETURN(const IdentifierPage page, IdentifierPage::Read("ListVendors", call, page_tokens));
//   DOCKET_ASSIGN_OR_RETURN(std::vector<Vendor> found, store.ListVendors(deadline, organization, page.after,
//   page.limit())); reply.set_next_page_token(page.Trim(found, page_tokens));
#ifndef DOCKET_SERVICES_REQUEST_IDENTIFIER_PAGE_H_
#define DOCKET_SERVICES_REQUEST_IDENTIFIER_PAGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/page_token/page_size.h"
#include "common/page_token/page_token.h"
#include "common/status/error.h"

namespace docket::request {

struct IdentifierPage {
  // The last identifier of the page before; empty: the first page.
  std::string after;
  size_t size = 0;
  std::string fingerprint;

  // `call` is any List request with parent, page_size and page_token.
  template <typename Call>
  static absl::StatusOr<IdentifierPage> Read(absl::string_view method, const Call& call, const PageTokenCodec& codec) {
    IdentifierPage page;
    FieldViolations violations;
    page.size = static_cast<size_t>(PageSize(call.page_size(), violations));
    absl::Status status = violations.ToStatus();
    if (!status.ok()) return status;
    page.fingerprint = QueryFingerprint({method, call.parent()});
    if (call.page_token().empty()) return page;
    absl::StatusOr<PageToken> token = codec.Decode(call.page_token(), page.fingerprint);
    if (!token.ok()) return token.status();
    if (token->key.size() != 1) {
      return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN, "the page token is damaged");
    }
    page.after = token->key.front();
    return page;
  }

  // One row more than the page holds, to see whether there is another page.
  int limit() const { return static_cast<int>(size) + 1; }

  // Drops the surplus row; returns the token of the next page, empty at the end. Rows have an `id`.
  template <typename T>
  std::string Trim(std::vector<T>& rows, const PageTokenCodec& codec) const {
    if (rows.size() <= size) return "";
    rows.resize(size);
    return codec.Encode({.key = {rows.back().id}, .fingerprint = fingerprint});
  }
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_IDENTIFIER_PAGE_H_

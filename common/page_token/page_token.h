// Page tokens: where a list goes on, sealed so that only Docket can make one.
//
//   const std::string query = QueryFingerprint({"ListRequests", request.parent(), request.filter(),
//   request.order_by()}); PageToken after{.fingerprint = query}; if (!request.page_token().empty()) {
//   DOCKET_ASSIGN_OR_RETURN(after, tokens.Decode(request.page_token(), query)); }
//   ...
//   reply.set_next_page_token(tokens.Encode({.key = {last.create_time, last.id}, .snapshot = size, .fingerprint =
//   query}));
//
// A token is opaque to callers, not secret: it holds values of a row that they have just seen. Its HMAC keeps a caller
// from choosing where a scan begins, and its fingerprint from going on with another filter, order or parent than the
// list began with.
#ifndef DOCKET_COMMON_PAGE_TOKEN_PAGE_TOKEN_H_
#define DOCKET_COMMON_PAGE_TOKEN_PAGE_TOKEN_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket {

struct PageToken {
  // The sort key of the last row returned, in the order of the ORDER BY; any bytes. At most 16 values and 4 KiB
  // together.
  std::vector<std::string> key;
  // What the list is bound to, such as the size of the audit log; 0 where it is bound to nothing.
  uint64_t snapshot = 0;
  // QueryFingerprint of the query that the list belongs to.
  std::string fingerprint;
};

// 16 bytes that stand for everything that must stay the same from page to page: method, parent, filter, order, and what
// else selects rows. Not the page size.
std::string QueryFingerprint(std::initializer_list<absl::string_view> parts);

// Makes and reads tokens. Thread-safe. Every replica of a service needs the same key.
class PageTokenCodec {
 public:
  static constexpr size_t kMinKeyBytes = 32;

  // `key` is secret; at least 32 bytes, else INVALID_ARGUMENT. INTERNAL where the cryptographic library cannot compute
  // HMAC-SHA256.
  static absl::StatusOr<PageTokenCodec> Create(std::string key);

  // Text of the URL-safe base64 alphabet without padding. A token beyond PageToken's limits will not decode.
  std::string Encode(const PageToken& token) const;

  // INVALID_ARGUMENT / INVALID_PAGE_TOKEN where the token is damaged, was made with another key or for another query.
  absl::StatusOr<PageToken> Decode(absl::string_view token, absl::string_view query_fingerprint) const;

 private:
  explicit PageTokenCodec(std::string key) : key_(std::move(key)) {}

  std::string key_;
};

}  // namespace docket

#endif  // DOCKET_COMMON_PAGE_TOKEN_PAGE_TOKEN_H_

// Pages of lists that go by a position within their parent.
#ifndef DOCKET_SERVICES_SCHEDULING_SEQUENCE_PAGE_H_
#define DOCKET_SERVICES_SCHEDULING_SEQUENCE_PAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/page_token/page_token.h"

namespace docket::scheduling {

// The position after which the page begins: 0 for an empty token. INVALID_ARGUMENT / INVALID_PAGE_TOKEN.
absl::StatusOr<int> DecodeSequence(const PageTokenCodec& tokens, absl::string_view token,
                                   absl::string_view fingerprint);

// The token of the page after the row at this position.
std::string EncodeSequence(const PageTokenCodec& tokens, int sequence, absl::string_view fingerprint);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_SEQUENCE_PAGE_H_

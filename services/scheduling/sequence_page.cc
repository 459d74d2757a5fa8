#include "services/scheduling/sequence_page.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::scheduling {

absl::StatusOr<int> DecodeSequence(const PageTokenCodec& tokens, absl::string_view token,
                                   absl::string_view fingerprint) {
  if (token.empty()) return 0;
  DOCKET_ASSIGN_OR_RETURN(const PageToken decoded, tokens.Decode(token, fingerprint));
  int sequence = 0;
  if (decoded.key.size() != 1 || !absl::SimpleAtoi(decoded.key[0], &sequence)) {
    return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN,
                 "the page token belongs to another list");
  }
  return sequence;
}

std::string EncodeSequence(const PageTokenCodec& tokens, int sequence, absl::string_view fingerprint) {
  return tokens.Encode({.key = {absl::StrCat(sequence)}, .fingerprint = std::string(fingerprint)});
}

}  // namespace docket::scheduling

// Whether content is what was announced, seen piece by piece.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_CONTENT_CHECK_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_CONTENT_CHECK_H_

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/request/attachment/media_type.h"

namespace docket::request {

class ContentCheck {
 public:
  // `type` must be one of FindMediaType's.
  explicit ContentCheck(const MediaType& type);

  // The next bytes of the content.
  void Add(absl::string_view bytes);

  // After the last: INVALID_ARGUMENT / DIGEST_MISMATCH (metadata `expected`, `actual`) where size or digest are others,
  // INVALID_FIELDS on `data` where the content is not of the type. `sha256` is 32 raw bytes.
  absl::Status Finish(int64_t size_bytes, absl::string_view sha256);

 private:
  const MediaType& type_;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest_;
  int64_t size_ = 0;
  std::string head_;
  bool is_text_ = true;
  // The beginning of a character whose end is still to come.
  std::string tail_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_CONTENT_CHECK_H_

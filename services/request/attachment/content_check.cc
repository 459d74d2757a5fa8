#include "services/request/attachment/content_check.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/log/utf8.h"
#include "common/status/error.h"

namespace docket::request {
namespace {

constexpr size_t kMaxUtf8Bytes = 4;
constexpr size_t kSha256Bytes = 32;

}  // namespace

ContentCheck::ContentCheck(const MediaType& type) : type_(type), digest_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
}

void ContentCheck::Add(absl::string_view bytes) {
  EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size());
  size_ += static_cast<int64_t>(bytes.size());
  if (head_.size() < kMediaTypeHeadBytes) absl::StrAppend(&head_, bytes.substr(0, kMediaTypeHeadBytes - head_.size()));
  if (!type_.is_text || !is_text_) return;
  absl::StrAppend(&tail_, bytes);
  const size_t wrong = FindInvalidUtf8(tail_);
  is_text_ =
      tail_.find('\0') == std::string::npos && (wrong == std::string::npos || tail_.size() - wrong < kMaxUtf8Bytes);
  tail_ = wrong == std::string::npos ? "" : tail_.substr(wrong);
}

absl::Status ContentCheck::Finish(int64_t size_bytes, absl::string_view sha256) {
  std::string actual(kSha256Bytes, '\0');
  EVP_DigestFinal_ex(digest_.get(), reinterpret_cast<unsigned char*>(actual.data()), nullptr);
  if (size_ != size_bytes || actual != sha256) {
    return Error(
        absl::StatusCode::kInvalidArgument, Reason::REASON_DIGEST_MISMATCH,
        "the content is not what was announced: its digest is another; it was dropped, begin again at offset 0",
        {{"expected", absl::BytesToHexString(sha256)}, {"actual", absl::BytesToHexString(actual)}});
  }
  FieldViolations violations;
  violations.Require(type_.begins_so(head_), "data",
                     absl::StrCat("the content does not begin as ", type_.name, " does; it was dropped"));
  violations.Require(!type_.is_text || (is_text_ && tail_.empty()), "data",
                     absl::StrCat("content of type ", type_.name, " must be UTF-8 text without NUL; it was dropped"));
  return violations.ToStatus();
}

}  // namespace docket::request

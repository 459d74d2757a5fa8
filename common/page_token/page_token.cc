#include "common/page_token/page_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <optional>

#include "absl/strings/escaping.h"
#include "common/status/error.h"

namespace docket {
namespace {

// Layout: version, fingerprint length and bytes, snapshot (8), count of values, then for each its length (2) and bytes;
// at the end the HMAC-SHA256 of all before. Numbers are big-endian.
constexpr char kVersion = 1;
constexpr size_t kMacBytes = 32;
constexpr size_t kFingerprintBytes = 16;
constexpr size_t kMaxValues = 16;
constexpr size_t kMaxKeyBytes = 4096;
constexpr size_t kMaxBytes = 1 + 1 + 255 + 8 + 1 + kMaxValues * 2 + kMaxKeyBytes + kMacBytes;
constexpr size_t kMaxTextBytes = (kMaxBytes + 2) / 3 * 4;
// Not of the base64 alphabet, so that it never decodes: what a list answers when its token cannot be made. An empty
// token would say that the list is complete.
constexpr char kNoToken[] = "!";

std::optional<std::string> Mac(absl::string_view key, absl::string_view text) {
  std::string mac(kMacBytes, '\0');
  size_t length = 0;
  const unsigned char* done = EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                                        reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                        reinterpret_cast<unsigned char*>(mac.data()), mac.size(), &length);
  if (done == nullptr || length != kMacBytes) return std::nullopt;
  return mac;
}

void AppendNumber(std::string& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// Takes pieces off the front; after a piece that was not there, everything is empty or zero and ok() is false.
class Reader {
 public:
  explicit Reader(absl::string_view text) : rest_(text) {}
  absl::string_view Bytes(size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const absl::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  uint64_t Number(int bytes) {
    uint64_t value = 0;
    for (const char c : Bytes(static_cast<size_t>(bytes))) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  absl::string_view rest_;
  bool ok_ = true;
};

std::optional<PageToken> ReadPayload(absl::string_view payload) {
  Reader reader(payload);
  if (reader.Number(1) != kVersion) return std::nullopt;
  PageToken token;
  token.fingerprint = std::string(reader.Bytes(reader.Number(1)));
  token.snapshot = reader.Number(8);
  const uint64_t count = reader.Number(1);
  for (uint64_t i = 0; i < count && reader.ok(); ++i) token.key.emplace_back(reader.Bytes(reader.Number(2)));
  if (!reader.AtEnd()) return std::nullopt;
  return token;
}

absl::Status InvalidToken(absl::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN, message,
               {{"field", "page_token"}});
}

bool SameBytes(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string QueryFingerprint(std::initializer_list<absl::string_view> parts) {
  // Lengths keep {"ab", ""} and {"a", "b"} apart.
  std::string text;
  for (const absl::string_view part : parts) {
    AppendNumber(text, part.size(), 8);
    text.append(part.data(), part.size());
  }
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  size_t length = 0;
  // Without SHA-256 Create() has failed before, and an empty fingerprint is refused by Decode.
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(),
                   reinterpret_cast<unsigned char*>(digest.data()), &length) != 1) {
    return "";
  }
  return digest.substr(0, kFingerprintBytes);
}

absl::StatusOr<PageTokenCodec> PageTokenCodec::Create(std::string key) {
  if (key.size() < kMinKeyBytes)
    return absl::InvalidArgumentError("the key of page tokens must have at least 32 bytes");
  if (!Mac(key, "").has_value()) return absl::InternalError("OpenSSL cannot compute HMAC-SHA256");
  return PageTokenCodec(std::move(key));
}

std::string PageTokenCodec::Encode(const PageToken& token) const {
  std::string payload(1, kVersion);
  AppendNumber(payload, token.fingerprint.size(), 1);
  payload.append(token.fingerprint, 0, 255);
  AppendNumber(payload, token.snapshot, 8);
  AppendNumber(payload, token.key.size(), 1);
  size_t key_bytes = 0;
  for (const std::string& value : token.key) {
    AppendNumber(payload, value.size(), 2);
    payload.append(value);
    key_bytes += value.size();
  }
  if (token.fingerprint.size() > 255 || token.key.size() > kMaxValues || key_bytes > kMaxKeyBytes) return kNoToken;
  const std::optional<std::string> mac = Mac(key_, payload);
  return mac.has_value() ? absl::WebSafeBase64Escape(payload + *mac) : kNoToken;
}

absl::StatusOr<PageToken> PageTokenCodec::Decode(absl::string_view token, absl::string_view query_fingerprint) const {
  const absl::Status damaged = InvalidToken("the page token is damaged; start again without one");
  std::string bytes;
  if (token.size() > kMaxTextBytes || !absl::WebSafeBase64Unescape(token, &bytes)) return damaged;
  // The library's decoder takes padding, white space and stray bits too; one token has one spelling.
  if (bytes.size() < kMacBytes || absl::WebSafeBase64Escape(bytes) != token) return damaged;
  const absl::string_view payload = absl::string_view(bytes).substr(0, bytes.size() - kMacBytes);
  const std::optional<std::string> mac = Mac(key_, payload);
  if (!mac.has_value()) return InternalError("OpenSSL cannot compute HMAC-SHA256");
  if (!SameBytes(*mac, absl::string_view(bytes).substr(payload.size()))) return damaged;
  std::optional<PageToken> read = ReadPayload(payload);
  if (!read.has_value()) return damaged;
  if (query_fingerprint.empty() || !SameBytes(read->fingerprint, query_fingerprint)) {
    return InvalidToken(
        "the page token belongs to another query; parent, filter and order_by must stay the same from page to page");
  }
  return *std::move(read);
}

}  // namespace docket

#include "common/events/event_bytes.h"

#include <openssl/evp.h>

#include <array>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace docket::events {
namespace {

constexpr size_t kSha256Bytes = 32;

std::string Serialize(const event::v1::Event& event) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  event.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

std::string EventBytes(const event::v1::Event& event) {
  if (event.source_sequence() == 0) return Serialize(event);
  event::v1::Event unnumbered = event;
  unnumbered.clear_source_sequence();
  return Serialize(unnumbered);
}

std::string EventDigest(const event::v1::Event& event) {
  const std::string bytes = EventBytes(event);
  std::array<unsigned char, kSha256Bytes> digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

}  // namespace docket::events

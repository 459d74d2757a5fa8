// The interface of OpenSSL that lets the state be read is the old one.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "services/audit/export/resumable_hash.h"

#include <openssl/sha.h>

#include <algorithm>

namespace docket::audit {
namespace {

constexpr size_t kBlock = SHA256_CBLOCK;
constexpr size_t kWords = 8;
constexpr size_t kHead = kWords * 4 + 8;

void PutNumber(uint64_t number, int bytes, std::string& out) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(number >> (8 * i)));
}

uint64_t TakeNumber(absl::string_view& bytes, size_t count) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(count);
  return number;
}

}  // namespace

ResumableHash::ResumableHash() {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::copy(context.h, context.h + kWords, words_);
}

void ResumableHash::Add(absl::string_view bytes) {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::copy(words_, words_ + kWords, context.h);
  byte_count_ += bytes.size();
  if (!rest_.empty()) {
    const size_t taken = std::min(bytes.size(), kBlock - rest_.size());
    rest_.append(bytes.data(), taken);
    bytes.remove_prefix(taken);
    if (rest_.size() < kBlock) return;
    SHA256_Transform(&context, reinterpret_cast<const unsigned char*>(rest_.data()));
    rest_.clear();
  }
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock))
    SHA256_Transform(&context, reinterpret_cast<const unsigned char*>(bytes.data()));
  rest_.assign(bytes.data(), bytes.size());
  std::copy(context.h, context.h + kWords, words_);
}

merkle::Hash ResumableHash::Digest() const {
  // FIPS 180-4, 5.1.1: a bit, zeros, and the length in bits at the end of a block.
  ResumableHash padded = *this;
  std::string padding(1, '\x80');
  while ((byte_count_ + padding.size()) % kBlock != kBlock - 8) padding.push_back('\0');
  PutNumber(byte_count_ * 8, 8, padding);
  padded.Add(padding);
  std::string digest;
  for (const uint32_t word : padded.words_) PutNumber(word, 4, digest);
  return *merkle::Hash::FromBytes(digest);
}

std::string ResumableHash::State() const {
  std::string state;
  for (const uint32_t word : words_) PutNumber(word, 4, state);
  PutNumber(byte_count_, 8, state);
  return state + rest_;
}

std::optional<ResumableHash> ResumableHash::FromState(absl::string_view state) {
  if (state.size() < kHead) return std::nullopt;
  ResumableHash hash;
  for (uint32_t& word : hash.words_) word = static_cast<uint32_t>(TakeNumber(state, 4));
  hash.byte_count_ = TakeNumber(state, 8);
  if (state.size() != hash.byte_count_ % kBlock) return std::nullopt;
  hash.rest_ = std::string(state);
  return hash;
}

}  // namespace docket::audit

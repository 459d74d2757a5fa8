// For tests: a witness after C2SP's tlog-witness with a state of its own, reached without a network, and ways for it to
// misbehave. It shares no code with the submitter but the arithmetic of proofs and keys.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_TESTING_FAKE_WITNESS_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_TESTING_FAKE_WITNESS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/clock/clock.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/cosignature.h"
#include "common/merkle/note.h"
#include "common/merkle/proof.h"
#include "services/audit/witness/http_post.h"

namespace docket::audit {

// One witness of one log.
class FakeWitness {
 public:
  FakeWitness(merkle::CosignatureSigner signer, merkle::NoteVerifier log_key, Clock& clock)
      : signer_(std::move(signer)), log_key_(std::move(log_key)), clock_(clock) {}

  const merkle::CosignatureVerifier& key() const { return signer_.verifier(); }
  uint64_t size() const { return size_; }
  int requests() const { return requests_; }
  // As if it had cosigned that before.
  void Remember(uint64_t size, const merkle::Hash& root) {
    size_ = size;
    root_ = root;
  }
  // Answers instead of the honest witness; nullopt: lets it answer.
  std::function<std::optional<HttpAnswer>(int request)> instead;

  HttpAnswer AddCheckpoint(const std::string& body) {
    ++requests_;
    if (instead) {
      if (std::optional<HttpAnswer> answer = instead(requests_); answer.has_value()) return *std::move(answer);
    }
    const size_t blank = body.find("\n\n");
    if (blank == std::string::npos) return {.status = 400};
    std::vector<std::string> lines = absl::StrSplit(body.substr(0, blank), '\n');
    absl::string_view old_text = lines.front();
    uint64_t old_size = 0;
    if (!absl::ConsumePrefix(&old_text, "old ") || !absl::SimpleAtoi(old_text, &old_size) || lines.size() > 64) {
      return {.status = 400};
    }
    std::vector<merkle::Hash> proof;
    for (size_t i = 1; i < lines.size(); ++i) {
      const auto hash = merkle::Hash::FromBase64(lines[i]);
      if (!hash.ok()) return {.status = 400};
      proof.push_back(*hash);
    }
    const std::string note = body.substr(blank + 2);
    const auto checkpoint = merkle::VerifyCheckpoint(note, log_key_.name(), {log_key_});
    if (!checkpoint.ok()) return {.status = 403};
    if (old_size > checkpoint->size) return {.status = 400};
    if (old_size != size_) return {.status = 409, .body = absl::StrCat(size_, "\n")};
    if (old_size == checkpoint->size && size_ != 0 && checkpoint->root != root_) {
      return {.status = 409, .body = absl::StrCat(size_, "\n")};
    }
    const bool extends =
        old_size == 0 ? proof.empty()
                      : merkle::VerifyConsistency(old_size, checkpoint->size, root_, checkpoint->root, proof).ok();
    if (!extends) return {.status = 422};
    Remember(checkpoint->size, checkpoint->root);
    return {.status = 200, .body = Cosign(note)};
  }

  // Its signature line for that checkpoint, with its newline, whatever it knows.
  std::string Cosign(const std::string& note) const {
    const auto line = signer_.Sign(merkle::ParseNote(note)->text, absl::ToUnixSeconds(clock_.Now()));
    return *merkle::FormatSignatureLine(*line);
  }

 private:
  const merkle::CosignatureSigner signer_;
  const merkle::NoteVerifier log_key_;
  Clock& clock_;
  uint64_t size_ = 0;
  merkle::Hash root_;
  int requests_ = 0;
};

// Reaches witnesses by their URLs.
class FakeWitnessNetwork final : public HttpPoster {
 public:
  void Add(const std::string& url, FakeWitness* witness) { witnesses_[url + "/add-checkpoint"] = witness; }

  absl::StatusOr<HttpAnswer> Post(const std::string& url, const std::string& body, absl::Time) override {
    const auto found = witnesses_.find(url);
    if (found == witnesses_.end()) return absl::UnavailableError("no answer: nobody listens at " + url);
    return found->second->AddCheckpoint(body);
  }

 private:
  std::map<std::string, FakeWitness*> witnesses_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_TESTING_FAKE_WITNESS_H_

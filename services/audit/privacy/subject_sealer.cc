#include "services/audit/privacy/subject_sealer.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identifier/random.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/aes_gcm.h"
#include "services/audit/privacy/data_subject.h"
#include "services/audit/privacy/entry_secret.h"

namespace docket::audit {
namespace {

// More than that are forgotten all at once: they come back one by one.
constexpr size_t kMaxRemembered = 20'000;

// Below 2^63, so that every language has a number for it; never 0.
uint64_t NewKeyId() {
  uint64_t id = 0;
  for (const char byte : RandomBytes(8)) id = id << 8 | static_cast<unsigned char>(byte);
  return std::max<uint64_t>(id >> 1, 1);
}

}  // namespace

class SubjectSealer::SealBatch final : public PayloadSealer::Batch {
 public:
  // Of a log that has `size` entries.
  SealBatch(const SecretStore& store, Clock& clock, mysql::Transaction& tx, uint64_t size, Known known)
      : store_(store), clock_(clock), tx_(tx), size_(size), known_(std::move(known)) {}

  // Keys of the subjects that are not known yet, in few statements.
  absl::Status Prefetch(const std::set<SubjectName>& subjects) {
    DOCKET_ASSIGN_OR_RETURN(std::vector<SubjectKey> keys, store_.FindKeys(tx_, subjects));
    for (const SubjectName& subject : subjects) looked_for_.insert(subject);
    for (SubjectKey& key : keys) known_.keys.insert_or_assign(key.subject, std::move(key));
    return absl::OkStatus();
  }

  absl::StatusOr<EntrySecret> SecretFor(const SubjectName& subject, uint64_t index) override {
    absl::StatusOr<EntrySecret> secret = Make(subject, index);
    if (!secret.ok() && status_.ok()) status_ = secret.status();
    return secret;
  }
  absl::Status status() const override { return status_; }

  absl::Status Save(mysql::Transaction& tx) override {
    for (const auto& [block, seeds] : new_seeds_) DOCKET_RETURN_IF_ERROR(store_.InsertSeeds(tx, block, seeds));
    if (new_keys_.empty()) return absl::OkStatus();
    return store_.InsertKeys(tx, new_keys_, clock_.NowMicros());
  }

  Known TakeKnown() { return std::move(known_); }

 private:
  absl::StatusOr<EntrySecret> Make(const SubjectName& subject, uint64_t index) {
    DOCKET_RETURN_IF_ERROR(EnterBlock(BlockOf(index)));
    const std::string& seed = known_.seeds[PlaceOf(index)];
    if (seed.empty()) return absl::DataLossError(absl::StrCat("entry ", index, " is redacted before it is there"));
    auto key = known_.keys.find(subject);
    if (key == known_.keys.end()) {
      DOCKET_RETURN_IF_ERROR(AddKey(subject));
      key = known_.keys.find(subject);
    }
    return DeriveSecret(key->second.key_id, key->second.key, index, seed);
  }

  absl::Status EnterBlock(uint64_t block) {
    if (!known_.seeds.empty() && known_.block == block) return absl::OkStatus();
    std::optional<EntrySeeds> seeds;
    // Those of a block whose first entry is yet to come are nowhere.
    if (block * kBlockEntries < size_) {
      DOCKET_ASSIGN_OR_RETURN(seeds, store_.FindSeeds(tx_, block));
    }
    if (!seeds.has_value()) {
      seeds = EntrySeeds::Fresh();
      new_seeds_.emplace(block, *seeds);
    }
    known_.block = block;
    known_.seeds = seeds->All();
    return absl::OkStatus();
  }

  absl::Status AddKey(const SubjectName& subject) {
    if (!looked_for_.contains(subject)) {
      DOCKET_RETURN_IF_ERROR(Prefetch({subject}));
      if (known_.keys.contains(subject)) return absl::OkStatus();
    }
    SubjectKey key{.key_id = NewKeyId(), .subject = subject, .key = RandomBytes(kKeyBytes)};
    new_keys_.push_back(key);
    known_.keys.emplace(subject, std::move(key));
    return absl::OkStatus();
  }

  const SecretStore& store_;
  Clock& clock_;
  mysql::Transaction& tx_;
  const uint64_t size_;
  Known known_;
  std::set<SubjectName> looked_for_;
  std::vector<SubjectKey> new_keys_;
  std::map<uint64_t, EntrySeeds> new_seeds_;
  absl::Status status_;
};

SubjectName SubjectSealer::SubjectOf(const event::v1::Event& event) const {
  return {OrganizationId(event.organization()), DataSubjectOf(event)};
}

absl::StatusOr<std::unique_ptr<PayloadSealer::Batch>> SubjectSealer::Begin(mysql::Transaction& tx,
                                                                           const std::set<SubjectName>& of,
                                                                           uint64_t size, uint64_t secret_epoch) {
  ForgetUnlessOf(secret_epoch);
  std::set<SubjectName> subjects = of;
  Known known{.secret_epoch = secret_epoch};
  {
    absl::MutexLock lock(&mutex_);
    for (auto subject = subjects.begin(); subject != subjects.end();) {
      const auto key = known_.keys.find(*subject);
      if (key == known_.keys.end()) {
        ++subject;
        continue;
      }
      known.keys.insert(*key);
      subject = subjects.erase(subject);
    }
    if (known_.block == BlockOf(size)) {
      known.block = known_.block;
      known.seeds = known_.seeds;
    }
  }
  auto batch = std::make_unique<SealBatch>(store_, clock_, tx, size, std::move(known));
  DOCKET_RETURN_IF_ERROR(batch->Prefetch(subjects));
  return std::unique_ptr<Batch>(std::move(batch));
}

absl::StatusOr<std::string> SubjectSealer::Seal(const EntrySecret& secret, uint64_t index,
                                                absl::string_view payload) const {
  return Encrypt(secret.data_key, PayloadContext(index), payload);
}

void SubjectSealer::Made(Batch& batch, uint64_t size) {
  Known made = static_cast<SealBatch&>(batch).TakeKnown();
  absl::MutexLock lock(&mutex_);
  if (made.secret_epoch != known_.secret_epoch) return;
  if (known_.keys.size() + made.keys.size() > kMaxRemembered) known_.keys.clear();
  known_.keys.merge(made.keys);
  if (made.seeds.empty() || made.block < known_.block) return;
  known_.block = made.block;
  known_.seeds = std::move(made.seeds);
  const uint64_t begin = made.block * kBlockEntries;
  for (uint64_t i = 0; i < kBlockEntries && begin + i < size; ++i) known_.seeds[i].clear();
}

void SubjectSealer::Forget() {
  absl::MutexLock lock(&mutex_);
  known_ = Known();
}

void SubjectSealer::ForgetUnlessOf(uint64_t secret_epoch) {
  absl::MutexLock lock(&mutex_);
  // Epochs only grow. Who comes late with an older one must not take away what a batch under way has made since.
  if (secret_epoch <= known_.secret_epoch) return;
  known_ = Known{.secret_epoch = secret_epoch};
}

size_t SubjectSealer::remembered() const {
  absl::MutexLock lock(&mutex_);
  return known_.keys.size();
}

}  // namespace docket::audit

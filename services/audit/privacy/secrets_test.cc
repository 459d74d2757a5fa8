// Encryption, master keys and the seeds of entries, without a database.
#include <set>
#include <string>

#include "common/secret_file/secret_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/audit/privacy/aes_gcm.h"
#include "services/audit/privacy/entry_secret.h"
#include "services/audit/privacy/entry_seeds.h"
#include "services/audit/privacy/master_key.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::IsOk;
using tests::StatusIs;

const std::string kKey(kKeyBytes, 'k');

TEST(AesGcmTest, OpensWhatItSealed) {
  for (const std::string& plain : {std::string(), std::string("密"), std::string(100'000, '\0')}) {
    const auto sealed = Encrypt(kKey, "context", plain);
    ASSERT_THAT(sealed, IsOk());
    EXPECT_EQ(sealed->size(), plain.size() + kSealBytes);
    const auto opened = Decrypt(kKey, "context", *sealed);
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(*opened, plain);
  }
  EXPECT_NE(*Encrypt(kKey, "", "twice"), *Encrypt(kKey, "", "twice"));
}

TEST(AesGcmTest, EveryChangedBitAndEveryOtherKeyIsFound) {
  const std::string sealed = *Encrypt(kKey, "context", "口令");
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_THAT(Decrypt(kKey, "context", changed), StatusIs(StatusCode::kDataLoss)) << bit;
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_THAT(Decrypt(kKey, "context", sealed.substr(0, size)), StatusIs(StatusCode::kDataLoss)) << size;
  }
  EXPECT_THAT(Decrypt(kKey, "Context", sealed), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Decrypt(std::string(kKeyBytes, 'l'), "context", sealed), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Encrypt("short", "", ""), StatusIs(StatusCode::kInternal));
}

TEST(MasterKeysTest, TheFirstWrapsAndTheOthersOpen) {
  const std::string a(64, 'a'), b(64, 'B');
  const auto old_keys = MasterKeys::Parse("k1 " + a);
  ASSERT_THAT(old_keys, IsOk());
  const WrappedSecret wrapped = *old_keys->Wrap("x", "secret");
  EXPECT_EQ(wrapped.master_key_id, "k1");
  EXPECT_THAT(wrapped.bytes, Not(HasSubstr("secret")));

  const auto keys = MasterKeys::Parse("# newest first\n\nk2 " + b + "\n  k1  " + a + "\r\n");
  ASSERT_THAT(keys, IsOk());
  EXPECT_EQ(keys->current_id(), "k2");
  EXPECT_THAT(keys->former_ids(), ::testing::ElementsAre("k1"));
  EXPECT_EQ(*keys->Unwrap("x", wrapped), "secret");
  EXPECT_THAT(keys->Unwrap("y", wrapped), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(old_keys->Unwrap("x", *keys->Wrap("x", "secret")), StatusIs(StatusCode::kInternal));
}

TEST(MasterKeysTest, BadFilesAreRefusedWithoutRepeatingThem) {
  const std::string key(64, 'c');
  for (const std::string& text : {std::string(), std::string("\n# nothing\n"), std::string("k1"), "k1 " + key + " more",
                                  "K1 " + key, "k1 " + key + "c", "k1 " + std::string(64, 'g'),
                                  std::string(33, 'k') + " " + key, "k1 " + key + "\nk1 " + key}) {
    const auto keys = MasterKeys::Parse(text);
    EXPECT_THAT(keys, StatusIs(StatusCode::kInvalidArgument)) << text;
    EXPECT_THAT(keys.status().message(), Not(HasSubstr(key)));
  }
  tests::TempDir dir;
  EXPECT_THAT(MasterKeys::Load(dir.Path("absent")), StatusIs(StatusCode::kNotFound));
  ASSERT_THAT(WriteSecretFile(dir.Path("keys"), "k1 " + key), IsOk());
  EXPECT_THAT(MasterKeys::Load(dir.Path("keys")), IsOk());
}

TEST(EntrySeedsTest, AllSeedsDifferAndAreTheSameHoweverTheyAreRead) {
  const EntrySeeds seeds = EntrySeeds::Fresh();
  const std::vector<std::string> all = seeds.All();
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), kBlockEntries);
  const auto again = EntrySeeds::Parse(seeds.Serialize());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(seeds.Serialize().size(), 34u);
  for (int place = 0; place < 256; ++place) EXPECT_EQ(again->Find(place), all[place]);
  EXPECT_NE(EntrySeeds::Fresh().All(), all);
}

TEST(EntrySeedsTest, OneThatIsTakenOutIsGoneAndNoOtherChanges) {
  for (int gone = 0; gone < 256; ++gone) {
    EntrySeeds seeds = EntrySeeds::Fresh();
    const std::vector<std::string> before = seeds.All();
    EXPECT_TRUE(seeds.TakeOut(gone));
    EXPECT_FALSE(seeds.TakeOut(gone));
    EXPECT_EQ(seeds.Serialize().size(), 8 * 34u);
    EXPECT_THAT(seeds.Serialize(), Not(HasSubstr(before[gone])));
    const std::vector<std::string> after = seeds.All();
    for (int place = 0; place < 256; ++place) {
      EXPECT_EQ(after[place], place == gone ? "" : before[place]);
      EXPECT_EQ(seeds.Find(place).has_value(), place != gone);
    }
  }
}

TEST(EntrySeedsTest, InWhateverOrderAllAreTakenOutNothingIsLeft) {
  EntrySeeds seeds = EntrySeeds::Fresh();
  const std::vector<std::string> before = seeds.All();
  size_t longest = 0;
  // 77 and 256 have no common divisor: every place comes once.
  for (int i = 0; i < 256; ++i) {
    const int place = i * 77 % 256;
    EXPECT_TRUE(seeds.TakeOut(place));
    longest = std::max(longest, seeds.Serialize().size());
    const auto again = EntrySeeds::Parse(seeds.Serialize());
    ASSERT_THAT(again, IsOk());
    for (int j = i + 1; j < 256; ++j) ASSERT_EQ(again->Find(j * 77 % 256), before[j * 77 % 256]);
  }
  EXPECT_EQ(seeds.Serialize(), "");
  // The column takes 8000.
  EXPECT_LE(longest + kSealBytes, 4500u);
}

TEST(EntrySeedsTest, BytesOutOfFormAreRefused) {
  const std::string good = EntrySeeds::Fresh().Serialize();
  for (size_t size = 1; size < good.size(); ++size) {
    EXPECT_THAT(EntrySeeds::Parse(good.substr(0, size)), StatusIs(StatusCode::kDataLoss));
  }
  for (const char* node : {"\0\0", "\2\0", "\xff\xff"}) {
    EXPECT_THAT(EntrySeeds::Parse(std::string(node, 2) + good.substr(2)), StatusIs(StatusCode::kDataLoss));
  }
}

TEST(EntrySecretTest, EachOfItsPartsMakesAnother) {
  const EntrySecret secret = DeriveSecret(7, kKey, 12, "seed");
  EXPECT_EQ(secret.key_id, 7u);
  EXPECT_EQ(secret.data_key.size(), 32u);
  EXPECT_EQ(secret.salt.size(), 32u);
  std::set<std::string> made = {secret.data_key, secret.salt};
  for (const EntrySecret& other : {DeriveSecret(7, kKey, 13, "seed"), DeriveSecret(7, kKey, 12, "Seed"),
                                   DeriveSecret(7, std::string(32, 'l'), 12, "seed")}) {
    made.insert({other.data_key, other.salt});
  }
  EXPECT_EQ(made.size(), 8u);
}

}  // namespace
}  // namespace docket::audit

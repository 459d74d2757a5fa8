#include "common/merkle/commitment.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace docket::merkle {
namespace {

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// RFC 4231, test cases 1, 2, 3, 6 and 7.
TEST(CommitmentTest, IsHmacSha256) {
  EXPECT_EQ(Hex(PayloadCommitment(std::string(20, 0x0b), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(PayloadCommitment("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(PayloadCommitment(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(Hex(PayloadCommitment(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(Hex(PayloadCommitment(std::string(131, '\xaa'),
                                  "This is a test using a larger than block-size key and a larger than block-size "
                                  "data. The key needs to be hashed before being used by the HMAC algorithm.")),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(CommitmentTest, AgreesWithOpenSslAtEveryLength) {
  for (size_t size = 0; size < 200; ++size) {
    const std::string salt(size % 70, 's');
    const std::string payload(size, 'p');
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    HMAC(EVP_sha256(), salt.data(), static_cast<int>(salt.size()),
         reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), mac, &length);
    EXPECT_EQ(PayloadCommitment(salt, payload), std::string(reinterpret_cast<const char*>(mac), length)) << size;
  }
}

}  // namespace
}  // namespace docket::merkle

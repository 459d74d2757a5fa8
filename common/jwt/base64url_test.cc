#include "common/jwt/base64url.h"

#include <gtest/gtest.h>

#include <string>

namespace docket::jwt {
namespace {

TEST(Base64UrlTest, EveryLengthComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::string text = EncodeBase64Url(bytes);
    EXPECT_EQ(text.find_first_of("+/= "), std::string::npos);
    EXPECT_EQ(DecodeBase64Url(text), bytes);
    bytes.push_back(static_cast<char>(i * 37));
  }
  // The example of RFC 7515, appendix C.
  EXPECT_EQ(EncodeBase64Url("\x03\xec\xff\xe0\xc1"), "A-z_4ME");
}

TEST(Base64UrlTest, OneSpellingPerValue) {
  ASSERT_TRUE(DecodeBase64Url("A-z_4ME").has_value());
  for (const absl::string_view text : {"A-z_4ME=", "A+z/4ME", "A-z_4MF", "A-z_4M", "A-z_4", "A", "A-z_4ME\n",
                                       " A-z_4ME", "A-z _4ME", "A-z.4ME", "A-z_4ME==", "\xC3\xA4", "A-z_4ME.", "AB"}) {
    EXPECT_FALSE(DecodeBase64Url(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace docket::jwt

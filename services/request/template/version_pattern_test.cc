#include "services/request/template/version_pattern.h"

#include <string>

#include "gtest/gtest.h"

namespace docket::request {
namespace {

TEST(VersionPatternTest, FitsTheWholeVersion) {
  struct Case {
    const char* pattern;
    const char* version;
    bool fits;
  };
  for (const Case& one : {Case{"", "4.1.0", true}, Case{"4.1.0", "4.1.0", true}, Case{"4.1.0", "4.1.00", false},
                          Case{"4.1.0", "4.1.", false}, Case{"4.1.*", "4.1.7", true}, Case{"4.1.*", "4.1.", true},
                          Case{"4.1.*", "4.10.7", false}, Case{"4.1.*", "14.1.7", false}, Case{"*", "anything", true},
                          Case{"*-rc.*", "2026.03-rc.1", true}, Case{"*-rc.*", "2026.03", false},
                          Case{"a*b*c", "axxbyybzc", true}, Case{"a*b*c", "axxbyybz", false}, Case{"**", "", true},
                          Case{"4.?.0", "4.1.0", false}, Case{"v3", "V3", false}, Case{"4.1.0", "", false}}) {
    EXPECT_EQ(MatchesVersionPattern(one.pattern, one.version), one.fits) << one.pattern << " and " << one.version;
  }
}

TEST(VersionPatternTest, ManyStarsCostLittle) {
  std::string pattern;
  for (int i = 0; i < 32; ++i) pattern += "*a";
  // Tried by going back at every star, this would take longer than the test is allowed.
  EXPECT_FALSE(MatchesVersionPattern(pattern + "b", std::string(64, 'a')));
  EXPECT_TRUE(MatchesVersionPattern(pattern, std::string(64, 'a')));
}

}  // namespace
}  // namespace docket::request

#include "services/docketctl/arguments.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

Arguments Parse(std::vector<std::string> words) {
  words.insert(words.begin(), "docketctl");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return Arguments::Parse(static_cast<int>(argv.size()), argv.data());
}

TEST(ArgumentsTest, TakesOptionsAnywhere) {
  const Arguments arguments = Parse({"--as=yunqi/li", "call", "--timeout=5s", "Method", "-", "--insecure"});
  EXPECT_THAT(arguments.words(), ElementsAre("call", "Method", "-"));
  EXPECT_EQ(arguments.Get("as"), "yunqi/li");
  EXPECT_EQ(arguments.Get("timeout"), "5s");
  EXPECT_TRUE(arguments.Has("insecure"));
  EXPECT_FALSE(arguments.Has("json"));
  EXPECT_EQ(arguments.Get("address", "127.0.0.1:7400"), "127.0.0.1:7400");
}

TEST(ArgumentsTest, AfterTwoHyphensEverythingIsAWord) {
  EXPECT_THAT(Parse({"call", "--", "--not-an-option", "--"}).words(), ElementsAre("call", "--not-an-option", "--"));
}

TEST(ArgumentsTest, ValuesMayHoldAnything) {
  const Arguments arguments = Parse({"--filter=state=OPEN AND a=b", "--empty="});
  EXPECT_EQ(arguments.Get("filter"), "state=OPEN AND a=b");
  EXPECT_TRUE(arguments.Has("empty"));
  EXPECT_EQ(arguments.Get("empty", "x"), "");
}

TEST(ArgumentsTest, TheLastOfTwoCounts) {
  const Arguments arguments = Parse({"--as=a/b", "--as", "--as=c/d"});
  EXPECT_EQ(arguments.Get("as"), "c/d");
  EXPECT_THAT(arguments.CheckKnown({"as"}, {}), IsOk());
}

TEST(ArgumentsTest, RequiredOnesMustSaySomething) {
  EXPECT_THAT(Parse({"--out=x"}).Require("out"), IsOkAndHolds(std::string("x")));
  EXPECT_THAT(Parse({"--out="}).Require("out"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--out")));
  EXPECT_THAT(Parse({}).Require("out"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--out")));
}

TEST(ArgumentsTest, Durations) {
  EXPECT_THAT(Parse({}).GetDuration("timeout", absl::Seconds(9)), IsOkAndHolds(absl::Seconds(9)));
  EXPECT_THAT(Parse({"--timeout=168h"}).GetDuration("timeout", absl::Seconds(9)), IsOkAndHolds(absl::Hours(168)));
  for (const char* wrong :
       {"--timeout=5", "--timeout=-5s", "--timeout=0s", "--timeout=", "--timeout=soon", "--timeout=inf"}) {
    EXPECT_THAT(Parse({wrong}).GetDuration("timeout", absl::Seconds(9)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--timeout")))
        << wrong;
  }
}

TEST(ArgumentsTest, UnknownOptionsAreRefused) {
  EXPECT_THAT(Parse({"--as=x", "--insecure"}).CheckKnown({"as"}, {"insecure"}), IsOk());
  EXPECT_THAT(Parse({"--ass=x"}).CheckKnown({"as"}, {"insecure"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--ass")));
}

TEST(ArgumentsTest, SwitchesTakeNoValueAndOptionsTakeOne) {
  EXPECT_THAT(Parse({"--insecure=false"}).CheckKnown({"as"}, {"insecure"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no value")));
  EXPECT_THAT(Parse({"--as", "yunqi/li"}).CheckKnown({"as"}, {"insecure"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--as=")));
}

}  // namespace
}  // namespace docket::ctl

#include "common/canonical_digest/canonical_digest.h"

#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

TEST(CanonicalDigestTest, IsTheSameInEveryVersionOfTheProgram) {
  CanonicalDigest digest("docket.test/1");
  digest.Text("门禁");
  digest.Number(-7);
  digest.Count(2);
  digest.Time(absl::FromUnixMicros(1790000000000001));
  // Of the bytes `t13:docket.test/1\nt6:门禁\nn-7\nc2\nu1790000000000001\n`.
  EXPECT_EQ(absl::BytesToHexString(digest.Finish()),
            "7fe8a2d3a3bc5ed133c3b2cceac4fd774c69e54358226382b934eaa1d842ceaf");
}

TEST(CanonicalDigestTest, NoTwoListsOfValuesSerialiseAlike) {
  std::set<std::string> digests;
  const auto add = [&](auto fill) {
    CanonicalDigest digest("docket.test/1");
    fill(digest);
    EXPECT_TRUE(digests.insert(digest.Finish()).second);
  };
  add([](CanonicalDigest&) {});
  add([](CanonicalDigest& d) { d.Text(""); });
  add([](CanonicalDigest& d) { d.Text("12"); });
  add([](CanonicalDigest& d) { d.Number(12); });
  add([](CanonicalDigest& d) { d.Count(12); });
  add([](CanonicalDigest& d) { d.Time(absl::FromUnixMicros(12)); });
  add([](CanonicalDigest& d) { (d.Text("a"), d.Text("b")); });
  add([](CanonicalDigest& d) { d.Text("ab"); });
  add([](CanonicalDigest& d) { d.Text("a\nt1:b"); });
}

TEST(CanonicalDigestTest, GoesOnAfterFinish) {
  CanonicalDigest first("docket.test/1");
  const std::string before = first.Finish();
  EXPECT_EQ(before, first.Finish());
  first.Text("more");
  CanonicalDigest second("docket.test/1");
  second.Text("more");
  EXPECT_EQ(first.Finish(), second.Finish());
  EXPECT_NE(first.Finish(), before);
}

}  // namespace
}  // namespace docket

#include "services/request/search/posting.h"

#include <optional>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::request {
namespace {

TEST(DocumentNumberTest, FollowsTheRequestsNumber) {
  for (const char* number :
       {"REQ-2026-000001", "REQ-2026-999999", "REQ-2026-1000000", "REQ-0000-000000", "REQ-9999-4294967295"}) {
    const std::optional<DocumentNumber> document = DocumentNumberOf(number);
    ASSERT_TRUE(document.has_value()) << number;
    EXPECT_EQ(RequestNumberOf(*document), number);
  }
  EXPECT_LT(*DocumentNumberOf("REQ-2026-1000000"), *DocumentNumberOf("REQ-2027-000001"));
  EXPECT_EQ(*DocumentNumberOf("REQ-2026-000002"), *DocumentNumberOf("REQ-2026-000001") + 1);
  EXPECT_EQ(BlockOf(*DocumentNumberOf("REQ-2026-001023")), BlockOf(*DocumentNumberOf("REQ-2026-000000")));
  EXPECT_EQ(BlockOf(*DocumentNumberOf("REQ-2026-001024")), BlockOf(*DocumentNumberOf("REQ-2026-000000")) + 1);
}

TEST(DocumentNumberTest, NothingElseIsOne) {
  for (const char* text : {"", "~\x01\x02", "REQ-", "REQ-2026", "REQ-2026-", "REQ-2026-1", "REQ-2026-0000001",
                           "REQ--2026-000001", "REQ-2026-+00001", "REQ- 2026-000001", "REQ-2026-000001 ",
                           "req-2026-000001", "REQ-10000-000001", "REQ-2026-4294967296", "REQ-2026-00000x"}) {
    EXPECT_EQ(DocumentNumberOf(text), std::nullopt) << text;
  }
}

TEST(BlockMembersTest, SurvivesInFewBytes) {
  std::mt19937 random(3);
  for (const size_t count : {0u, 1u, 2u, 62u, 63u, 64u, 65u, 500u, 1024u}) {
    BlockMembers members;
    while (members.size() < count) members.Add(static_cast<DocumentNumber>(random() % kBlockSize));
    const std::string bytes = members.Encode();
    EXPECT_LE(bytes.size(), 128u);
    EXPECT_EQ(bytes.size(), count < 64 ? 2 * count : 128) << count;
    EXPECT_EQ(BlockMembers::Decode(bytes), members) << count;
  }
}

TEST(BlockMembersTest, DamageIsSeen) {
  for (const size_t size : {1u, 3u, 127u, 129u, 130u, 2048u}) {
    EXPECT_EQ(BlockMembers::Decode(std::string(size, '\0')), std::nullopt) << size;
  }
  EXPECT_EQ(BlockMembers::Decode("\x04\x01"), std::nullopt);
  EXPECT_TRUE(BlockMembers::Decode("\x03\xff").has_value());
}

}  // namespace
}  // namespace docket::request

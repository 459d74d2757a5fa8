#include "common/canonical_digest/message_bytes.h"

#include <string>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

google::protobuf::Struct Fields(const std::vector<std::string>& keys) {
  google::protobuf::Struct fields;
  for (const std::string& key : keys) (*fields.mutable_fields())[key].set_string_value("门禁 " + key);
  return fields;
}

TEST(MessageBytesTest, NothingIsNoBytes) { EXPECT_EQ(MessageBytes(google::protobuf::Struct()), ""); }

TEST(MessageBytesTest, EqualMessagesHaveEqualBytesInWhateverOrderTheyWereFilled) {
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) keys.push_back(std::to_string(i));
  const std::string bytes = MessageBytes(Fields(keys));
  EXPECT_EQ(bytes, MessageBytes(Fields({keys.rbegin(), keys.rend()})));
  google::protobuf::Struct read;
  ASSERT_TRUE(read.ParseFromString(bytes));
  EXPECT_EQ(MessageBytes(read), bytes);
  EXPECT_EQ(read.fields().at("17").string_value(), "门禁 17");
}

TEST(MessageBytesTest, OneFieldMoreHasOtherBytes) {
  EXPECT_NE(MessageBytes(Fields({"a"})), MessageBytes(Fields({"a", "b"})));
}

}  // namespace
}  // namespace docket

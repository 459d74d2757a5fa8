#include "common/validation/update_mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/rpc/testing/echo.pb.h"

namespace docket {
namespace {

using rpctest::v1::Note;

google::protobuf::FieldMask Mask(std::initializer_list<const char*> paths) {
  google::protobuf::FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

TEST(UpdateMaskTest, TakesFieldsThatCanChange) {
  EXPECT_TRUE(ValidateUpdateMask(Mask({}), Note::descriptor()).ok());
  EXPECT_TRUE(ValidateUpdateMask(Mask({"title", "targets", "labels", "detail", "detail.code", "child.child.title"}),
                                 Note::descriptor())
                  .ok());
}

TEST(UpdateMaskTest, RefusesEveryOtherPath) {
  for (const char* path : {"*", "", "nonsense", "title.length", "targets.system", "labels.floor", "state", "chosen",
                           "chosen.system", "name", "child.name", ".title", "title.", "detail..code"}) {
    const absl::Status status = ValidateUpdateMask(Mask({path}), Note::descriptor());
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_UPDATE_MASK) << path;
  }
}

TEST(UpdateMaskTest, ListsAllWrongPathsAtOnce) {
  const absl::Status status = ValidateUpdateMask(Mask({"state", "title", "x"}), Note::descriptor());
  const auto bad = GetBadRequest(status);
  ASSERT_TRUE(bad.has_value());
  ASSERT_EQ(bad->field_violations_size(), 2);
  EXPECT_EQ(bad->field_violations(0).field(), "update_mask.paths[0]");
  EXPECT_EQ(bad->field_violations(1).field(), "update_mask.paths[2]");
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("fields"), "update_mask.paths[0],update_mask.paths[2]");
}

TEST(UpdateMaskTest, IsBounded) {
  google::protobuf::FieldMask mask;
  for (int i = 0; i < 101; ++i) mask.add_paths("title");
  EXPECT_FALSE(ValidateUpdateMask(mask, Note::descriptor()).ok());
}

}  // namespace
}  // namespace docket

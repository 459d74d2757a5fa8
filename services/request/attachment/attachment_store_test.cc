#include "services/request/attachment/attachment_store.h"

#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

class AttachmentStoreTest : public ::testing::Test {
 protected:
  absl::Time Deadline() { return absl::Now() + absl::Seconds(20); }

  Attachment Make() {
    Attachment attachment;
    attachment.organization_id = "yunqi";
    attachment.request_id = std::string(16, '\1');
    attachment.id = uuids_.Next();
    // Bytes that a text column might trip over.
    attachment.file_name = "测试 😀 %_'.pdf";
    attachment.media_type = "application/pdf";
    attachment.size_bytes = 10;
    attachment.sha256 = std::string("\0\xFF", 2) + std::string(30, '\0');
    attachment.creator = "organizations/yunqi/people/li-na";
    attachment.create_time = attachment.update_time = kNow;
    return attachment;
  }

  template <typename F>
  absl::Status In(F function) {
    return mysql::RunInTransaction(database_.pool(), Deadline(),
                                   [&](mysql::Transaction& tx) -> absl::Status { return function(tx); });
  }

  MigratedDatabase database_;
  FakeClock clock_{kNow};
  UuidGenerator uuids_{clock_};
  AttachmentStore store_{database_.pool()};
};

TEST_F(AttachmentStoreTest, KeepsWhatItIsGiven) {
  const Attachment made = Make();
  ASSERT_THAT(In([&](auto& tx) { return store_.Insert(tx, made); }), IsOk());
  const auto found = store_.Find(Deadline(), made.organization_id, made.request_id, made.id);
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->file_name, made.file_name);
  EXPECT_EQ((*found)->sha256, made.sha256);
  EXPECT_EQ((*found)->create_time, kNow);
  // Under its own request and organisation only.
  EXPECT_EQ(*store_.Find(Deadline(), "library", made.request_id, made.id), std::nullopt);
  EXPECT_EQ(*store_.Find(Deadline(), "yunqi", std::string(16, '\2'), made.id), std::nullopt);
}

TEST_F(AttachmentStoreTest, ARowThatChangedIsNotOverwritten) {
  Attachment made = Make();
  ASSERT_THAT(In([&](auto& tx) { return store_.Insert(tx, made); }), IsOk());
  made.received_bytes = 10;
  made.revision = 2;
  EXPECT_THAT(In([&](auto& tx) { return store_.Save(tx, made, 1); }), IsOk());
  EXPECT_THAT(In([&](auto& tx) { return store_.Save(tx, made, 1); }),
              StatusIs(StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
}

TEST_F(AttachmentStoreTest, ChunksAreFoundByAnyOfTheirBytes) {
  const Attachment made = Make();
  const Attachment other = Make();
  const std::string first("a\0b\xFF", 4), second = "second";
  ASSERT_THAT(In([&](auto& tx) -> absl::Status {
                if (auto status = store_.InsertChunk(tx, made, 0, first); !status.ok()) return status;
                if (auto status = store_.InsertChunk(tx, made, 4, second); !status.ok()) return status;
                return store_.InsertChunk(tx, other, 0, "other");
              }),
              IsOk());
  for (const int64_t offset : {0, 1, 3, 4, 9}) {
    const auto chunk = store_.FindChunk(Deadline(), made, offset);
    ASSERT_THAT(chunk, IsOk());
    ASSERT_TRUE(chunk->has_value()) << offset;
    EXPECT_EQ((*chunk)->offset, offset < 4 ? 0 : 4);
    EXPECT_EQ((*chunk)->data, offset < 4 ? first : second);
  }
  EXPECT_FALSE(store_.FindChunk(Deadline(), made, 10)->has_value());
  ASSERT_THAT(In([&](auto& tx) -> absl::Status {
                EXPECT_THAT(store_.HasChunk(tx, made, 0, first), IsOkAndHolds(true));
                EXPECT_THAT(store_.HasChunk(tx, made, 0, "a"), IsOkAndHolds(false));
                EXPECT_THAT(store_.HasChunk(tx, made, 1, first), IsOkAndHolds(false));
                std::string all;
                EXPECT_THAT(
                    store_.ReadAll(tx, made, [&](absl::string_view data) { all.append(data.data(), data.size()); }),
                    IsOk());
                EXPECT_EQ(all, first + second);
                return store_.DeleteChunks(tx, made);
              }),
              IsOk());
  EXPECT_FALSE(store_.FindChunk(Deadline(), made, 0)->has_value());
  EXPECT_TRUE(store_.FindChunk(Deadline(), other, 0)->has_value());
  // A gap is a defect, not an endless loop.
  EXPECT_THAT(In([&](auto& tx) { return store_.ReadAll(tx, made, [](absl::string_view) {}); }),
              StatusIs(StatusCode::kInternal));
}

TEST_F(AttachmentStoreTest, NumbersCountWhatIsKeptAndWhatEverWas) {
  Attachment one = Make();
  for (const AttachmentState state :
       {AttachmentState::kUploading, AttachmentState::kReady, AttachmentState::kDeleted, AttachmentState::kDeleted}) {
    one = Make();
    one.state = state;
    ASSERT_THAT(In([&](auto& tx) { return store_.Insert(tx, one); }), IsOk());
  }
  ASSERT_THAT(In([&](auto& tx) -> absl::Status {
                const auto numbers = store_.Numbers(tx, one);
                if (!numbers.ok()) return numbers.status();
                EXPECT_EQ(numbers->kept, 2);
                EXPECT_EQ(numbers->ever, 4);
                return absl::OkStatus();
              }),
              IsOk());
}

}  // namespace
}  // namespace docket::request

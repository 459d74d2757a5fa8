// Tails show from memory what many follow, but nothing that was redacted.
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

class RedactedTailTest : public PrivacyTest {
 protected:
  std::unique_ptr<rpc::testing::TestStream> Tail(Replica& replica, uint64_t start, const std::string& filter) {
    v1::TailEntriesRequest request;
    request.set_parent("organizations/yunqi");
    request.set_start_index(static_cast<int64_t>(start));
    request.set_filter(filter);
    return replica.server->Stream("docket.audit.v1.LogService/TailEntries", auditor_, request, absl::Seconds(30));
  }
  // The same from the beginning, once it waits for more: what comes from now on is read into memory for it.
  std::unique_ptr<rpc::testing::TestStream> Follow(Replica& replica, const std::string& filter) {
    auto stream = Tail(replica, 0, filter);
    v1::TailEntriesResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.next_index(), response.log_size());
    return stream;
  }
  // The first entry that the stream shows.
  static v1::LogEntry Next(rpc::testing::TestStream& stream) {
    v1::TailEntriesResponse response;
    while (response.entries().empty()) {
      if (!stream.Read(&response)) {
        ADD_FAILURE() << "the tail ended";
        return {};
      }
    }
    return response.entries(0);
  }
  // What a tail that begins now shows of the entry.
  v1::LogEntry Shown(Replica& replica, uint64_t index) {
    return Next(*Tail(replica, index, absl::StrCat("index = ", index)));
  }
};

TEST_F(RedactedTailTest, NothingIsShownOnceItIsRedactedHere) {
  const auto first = Follow(*replica_, "type = \"RequestSubmitted\"");
  const uint64_t index = Put({EventOf("li-na", "住址：云栖路一号")});
  ASSERT_EQ(Next(*first).event().reason(), "住址：云栖路一号");
  ASSERT_EQ(Shown(*replica_, index).event().reason(), "住址：云栖路一号");
  Redact({index});
  EXPECT_TRUE(Shown(*replica_, index).redacted());
  const uint64_t other = Put({EventOf("wang-fang", "电话")});
  ASSERT_EQ(Next(*first).event().reason(), "电话");
  Redact({}, "wang-fang");
  EXPECT_TRUE(Shown(*replica_, other).redacted());
}

TEST_F(RedactedTailTest, NothingIsShownOnceRetentionTookItHere) {
  const auto first = Follow(*replica_, "type = \"RequestSubmitted\"");
  const uint64_t index = Put({EventOf("li-na", "旧事")});
  ASSERT_EQ(Next(*first).event().reason(), "旧事");
  ASSERT_NO_FATAL_FAILURE(TakeByRetention());
  EXPECT_TRUE(Shown(*replica_, index).redacted());
}

TEST_F(RedactedTailTest, AnotherProcessForgetsWithTheEntryThatTellsOfIt) {
  const auto other = NewReplica();
  const auto first = Follow(*other, "type = \"RequestSubmitted\" OR type = \"RedactionApplied\"");
  const uint64_t index = Put({EventOf("li-na", "住址：云栖路一号")}, other.get());
  ASSERT_EQ(Next(*first).event().reason(), "住址：云栖路一号");
  Redact({index});
  Relay();
  ASSERT_EQ(Next(*first).event().type(), "RedactionApplied");
  EXPECT_TRUE(Shown(*other, index).redacted());
}

}  // namespace
}  // namespace docket::audit

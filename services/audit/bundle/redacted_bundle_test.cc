// Bundles of changes of which something was redacted.
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/evidence/bundle_line.h"
#include "common/evidence/bundle_verifier.h"
#include "docket/audit/v1/bundle_service.pb.h"
#include "services/audit/bundle/bundle_service.h"
#include "services/audit/testing/privacy_fixture.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

class RedactedBundleTest : public PrivacyTest {
 protected:
  RedactedBundleTest() {
    rpc::MethodTable table;
    bundles_.Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
    std::vector<event::v1::Event> events;
    for (int i = 0; i < 6; ++i) events.push_back(EventOf(i % 2 == 0 ? "li-na" : "wang-fang", absl::StrCat("原因", i)));
    Put(events);
  }

  absl::StatusOr<std::string> Export() {
    v1::ExportBundleRequest request;
    request.set_change("organizations/yunqi/requests/r1");
    const auto stream =
        server_->Stream("docket.audit.v1.BundleService/ExportBundle", auditor_, request, absl::Seconds(60));
    std::string file;
    v1::ExportBundleResponse response;
    while (stream->Read(&response)) file += response.data();
    if (absl::Status status = stream->Finish(); !status.ok()) return status;
    return file;
  }
  evidence::BundleReport Verify(const std::string& file) {
    std::istringstream stream(file);
    return evidence::VerifyBundle(stream, {.key = signer_.verifier()});
  }
  static std::string Told(const evidence::BundleReport& report) {
    return absl::StrJoin(report.faults, "; ", [](std::string* out, const evidence::Fault& fault) {
      absl::StrAppend(out, fault.where, "/", fault.check);
    });
  }
  void ExpectFrozenFor(const std::string& cause) {
    const absl::Status status = Export().status();
    ASSERT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
    EXPECT_THAT(GetErrorInfo(status)->metadata().at("cause"), HasSubstr(cause));
  }

  RegisterStore records_{db_.pool()};
  BundleService bundles_{{.log = &replica_->log.store,
                          .records = &records_,
                          .checkpointer = &replica_->log.checkpointer,
                          .guard = &replica_->log.guard,
                          .reads = &replica_->reads,
                          .redactions = &replica_->room.record()}};
  std::unique_ptr<rpc::testing::TestServer> server_;
};

TEST_F(RedactedBundleTest, VerifiesAndSaysWhatWasRedacted) {
  Redact({1});
  // Also while the entry that tells of it is under way.
  for (int i = 0; i < 2; ++i) {
    const auto file = Export();
    ASSERT_THAT(file, IsOk());
    const evidence::BundleReport report = Verify(*file);
    EXPECT_EQ(Told(report), "");
    EXPECT_THAT(report.without_payload, ElementsAre(1));
    Relay();
  }
  Redact({}, "li-na");
  Relay();
  const auto file = Export();
  ASSERT_THAT(file, IsOk());
  const evidence::BundleReport report = Verify(*file);
  EXPECT_EQ(Told(report), "");
  EXPECT_THAT(report.without_payload, ElementsAre(0, 1, 2, 4));
  EXPECT_GE(report.entries, 6u);
}

TEST_F(RedactedBundleTest, APayloadThatIsGoneWithoutARedactionIsNamed) {
  Redact({1});
  Relay();
  db_.Run({"DELETE FROM payload WHERE log_index = 3"});
  ExpectFrozenFor("the payload of entry 3 is gone, and no entry of the log tells of its redaction");
}

TEST_F(RedactedBundleTest, AMarkMadeByHandExplainsNothing) {
  db_.Run({"DELETE FROM payload WHERE log_index = 3",
           absl::StrCat("INSERT INTO redaction_mark VALUES (0, UNHEX('", std::string(32, 'a'), "'), UNHEX('08",
                        std::string(62, '0'), "'))")});
  ExpectFrozenFor("the payload of entry 3 is gone, and no entry of the log tells of its redaction");
}

TEST_F(RedactedBundleTest, APayloadCutOutOfTheFileIsNamed) {
  Redact({1});
  Relay();
  const auto file = Export();
  ASSERT_THAT(file, IsOk());
  std::vector<std::string> lines = absl::StrSplit(*file, '\n');
  auto line = evidence::ParseBundleLine(lines[4]);
  ASSERT_THAT(line, IsOk());
  auto& entry = std::get<evidence::BundleEntry>(*line);
  ASSERT_EQ(entry.index, 3u);
  entry.payload.reset();
  lines[4] = evidence::FormatBundleLine(entry);
  lines[4].pop_back();
  EXPECT_EQ(Told(Verify(absl::StrJoin(lines, "\n"))), "entry 3/payload; seal/completeness");
}

}  // namespace
}  // namespace docket::audit

// What witnesses say of the log, behind the seal of a bundle.
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/evidence/bundle_verifier.h"
#include "common/rpc/testing/test_server.h"
#include "docket/audit/v1/bundle_service.pb.h"
#include "services/audit/bundle/bundle_service.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/witness/testing/witness_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;

class CosignedBundleTest : public WitnessTest {
 protected:
  CosignedBundleTest() {
    rpc::MethodTable table;
    bundles_.Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  std::string Export(int64_t log_size = 0) {
    v1::ExportBundleRequest request;
    request.set_change("organizations/yunqi/requests/r1");
    request.set_log_size(log_size);
    const auto stream = server_->Stream("docket.audit.v1.BundleService/ExportBundle",
                                        rpc::testing::Person("yunqi", "sun-yu", {common::v1::ROLE_AUDITOR}), request,
                                        absl::Seconds(60));
    std::string file;
    v1::ExportBundleResponse response;
    while (stream->Read(&response)) file += response.data();
    EXPECT_THAT(stream->Finish(), IsOk());
    return file;
  }
  evidence::BundleReport Verify(const std::string& file, std::vector<merkle::CosignatureVerifier> witnesses = {}) {
    std::istringstream stream(file);
    return evidence::VerifyBundle(stream, {.key = signer_.verifier(), .witnesses = std::move(witnesses)});
  }
  static std::string Told(const evidence::BundleReport& report) {
    return absl::StrJoin(report.faults, "; ", [](std::string* out, const evidence::Fault& fault) {
      absl::StrAppend(out, fault.where, "/", fault.check, ": ", fault.what);
    });
  }
  static std::string UpToTheSeal(const std::string& file) {
    return file.substr(0, file.find('\n', file.rfind("\n{\"seal\"") + 1) + 1);
  }

  RegisterStore records_{db_.pool()};
  EvidenceReads reads_{log_->appender, clock_, uuids_};
  BundleService bundles_{{.log = &log_->store,
                          .records = &records_,
                          .checkpointer = &log_->checkpointer,
                          .guard = &log_->guard,
                          .reads = &reads_,
                          .show_cosigned = [this](absl::Time deadline, v1::Checkpoint& checkpoint) {
                            return room_->Show(deadline, checkpoint);
                          }}};
  std::unique_ptr<rpc::testing::TestServer> server_;
};

TEST_F(CosignedBundleTest, WithoutCosignaturesThereIsNone) {
  Grow(*log_, 7);
  const std::string file = Export();
  const evidence::BundleReport report = Verify(file);
  EXPECT_EQ(Told(report), "");
  EXPECT_FALSE(report.cosigned_size.has_value());
  EXPECT_EQ(UpToTheSeal(file), file);
}

TEST_F(CosignedBundleTest, TheBundlesOwnCheckpointOrANewerOrOlderOneIsCosigned) {
  Grow(*log_, 7);
  Sign();
  const std::string before = Export(7);
  Submit();
  const uint64_t first = Newest()->checkpoint.size;
  const std::string own = Export(static_cast<int64_t>(first));
  Grow(*log_, 600);
  const std::string older = Export();
  const uint64_t second = Sign().checkpoint.size;
  Submit();
  ASSERT_EQ(Newest()->checkpoint.size, second);
  const std::string newer = Export(7);
  const struct {
    std::string file;
    uint64_t log_size;
    uint64_t cosigned_size;
  } cases[] = {{own, first, first}, {older, second - 1, first}, {newer, 7, second}};
  for (const auto& one : cases) {
    const evidence::BundleReport report = Verify(one.file, {one_.key(), two_.key(), carried_.key()});
    EXPECT_EQ(Told(report), "");
    EXPECT_EQ(report.cosigned_size, one.cosigned_size);
    ASSERT_EQ(report.cosigned_by.size(), 2u);
    EXPECT_EQ(report.cosigned_by[0].time, absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now())));
    EXPECT_EQ(report.absent_witnesses, std::vector<std::string>{carried_.key().name()});
  }
  // The same log size gives the same bytes, whatever witnesses said later.
  EXPECT_EQ(UpToTheSeal(newer), before);
  EXPECT_NE(newer, before);
  EXPECT_EQ(Export(7), newer);
}

TEST_F(CosignedBundleTest, CosignaturesThatWereTamperedWithAreLeftOut) {
  Grow(*log_, 7);
  Sign();
  Submit();
  db_.Run({"UPDATE cosignature SET line = REPLACE(line, 'one', 'eno')"});
  const evidence::BundleReport report = Verify(Export(), {two_.key()});
  EXPECT_EQ(Told(report), "");
  EXPECT_EQ(report.cosigned_by.size(), 1u);
  EXPECT_TRUE(report.unchecked_witnesses.empty());
}

TEST_F(CosignedBundleTest, ACheckpointOfAnotherKeyBesideTheCosignaturesFreezesTheLog) {
  Grow(*log_, 7);
  Sign();
  Submit();
  Grow(*log_, 3);
  Sign();
  db_.Run({"UPDATE checkpoint SET note = REPLACE(note, 'docket.example', 'docket.elpmaxe') WHERE size = 7"});
  v1::ExportBundleRequest request;
  request.set_change("organizations/yunqi/requests/r1");
  const auto stream =
      server_->Stream("docket.audit.v1.BundleService/ExportBundle",
                      rpc::testing::Person("yunqi", "sun-yu", {common::v1::ROLE_AUDITOR}), request, absl::Seconds(60));
  v1::ExportBundleResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), tests::StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(log_->guard.CheckOpen().ok());
}

}  // namespace
}  // namespace docket::audit

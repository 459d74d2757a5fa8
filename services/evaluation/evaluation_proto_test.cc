#include "services/evaluation/evaluation_proto.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "services/evaluation/testing/sample_evaluation.h"

namespace docket::evaluation {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::SizeIs;

TEST(EvaluationProtoTest, TheRequestComesBackWhole) {
  const event::v1::RequestSnapshot request = ToProto(SampleRequest());
  EXPECT_TRUE(MessageDifferencer::Equals(ToProto(FromProto(request)), request));
  // Nothing that the event carries is dropped: every field of the sample is set, but for three that an evaluation takes
  // no notice of: the template of a standard change, which is never evaluated, `held` and `retrospective`.
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  request.GetReflection()->ListFields(request, &fields);
  EXPECT_THAT(fields, SizeIs(event::v1::RequestSnapshot::descriptor()->field_count() - 3));
}

TEST(EvaluationProtoTest, TheReportComesBackAsTheSameContent) {
  const auto [evaluation, report] = SampleReported();
  const Report back = FromProto(ToProto(report, evaluation.Name()));
  EXPECT_EQ(ContentSha256(evaluation, back), report.content_sha256);
  EXPECT_EQ(back.content_sha256, report.content_sha256);
  EXPECT_EQ(back.create_time, report.create_time);
}

TEST(EvaluationProtoTest, TheEvaluationShowsWhatCallersNeed) {
  Evaluation evaluation = SampleApproving();
  (void)evaluation.CastVote(SampleExecutive(), SampleVote(evaluation), kSampleNow);
  const v1::Evaluation proto = ToProto(evaluation);
  EXPECT_EQ(proto.name(), evaluation.Name());
  EXPECT_EQ(proto.request(), SampleRequest().name);
  EXPECT_EQ(proto.state(), v1::Evaluation::STATE_APPROVED);
  EXPECT_EQ(proto.etag(), "11");
  EXPECT_EQ(proto.revision(), 11);
  EXPECT_EQ(proto.content_sha256(), absl::BytesToHexString(evaluation.content_sha256));
  EXPECT_EQ(proto.create_time().seconds(), 1'772'000'000);
  EXPECT_EQ(proto.create_time().nanos(), 123'456'000);
  ASSERT_EQ(proto.approval().stages_size(), 1);
  EXPECT_EQ(proto.approval().stages(0).verdict(), v1::ApprovalStage::VERDICT_APPROVED);
  EXPECT_EQ(proto.approval().stages(0).votes(0).person(), SamplePerson("chen-zong"));
  EXPECT_TRUE(MessageDifferencer::Equals(ToProto(FromProto(proto.approval())), proto.approval()));
  EXPECT_FALSE(proto.seats(3).voting());
  EXPECT_EQ(proto.targets(0).to_version(), "3.2.0");
}

TEST(EvaluationProtoTest, ADigestThatIsNoneBecomesEmpty) {
  v1::Approval approval;
  approval.set_content_sha256("zz");
  EXPECT_EQ(FromProto(approval).content_sha256, "");
  approval.set_content_sha256(std::string(64, 'z'));
  EXPECT_EQ(FromProto(approval).content_sha256, "");
}

}  // namespace
}  // namespace docket::evaluation

// The register's side of registrations 登记, as a client sees it.
#include <string>

#include "common/evidence/receipt.h"
#include "common/merkle/note.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/testing/register_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

using RegistrationTest = RegisterFixture;

TEST_F(RegistrationTest, RegistersAnAcceptedChange) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  const auto registration = Enter("p1", "", "系统运行正常");
  ASSERT_THAT(registration, IsOk());
  EXPECT_EQ(registration->name(), "organizations/yunqi/registrations/dj-2026-000001");
  EXPECT_EQ(registration->number(), "DJ-2026-000001");
  EXPECT_EQ(registration->result(), v1::Registration::RESULT_IMPLEMENTED);
  EXPECT_EQ(registration->filing(), "organizations/yunqi/filings/bb-2026-000001");
  EXPECT_EQ(registration->versions(0).to_version(), "4.2.0");
  EXPECT_EQ(registration->registrar(), director_.name());
  const auto receipt = merkle::OpenNote(registration->receipt(), {signer_.verifier()});
  ASSERT_THAT(receipt, IsOk());
  EXPECT_THAT(receipt->text, HasSubstr("registration DJ-2026-000001\n"));
  const auto facts = evidence::VerifyReceipt(registration->receipt(), {signer_.verifier()});
  ASSERT_THAT(facts, IsOk());
  EXPECT_THAT(evidence::CheckReceiptOf(*registration, *facts), IsOk());
  EXPECT_THAT(registration->attachments(), IsEmpty());
  v1::GetRegistrationRequest get;
  get.set_name(registration->name());
  EXPECT_EQ(Call<v1::Registration>("RegisterService/GetRegistration", auditor_, get)->SerializeAsString(),
            registration->SerializeAsString());
  EXPECT_THAT(Call<v1::Registration>("RegisterService/GetRegistration", library_auditor_, get),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  get.set_name("organizations/yunqi/registrations/dj-2026-000009");
  EXPECT_THAT(Call<v1::Registration>("RegisterService/GetRegistration", auditor_, get),
              StatusIs(StatusCode::kNotFound));
  const event::v1::Event event = Events().back();
  EXPECT_EQ(event.type(), "ChangeRegistered");
  EXPECT_EQ(event.reason(), "系统运行正常");
  event::v1::ChangeRegistered payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.result(), "IMPLEMENTED");
  EXPECT_EQ(payload.filing_number(), "BB-2026-000001");
}

TEST_F(RegistrationTest, CarriesTheRequestsFilesByTheirDigests) {
  common::v1::Document file;
  file.set_title("升级方案😀.pdf");
  file.set_uri("organizations/yunqi/requests/p1/attachments/a1");
  file.set_sha256(std::string(64, 'c'));
  file.set_size_bytes(12345);
  sources_.SetAttachments("organizations/yunqi/requests/p1", {file});
  const auto filing = File("p1");
  ASSERT_THAT(filing, IsOk());
  ASSERT_EQ(filing->attachments_size(), 1);
  EXPECT_EQ(filing->attachments(0).SerializeAsString(), file.SerializeAsString());
  EXPECT_EQ(filing->documents_size(), 1) << "what the filer names stands beside them";
  ASSERT_THAT(Acknowledge(filing->name(), supervisor_), IsOk());
  SetPlan("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  const auto registration = Enter("p1");
  ASSERT_THAT(registration, IsOk());
  ASSERT_EQ(registration->attachments_size(), 1);
  EXPECT_EQ(registration->attachments(0).sha256(), std::string(64, 'c'));
  // The receipt is for them too.
  const auto facts = evidence::VerifyReceipt(registration->receipt(), {signer_.verifier()});
  ASSERT_THAT(facts, IsOk());
  v1::Registration changed = *registration;
  changed.mutable_attachments(0)->set_sha256(std::string(64, 'd'));
  EXPECT_FALSE(evidence::CheckReceiptOf(changed, *facts).ok());
}

TEST_F(RegistrationTest, AfterARollbackTheVersionStands) {
  Finish("p1", scheduling::v1::Plan::STATE_ROLLED_BACK);
  const auto registration = Enter("p1");
  ASSERT_THAT(registration, IsOk());
  EXPECT_EQ(registration->result(), v1::Registration::RESULT_ROLLED_BACK);
  EXPECT_EQ(registration->versions(0).from_version(), "4.1.0");
  EXPECT_EQ(registration->versions(0).to_version(), "4.1.0");
}

TEST_F(RegistrationTest, LongRemarksReachTheLogAsText) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  std::string remarks;
  for (int i = 0; i < 3000; ++i) remarks += i % 7 == 0 ? "a" : "备";
  const auto registration = Enter("p1", "", remarks);
  ASSERT_THAT(registration, IsOk());
  EXPECT_EQ(registration->remarks(), remarks);
  // As the relay would deliver it.
  event::v1::Event event = Events().back();
  ASSERT_EQ(event.type(), "ChangeRegistered");
  const auto response = Deliver(rpc::testing::DocketService("audit"), {event});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->results(0).verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED)
      << response->results(0).reason();
}

TEST_F(RegistrationTest, OnlyAFinishedAndAcknowledgedChangeIsRegistered) {
  EXPECT_THAT(Enter("p1"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  SetPlan("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  EXPECT_THAT(Enter("p1"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  SetPlan("p1", scheduling::v1::Plan::STATE_APPROVED);
  ASSERT_THAT(File("p1"), IsOk());
  SetPlan("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  EXPECT_THAT(Enter("p1"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE))
      << "filed but not acknowledged";
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM register_number WHERE series = 'DJ'"), 0);
}

TEST_F(RegistrationTest, ACorrectionNamesWhatItCorrects) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  Finish("p2", scheduling::v1::Plan::STATE_ACCEPTED);
  const std::string id = NewRequestId();
  const auto first = Enter("p1", "", "", id);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(Enter("p1", "", "", id)->name(), first->name());
  EXPECT_THAT(Enter("p1"), StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  const auto correction = Enter("p1", first->name(), "更正验收日期");
  ASSERT_THAT(correction, IsOk());
  EXPECT_EQ(correction->number(), "DJ-2026-000002");
  EXPECT_EQ(correction->corrects(), first->name());
  EXPECT_THAT(Enter("p1", first->name()), StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  EXPECT_THAT(Enter("p1", correction->name()), IsOk());
  EXPECT_THAT(Enter("p2", first->name()), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(Enter("p1", "organizations/yunqi/registrations/dj-2026-000077"), StatusIs(StatusCode::kNotFound));
  // The first one stands as it was, and says what corrects it.
  v1::GetRegistrationRequest get;
  get.set_name(first->name());
  auto corrected = Call<v1::Registration>("RegisterService/GetRegistration", auditor_, get);
  ASSERT_THAT(corrected, IsOk());
  EXPECT_EQ(corrected->corrected_by(), correction->name());
  corrected->clear_corrected_by();
  EXPECT_EQ(corrected->SerializeAsString(), first->SerializeAsString());
  get.set_name(correction->name());
  EXPECT_EQ(Call<v1::Registration>("RegisterService/GetRegistration", auditor_, get)->corrected_by(),
            "organizations/yunqi/registrations/dj-2026-000003");
  EXPECT_EQ(Enter("p2")->number(), "DJ-2026-000004");
}

TEST_F(RegistrationTest, ListsRegistrations) {
  Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
  Finish("p2", scheduling::v1::Plan::STATE_ROLLED_BACK);
  ASSERT_THAT(Enter("p1"), IsOk());
  ASSERT_THAT(Enter("p2"), IsOk());
  v1::ListRegistrationsRequest request;
  request.set_parent("organizations/yunqi");
  request.set_page_size(1);
  const auto first = Call<v1::ListRegistrationsResponse>("RegisterService/ListRegistrations", auditor_, request);
  ASSERT_THAT(first, IsOk());
  ASSERT_EQ(first->registrations_size(), 1);
  EXPECT_EQ(first->registrations(0).number(), "DJ-2026-000002");
  request.set_page_token(first->next_page_token());
  const auto second = Call<v1::ListRegistrationsResponse>("RegisterService/ListRegistrations", auditor_, request);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->registrations(0).number(), "DJ-2026-000001");
  EXPECT_EQ(second->next_page_token(), "");
  request.clear_page_token();
  request.set_filter("result = ROLLED_BACK AND registrar = \"organizations/yunqi/people/chen-min\"");
  const auto rolled_back = Call<v1::ListRegistrationsResponse>("RegisterService/ListRegistrations", auditor_, request);
  ASSERT_THAT(rolled_back, IsOk());
  ASSERT_EQ(rolled_back->registrations_size(), 1);
  EXPECT_EQ(rolled_back->registrations(0).request(), "organizations/yunqi/requests/p2");
  request.set_filter("register_time < \"2026-01-01T00:00:00Z\"");
  EXPECT_THAT(
      Call<v1::ListRegistrationsResponse>("RegisterService/ListRegistrations", auditor_, request)->registrations(),
      IsEmpty());
}

}  // namespace
}  // namespace docket::audit

// The gate's questions over a real connection, answered by a stand-in for the two services.
#include "services/scheduling/rpc_gate_sources.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/rpc/call_context.h"
#include "common/rpc/client.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"
#include "docket/audit/v1/register_service.pb.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/evaluation/v1/evaluation_service.pb.h"
#include "docket/request/v1/change_template_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;

constexpr char kCheckApproval[] = "/docket.evaluation.v1.EvaluationService/CheckApproval";
constexpr char kCheckPreauthorization[] = "/docket.request.v1.ChangeTemplateService/CheckPreauthorization";
constexpr char kListFilings[] = "/docket.audit.v1.RegisterService/ListFilings";

// Answers every method with the bytes or the error that it was told, or never.
class StandIn final : public grpc::CallbackGenericService {
 public:
  struct Answer {
    std::string reply;
    absl::Status error;
    bool silent = false;
  };

  StandIn() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~StandIn() override { server_->Shutdown(std::chrono::system_clock::now()); }

  int port() const { return port_; }
  void On(const std::string& method, Answer answer) {
    absl::MutexLock lock(&mutex_);
    answers_[method] = std::move(answer);
  }
  std::string request(const std::string& method) {
    absl::MutexLock lock(&mutex_);
    return requests_[method];
  }
  std::string principal() {
    absl::MutexLock lock(&mutex_);
    return principal_;
  }

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(StandIn& owner, grpc::GenericCallbackServerContext* context) : owner_(owner), method_(context->method()) {
      const auto stamped = context->client_metadata().find("docket-principal-bin");
      if (stamped != context->client_metadata().end())
        principal_.assign(stamped->second.data(), stamped->second.size());
      StartRead(&request_);
    }
    void OnReadDone(bool ok) override {
      if (!ok) return FinishOnce(grpc::Status::CANCELLED);
      const Answer answer = owner_.Take(method_, request_, principal_);
      if (answer.silent) return;
      if (!answer.error.ok()) return FinishOnce(rpc::ToWire(answer.error, "docket.test", ""));
      grpc::Slice slice(answer.reply);
      reply_ = grpc::ByteBuffer(&slice, 1);
      if (!finished_.exchange(true)) StartWriteAndFinish(&reply_, {}, grpc::Status::OK);
    }
    // A silent call ends when its caller has had enough.
    void OnCancel() override { FinishOnce(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }

   private:
    void FinishOnce(const grpc::Status& status) {
      if (!finished_.exchange(true)) Finish(status);
    }

    StandIn& owner_;
    std::atomic<bool> finished_{false};
    const std::string method_;
    std::string principal_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer reply_;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Reactor(*this, context);
  }
  Answer Take(const std::string& method, const grpc::ByteBuffer& request, const std::string& principal) {
    grpc::Slice slice;
    EXPECT_TRUE(request.DumpToSingleSlice(&slice).ok());
    absl::MutexLock lock(&mutex_);
    requests_[method] = std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
    principal_ = principal;
    return answers_[method];
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, std::string> requests_;
  std::string principal_;
};

class RpcGateSourcesTest : public ::testing::Test {
 protected:
  RpcGateSourcesTest() {
    plan_.organization_id = "wuye";
    plan_.id = "r1";
    absl::StatusOr<std::shared_ptr<rpc::Channel>> channel = rpc::MakeChannel(
        {.target = absl::StrCat("127.0.0.1:", stand_in_.port()), .service = "evaluation", .insecure = true});
    EXPECT_THAT(channel, IsOk());
    channel_ = *channel;
  }

  StandIn stand_in_;
  Plan plan_;
  std::shared_ptr<rpc::Channel> channel_;
  rpc::CallContext context_{{.deadline = absl::Now() + absl::Seconds(20)}};
};

TEST_F(RpcGateSourcesTest, AsksEvaluationInTheServicesOwnName) {
  evaluation::v1::ApprovalStatus status;
  status.set_approved(true);
  status.set_content_sha256("ab12");
  status.set_reason("");
  stand_in_.On(kCheckApproval, {.reply = status.SerializeAsString()});
  RpcGateSources sources(channel_, channel_, channel_, absl::Seconds(10));
  const absl::StatusOr<EvaluationApproval> approval = sources.AskEvaluation(context_, plan_);
  ASSERT_THAT(approval, IsOk());
  EXPECT_TRUE(approval->approved);
  EXPECT_EQ(approval->content_sha256, "ab12");
  evaluation::v1::CheckApprovalRequest asked;
  ASSERT_TRUE(asked.ParseFromString(stand_in_.request(kCheckApproval)));
  EXPECT_EQ(asked.name(), "organizations/wuye/evaluations/r1");
  common::v1::Principal principal;
  ASSERT_TRUE(principal.ParseFromString(stand_in_.principal()));
  EXPECT_EQ(principal.name(), "services/scheduling");
  EXPECT_EQ(principal.organization(), "organizations/-");
}

TEST_F(RpcGateSourcesTest, AsksTheRequestServiceForThePreauthorization) {
  request::v1::PreauthorizationStatus status;
  status.set_reason("模板因故撤销");
  status.set_template_("organizations/wuye/changeTemplates/signatures/versions/1");
  status.set_template_sha256("ab12");
  stand_in_.On(kCheckPreauthorization, {.reply = status.SerializeAsString()});
  RpcGateSources sources(channel_, channel_, channel_, absl::Seconds(10));
  absl::StatusOr<Preauthorization> answer = sources.AskPreauthorization(context_, plan_);
  ASSERT_THAT(answer, IsOk());
  EXPECT_FALSE(answer->standing);
  EXPECT_EQ(answer->reason, "模板因故撤销");
  EXPECT_EQ(answer->template_name, status.template_());
  EXPECT_EQ(answer->template_sha256, "ab12");
  request::v1::CheckPreauthorizationRequest asked;
  ASSERT_TRUE(asked.ParseFromString(stand_in_.request(kCheckPreauthorization)));
  EXPECT_EQ(asked.name(), "organizations/wuye/requests/r1");
  status.set_standing(true);
  stand_in_.On(kCheckPreauthorization, {.reply = status.SerializeAsString()});
  answer = sources.AskPreauthorization(context_, plan_);
  ASSERT_THAT(answer, IsOk());
  EXPECT_TRUE(answer->standing);
}

TEST_F(RpcGateSourcesTest, AsksTheRegisterForTheNewestFiling) {
  RpcGateSources sources(channel_, channel_, channel_, absl::Seconds(10));
  absl::StatusOr<std::optional<LatestFiling>> filing = sources.AskRegister(context_, plan_);
  ASSERT_THAT(filing, IsOk());
  EXPECT_FALSE(filing->has_value());
  audit::v1::ListFilingsRequest asked;
  ASSERT_TRUE(asked.ParseFromString(stand_in_.request(kListFilings)));
  EXPECT_EQ(asked.parent(), "organizations/wuye");
  EXPECT_EQ(asked.filter(), "plan = \"organizations/wuye/plans/r1\"");
  EXPECT_EQ(asked.page_size(), 1);

  for (const auto state : {audit::v1::Filing::STATE_FILED, audit::v1::Filing::STATE_ACKNOWLEDGED}) {
    audit::v1::ListFilingsResponse response;
    audit::v1::Filing& newest = *response.add_filings();
    newest.set_number("BB-2026-000002");
    newest.set_state(state);
    newest.set_plan_sha256("cd34");
    stand_in_.On(kListFilings, {.reply = response.SerializeAsString()});
    filing = sources.AskRegister(context_, plan_);
    ASSERT_THAT(filing, IsOk());
    ASSERT_TRUE(filing->has_value());
    EXPECT_EQ((*filing)->number, "BB-2026-000002");
    EXPECT_EQ((*filing)->acknowledged, state == audit::v1::Filing::STATE_ACKNOWLEDGED);
    EXPECT_EQ((*filing)->plan_sha256, "cd34");
  }
}

TEST_F(RpcGateSourcesTest, ErrorsArePassedOn) {
  stand_in_.On(kCheckApproval, {.error = NotFoundError("organizations/wuye/evaluations/r1")});
  RpcGateSources sources(channel_, channel_, channel_, absl::Seconds(10));
  EXPECT_THAT(sources.AskEvaluation(context_, plan_), StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

TEST_F(RpcGateSourcesTest, SilenceEndsAtTheLimit) {
  stand_in_.On(kCheckApproval, {.silent = true});
  stand_in_.On(kListFilings, {.silent = true});
  RpcGateSources sources(channel_, channel_, channel_, absl::Milliseconds(100));
  EXPECT_THAT(sources.AskEvaluation(context_, plan_), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(sources.AskRegister(context_, plan_), StatusIs(absl::StatusCode::kDeadlineExceeded));
  stand_in_.On(kCheckPreauthorization, {.silent = true});
  EXPECT_THAT(sources.AskPreauthorization(context_, plan_), StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(RpcGateSourcesTest, NobodyThere) {
  absl::StatusOr<std::shared_ptr<rpc::Channel>> nowhere =
      rpc::MakeChannel({.target = "127.0.0.1:1", .service = "audit", .insecure = true});
  ASSERT_THAT(nowhere, IsOk());
  RpcGateSources sources(*nowhere, *nowhere, *nowhere, absl::Seconds(2));
  EXPECT_FALSE(sources.AskEvaluation(context_, plan_).ok());
  EXPECT_FALSE(sources.AskRegister(context_, plan_).ok());
}

}  // namespace
}  // namespace docket::scheduling

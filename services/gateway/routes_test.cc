#include "services/gateway/routes.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "docket/event/v1/event_sink.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Routes Create() {
  absl::StatusOr<Routes> routes = Routes::Create();
  EXPECT_THAT(routes, tests::IsOk());
  return *std::move(routes);
}

std::vector<std::string> Names(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  std::vector<std::string> names;
  for (const auto* service : services) names.push_back(service->name());
  return names;
}

TEST(RoutesTest, GoToTheServiceOfThePackage) {
  const Routes routes = Create();
  const Route* route = routes.Find("/docket.request.v1.RequestService/CreateRequest");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->backend, "request");
  EXPECT_EQ(route->access->path, "/docket.request.v1.RequestService/CreateRequest");
  EXPECT_TRUE(route->access->mutates);
  const Route* tail = routes.Find("/docket.audit.v1.LogService/TailEntries");
  ASSERT_NE(tail, nullptr);
  EXPECT_EQ(tail->backend, "audit");
  EXPECT_TRUE(tail->access->server_streaming);
}

TEST(RoutesTest, ServicesOfEachBackendAreAllThereAre) {
  const Routes routes = Create();
  EXPECT_THAT(Names(routes.ServicesOf("request")),
              ElementsAre("AttachmentService", "CatalogService", "CatalogTransferService", "ChangeTemplateService",
                          "CollectionService", "DirectoryService", "FeedbackService", "PriorityMatrixService",
                          "RequestBatchService", "RequestService", "VendorNoticeService", "VersionDriftService",
                          "WorkingCalendarService"));
  EXPECT_THAT(Names(routes.ServicesOf("evaluation")), ElementsAre("EvaluationService"));
  EXPECT_THAT(Names(routes.ServicesOf("scheduling")),
              ElementsAre("EvidenceService", "ExecutionService", "PlanService", "WorkOrderService"));
  EXPECT_THAT(
      Names(routes.ServicesOf("audit")),
      ElementsAre("BundleService", "ExportService", "IngestService", "LogService", "PrivacyService", "RegisterService",
                  "StatisticsService", "TrailService", "VerificationService", "WitnessService"));
  EXPECT_THAT(routes.ServicesOf("event"), IsEmpty());
  EXPECT_THAT(routes.ServicesOf("gateway"), IsEmpty());
}

// The contract is what is linked into the program, found through the files that the routes themselves depend on.
TEST(RoutesTest, EveryMethodOfTheContractHasOne) {
  const Routes routes = Create();
  size_t methods = 0;
  for (const char* backend : {"request", "evaluation", "scheduling", "audit"}) {
    for (const auto* service : routes.ServicesOf(backend)) {
      for (int i = 0; i < service->method_count(); ++i) {
        ++methods;
        const Route* route = routes.Find(absl::StrCat("/", service->full_name(), "/", service->method(i)->name()));
        ASSERT_NE(route, nullptr) << service->method(i)->full_name();
        EXPECT_FALSE(route->access->roles.empty()) << service->method(i)->full_name() << " is closed to everyone";
        EXPECT_FALSE(service->method(i)->client_streaming()) << "the gateway forwards one request";
      }
    }
  }
  EXPECT_EQ(routes.all().size(), methods);
  EXPECT_GT(methods, 60u);
}

TEST(RoutesTest, WhatServicesTellEachOtherIsNotThere) {
  const Routes routes = Create();
  ASSERT_NE(event::v1::DeliverEventsRequest::descriptor(), nullptr);
  EXPECT_EQ(routes.Find("/docket.event.v1.EventSinkService/DeliverEvents"), nullptr);
  for (const auto& [path, route] : routes.all()) {
    EXPECT_FALSE(absl::StrContains(path, "docket.event.")) << path;
    EXPECT_FALSE(absl::StrContains(path, "docket.process.")) << path;
  }
}

TEST(RoutesTest, NothingElseIsThere) {
  const Routes routes = Create();
  for (const char* path :
       {"", "/", "docket.request.v1.RequestService/CreateRequest", "/docket.request.v1.RequestService/createRequest",
        "/docket.request.v1.RequestService/CreateRequest/", "/grpc.health.v1.Health/Check"}) {
    EXPECT_EQ(routes.Find(path), nullptr) << path;
  }
}

}  // namespace
}  // namespace docket::gateway

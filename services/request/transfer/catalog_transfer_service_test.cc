#include "services/request/transfer/catalog_transfer_service.h"

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/directory_calls.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::Each;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

constexpr char kDepartment[] = R"({"id":"it","department":{"title":"信息部"}})";
constexpr char kVendor[] =
    R"({"id":"huiwen","vendor":{"title":"汇文软件有限公司","contract_reference":"HT-2025-017"}})";
constexpr char kPerson[] = R"({"id":"he-jing","person":{"display_name":"何静","department":
    "organizations/library/departments/it","roles":["ROLE_IT_DIRECTOR"],"email":"he@lib.example"}})";
constexpr char kOpac[] = R"({"id":"opac","system":{"title":"公共检索","owner_department":
    "organizations/library/departments/it","vendor":"organizations/library/vendors/huiwen","criticality":"LEVEL_MEDIUM",
    "installed_version":"5.0","components":[{"id":"web","installed_version":"5.0.1"}]}})";
constexpr char kPortal[] = R"({"id":"a-portal","system":{"title":"读者门户","owner_department":
    "organizations/library/departments/it","criticality":"LEVEL_LOW","installed_version":"1",
    "dependencies":[{"system":"organizations/library/systems/opac","purpose":"检索"}]}})";

class CatalogTransferTest : public ::testing::Test {
 protected:
  v1::ImportCatalogRequest Call(const std::vector<std::string>& items) {
    v1::ImportCatalogRequest call;
    call.set_parent("organizations/library");
    for (const std::string& json : items) {
      EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, call.add_items()).ok()) << json;
    }
    call.set_request_id(service_.NewRequestId());
    return call;
  }

  absl::StatusOr<v1::ImportCatalogResponse> Import(const v1::ImportCatalogRequest& call) {
    return service_.Call<v1::ImportCatalogResponse>("CatalogTransferService/ImportCatalog", service_.administrator,
                                                    call);
  }

  std::vector<v1::ImportOutcome> Outcomes(const absl::StatusOr<v1::ImportCatalogResponse>& reply) {
    EXPECT_THAT(reply, IsOk());
    std::vector<v1::ImportOutcome> outcomes;
    if (!reply.ok()) return outcomes;
    for (const auto& result : reply->results()) outcomes.push_back(result.outcome());
    return outcomes;
  }

  static std::string ReasonOf(const google::rpc::Status& error) {
    google::rpc::ErrorInfo info;
    for (const auto& detail : error.details()) {
      if (detail.UnpackTo(&info)) return info.reason();
    }
    return "";
  }

  static std::string FieldOf(const google::rpc::Status& error) {
    google::rpc::BadRequest bad_request;
    for (const auto& detail : error.details()) {
      if (detail.UnpackTo(&bad_request)) return bad_request.field_violations(0).field();
    }
    return "";
  }

  std::vector<v1::CatalogItem> Export(const std::string& organization, absl::Status* status = nullptr) {
    v1::ExportCatalogRequest call;
    call.set_parent("organizations/" + organization);
    const auto stream = service_.server().Stream("docket.request.v1.CatalogTransferService/ExportCatalog",
                                                 service_.administrator, call);
    std::vector<v1::CatalogItem> items;
    for (v1::CatalogItem item; stream->Read(&item);) items.push_back(item);
    const absl::Status ended = stream->Finish();
    if (status != nullptr) {
      *status = ended;
    } else {
      EXPECT_THAT(ended, IsOk());
    }
    return items;
  }

  WholeService service_;
};

TEST_F(CatalogTransferTest, CreatesUpdatesAndLeavesAlone) {
  const std::vector<std::string> items = {kDepartment, kVendor, kPerson, kOpac, kPortal};
  const auto first = Import(Call(items));
  EXPECT_THAT(Outcomes(first), Each(v1::IMPORT_OUTCOME_CREATED));
  ASSERT_EQ(first->results_size(), 5);
  EXPECT_EQ(first->results(4).resource(), "organizations/library/systems/a-portal");
  EXPECT_THAT(Outcomes(Import(Call(items))), Each(v1::IMPORT_OUTCOME_UNCHANGED));
  EXPECT_EQ(service_.CountEvents("SystemUpdated"), 0);
  event::v1::CatalogImported summary;
  ASSERT_TRUE(service_.LastEvent("CatalogImported").payload().UnpackTo(&summary));
  EXPECT_EQ(summary.unchanged_count(), 5);

  EXPECT_THAT(Outcomes(Import(Call({R"({"id":"it","department":{"title":"数字化部"}})", kOpac}))),
              ElementsAre(v1::IMPORT_OUTCOME_UPDATED, v1::IMPORT_OUTCOME_UNCHANGED));
  EXPECT_EQ(service_.LastEvent("DepartmentUpdated").changes(0).after(), "数字化部");
  // A resource is taken whole: what is not set is empty.
  EXPECT_THAT(Outcomes(Import(Call({R"({"id":"huiwen","vendor":{"title":"汇文软件有限公司"}})"}))),
              ElementsAre(v1::IMPORT_OUTCOME_UPDATED));
  EXPECT_EQ(service_.LastEvent("VendorUpdated").changes(0).field(), "contract_reference");
}

TEST_F(CatalogTransferTest, AWrongItemLeavesItsNeighboursAlone) {
  const auto reply = Import(Call({
      kDepartment,
      R"({"id":"Not An Id","department":{"title":"x"}})",
      R"({"id":"nothing"})",
      R"({"id":"it2","department":{"title":""}})",
      R"({"id":"p","person":{"display_name":"某人","department":"organizations/library/departments/none","roles":["ROLE_REQUESTER"]}})",
      R"({"id":"x","system":{"title":"x","owner_department":"organizations/yunqi/departments/it","criticality":"LEVEL_LOW","installed_version":"1"}})",
      R"({"id":"v","vendor":{"title":"x","name":"organizations/library/vendors/w"}})",
      R"({"id":"v","vendor":{"title":"x","etag":"3"}})",
      R"({"id":"d","department":{"title":"x"},"retired":true})",
      R"({"id":"self","system":{"title":"x","owner_department":"organizations/library/departments/it","criticality":"LEVEL_LOW",
          "installed_version":"1","dependencies":[{"system":"organizations/library/systems/self"}]}})",
      R"({"id":"last","department":{"title":"最后一个部门"}})",
  }));
  ASSERT_THAT(reply, IsOk());
  std::vector<std::string> reasons, fields;
  for (const auto& result : reply->results()) {
    reasons.push_back(ReasonOf(result.error()));
    fields.push_back(FieldOf(result.error()));
    EXPECT_EQ(result.has_error(), result.outcome() == v1::IMPORT_OUTCOME_FAILED);
  }
  EXPECT_THAT(reasons,
              ElementsAre("", "INVALID_FIELDS", "INVALID_FIELDS", "INVALID_FIELDS", "BROKEN_REFERENCE",
                          "INVALID_FIELDS", "INVALID_FIELDS", "NOT_FOUND", "INVALID_FIELDS", "DEPENDENCY_CYCLE", ""));
  EXPECT_THAT(fields, ElementsAre("", "id", "resource", "department.title", "", "system.owner_department",
                                  "vendor.name", "", "retired", "", ""));
  EXPECT_EQ(reply->results(0).outcome(), v1::IMPORT_OUTCOME_CREATED);
  EXPECT_EQ(reply->results(10).outcome(), v1::IMPORT_OUTCOME_CREATED);
}

TEST_F(CatalogTransferTest, VersionsAreTakenOverAtCreationOnly) {
  ASSERT_THAT(Outcomes(Import(Call({kDepartment, kVendor, kOpac}))), Each(v1::IMPORT_OUTCOME_CREATED));
  std::string later = kOpac;
  later.replace(later.find("\"5.0\""), 5, "\"6.0\"");
  const auto reply = Import(Call({later}));
  EXPECT_THAT(Outcomes(reply), ElementsAre(v1::IMPORT_OUTCOME_FAILED));
  EXPECT_EQ(FieldOf(reply->results(0).error()), "system.installed_version");
}

TEST_F(CatalogTransferTest, RepeatedCallsApplyNothingTwice) {
  const v1::ImportCatalogRequest call = Call({kDepartment, kVendor});
  const auto first = Import(call);
  ASSERT_THAT(first, IsOk());
  // Someone edits in between; the repeated call must not undo that.
  ASSERT_THAT(Outcomes(Import(Call({R"({"id":"it","department":{"title":"数字化部"}})"}))),
              ElementsAre(v1::IMPORT_OUTCOME_UPDATED));
  const auto again = Import(call);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(service_.CountEvents("DepartmentUpdated"), 1);
  v1::ImportCatalogRequest other = call;
  other.mutable_items(0)->mutable_department()->set_title("别的");
  EXPECT_THAT(Import(other), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));

  // As after a crash between the items and the answer: the items' own records tell.
  ASSERT_THAT(service_.pool().Execute(absl::Now() + absl::Seconds(20), "DELETE FROM idempotency WHERE request_id = ?",
                                      {*ParseUuid(call.request_id())}),
              IsOk());
  const auto resumed = Import(call);
  ASSERT_THAT(resumed, IsOk());
  EXPECT_EQ(resumed->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(service_.CountEvents("DepartmentUpdated"), 1);

  std::vector<std::thread> threads;
  const v1::ImportCatalogRequest shared =
      Call({R"({"id":"one","department":{"title":"一部"}})", R"({"id":"two","department":{"title":"二部"}})"});
  std::vector<std::string> answers(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const auto reply = Import(shared);
      answers[t] = reply.ok() ? reply->SerializeAsString() : reply.status().ToString();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(answers, Each(answers[0]));
  EXPECT_EQ(service_.CountEvents("DepartmentCreated"), 3 + 1 + 2) << "yunqi's, it, one and two";
}

TEST_F(CatalogTransferTest, TryingChangesNothing) {
  v1::ImportCatalogRequest call =
      Call({kDepartment, kVendor, kOpac, kPortal, R"({"id":"bad","department":{"title":""}})"});
  call.set_validate_only(true);
  const auto tried = Import(call);
  EXPECT_THAT(Outcomes(tried),
              ElementsAre(v1::IMPORT_OUTCOME_CREATED, v1::IMPORT_OUTCOME_CREATED, v1::IMPORT_OUTCOME_CREATED,
                          v1::IMPORT_OUTCOME_CREATED, v1::IMPORT_OUTCOME_FAILED));
  EXPECT_EQ(service_.CountEvents("CatalogImported"), 0);
  EXPECT_TRUE(Export("library").empty());
  // The id was not used up.
  call.set_validate_only(false);
  EXPECT_EQ(Outcomes(Import(call)), Outcomes(tried));
}

TEST_F(CatalogTransferTest, WhatIsExportedCanBeImported) {
  ASSERT_THAT(Outcomes(Import(Call({kDepartment, kVendor, kPerson, kOpac, kPortal}))),
              Each(v1::IMPORT_OUTCOME_CREATED));
  std::string old = kPortal;
  old.replace(old.find("a-portal"), 8, "retired-one");
  old.insert(old.rfind('}'), ",\"retired\":true");
  ASSERT_THAT(Outcomes(Import(Call({old}))), Each(v1::IMPORT_OUTCOME_CREATED));

  const std::vector<v1::CatalogItem> items = Export("library");
  std::vector<std::string> ids;
  for (const v1::CatalogItem& item : items) ids.push_back(item.id());
  // What is needed comes first, whatever the letters say.
  EXPECT_THAT(ids, ElementsAre("it", "huiwen", "he-jing", "opac", "a-portal", "retired-one"));
  EXPECT_TRUE(items[5].retired());
  EXPECT_EQ(items[3].system().etag(), "");
  EXPECT_FALSE(items[3].system().has_create_time());
  EXPECT_EQ(service_.LastEvent("CatalogExported").subject(), "organizations/library");

  v1::ImportCatalogRequest back = Call({});
  for (const v1::CatalogItem& item : items) *back.add_items() = item;
  EXPECT_THAT(Outcomes(Import(back)), Each(v1::IMPORT_OUTCOME_UNCHANGED));

  // Into an organisation that has nothing of it: every reference is found, every item made.
  for (const char* table : {"department", "vendor", "person", "catalog_system", "catalog_component",
                            "catalog_dependency", "installed_version", "idempotency"}) {
    ASSERT_THAT(service_.pool().Execute(absl::Now() + absl::Seconds(20), absl::StrCat("DELETE FROM ", table)), IsOk());
  }
  back.set_request_id(service_.NewRequestId());
  EXPECT_THAT(Outcomes(Import(back)), Each(v1::IMPORT_OUTCOME_CREATED));
  const std::vector<v1::CatalogItem> again = Export("library");
  ASSERT_EQ(again.size(), items.size());
  for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(again[i].SerializeAsString(), items[i].SerializeAsString());

  // Back in service, out of service.
  back.set_request_id(service_.NewRequestId());
  back.mutable_items(5)->set_retired(false);
  EXPECT_EQ(Import(back)->results(5).outcome(), v1::IMPORT_OUTCOME_UPDATED);
  EXPECT_EQ(service_.LastEvent("SystemReinstated").reason(), "catalogue import");
}

TEST_F(CatalogTransferTest, NothingNewRefersToWhatIsRetired) {
  DirectoryCalls calls(service_);
  ASSERT_THAT(Outcomes(Import(Call({kDepartment, kVendor, kPerson, kOpac}))), Each(v1::IMPORT_OUTCOME_CREATED));
  const std::string library = "organizations/library/";
  ASSERT_THAT(
      (calls.Move<v1::RetireSystemRequest, v1::System>("CatalogService/RetireSystem", library + "systems/opac")),
      IsOk());
  ASSERT_THAT(
      (calls.Move<v1::RetirePersonRequest, v1::Person>("DirectoryService/RetirePerson", library + "people/he-jing")),
      IsOk());
  ASSERT_THAT((calls.Move<v1::RetireDepartmentRequest, v1::Department>("DirectoryService/RetireDepartment",
                                                                       library + "departments/it")),
              IsOk());
  std::string newcomer = kPerson, retired = kOpac;
  newcomer.replace(newcomer.find("he-jing"), 7, "newcomer");
  retired.insert(retired.rfind('}'), ",\"retired\":true");
  // An item says nothing of the directory's states, and what is theirs already stays as it is.
  const auto reply = Import(Call({kDepartment, kPerson, newcomer, kPortal, retired, kOpac}));
  EXPECT_THAT(Outcomes(reply),
              ElementsAre(v1::IMPORT_OUTCOME_UNCHANGED, v1::IMPORT_OUTCOME_UNCHANGED, v1::IMPORT_OUTCOME_FAILED,
                          v1::IMPORT_OUTCOME_FAILED, v1::IMPORT_OUTCOME_UNCHANGED, v1::IMPORT_OUTCOME_FAILED));
  for (const int failed : {2, 3, 5}) EXPECT_EQ(ReasonOf(reply->results(failed).error()), "BROKEN_REFERENCE") << failed;

  const std::vector<v1::CatalogItem> items = Export("library");
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].department().state(), v1::Department::STATE_UNSPECIFIED);
  EXPECT_EQ(items[0].department().state_reason(), "");
  EXPECT_EQ(items[2].person().state_reason(), "");
}

TEST_F(CatalogTransferTest, RefusesWhatIsNotForItsCaller) {
  v1::ImportCatalogRequest call = Call({kDepartment});
  for (const common::v1::Principal* other : {&service_.author, &service_.director, &service_.auditor}) {
    EXPECT_THAT(service_.Call<v1::ImportCatalogResponse>("CatalogTransferService/ImportCatalog", *other, call),
                StatusIs(StatusCode::kPermissionDenied));
  }
  EXPECT_THAT(
      service_.Call<v1::ImportCatalogResponse>("CatalogTransferService/ImportCatalog",
                                               PersonOf("yunqi", "guan", "", {common::v1::ROLE_ADMINISTRATOR}), call),
      StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  call.set_parent("organizations/nowhere");
  EXPECT_THAT(Import(call), StatusIs(StatusCode::kNotFound));
  call.set_parent("library");
  EXPECT_THAT(Import(call), StatusIs(StatusCode::kInvalidArgument));
  call = Call({});
  EXPECT_THAT(Import(call), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  for (int i = 0; i < 501; ++i) call.add_items()->set_id("x");
  EXPECT_THAT(Import(call), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  call = Call({kDepartment});
  call.set_request_id("1");
  EXPECT_THAT(Import(call), StatusIs(StatusCode::kInvalidArgument));
  absl::Status ended;
  Export("nowhere", &ended);
  EXPECT_THAT(ended, StatusIs(StatusCode::kNotFound));
}

TEST_F(CatalogTransferTest, FiveHundredFailuresFitIntoTheAnswer) {
  v1::ImportCatalogRequest call = Call({});
  for (int i = 0; i < 500; ++i) {
    v1::CatalogItem* item = call.add_items();
    item->set_id(absl::StrCat("s", i));
    for (int c = 0; c < 40; ++c) item->mutable_system()->add_components()->set_id("Not An Id 门禁");
  }
  const auto reply = Import(call);
  EXPECT_THAT(Outcomes(reply), Each(v1::IMPORT_OUTCOME_FAILED));
  EXPECT_LT(reply->ByteSizeLong(), size_t{1} << 20);
}

}  // namespace
}  // namespace docket::request

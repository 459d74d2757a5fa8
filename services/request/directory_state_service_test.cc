// Departments, vendors and people out of use and back: what each call answers and leaves, and who may make it.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/directory_calls.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using tests::IsOk;
using tests::StatusIs;

constexpr char kSecurity[] = "organizations/yunqi/departments/security";

class DirectoryStateTest : public ::testing::Test {
 protected:
  DirectoryStateTest() : calls_(service_) {
    EXPECT_THAT(calls_.CreateDepartment("security"), IsOk());
    EXPECT_THAT(calls_.CreateVendor("anjubao"), IsOk());
    EXPECT_THAT(calls_.CreatePerson("li-na", "security"), IsOk());
  }

  absl::StatusOr<v1::Department> Retire(const common::v1::Principal& by, const std::string& reason,
                                        const std::string& request_id) {
    v1::RetireDepartmentRequest call;
    call.set_name(kSecurity);
    call.set_reason(reason);
    call.set_request_id(request_id);
    return service_.Call<v1::Department>("DirectoryService/RetireDepartment", by, call);
  }

  static std::string Metadata(const absl::Status& status, const std::string& key) {
    const auto info = GetErrorInfo(status);
    return info.has_value() && info->metadata().contains(key) ? info->metadata().at(key) : "";
  }

  std::vector<std::pair<std::string, std::string>> ChangesOf(const event::v1::Event& event) {
    std::vector<std::pair<std::string, std::string>> changes;
    for (const auto& change : event.changes()) {
      changes.emplace_back(change.field(), absl::StrCat(change.before(), " > ", change.after()));
    }
    return changes;
  }

  // The moves of one kind of record end to end, with the events that they leave.
  template <typename Retired, typename Reinstated, typename Record, typename Retire, typename Reinstate>
  void GoesAndComes(const Record& before, const std::string& type, Retire retire, Reinstate reinstate) {
    EXPECT_EQ(before.state(), Record::STATE_ACTIVE);
    EXPECT_THAT(reinstate(""), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    EXPECT_THAT(retire("7"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
    const absl::StatusOr<Record> gone = retire(before.etag());
    ASSERT_THAT(gone, IsOk());
    EXPECT_EQ(gone->state(), Record::STATE_RETIRED);
    EXPECT_EQ(gone->state_reason(), "机构调整");
    EXPECT_EQ(gone->etag(), "2");
    const event::v1::Event event = service_.LastEvent(type + "Retired");
    EXPECT_EQ(event.subject(), before.name());
    EXPECT_EQ(event.reason(), "机构调整");
    EXPECT_EQ(event.subject_revision(), 2);
    EXPECT_THAT(ChangesOf(event),
                ElementsAre(Pair("state", "STATE_ACTIVE > STATE_RETIRED"), Pair("state_reason", " > 机构调整")));
    EXPECT_EQ(event.before_sha256(), service_.LastEvent(type + "Created").after_sha256());
    EXPECT_TRUE(event.payload().Is<Retired>());

    const absl::Status again = retire("").status();
    EXPECT_THAT(again, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    EXPECT_EQ(Metadata(again, "state"), "RETIRED");
    EXPECT_EQ(Metadata(again, "allowed_states"), "ACTIVE");
    const absl::StatusOr<Record> back = reinstate("2");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(back->state(), Record::STATE_ACTIVE);
    const event::v1::Event returned = service_.LastEvent(type + "Reinstated");
    EXPECT_TRUE(returned.payload().Is<Reinstated>());
    EXPECT_EQ(returned.before_sha256(), event.after_sha256());
    EXPECT_THAT(ChangesOf(returned), ElementsAre(Pair("state", "STATE_RETIRED > STATE_ACTIVE")));
  }

  // Of the rows that a list finds.
  template <typename Call, typename Reply, typename RowsOf>
  std::vector<std::string> Ids(const char* method, const std::string& filter, RowsOf rows_of) {
    Call call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    const auto reply = service_.Call<Reply>(absl::StrCat("DirectoryService/", method), service_.auditor, call);
    EXPECT_THAT(reply, IsOk());
    std::vector<std::string> ids;
    if (!reply.ok()) return ids;
    for (const auto& row : rows_of(*reply)) ids.push_back(row.name().substr(row.name().rfind('/') + 1));
    return ids;
  }

  WholeService service_;
  DirectoryCalls calls_;
};

TEST_F(DirectoryStateTest, DepartmentsGoAndComeBack) {
  ASSERT_THAT(calls_.RetirePerson("li-na"), IsOk());
  v1::GetDepartmentRequest get;
  get.set_name(kSecurity);
  const auto before = service_.Call<v1::Department>("DirectoryService/GetDepartment", service_.auditor, get);
  ASSERT_THAT(before, IsOk());
  GoesAndComes<event::v1::DepartmentRetired, event::v1::DepartmentReinstated>(
      *before, "Department", [&](const std::string& etag) { return calls_.RetireDepartment("security", etag); },
      [&](const std::string& etag) { return calls_.ReinstateDepartment("security", etag); });
  // An edit leaves the state alone.
  ASSERT_THAT(calls_.RetireDepartment("security"), IsOk());
  v1::UpdateDepartmentRequest update;
  update.mutable_department()->set_name(kSecurity);
  update.mutable_department()->set_title("安保部（已撤销）");
  update.mutable_department()->set_etag("4");
  update.set_request_id(service_.NewRequestId());
  const auto edited =
      service_.Call<v1::Department>("DirectoryService/UpdateDepartment", service_.administrator, update);
  ASSERT_THAT(edited, IsOk());
  EXPECT_EQ(edited->state(), v1::Department::STATE_RETIRED);
  EXPECT_EQ(edited->state_reason(), "机构调整");
}

TEST_F(DirectoryStateTest, VendorsGoAndComeBack) {
  v1::GetVendorRequest get;
  get.set_name("organizations/yunqi/vendors/anjubao");
  const auto before = service_.Call<v1::Vendor>("DirectoryService/GetVendor", service_.auditor, get);
  ASSERT_THAT(before, IsOk());
  GoesAndComes<event::v1::VendorRetired, event::v1::VendorReinstated>(
      *before, "Vendor", [&](const std::string& etag) { return calls_.RetireVendor("anjubao", etag); },
      [&](const std::string& etag) { return calls_.ReinstateVendor("anjubao", etag); });
}

TEST_F(DirectoryStateTest, PeopleGoAndComeBack) {
  v1::GetPersonRequest get;
  get.set_name("organizations/yunqi/people/li-na");
  const auto before = service_.Call<v1::Person>("DirectoryService/GetPerson", service_.auditor, get);
  ASSERT_THAT(before, IsOk());
  GoesAndComes<event::v1::PersonRetired, event::v1::PersonReinstated>(
      *before, "Person", [&](const std::string& etag) { return calls_.RetirePerson("li-na", etag); },
      [&](const std::string& etag) { return calls_.ReinstatePerson("li-na", etag); });
}

TEST_F(DirectoryStateTest, IsDoneOnceAndForAReasonByWhoMay) {
  ASSERT_THAT(calls_.RetirePerson("li-na"), IsOk());
  EXPECT_THAT(Retire(service_.administrator, "", service_.NewRequestId()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Retire(service_.director, "x", service_.NewRequestId()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Retire(PersonOf("library", "guan", "", {common::v1::ROLE_ADMINISTRATOR}), "x", service_.NewRequestId()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_THAT(calls_.RetireDepartment("none"), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(calls_.ReinstateVendor("none"), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(calls_.RetirePerson("none"), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_EQ(service_.CountEvents("DepartmentRetired"), 0);

  const common::v1::Principal local = PersonOf("yunqi", "guan", "", {common::v1::ROLE_ADMINISTRATOR});
  const std::string id = service_.NewRequestId();
  const auto first = Retire(local, "并入物业部", id);
  ASSERT_THAT(first, IsOk());
  const auto again = Retire(local, "并入物业部", id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_THAT(Retire(local, "别的", id), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_EQ(service_.CountEvents("DepartmentRetired"), 1);
}

TEST_F(DirectoryStateTest, WhatBelongsToThemKeepsThem) {
  ASSERT_THAT(calls_.CreateSystem("gate", "security", "anjubao"), IsOk());
  absl::Status refused = calls_.RetireDepartment("security").status();
  EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  EXPECT_EQ(Metadata(refused, "resource"), "organizations/yunqi/systems/gate, organizations/yunqi/people/li-na");
  ASSERT_THAT(calls_.CreatePerson("zhang", "", "anjubao"), IsOk());
  refused = calls_.RetireVendor("anjubao").status();
  EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  EXPECT_EQ(Metadata(refused, "resource"), "organizations/yunqi/systems/gate, organizations/yunqi/people/zhang");
  EXPECT_EQ(service_.CountEvents("DepartmentRetired") + service_.CountEvents("VendorRetired"), 0);

  // What is out of use itself keeps nobody.
  ASSERT_THAT(calls_.RetireSystem("gate"), IsOk());
  ASSERT_THAT(calls_.RetirePerson("li-na"), IsOk());
  ASSERT_THAT(calls_.RetirePerson("zhang"), IsOk());
  EXPECT_THAT(calls_.RetireDepartment("security"), IsOk());
  EXPECT_THAT(calls_.RetireVendor("anjubao"), IsOk());
}

TEST_F(DirectoryStateTest, ListsTheFirstTenOfWhatBelongs) {
  for (int i = 0; i < 9; ++i) ASSERT_THAT(calls_.CreateSystem(absl::StrCat("s", i), "security"), IsOk());
  ASSERT_THAT(calls_.CreatePerson("wang", "security"), IsOk());
  std::string resource = Metadata(calls_.RetireDepartment("security").status(), "resource");
  EXPECT_THAT(resource, EndsWith("systems/s8, organizations/yunqi/people/li-na"));
  ASSERT_THAT(calls_.CreateSystem("s9", "security"), IsOk());
  ASSERT_THAT(calls_.CreateSystem("t", "security"), IsOk());
  resource = Metadata(calls_.RetireDepartment("security").status(), "resource");
  EXPECT_THAT(resource, StartsWith("organizations/yunqi/systems/s0, "));
  EXPECT_THAT(resource, EndsWith("/systems/s9"));
}

TEST_F(DirectoryStateTest, IsAFieldOfTheirLists) {
  ASSERT_THAT(calls_.RetirePerson("li-na"), IsOk());
  ASSERT_THAT(calls_.RetireDepartment("security"), IsOk());
  ASSERT_THAT(calls_.CreateVendor("huiwen"), IsOk());
  ASSERT_THAT(calls_.RetireVendor("anjubao"), IsOk());
  const auto departments = [&](const std::string& filter) {
    return Ids<v1::ListDepartmentsRequest, v1::ListDepartmentsResponse>(
        "ListDepartments", filter, [](const auto& reply) { return reply.departments(); });
  };
  EXPECT_THAT(departments("state = RETIRED"), ElementsAre("security"));
  EXPECT_THAT(departments("state = ACTIVE"), ElementsAre("customer-service", "engineering", "it"));
  const auto vendors = [&](const std::string& filter) {
    return Ids<v1::ListVendorsRequest, v1::ListVendorsResponse>("ListVendors", filter,
                                                                [](const auto& reply) { return reply.vendors(); });
  };
  EXPECT_THAT(vendors("state = STATE_RETIRED"), ElementsAre("anjubao"));
  EXPECT_THAT(vendors("state != RETIRED"), ElementsAre("huiwen"));
  const auto people = [&](const std::string& filter) {
    return Ids<v1::ListPeopleRequest, v1::ListPeopleResponse>("ListPeople", filter,
                                                              [](const auto& reply) { return reply.people(); });
  };
  EXPECT_THAT(people("state = RETIRED"), ElementsAre("li-na"));
  EXPECT_THAT(people("state = ACTIVE"), IsEmpty());
}

}  // namespace
}  // namespace docket::request

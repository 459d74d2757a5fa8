// What is out of use is nothing to refer to: systems, people and what is imported, also where both happen at once.
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/directory_store.h"
#include "services/request/testing/directory_calls.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;

constexpr char kSecurity[] = "organizations/yunqi/departments/security";
constexpr char kAnjubao[] = "organizations/yunqi/vendors/anjubao";

class RetiredReferenceTest : public ::testing::Test {
 protected:
  RetiredReferenceTest() : calls_(service_) {
    EXPECT_THAT(calls_.CreateDepartment("security"), IsOk());
    EXPECT_THAT(calls_.CreateVendor("anjubao"), IsOk());
  }

  void RetireBoth() {
    ASSERT_THAT(calls_.RetireDepartment("security"), IsOk());
    ASSERT_THAT(calls_.RetireVendor("anjubao"), IsOk());
  }

  absl::StatusOr<v1::System> Update(const v1::System& system, const std::vector<std::string>& paths) {
    v1::UpdateSystemRequest call;
    *call.mutable_system() = system;
    for (const std::string& path : paths) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::System>("CatalogService/UpdateSystem", service_.administrator, call);
  }

  absl::StatusOr<v1::Person> Update(const v1::Person& person, const std::vector<std::string>& paths) {
    v1::UpdatePersonRequest call;
    *call.mutable_person() = person;
    for (const std::string& path : paths) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Person>("DirectoryService/UpdatePerson", service_.administrator, call);
  }

  static void ExpectBroken(const absl::Status& status, const std::string& resource) {
    ASSERT_THAT(status, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
    EXPECT_EQ(GetErrorInfo(status)->metadata().at("resource"), resource);
    EXPECT_THAT(status.message(), ::testing::HasSubstr("is retired"));
  }

  // `second` while a transaction that did `first` has not been committed, and waits for it.
  absl::Status Behind(const std::function<absl::Status(mysql::Transaction&)>& first,
                      const std::function<absl::Status()>& second) {
    absl::Status outcome;
    std::thread waiting;
    EXPECT_THAT(mysql::RunInTransaction(service_.pool(), absl::Now() + absl::Seconds(30),
                                        [&](mysql::Transaction& tx) -> absl::Status {
                                          const absl::Status done = first(tx);
                                          if (!done.ok() || waiting.joinable()) return done;
                                          waiting = std::thread([&] { outcome = second(); });
                                          service_.AwaitLockWait();
                                          return done;
                                        }),
                IsOk());
    if (waiting.joinable()) waiting.join();
    return outcome;
  }

  WholeService service_;
  DirectoryCalls calls_;
};

TEST_F(RetiredReferenceTest, ForSystems) {
  const auto gate = calls_.CreateSystem("gate", "security", "anjubao");
  ASSERT_THAT(gate, IsOk());
  ASSERT_THAT(calls_.RetireSystem("gate"), IsOk());
  const auto other = calls_.CreateSystem("other", "it");
  ASSERT_THAT(other, IsOk());
  RetireBoth();
  ExpectBroken(calls_.CreateSystem("new", "security").status(), kSecurity);
  ExpectBroken(calls_.CreateSystem("new", "it", "anjubao").status(), kAnjubao);
  v1::System edited = *other;
  edited.set_owner_department(kSecurity);
  ExpectBroken(Update(edited, {"owner_department"}).status(), kSecurity);
  edited.set_vendor(kAnjubao);
  ExpectBroken(Update(edited, {"vendor"}).status(), kAnjubao);
  // What is theirs already takes other edits, but does not come back into service.
  v1::System old = *gate;
  old.set_etag("2");
  old.set_title("旧门禁");
  EXPECT_THAT(Update(old, {"title"}), IsOk());
  ExpectBroken(calls_.ReinstateSystem("gate").status(), kSecurity);
  ASSERT_THAT(calls_.ReinstateDepartment("security"), IsOk());
  ExpectBroken(calls_.ReinstateSystem("gate").status(), kAnjubao);
  ASSERT_THAT(calls_.ReinstateVendor("anjubao"), IsOk());
  EXPECT_THAT(calls_.ReinstateSystem("gate"), IsOk());
  EXPECT_THAT(calls_.CreateSystem("new", "security", "anjubao"), IsOk());
}

TEST_F(RetiredReferenceTest, ForPeople) {
  const auto guard = calls_.CreatePerson("guard", "security");
  ASSERT_THAT(guard, IsOk());
  ASSERT_THAT(calls_.CreatePerson("engineer", "", "anjubao"), IsOk());
  ASSERT_THAT(calls_.RetirePerson("guard"), IsOk());
  ASSERT_THAT(calls_.RetirePerson("engineer"), IsOk());
  const auto colleague = calls_.CreatePerson("colleague", "it");
  ASSERT_THAT(colleague, IsOk());
  RetireBoth();
  ExpectBroken(calls_.CreatePerson("new", "security").status(), kSecurity);
  ExpectBroken(calls_.CreatePerson("new", "", "anjubao").status(), kAnjubao);
  v1::Person moved = *colleague;
  moved.set_department(kSecurity);
  ExpectBroken(Update(moved, {"department"}).status(), kSecurity);
  moved.clear_department();
  moved.set_vendor(kAnjubao);
  moved.clear_roles();
  moved.add_roles(common::v1::ROLE_VENDOR);
  ExpectBroken(Update(moved, {"department", "vendor", "roles"}).status(), kAnjubao);
  v1::Person renamed = *guard;
  renamed.set_etag("2");
  renamed.set_display_name("老张");
  EXPECT_THAT(Update(renamed, {"display_name"}), IsOk());
  ExpectBroken(calls_.ReinstatePerson("guard").status(), kSecurity);
  ExpectBroken(calls_.ReinstatePerson("engineer").status(), kAnjubao);
  EXPECT_EQ(service_.CountEvents("PersonReinstated"), 0);
  ASSERT_THAT(calls_.ReinstateDepartment("security"), IsOk());
  EXPECT_THAT(calls_.ReinstatePerson("guard"), IsOk());
}

TEST_F(RetiredReferenceTest, WhatComesBehindARetirementFindsItDone) {
  const auto retire = [](mysql::Transaction& tx) {
    return tx.Execute("UPDATE department SET state = 2, revision = revision + 1 WHERE department_id = 'security'")
        .status();
  };
  ExpectBroken(Behind(retire, [&] { return calls_.CreateSystem("gate", "security").status(); }), kSecurity);
  ASSERT_THAT(calls_.ReinstateDepartment("security"), IsOk());
  ExpectBroken(Behind(retire, [&] { return calls_.CreatePerson("guard", "security").status(); }), kSecurity);
}

TEST_F(RetiredReferenceTest, ARetirementBehindWhatComesFindsIt) {
  DirectoryStore store(service_.pool());
  const auto enter = [&](mysql::Transaction& tx) -> absl::Status {
    absl::Status joined = store.JoinDepartment(tx, "yunqi", "security");
    if (!joined.ok()) return joined;
    Person person;
    person.organization_id = "yunqi";
    person.id = "guard";
    person.department_id = "security";
    return store.Insert(tx, person);
  };
  const absl::Status refused = Behind(enter, [&] { return calls_.RetireDepartment("security").status(); });
  ASSERT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  EXPECT_EQ(GetErrorInfo(refused)->metadata().at("resource"), "organizations/yunqi/people/guard");
}

}  // namespace
}  // namespace docket::request

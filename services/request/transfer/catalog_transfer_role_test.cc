// Importing and exporting a catalogue, by everyone in every role: who may, what the rest are told, and what becomes of
// the catalogue, through the real server and database.
#include <functional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "docket/request/v1/catalog_transfer_service.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using common::v1::Principal;
using common::v1::Role;
using testing::Changed;
using testing::Shown;
using testing::Told;
using Text = absl::StatusOr<std::string>;

const std::set<Role> kImporters = {common::v1::ROLE_ADMINISTRATOR};
const std::set<Role> kExporters = {common::v1::ROLE_ADMINISTRATOR, common::v1::ROLE_SYSTEM_ADMIN,
                                   common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_AUDITOR};

class CatalogTransferRoleTest : public ::testing::Test {
 protected:
  // A department by this title.
  Text Import(const Principal& by, const std::string& id, const std::string& title, bool validate_only = false) {
    v1::ImportCatalogRequest call;
    call.set_parent("organizations/yunqi");
    call.add_items()->set_id(id);
    call.mutable_items(0)->mutable_department()->set_title(title);
    call.set_validate_only(validate_only);
    call.set_request_id(service_.NewRequestId());
    const auto reply = service_.Call<v1::ImportCatalogResponse>("CatalogTransferService/ImportCatalog", by, call);
    if (!reply.ok()) return reply.status();
    return v1::ImportOutcome_Name(reply->results(0).outcome()).substr(15);
  }
  // What there is of each, in order.
  Text Export(const Principal& by) {
    v1::ExportCatalogRequest call;
    call.set_parent("organizations/yunqi");
    const auto stream = service_.server().Stream("docket.request.v1.CatalogTransferService/ExportCatalog", by, call);
    std::string text;
    for (v1::CatalogItem item; stream->Read(&item);) {
      absl::StrAppend(&text, item.id(), " ", item.has_department() ? item.department().title() : "", "\n");
    }
    const absl::Status ended = stream->Finish();
    if (!ended.ok()) return ended;
    return text;
  }

  // The departments, which is all that is imported here. Exporting them would leave an event.
  std::string Look() {
    v1::ListDepartmentsRequest call;
    call.set_parent("organizations/yunqi");
    const auto page =
        service_.Call<v1::ListDepartmentsResponse>("DirectoryService/ListDepartments", service_.auditor, call);
    EXPECT_THAT(page, tests::IsOk());
    std::string text;
    if (!page.ok()) return text;
    for (const v1::Department& one : page->departments()) {
      absl::StrAppend(&text, one.name().substr(one.name().rfind('/') + 1), " ", one.title(), "\n");
    }
    return text;
  }

  static std::function<Told(const Principal&)> Everyone(const Told& told) {
    return [told](const Principal&) { return told; };
  }

  WholeService service_;
  testing::KeptTables tables_{service_.pool(),
                              {"department", "vendor", "person", "catalog_system", "catalog_size", "idempotency"}};
  testing::RoleWalk walk_{tables_, [this] { return Look(); }, {PersonOf("yunqi", "sun-li", "it", {})}};
};

TEST_F(CatalogTransferRoleTest, EveryMethodInEveryRole) {
  const std::string before = "customer-service 客户服务部\nengineering 工程部\n", it = "it 信息部\n";
  const std::string created = before + "fresh 新部门\n" + it, renamed = before + "it 数字化部\n";
  walk_.Take({{.what = "ExportCatalog",
               .open_to = kExporters,
               .call = [this](const Principal& by) { return Export(by); },
               // It changes nothing, and is recorded.
               .told = Everyone({.answer = before + it + "access-control \n", .events = {"CatalogExported"}})},
              {.what = "ImportCatalog, of what is not there",
               .open_to = kImporters,
               .call = [this](const Principal& by) { return Import(by, "fresh", "新部门"); },
               .told = Everyone(Changed("CREATED", created, {"DepartmentCreated", "CatalogImported"}))},
              {.what = "ImportCatalog, of what is there otherwise",
               .open_to = kImporters,
               .call = [this](const Principal& by) { return Import(by, "it", "数字化部"); },
               .told = Everyone(Changed("UPDATED", renamed, {"DepartmentUpdated", "CatalogImported"}))},
              {.what = "ImportCatalog, of what is there just so",
               .open_to = kImporters,
               .call = [this](const Principal& by) { return Import(by, "it", "信息部"); },
               .told = Everyone({.answer = "UNCHANGED", .events = {"CatalogImported"}, .recorded = true})},
              {.what = "ImportCatalog, of what is wrong",
               .open_to = kImporters,
               .call = [this](const Principal& by) { return Import(by, "it", ""); },
               .told = Everyone({.answer = "FAILED", .events = {"CatalogImported"}, .recorded = true})},
              {.what = "ImportCatalog, to see what would happen",
               .open_to = kImporters,
               .call = [this](const Principal& by) { return Import(by, "fresh", "新部门", /*validate_only=*/true); },
               .told = Everyone(Shown("CREATED"))}});
  EXPECT_EQ(walk_.calls(), 6 * 3 * 15);
  // The administrators of the organisation and of the platform.
  EXPECT_EQ(walk_.changes(), 2 * 2);
  testing::ExpectAllMethods(v1::ImportCatalogRequest::descriptor()->file()->FindServiceByName("CatalogTransferService"),
                            {"ImportCatalog", "ExportCatalog"});
}

}  // namespace
}  // namespace docket::request

// The directory's tables: organization, department, vendor, person, priority_matrix.
//
// Inserts fail with ALREADY_EXISTS (metadata `resource`) where the identifier is taken; finds return nothing where
// there is no such row; loads hold the row until the transaction ends; saves take the revision that was loaded.
#ifndef DOCKET_SERVICES_REQUEST_DIRECTORY_STORE_H_
#define DOCKET_SERVICES_REQUEST_DIRECTORY_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/directory.h"
#include "services/request/priority.h"

namespace docket::request {

class DirectoryStore {
 public:
  // The pool must outlive the store.
  explicit DirectoryStore(mysql::Pool& pool) : pool_(pool) {}

  // With a copy of the matrix that new organisations begin with.
  absl::Status Insert(mysql::Transaction& tx, const Organization& organization);
  absl::Status Insert(mysql::Transaction& tx, const Department& department);
  absl::Status Insert(mysql::Transaction& tx, const Vendor& vendor);
  absl::Status Insert(mysql::Transaction& tx, const Person& person);

  absl::StatusOr<std::optional<Organization>> FindOrganization(absl::Time deadline, absl::string_view organization_id);
  absl::StatusOr<std::optional<Department>> FindDepartment(absl::Time deadline, absl::string_view organization_id,
                                                           absl::string_view id);
  absl::StatusOr<std::optional<Vendor>> FindVendor(absl::Time deadline, absl::string_view organization_id,
                                                   absl::string_view id);
  absl::StatusOr<std::optional<Person>> FindPerson(absl::Time deadline, absl::string_view organization_id,
                                                   absl::string_view id);

  // The record of the same identifier as `key`, of which nothing else counts.
  absl::StatusOr<std::optional<Organization>> Load(mysql::Transaction& tx, const Organization& key);
  absl::StatusOr<std::optional<Department>> Load(mysql::Transaction& tx, const Department& key);
  absl::StatusOr<std::optional<Vendor>> Load(mysql::Transaction& tx, const Vendor& key);
  absl::StatusOr<std::optional<Person>> Load(mysql::Transaction& tx, const Person& key);

  absl::Status Save(mysql::Transaction& tx, const Organization& organization, int64_t loaded_revision);
  absl::Status Save(mysql::Transaction& tx, const Department& department, int64_t loaded_revision);
  absl::Status Save(mysql::Transaction& tx, const Vendor& vendor, int64_t loaded_revision);
  absl::Status Save(mysql::Transaction& tx, const Person& person, int64_t loaded_revision);

  absl::StatusOr<std::vector<Organization>> ListOrganizations(absl::Time deadline, const ListPage& page);
  absl::StatusOr<std::vector<Department>> ListDepartments(absl::Time deadline, absl::string_view organization_id,
                                                          const ListPage& page);
  absl::StatusOr<std::vector<Vendor>> ListVendors(absl::Time deadline, absl::string_view organization_id,
                                                  const ListPage& page);
  absl::StatusOr<std::vector<Person>> ListPeople(absl::Time deadline, absl::string_view organization_id,
                                                 const ListPage& page);

  // Checks within a transaction. NOT_FOUND for the organisation; for the others FAILED_PRECONDITION / BROKEN_REFERENCE
  // where they do not exist or are retired. Those may be empty: then nothing is referred to. They stay as they are
  // until the transaction ends.
  absl::StatusOr<Organization> RequireOrganization(mysql::Transaction& tx, absl::string_view organization_id);
  absl::Status RequireDepartment(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view id);
  absl::Status RequireVendor(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view id);
  // The same for what is to belong to them from now on, and would keep them from being retired: this and their
  // retirement wait for each other, on every node of a cluster.
  absl::Status JoinDepartment(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view id);
  absl::Status JoinVendor(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view id);

  // Identifiers of active people who belong to it, at most `limit`.
  absl::StatusOr<std::vector<std::string>> LoadActivePeople(mysql::Transaction& tx, const Department& department,
                                                            int limit);
  absl::StatusOr<std::vector<std::string>> LoadActivePeople(mysql::Transaction& tx, const Vendor& vendor, int limit);

  // Identifiers of active departments, ascending, behind `after`.
  absl::StatusOr<std::vector<std::string>> LoadActiveDepartments(mysql::Transaction& tx,
                                                                 absl::string_view organization_id,
                                                                 absl::string_view after, int limit);
  // Those of these departments that are active, ascending.
  absl::StatusOr<std::vector<std::string>> LoadActiveDepartments(mysql::Transaction& tx,
                                                                 absl::string_view organization_id,
                                                                 const std::vector<std::string>& ids);

  // Nothing, or NOT_FOUND, where the organisation is not in the directory, which is to say has no matrix.
  absl::StatusOr<std::optional<PriorityMatrix>> FindPriorityMatrix(absl::Time deadline,
                                                                   absl::string_view organization_id);
  absl::StatusOr<PriorityMatrix> LoadPriorityMatrix(mysql::Transaction& tx, absl::string_view organization_id);

 private:
  mysql::Pool& pool_;
};

// FAILED_PRECONDITION / BROKEN_REFERENCE for a resource that does not exist.
absl::Status BrokenReference(const std::string& resource_name);
// The same for one that is retired.
absl::Status RetiredReference(const std::string& resource_name);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DIRECTORY_STORE_H_

// The tables change_template, change_template_version and change_template_target.
//
// Rows are written with their revision as condition: ABORTED / CONCURRENT_CHANGE where a row is not the one that was
// loaded. Every change of a version changes its template's row too, so that two replicas, or two nodes of a cluster,
// never approve two versions at once.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_STORE_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/translate.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/template/change_template.h"

namespace docket::request {

// Which rows a list shows, and in which order.
struct TemplateQuery {
  std::string organization_id;
  // Of a list of versions.
  std::string template_id;
  filter::Condition filter;
  filter::Condition after;
  // The SQL of the order.
  std::string order;
};

class ChangeTemplateStore {
 public:
  // The pool must outlive the store.
  explicit ChangeTemplateStore(mysql::Pool& pool) : pool_(pool) {}

  // ALREADY_EXISTS where the identifier is taken.
  absl::Status Insert(mysql::Transaction& tx, const ChangeTemplate& made);
  absl::Status InsertVersion(mysql::Transaction& tx, const ChangeTemplateVersion& version);
  absl::Status Save(mysql::Transaction& tx, const ChangeTemplate& changed, int64_t loaded_revision);
  // Everything but the content, which never changes.
  absl::Status SaveVersion(mysql::Transaction& tx, const ChangeTemplateVersion& version, int64_t loaded_revision);

  // Nothing where there is none.
  absl::StatusOr<std::optional<ChangeTemplate>> LoadForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                              absl::string_view id);
  // The template's row is held until the transaction ends; others may read it, nobody may change it.
  absl::StatusOr<std::optional<ChangeTemplate>> LoadForReference(mysql::Transaction& tx,
                                                                 absl::string_view organization_id,
                                                                 absl::string_view id);
  absl::StatusOr<std::optional<ChangeTemplateVersion>> LoadVersion(mysql::Transaction& tx,
                                                                   const TemplateVersionKey& key);
  // Numbers of the versions that are proposed or approved, ascending.
  absl::StatusOr<std::vector<int>> OpenVersions(mysql::Transaction& tx, const ChangeTemplate& owner);
  absl::StatusOr<std::optional<ChangeTemplate>> Find(absl::Time deadline, absl::string_view organization_id,
                                                     absl::string_view id);
  absl::StatusOr<std::optional<ChangeTemplateVersion>> FindVersion(absl::Time deadline, const TemplateVersionKey& key);

  absl::StatusOr<std::vector<ChangeTemplate>> List(absl::Time deadline, const TemplateQuery& query, int limit);
  absl::StatusOr<std::vector<ChangeTemplateVersion>> ListVersions(absl::Time deadline, const TemplateQuery& query,
                                                                  int limit);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_STORE_H_

// The part of CatalogTransferService that reads a catalogue out.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/listing/list_page.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "services/request/catalog_proto.h"
#include "services/request/directory_list_service.h"
#include "services/request/directory_proto.h"
#include "services/request/transfer/catalog_transfer_service.h"

namespace docket::request {
namespace {

constexpr int kRowsAtATime = 1000;
constexpr size_t kSystemsAtATime = 100;

// What a file is to hold: the resource without what only this installation knows of it.
template <typename Proto>
Proto Portable(Proto proto) {
  proto.clear_name();
  proto.clear_etag();
  proto.clear_create_time();
  proto.clear_update_time();
  return proto;
}

// The same of the directory: an item says of systems only whether they are in use.
template <typename Proto>
Proto Stateless(Proto proto) {
  proto.clear_state();
  proto.clear_state_reason();
  return Portable(std::move(proto));
}

absl::Status NobodyReads() { return absl::CancelledError("the reader went away"); }

// Reads a list page by page, `read` making a page of a call and `list` fetching its rows.
template <typename Call, typename Read, typename List, typename Key, typename Put>
absl::Status ForEach(const rpc::CallContext& context, const std::string& parent, const PageTokenCodec& codec, Read read,
                     List list, Key key, Put put) {
  Call call;
  call.set_parent(parent);
  call.set_page_size(kRowsAtATime);
  do {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(const ListPage page, read(call, codec));
    DOCKET_ASSIGN_OR_RETURN(auto rows, list(page));
    call.set_page_token(page.Trim(rows, codec, key));
    for (const auto& row : rows) {
      v1::CatalogItem item;
      item.set_id(row.id);
      if (!put(row, item)) return NobodyReads();
    }
  } while (!call.page_token().empty());
  return absl::OkStatus();
}

}  // namespace

absl::Status CatalogTransferService::ExportCatalog(const rpc::CallContext& context,
                                                   const v1::ExportCatalogRequest& call, Writer& writer) {
  const std::string organization_id = OrganizationId(call.parent());
  // Before the first item leaves: a reader who hangs up has read all the same.
  const absl::StatusOr<v1::CatalogItem> recorded = parts_.mutations.Run<v1::CatalogItem>(
      context, {.resource = call.parent()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::CatalogItem> {
        DOCKET_RETURN_IF_ERROR(parts_.directory.RequireOrganization(tx, organization_id).status());
        recorder.Add(event::v1::CatalogExported(), {.subject = call.parent()});
        return v1::CatalogItem();
      });
  DOCKET_RETURN_IF_ERROR(recorded.status());
  DOCKET_RETURN_IF_ERROR(ExportDirectory(context, call.parent(), writer));
  return ExportSystems(context, organization_id, writer);
}

absl::Status CatalogTransferService::ExportDirectory(const rpc::CallContext& context, const std::string& parent,
                                                     Writer& writer) {
  const std::string organization_id = OrganizationId(parent);
  const absl::Time deadline = context.deadline();
  DirectoryStore& store = parts_.directory;
  DOCKET_RETURN_IF_ERROR(ForEach<v1::ListDepartmentsRequest>(
      context, parent, parts_.page_tokens, ReadDepartmentsPage,
      [&](const ListPage& page) { return store.ListDepartments(deadline, organization_id, page); }, DepartmentKey,
      [&](const Department& department, v1::CatalogItem& item) {
        *item.mutable_department() = Stateless(ToProto(department));
        return writer.Write(item);
      }));
  DOCKET_RETURN_IF_ERROR(ForEach<v1::ListVendorsRequest>(
      context, parent, parts_.page_tokens,
      [](const v1::ListVendorsRequest& call, const PageTokenCodec& codec) { return ReadVendorsPage(call, "", codec); },
      [&](const ListPage& page) { return store.ListVendors(deadline, organization_id, page); }, VendorKey,
      [&](const Vendor& vendor, v1::CatalogItem& item) {
        *item.mutable_vendor() = Stateless(ToProto(vendor));
        return writer.Write(item);
      }));
  return ForEach<v1::ListPeopleRequest>(
      context, parent, parts_.page_tokens, ReadPeoplePage,
      [&](const ListPage& page) { return store.ListPeople(deadline, organization_id, page); }, PersonKey,
      [&](const Person& person, v1::CatalogItem& item) {
        *item.mutable_person() = Stateless(ToProto(person));
        return writer.Write(item);
      });
}

absl::Status CatalogTransferService::ExportSystems(const rpc::CallContext& context, const std::string& organization_id,
                                                   Writer& writer) {
  DOCKET_ASSIGN_OR_RETURN(const DependencyGraph graph, parts_.catalog.FindGraph(context.deadline(), organization_id));
  const std::vector<std::string> order = NeededFirst(graph);
  if (order.size() != graph.size()) return InternalError("the dependencies of a catalogue run in a circle");
  std::set<std::string> written;
  for (size_t begin = 0; begin < order.size(); begin += kSystemsAtATime) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    const size_t end = std::min(order.size(), begin + kSystemsAtATime);
    const std::vector<std::string> ids(order.begin() + begin, order.begin() + end);
    DOCKET_ASSIGN_OR_RETURN(const auto systems, parts_.catalog.FindAll(context.deadline(), organization_id, ids));
    for (const std::string& id : ids) {
      const auto system = systems.find(id);
      if (system == systems.end()) continue;
      for (const Dependency& dependency : system->second.dependencies) {
        if (written.contains(dependency.system_id)) continue;
        return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
                     "dependencies changed while the catalogue was read; read it again");
      }
      v1::CatalogItem item;
      item.set_id(id);
      *item.mutable_system() = Portable(ToProto(system->second));
      item.mutable_system()->clear_state();
      item.set_retired(system->second.state == SystemState::kRetired);
      if (!writer.Write(item)) return NobodyReads();
      written.insert(id);
    }
  }
  return absl::OkStatus();
}

}  // namespace docket::request

#include <fstream>
#include <iostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status_macros.h"
#include "docket/request/v1/catalog_transfer_service.pb.h"
#include "services/docketctl/catalog_importer.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/contract.h"

namespace docket::ctl {
namespace {

// `acme` and `organizations/acme` mean the same.
std::string OrganizationOf(const std::string& word) {
  return absl::StartsWith(word, "organizations/") ? word : absl::StrCat("organizations/", word);
}

}  // namespace

absl::Status CatalogExportCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3) return absl::InvalidArgumentError("usage: docketctl catalog export ORG");
  request::v1::ExportCatalogRequest request;
  request.set_parent(OrganizationOf(arguments.words()[2]));
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod("docket.request.v1.CatalogTransferService/ExportCatalog"));
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  absl::Status written;
  const absl::Status status = connection->Stream(*method, "", request, [&](const google::protobuf::Message& item) {
    const absl::StatusOr<std::string> json = ToJson(item, false);
    if (!json.ok()) {
      written = json.status();
    } else if (!(std::cout << *json << "\n")) {
      written = absl::DataLossError("the items cannot be written");
    }
    return written.ok();
  });
  if (!written.ok()) return written;
  DOCKET_RETURN_IF_ERROR(status);
  return std::cout.flush() ? absl::OkStatus() : absl::DataLossError("the items cannot be written");
}

absl::Status CatalogImportCommand(const Arguments& arguments) {
  if (arguments.words().size() != 4)
    return absl::InvalidArgumentError("usage: docketctl catalog import ORG FILE [--validate-only] [--retry-for=30s]");
  ImportOptions options{.parent = OrganizationOf(arguments.words()[2]),
                        .validate_only = arguments.Has("validate-only")};
  DOCKET_ASSIGN_OR_RETURN(options.retry_for, arguments.GetDuration("retry-for", absl::Seconds(30)));
  const std::string& path = arguments.words()[3];
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  }
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  SystemClock clock;
  return CatalogImporter(*connection, std::cout, clock, std::move(options)).Run(path == "-" ? std::cin : file);
}

}  // namespace docket::ctl

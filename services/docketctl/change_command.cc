#include <unistd.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/process/config_file.h"
#include "common/status/status_macros.h"
#include "services/docketctl/change_runner.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/organization_file.h"

namespace docket::ctl {
namespace {

// One kind of thing that an organisation file lists.
struct Listed {
  const char* section;
  const char* method;
  // The request's field that takes the entry, and the collection it becomes part of.
  const char* field;
};
constexpr Listed kListed[] = {
    {"departments", "docket.request.v1.DirectoryService/CreateDepartment", "department"},
    {"vendors", "docket.request.v1.DirectoryService/CreateVendor", "vendor"},
    {"people", "docket.request.v1.DirectoryService/CreatePerson", "person"},
    {"systems", "docket.request.v1.CatalogService/CreateSystem", "system"},
    {"collection_schedules", "docket.request.v1.CollectionService/CreateCollectionSchedule", "collection_schedule"},
};

// True: created; false: was there.
absl::StatusOr<bool> Create(Connection& connection, const char* method_name, const Json& body) {
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod(method_name));
  const auto request = NewMessage(method->input_type());
  const auto reply = NewMessage(method->output_type());
  DOCKET_RETURN_IF_ERROR(FromJson(body.dump(), request.get()));
  FillRequestId(request.get());
  const absl::Time end = absl::Now() + absl::Seconds(20);
  while (true) {
    const absl::Status status = connection.Call(*method, "platform/administrator", *request, reply.get());
    if (status.ok()) return true;
    if (status.code() == absl::StatusCode::kAlreadyExists) return false;
    if (status.code() != absl::StatusCode::kUnavailable || absl::Now() > end) return status;
    absl::SleepFor(absl::Milliseconds(200));
  }
}

}  // namespace

absl::Status ChangeRunCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3)
    return absl::InvalidArgumentError(
        "usage: docketctl change run FILE [--path=NAME] [--progress=FILE] [--trail=FILE]");
  DOCKET_ASSIGN_OR_RETURN(const ChangeFile file, ReadChangeFile(arguments.words()[2]));
  DOCKET_ASSIGN_OR_RETURN(const absl::Duration retry_for, arguments.GetDuration("retry-for", absl::Seconds(30)));
  RunOptions options{.path = arguments.Get("path"),
                     .progress_file = arguments.Get("progress"),
                     .trail_file = arguments.Get("trail"),
                     .retry_for = retry_for};
  if (arguments.Has("log-key")) {
    DOCKET_ASSIGN_OR_RETURN(options.log_key, process::ReadFile(arguments.Get("log-key")));
  }
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  ProgressDisplay display(std::cout, isatty(STDOUT_FILENO) == 1);
  SystemClock clock;
  return ChangeRunner(*connection, display, clock, std::move(options)).Run(file);
}

absl::Status OrganizationLoadCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3) return absl::InvalidArgumentError("usage: docketctl organization load FILE");
  DOCKET_ASSIGN_OR_RETURN(Json file, ReadOrganizationFile(arguments.words()[2]));
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  const std::string id = file["organization"]["id"].get<std::string>();
  const std::string organization = "organizations/" + id;
  file["organization"].erase("id");
  DOCKET_ASSIGN_OR_RETURN(bool created, Create(*connection, "docket.request.v1.DirectoryService/CreateOrganization",
                                               {{"organization_id", id}, {"organization", file["organization"]}}));
  int added = created ? 1 : 0;
  int present = created ? 0 : 1;
  for (const Listed& listed : kListed) {
    if (!file.contains(listed.section)) continue;
    for (Json entry : file[listed.section]) {
      const std::string entry_id = entry.value("id", "");
      entry.erase("id");
      CompleteNames(&entry, organization);
      absl::StatusOr<bool> made =
          Create(*connection, listed.method,
                 {{"parent", organization}, {absl::StrCat(listed.field, "_id"), entry_id}, {listed.field, entry}});
      if (!made.ok()) {
        std::cerr << listed.section << " " << entry_id << ":\n";
        return made.status();
      }
      ++(*made ? added : present);
    }
  }
  std::cout << organization << ": " << added << " resources created, " << present << " were there already" << std::endl;
  return absl::OkStatus();
}

}  // namespace docket::ctl

// Sends a catalogue, one item a line, and says of each line what became of it.
//
//   {"id": "it", "department": {"title": "信息部"}}                         in
//   {"line":1,"outcome":"CREATED","resource":"organizations/acme/departments/it"}     out
//
// Lines go in calls of up to 500. A call that gets no answer is repeated with its request_id, which the service answers
// without applying an item twice.
#ifndef DOCKET_SERVICES_DOCKETCTL_CATALOG_IMPORTER_H_
#define DOCKET_SERVICES_DOCKETCTL_CATALOG_IMPORTER_H_

#include <cstddef>
#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "docket/request/v1/catalog_transfer_service.pb.h"
#include "services/docketctl/connection.h"

namespace docket::ctl {

struct ImportOptions {
  // `organizations/acme`.
  std::string parent;
  // Only says what would happen.
  bool validate_only = false;
  absl::Duration retry_for = absl::Seconds(30);
  // How to wait between two tries.
  std::function<void(absl::Duration)> pause = absl::SleepFor;
};

class CatalogImporter {
 public:
  // The references must outlive it.
  CatalogImporter(Caller& caller, std::ostream& out, Clock& clock, ImportOptions options);

  // OK when every line was taken. Otherwise the first failure, its code and reason, after all lines were tried; or the
  // failure of a call, after which no further line is sent. Empty lines are passed over.
  absl::Status Run(std::istream& lines);

 private:
  struct Line {
    size_t number = 0;
    request::v1::CatalogItem item;
    // Of a line that is no item.
    absl::Status error;
  };

  static Line ParseLine(size_t number, const std::string& text);
  // Sends what has gathered and writes a line for each.
  absl::Status Flush();
  absl::Status Call(const request::v1::ImportCatalogRequest& request, request::v1::ImportCatalogResponse* reply);
  void Write(size_t line, absl::string_view outcome, const std::string& resource, const absl::Status& error);
  // The first failure, saying how many there were.
  absl::Status Verdict() const;

  Caller& caller_;
  std::ostream& out_;
  Clock& clock_;
  const ImportOptions options_;
  std::vector<Line> gathered_;
  size_t gathered_bytes_ = 0;
  size_t written_ = 0;
  size_t failed_ = 0;
  size_t first_failed_line_ = 0;
  absl::Status first_failure_;
};

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_CATALOG_IMPORTER_H_

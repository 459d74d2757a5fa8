// Entries as rows of an export.
#ifndef DOCKET_SERVICES_AUDIT_EXPORT_ENTRY_FORMAT_H_
#define DOCKET_SERVICES_AUDIT_EXPORT_ENTRY_FORMAT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/audit/v1/export_service.pb.h"

namespace docket::audit {

using ExportFormat = v1::ExportEntriesRequest::Format;

// "CSV", "JSON_LINES".
absl::string_view FormatName(ExportFormat format);

// What stands before the first row; empty where nothing does.
std::string FileHead(ExportFormat format, bool byte_order_mark);
// The entry, without sensitive fields, as a row with its line's end.
std::string FormatRow(ExportFormat format, const v1::LogEntry& entry);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_EXPORT_ENTRY_FORMAT_H_

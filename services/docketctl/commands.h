// The commands, one function each. Each checks its own options and returns what went wrong.
#ifndef DOCKET_SERVICES_DOCKETCTL_COMMANDS_H_
#define DOCKET_SERVICES_DOCKETCTL_COMMANDS_H_

#include "absl/status/status.h"
#include "services/docketctl/arguments.h"

namespace docket::ctl {

// call METHOD [JSON | @FILE | -]
absl::Status CallCommand(const Arguments& arguments);
// methods: every method with its roles; describe METHOD: its request, field by field, with the rules.
absl::Status MethodsCommand(const Arguments& arguments);
absl::Status DescribeCommand(const Arguments& arguments);
// health [SERVICE]
absl::Status HealthCommand(const Arguments& arguments);
// change run FILE
absl::Status ChangeRunCommand(const Arguments& arguments);
// organization load FILE
absl::Status OrganizationLoadCommand(const Arguments& arguments);
// catalog export ORG, catalog import ORG FILE
absl::Status CatalogExportCommand(const Arguments& arguments);
absl::Status CatalogImportCommand(const Arguments& arguments);
// log tail, log key
absl::Status LogTailCommand(const Arguments& arguments);
// audit export ORG --out=FILE
absl::Status AuditExportCommand(const Arguments& arguments);
absl::Status LogKeyCommand(const Arguments& arguments);
// trail get REQUEST, trail verify FILE
absl::Status TrailGetCommand(const Arguments& arguments);
absl::Status TrailVerifyCommand(const Arguments& arguments);
// stats ORG
absl::Status StatsCommand(const Arguments& arguments);
// bundle get REQUEST, verify bundle FILE, verify receipt FILE
absl::Status BundleGetCommand(const Arguments& arguments);
absl::Status VerifyBundleCommand(const Arguments& arguments);
absl::Status VerifyReceiptCommand(const Arguments& arguments);
// register print
absl::Status RegisterPrintCommand(const Arguments& arguments);
// attachment upload REQUEST FILE, attachment download NAME
absl::Status AttachmentUploadCommand(const Arguments& arguments);
absl::Status AttachmentDownloadCommand(const Arguments& arguments);
// token key, token mint-all: for local use; elsewhere an identity provider does this.
absl::Status TokenKeyCommand(const Arguments& arguments);
absl::Status TokenMintAllCommand(const Arguments& arguments);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_COMMANDS_H_

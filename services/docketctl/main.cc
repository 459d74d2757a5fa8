// docketctl: the operator's and the pipeline's way to Docket.
#include <iostream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/docketctl/arguments.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/failure.h"

namespace docket::ctl {
namespace {

constexpr char kUsage[] = R"(usage: docketctl [options] COMMAND

  call METHOD [JSON | @FILE | -]    call any method of the contract; prints the answer as JSON
  methods                           every method, and the roles it is for
  describe METHOD                   what a method takes
  change run FILE                   run a described change from the request to the register [--path, --progress, --trail]
  organization load FILE            set an organisation up
  catalog export ORG                departments, vendors, people and systems as JSON Lines
  catalog import ORG FILE           create or update them; one result line per item [--validate-only, --retry-for]
  log tail --organization=NAME      follow the audit log [--from=INDEX, --filter=EXPRESSION, --json]
  stats ORG                         how changes fare: a dashboard in text [--days=N, --json]
  trail verify FILE --log-key=FILE  verify such a trail, offline [--witness-keys=FILE]
  bundle get REQUEST --out=FILE     a change's evidence in one file [--log-size=N, --max-bytes=N]
  verify bundle FILE                check such a file, offline [--key=VKEY|FILE, --fingerprint=SHA256, --witness-keys=FILE]
  verify receipt FILE --key=VKEY    check a receipt of the register, or a filing or registration as JSON, offline
  register print --out=FILE         the ledger [--organization=NAME, --year=N or --from=DAY --to=DAY, --language=zh-CN|en,
                                    --format=html|csv]
  audit export ORG --out=FILE       entries as a table or JSON Lines, gone on with after an interruption [--format=csv|jsonl, --filter, --bom]
  trail get REQUEST [--out=FILE]    a change's complete audit trail, with proofs, and what is missing in it
  attachment upload REQUEST FILE    a file to a request, gone on with after an interruption [--name=NAME, --media-type=TYPE]
  attachment download NAME          a file of a request, likewise; its digest is verified [--out=FILE]
  health [SERVICE]                  whether the server serves
  token key | token mint-all        a local issuer's key, and tokens for the people of an organisation file
  log key                           a log's signing key

options of commands that call: --address=HOST:PORT  --ca=FILE  --server-name=NAME  --insecure  --timeout=10s
                               --as=ORG/PERSON with --tokens=DIR, or --token-file=FILE

exit codes: 0 ok, 1 other, 2 usage, 3 invalid input, 4 not allowed, 5 not found, 6 conflict, 7 try later, 8 evidence does not verify,
            9 evidence by another key, 10 evidence damaged
)";

struct Command {
  std::string words;
  absl::Status (*run)(const Arguments&);
  // With a value, and without.
  std::set<std::string> options;
  std::set<std::string> switches = {"help"};
};

// Options of every command that calls a server.
std::set<std::string> WithConnection(std::set<std::string> options) {
  options.merge(std::set<std::string>{"address", "ca", "server-name", "certificate", "key", "tokens", "token-file",
                                      "as", "timeout"});
  options.insert("log-key");
  return options;
}

int Run(const Arguments& arguments) {
  const std::set<std::string> connection_switches = {"help", "insecure"};
  const Command commands[] = {
      {"call", CallCommand, WithConnection({}), connection_switches},
      {"methods", MethodsCommand, WithConnection({}), connection_switches},
      {"describe", DescribeCommand, WithConnection({}), connection_switches},
      {"health", HealthCommand, WithConnection({}), connection_switches},
      {"change run", ChangeRunCommand, WithConnection({"path", "progress", "trail", "retry-for"}), connection_switches},
      {"organization load", OrganizationLoadCommand, WithConnection({}), connection_switches},
      {"catalog export", CatalogExportCommand, WithConnection({}), connection_switches},
      {"catalog import", CatalogImportCommand, WithConnection({"retry-for"}), {"help", "insecure", "validate-only"}},
      {"log tail", LogTailCommand, WithConnection({"organization", "from", "filter"}), {"help", "insecure", "json"}},
      {"audit export", AuditExportCommand, WithConnection({"out", "format", "filter"}), {"help", "insecure", "bom"}},
      {"log key", LogKeyCommand, {"name", "out", "verifier"}},
      {"trail get", TrailGetCommand, WithConnection({"out"}), connection_switches},
      {"stats", StatsCommand, WithConnection({"days"}), {"help", "insecure", "json"}},
      {"trail verify", TrailVerifyCommand, WithConnection({"witness-keys"}), connection_switches},
      {"bundle get", BundleGetCommand, WithConnection({"out", "log-size", "max-bytes"}), connection_switches},
      // They call nobody; the options of those that do are passed over, so that one wrapper serves all.
      {"verify bundle", VerifyBundleCommand, WithConnection({"fingerprint", "witness-keys"}), connection_switches},
      {"verify receipt", VerifyReceiptCommand, WithConnection({}), connection_switches},
      {"register print", RegisterPrintCommand,
       WithConnection({"organization", "year", "from", "to", "language", "format", "out", "max-bytes"}),
       connection_switches},
      {"attachment upload", AttachmentUploadCommand, WithConnection({"name", "media-type"}), connection_switches},
      {"attachment download", AttachmentDownloadCommand, WithConnection({"out"}), connection_switches},
      {"token key", TokenKeyCommand, {"out", "jwks"}},
      {"token mint-all", TokenMintAllCommand, {"key", "issuer", "audience", "file", "out", "lifetime"}},
  };
  const auto& words = arguments.words();
  if (words.empty() || arguments.Has("help")) {
    (arguments.Has("help") ? std::cout : std::cerr) << kUsage;
    return arguments.Has("help") ? kExitOk : kExitUsage;
  }
  for (const Command& command : commands) {
    if (words[0] != command.words && (words.size() < 2 || absl::StrCat(words[0], " ", words[1]) != command.words))
      continue;
    absl::Status status = arguments.CheckKnown(command.options, command.switches);
    if (status.ok()) status = command.run(arguments);
    if (!status.ok()) std::cerr << DescribeFailure(status);
    return ExitCodeOf(status);
  }
  std::cerr << "docketctl knows no command " << words[0] << "\n\n" << kUsage;
  return kExitUsage;
}

}  // namespace
}  // namespace docket::ctl

int main(int argc, char** argv) { return docket::ctl::Run(docket::ctl::Arguments::Parse(argc, argv)); }

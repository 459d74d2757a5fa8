#include "services/audit/bundle/bundle_export.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile_reader.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/log_evidence.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

constexpr int kEntriesAtATime = 256;
constexpr absl::Duration kReadLimit = absl::Seconds(10);

}  // namespace

absl::Time BundleExport::ReadDeadline() const { return std::min(context_.deadline(), absl::Now() + kReadLimit); }

absl::Status BundleExport::SelectFrom(uint64_t begin) {
  DOCKET_RETURN_IF_ERROR(context_.CheckAlive());
  DOCKET_ASSIGN_OR_RETURN(selected_,
                          log_.SelectEntries({.organization_id = OrganizationId(change_),
                                              .begin = begin,
                                              .end = log_size_,
                                              .newest_first = false,
                                              .limit = kEntriesAtATime,
                                              .condition = {.where = "e.change_name = ?", .params = {change_}}},
                                             ReadDeadline()));
  return absl::OkStatus();
}

absl::Status BundleExport::Open() {
  DOCKET_RETURN_IF_ERROR(SelectFrom(0));
  return selected_.entries.empty() ? docket::NotFoundError(change_) : absl::OkStatus();
}

absl::Status BundleExport::Write(evidence::BundleWriter& writer, absl::string_view checkpoint) {
  DOCKET_RETURN_IF_ERROR(writer.Begin(change_, log_size_, checkpoint));
  while (true) {
    DOCKET_RETURN_IF_ERROR(CheckAbsent());
    for (const StoredEntry& entry : selected_.entries) DOCKET_RETURN_IF_ERROR(WriteEntry(entry, writer));
    if (!selected_.more) break;
    DOCKET_RETURN_IF_ERROR(SelectFrom(selected_.entries.back().index + 1));
  }
  if (!unproven_.empty()) DOCKET_RETURN_IF_ERROR(WriteProof(writer));
  DOCKET_RETURN_IF_ERROR(WriteRecords(writer));
  return writer.Seal();
}

absl::Status BundleExport::CheckAbsent() const {
  std::vector<uint64_t> absent;
  for (const StoredEntry& entry : selected_.entries) {
    if (entry.redacted) absent.push_back(entry.index);
  }
  if (absent.empty()) return absl::OkStatus();
  // Read after the entries: a redaction that happened meanwhile is on record by then.
  if (redactions_ != nullptr) return redactions_->CheckAbsent(absent, ReadDeadline());
  return absl::DataLossError(absl::StrCat("the payload of entry ", absent.front(), " is missing"));
}

absl::Status BundleExport::WriteEntry(const StoredEntry& entry, evidence::BundleWriter& writer) {
  DOCKET_RETURN_IF_ERROR(CheckEntry(entry));
  v1::Entry parsed;
  if (!parsed.ParseFromString(entry.entry)) {
    return absl::DataLossError(absl::StrCat("entry ", entry.index, " cannot be read"));
  }
  const event::v1::Event& event = parsed.event();
  if (evidence::NamesRecord(event)) named_.emplace_back(entry.index, event.subject());
  evidence::BundleEntry line{.index = entry.index, .leaf = entry.leaf_hash, .bytes = entry.entry};
  if (!entry.redacted) line.payload = evidence::BundlePayload{.bytes = entry.payload, .salt = entry.salt};
  DOCKET_RETURN_IF_ERROR(writer.Add(line));
  unproven_.push_back(entry.index);
  return unproven_.size() < evidence::kEntriesPerProof ? absl::OkStatus() : WriteProof(writer);
}

absl::Status BundleExport::WriteProof(evidence::BundleWriter& writer) {
  // The tiles that one proof needs are forgotten with it.
  LogTiles tiles(log_, log_size_, ReadDeadline());
  merkle::TileNodeReader nodes(tiles, log_size_);
  DOCKET_ASSIGN_OR_RETURN(std::vector<merkle::Hash> hashes, merkle::MultiProof(nodes, unproven_, log_size_));
  const uint64_t entries = unproven_.size();
  unproven_.clear();
  return writer.Add(evidence::BundleProof{.entries = entries, .hashes = std::move(hashes)});
}

absl::Status BundleExport::WriteRecords(evidence::BundleWriter& writer) {
  for (const auto& [entry, name] : named_) {
    DOCKET_RETURN_IF_ERROR(context_.CheckAlive());
    // A record that is not what the log says is exported as it lies: the verifier tells.
    DOCKET_ASSIGN_OR_RETURN(std::optional<std::string> bytes, records_.ReadRecord(name, ReadDeadline()));
    DOCKET_RETURN_IF_ERROR(writer.Add(evidence::BundleRecord{.entry = entry, .bytes = std::move(bytes)}));
  }
  return absl::OkStatus();
}

}  // namespace docket::audit

#include "common/evidence/testing/made_bundle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/evidence/bundle_writer.h"
#include "common/evidence/receipt.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/commitment.h"
#include "common/merkle/note.h"
#include "common/merkle/proof.h"
#include "common/merkle/reference_tree.h"

namespace docket::evidence::testing {
namespace {

constexpr char kOrigin[] = "docket.test/audit";
constexpr int64_t kBegin = 1794700800;

// Values of a test that cannot fail to be there.
template <typename T>
T Must(absl::StatusOr<T> value) {
  return std::move(value).value();
}

BundleEntry Sealed(const event::v1::Event& event, size_t index) {
  audit::v1::EntryPayload payload;
  payload.mutable_event()->set_reason(absl::StrCat("理由 ", index));
  payload.mutable_event()->set_after_sha256(event.after_sha256());
  BundleEntry made{.index = index};
  made.payload = BundlePayload{.bytes = payload.SerializeAsString(), .salt = std::string(32, static_cast<char>(index))};
  audit::v1::Entry entry;
  entry.set_version(1);
  entry.set_origin(kOrigin);
  entry.mutable_receive_time()->set_seconds(kBegin + static_cast<int64_t>(index));
  *entry.mutable_event() = event;
  entry.mutable_event()->clear_after_sha256();
  entry.set_payload_commitment(merkle::PayloadCommitment(made.payload->salt, made.payload->bytes));
  made.bytes = entry.SerializeAsString();
  made.leaf = merkle::LeafHash(made.bytes);
  return made;
}

}  // namespace

MadeBundle::MadeBundle(size_t entries, const std::function<void(audit::v1::Filing&)>& change_filing)
    : signer_(Must(merkle::NoteSigner::Generate(kOrigin))) {
  MakeRecords();
  if (change_filing) change_filing(filing_);
  lines_.push_back(BundleHeader{});
  for (size_t i = 0; i < entries; ++i) {
    for (int other = 0; other < 3; ++other) AppendOther();
    AppendOfChange(i);
  }
  AppendOther();
  merkle::ReferenceReader reader(leaves_);
  std::vector<uint64_t> indexes;
  std::vector<BundleLine> records;
  for (const BundleLine& line : std::vector<BundleLine>(lines_.begin() + 1, lines_.end())) {
    indexes.push_back(std::get<BundleEntry>(line).index);
    if (indexes.size() == 2) records.push_back(BundleRecord{indexes.back(), filing_.SerializeAsString()});
    if (indexes.size() == 3) records.push_back(BundleRecord{indexes.back(), registration_.SerializeAsString()});
  }
  lines_.push_back(BundleProof{entries, Must(merkle::MultiProof(reader, indexes, leaves_.size()))});
  lines_.insert(lines_.end(), records.begin(), records.end());
  const merkle::Checkpoint checkpoint{
      .origin = kOrigin, .size = leaves_.size(), .root = merkle::ReferenceRoot(leaves_)};
  lines_[0] = BundleHeader{.change = kChange,
                           .origin = kOrigin,
                           .key = key().ToText(),
                           .key_sha256 = KeyFingerprint(key()),
                           .log_size = leaves_.size(),
                           .checkpoint = Must(merkle::SignCheckpoint(checkpoint, {signer_}))};
}

void MadeBundle::MakeRecords() {
  const auto receipt = [&](auto& record, const std::string& kind, const std::string& number) {
    record.set_name(absl::StrCat("organizations/yunqi/", kind, "s/", number));
    record.set_number(number);
    record.set_request(kChange);
    record.set_title("门禁管理软件升级");
    record.set_receipt(Must(merkle::SignNote(ReceiptText({.kind = kind,
                                                          .number = number,
                                                          .request = kChange,
                                                          .content_sha256 = std::string(64, 'a'),
                                                          .record_sha256 = RecordDigest(record),
                                                          .time = absl::FromUnixSeconds(kBegin)}),
                                             {signer_})));
  };
  filing_.set_state(audit::v1::Filing::STATE_FILED);
  filing_.set_plan_sha256(std::string(64, 'a'));
  filing_.mutable_file_time()->set_seconds(kBegin);
  receipt(filing_, "filing", "BB-2026-000001");
  registration_.mutable_register_time()->set_seconds(kBegin);
  receipt(registration_, "registration", "DJ-2026-000001");
}

void MadeBundle::AppendOther() {
  event::v1::Event event;
  event.set_type("RequestCreated");
  event.set_change("organizations/yunqi/requests/others");
  leaves_.push_back(Sealed(event, leaves_.size()).leaf);
}

void MadeBundle::AppendOfChange(size_t number) {
  event::v1::Event event;
  event.set_source("services/request");
  event.set_type("RequestSubmitted");
  event.set_change(kChange);
  event.set_subject(kChange);
  if (number == 1 || number == 2) {
    event.set_source("services/audit");
    event.set_type(number == 1 ? "ChangeFiled" : "ChangeRegistered");
    event.set_subject(number == 1 ? filing_.name() : registration_.name());
    event.set_after_sha256(
        merkle::Sha256(number == 1 ? filing_.SerializeAsString() : registration_.SerializeAsString()).ToBytes());
  }
  BundleEntry entry = Sealed(event, leaves_.size());
  leaves_.push_back(entry.leaf);
  lines_.push_back(std::move(entry));
}

std::string MadeBundle::Write(const std::function<void(std::vector<BundleLine>&)>& change_lines) const {
  std::vector<BundleLine> lines = lines_;
  if (change_lines) change_lines(lines);
  std::string file;
  BundleWriter writer(signer_, [&](absl::string_view bytes) {
    file.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  });
  const auto& header = std::get<BundleHeader>(lines[0]);
  absl::Status status = writer.Begin(header.change, header.log_size, header.checkpoint);
  for (size_t i = 1; i < lines.size(); ++i) status.Update(writer.Add(lines[i]));
  status.Update(writer.Seal());
  return status.ok() ? file : "";
}

BundleCosigned MadeBundle::Cosigned(size_t size, const std::vector<const merkle::CosignatureSigner*>& witnesses,
                                    int64_t time) const {
  std::vector<merkle::Hash> leaves = leaves_;
  while (leaves.size() < size) leaves.push_back(merkle::LeafHash(absl::StrCat("later ", leaves.size())));
  merkle::ReferenceReader reader(leaves);
  const std::vector<merkle::Hash> of_size(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(size));
  const merkle::Checkpoint checkpoint{.origin = kOrigin, .size = size, .root = merkle::ReferenceRoot(of_size)};
  merkle::UnverifiedNote note = Must(merkle::ParseNote(Must(merkle::SignCheckpoint(checkpoint, {signer_}))));
  for (const merkle::CosignatureSigner* witness : witnesses) {
    note.signatures.push_back(Must(witness->Sign(note.text, time)));
  }
  return {
      .note = Must(merkle::FormatNote(note)),
      .hashes = Must(merkle::ConsistencyProof(reader, std::min(size, leaves_.size()), std::max(size, leaves_.size())))};
}

}  // namespace docket::evidence::testing

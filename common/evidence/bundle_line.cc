#include "common/evidence/bundle_line.h"

#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/log/json_text.h"
#include "common/status/status_macros.h"
#include "nlohmann/json.hpp"

namespace docket::evidence {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr char kSealVersion[] = "docket-bundle/v2";
constexpr int kMaxDepth = 2;

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Writes the members of one object in the order in which they are added.
class ObjectText {
 public:
  ObjectText& Number(absl::string_view name, uint64_t value) {
    Name(name);
    absl::StrAppend(&text_, value);
    return *this;
  }
  ObjectText& Text(absl::string_view name, absl::string_view value) {
    Name(name);
    AppendJsonString(text_, value, std::numeric_limits<size_t>::max());
    return *this;
  }
  ObjectText& Bytes(absl::string_view name, absl::string_view value) {
    Name(name);
    absl::StrAppend(&text_, "\"", absl::Base64Escape(value), "\"");
    return *this;
  }
  ObjectText& Hashes(absl::string_view name, const std::vector<merkle::Hash>& hashes) {
    Name(name);
    text_ += "[";
    for (size_t i = 0; i < hashes.size(); ++i) absl::StrAppend(&text_, i == 0 ? "\"" : ",\"", hashes[i].ToHex(), "\"");
    text_ += "]";
    return *this;
  }
  std::string Finish() { return absl::StrCat(text_.empty() ? "{" : text_, "}\n"); }

 private:
  void Name(absl::string_view name) { absl::StrAppend(&text_, text_.empty() ? "{\"" : ",\"", name, "\":"); }

  std::string text_;
};

std::string Format(const BundleHeader& header) {
  return ObjectText()
      .Number("docket_bundle", kVersion)
      .Text("change", header.change)
      .Text("origin", header.origin)
      .Text("key", header.key)
      .Text("key_sha256", header.key_sha256)
      .Number("log_size", header.log_size)
      .Text("checkpoint", header.checkpoint)
      .Finish();
}

std::string Format(const BundleEntry& entry) {
  ObjectText text;
  text.Number("entry", entry.index).Text("leaf", entry.leaf.ToHex()).Bytes("bytes", entry.bytes);
  if (!entry.payload.has_value()) return text.Text("missing", "payload").Finish();
  return text.Bytes("payload", entry.payload->bytes).Bytes("salt", entry.payload->salt).Finish();
}

std::string Format(const BundleProof& proof) {
  return ObjectText().Number("proof_of", proof.entries).Hashes("hashes", proof.hashes).Finish();
}

std::string Format(const BundleRecord& record) {
  ObjectText text;
  text.Number("record_of", record.entry);
  if (!record.bytes.has_value()) return text.Text("missing", "record").Finish();
  return text.Bytes("bytes", *record.bytes).Finish();
}

std::string Format(const BundleSeal& seal) { return ObjectText().Text("seal", seal.note).Finish(); }

std::string Format(const BundleCosigned& cosigned) {
  return ObjectText().Text("cosigned", cosigned.note).Hashes("hashes", cosigned.hashes).Finish();
}

// Reading is lenient in everything that writing again finds out.
absl::StatusOr<uint64_t> NumberOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return Wrong(absl::StrCat(name, " must be a number"));
  return found->get<uint64_t>();
}

absl::StatusOr<std::string> TextOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return Wrong(absl::StrCat(name, " must be a text"));
  return found->get<std::string>();
}

absl::StatusOr<std::string> BytesOf(const Json& object, const char* name) {
  DOCKET_ASSIGN_OR_RETURN(const std::string text, TextOf(object, name));
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes)) return Wrong(absl::StrCat(name, " is not Base 64"));
  return bytes;
}

absl::StatusOr<merkle::Hash> HashOf(const Json& value) {
  if (!value.is_string()) return Wrong("a hash must be a text");
  return merkle::Hash::FromHex(value.get<std::string>());
}

absl::StatusOr<BundleHeader> ParseHeader(const Json& object) {
  BundleHeader header;
  DOCKET_ASSIGN_OR_RETURN(const uint64_t version, NumberOf(object, "docket_bundle"));
  if (version != kVersion) return Wrong(absl::StrCat("this is a bundle of version ", version, ", which is not known"));
  DOCKET_ASSIGN_OR_RETURN(header.change, TextOf(object, "change"));
  DOCKET_ASSIGN_OR_RETURN(header.origin, TextOf(object, "origin"));
  DOCKET_ASSIGN_OR_RETURN(header.key, TextOf(object, "key"));
  DOCKET_ASSIGN_OR_RETURN(header.key_sha256, TextOf(object, "key_sha256"));
  DOCKET_ASSIGN_OR_RETURN(header.log_size, NumberOf(object, "log_size"));
  DOCKET_ASSIGN_OR_RETURN(header.checkpoint, TextOf(object, "checkpoint"));
  return header;
}

absl::StatusOr<BundleEntry> ParseEntry(const Json& object) {
  BundleEntry entry;
  DOCKET_ASSIGN_OR_RETURN(entry.index, NumberOf(object, "entry"));
  DOCKET_ASSIGN_OR_RETURN(entry.leaf, HashOf(object.value("leaf", Json())));
  DOCKET_ASSIGN_OR_RETURN(entry.bytes, BytesOf(object, "bytes"));
  if (object.contains("missing")) return entry;
  entry.payload.emplace();
  DOCKET_ASSIGN_OR_RETURN(entry.payload->bytes, BytesOf(object, "payload"));
  DOCKET_ASSIGN_OR_RETURN(entry.payload->salt, BytesOf(object, "salt"));
  return entry;
}

absl::StatusOr<std::vector<merkle::Hash>> HashesOf(const Json& object) {
  const Json values = object.value("hashes", Json());
  if (!values.is_array()) return Wrong("hashes must be a list");
  std::vector<merkle::Hash> hashes;
  for (const Json& value : values) {
    DOCKET_ASSIGN_OR_RETURN(hashes.emplace_back(), HashOf(value));
  }
  return hashes;
}

absl::StatusOr<BundleProof> ParseProof(const Json& object) {
  BundleProof proof;
  DOCKET_ASSIGN_OR_RETURN(proof.entries, NumberOf(object, "proof_of"));
  DOCKET_ASSIGN_OR_RETURN(proof.hashes, HashesOf(object));
  return proof;
}

absl::StatusOr<BundleCosigned> ParseCosigned(const Json& object) {
  BundleCosigned cosigned;
  DOCKET_ASSIGN_OR_RETURN(cosigned.note, TextOf(object, "cosigned"));
  DOCKET_ASSIGN_OR_RETURN(cosigned.hashes, HashesOf(object));
  return cosigned;
}

absl::StatusOr<BundleRecord> ParseRecord(const Json& object) {
  BundleRecord record;
  DOCKET_ASSIGN_OR_RETURN(record.entry, NumberOf(object, "record_of"));
  if (object.contains("missing")) return record;
  DOCKET_ASSIGN_OR_RETURN(record.bytes, BytesOf(object, "bytes"));
  return record;
}

absl::StatusOr<BundleLine> Parse(const Json& object) {
  if (object.contains("docket_bundle")) return ParseHeader(object);
  if (object.contains("entry")) return ParseEntry(object);
  if (object.contains("proof_of")) return ParseProof(object);
  if (object.contains("record_of")) return ParseRecord(object);
  if (object.contains("cosigned")) return ParseCosigned(object);
  if (object.contains("seal")) {
    DOCKET_ASSIGN_OR_RETURN(std::string note, TextOf(object, "seal"));
    return BundleSeal{.note = std::move(note)};
  }
  return Wrong("it is no line of a bundle");
}

}  // namespace

std::string FormatBundleLine(const BundleLine& line) {
  return std::visit([](const auto& kind) { return Format(kind); }, line);
}

absl::StatusOr<BundleLine> ParseBundleLine(absl::string_view line) {
  // Nothing of a bundle is nested deeper, and what is must not cost memory.
  const Json object = Json::parse(
      line.begin(), line.end(), [](int depth, Json::parse_event_t, Json&) { return depth <= kMaxDepth; }, false);
  if (!object.is_object()) return Wrong("it is no JSON object");
  DOCKET_ASSIGN_OR_RETURN(BundleLine parsed, Parse(object));
  // One spelling: whatever reading passes over, be it a space, a member more or another Base 64, shows here.
  if (FormatBundleLine(parsed) != absl::StrCat(line, "\n")) return Wrong("it is not written as a bundle's lines are");
  return parsed;
}

bool NamesRecord(const event::v1::Event& event) {
  return event.source() == "services/audit" && (event.type() == "ChangeFiled" || event.type() == "ChangeRegistered");
}

std::string SealText(absl::string_view change, uint64_t log_size, const merkle::Hash& before,
                     absl::string_view redacted) {
  return absl::StrCat(kSealVersion, "\n", change, "\n", log_size, "\n", before.ToHex(), "\n", redacted, "\n");
}

std::string FormerSealText(absl::string_view change, uint64_t log_size, const merkle::Hash& before) {
  return absl::StrCat("docket-bundle/v1\n", change, "\n", log_size, "\n", before.ToHex(), "\n");
}

std::optional<std::string> RedactedOfSeal(absl::string_view seal_text) {
  const std::vector<std::string> lines = absl::StrSplit(seal_text, '\n');
  // Behind the last newline is one more.
  if (lines.size() != 6 || lines[0] != kSealVersion) return std::nullopt;
  return lines[4];
}

}  // namespace docket::evidence

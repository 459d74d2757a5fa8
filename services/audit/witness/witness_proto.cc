#include "services/audit/witness/witness_proto.h"

#include <string>

#include "absl/strings/strip.h"
#include "common/merkle/note.h"

namespace docket::audit {

v1::Cosignature ToProto(const StoredCosignature& cosignature) {
  v1::Cosignature proto;
  proto.set_witness(cosignature.witness);
  proto.set_size(static_cast<int64_t>(cosignature.size));
  proto.mutable_sign_time()->set_seconds(cosignature.sign_time_s);
  proto.set_line(std::string(absl::StripSuffix(cosignature.line, "\n")));
  return proto;
}

v1::CosignedCheckpoint ToProto(const CosignedCheckpoint& cosigned) {
  v1::CosignedCheckpoint proto;
  proto.set_size(static_cast<int64_t>(cosigned.checkpoint.size));
  proto.set_root_sha256(cosigned.checkpoint.root.ToBytes());
  proto.set_note(cosigned.note);
  for (const merkle::Cosignature& cosignature : cosigned.cosignatures) {
    *proto.add_cosignatures() =
        ToProto(StoredCosignature{.size = cosigned.checkpoint.size,
                                  .witness = cosignature.line.key_name,
                                  .key_id = cosignature.line.key_id,
                                  .sign_time_s = cosignature.time,
                                  .line = merkle::FormatSignatureLine(cosignature.line).value_or("")});
  }
  return proto;
}

}  // namespace docket::audit

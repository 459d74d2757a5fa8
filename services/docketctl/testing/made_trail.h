// A change's trail as the audit service would hand it out: entries sealed, hashed into a tree among those of others,
// proven and signed.
#ifndef DOCKET_SERVICES_DOCKETCTL_TESTING_MADE_TRAIL_H_
#define DOCKET_SERVICES_DOCKETCTL_TESTING_MADE_TRAIL_H_

#include <optional>
#include <string>
#include <vector>

#include "common/merkle/note_key.h"
#include "docket/audit/v1/entry.pb.h"

namespace docket::ctl::testing {

class MadeTrail {
 public:
  // One entry of each type, a second apart, with three entries of other changes before, between and after. `CallDenied`
  // is a refusal. Without `signer` the log gets a key of its own.
  MadeTrail(const std::string& change, const std::vector<std::string>& types,
            std::optional<merkle::NoteSigner> signer = std::nullopt);

  const audit::v1::ChangeTrail& trail() const { return trail_; }
  // To tamper with.
  audit::v1::ChangeTrail Copy() const { return trail_; }
  const merkle::NoteSigner& signer() const { return signer_; }
  std::string log_key() const { return signer_.verifier().ToText(); }

 private:
  merkle::NoteSigner signer_;
  audit::v1::ChangeTrail trail_;
};

}  // namespace docket::ctl::testing

#endif  // DOCKET_SERVICES_DOCKETCTL_TESTING_MADE_TRAIL_H_

// Notes, keys and paths with bytes changed, left out, added and taken from each other: what is read comes out as it
// went in.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/cosignature.h"
#include "common/merkle/note.h"
#include "common/merkle/note_property.h"

namespace docket::merkle {
namespace {

std::vector<std::string> Examples() {
  const NoteSigner log = *NoteSigner::FromSeed("docket.example/audit", std::string(32, 'l'));
  const CosignatureSigner witness = *CosignatureSigner::Create("见证.example/一", std::string(32, 'w'));
  const Checkpoint checkpoint{.origin = log.name(), .size = 1234067, .root = LeafHash("root")};
  const std::string text = *FormatCheckpoint(checkpoint);
  const std::string line = *FormatSignatureLine(*witness.Sign(text, 1679315147));
  const std::string note = *SignCheckpoint(checkpoint, {log});
  return {note,
          note + line,
          line + line,
          text,
          log.verifier().ToText(),
          witness.verifier().ToText(),
          "tile/0/x001/x234/067.p/8",
          "tile/63/000",
          "tile/entries/x001/000",
          "x\n\nx\n"};
}

TEST(NoteMutationTest, WhatIsReadComesOutAsItWentIn) {
  std::mt19937_64 random(20260611);
  const std::vector<std::string> examples = Examples();
  const std::string interesting = std::string("\n +=/x0.\xE2\x80\x94\0\r\x7F\xC0", 16);
  for (const std::string& example : examples) ASSERT_EQ(CheckNoteProperty(example), "") << example;
  for (int round = 0; round < 60'000; ++round) {
    std::string mutated = examples[random() % examples.size()];
    for (uint64_t changes = 1 + random() % 3; changes > 0 && !mutated.empty(); --changes) {
      const size_t at = random() % mutated.size();
      const std::string& other = examples[random() % examples.size()];
      switch (random() % 6) {
        case 0:
          mutated[at] = static_cast<char>(random());
          break;
        case 1:
          mutated[at] = interesting[random() % interesting.size()];
          break;
        case 2:
          mutated.erase(at, 1 + random() % 4);
          break;
        case 3:
          mutated.insert(at, 1, interesting[random() % interesting.size()]);
          break;
        case 4:
          mutated.insert(at, mutated.substr(at, random() % 40));
          break;
        default:
          mutated.replace(at, random() % 40, other.substr(random() % other.size(), random() % 40));
      }
    }
    ASSERT_EQ(CheckNoteProperty(mutated), "") << absl::CEscape(mutated);
  }
}

}  // namespace
}  // namespace docket::merkle

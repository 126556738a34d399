// The rules alone: requests in, answers out, no host, no network, no clock. Feeds core::decide,
// which the host calls too, from lines of text.
//   request  {"time":"2026-01-05T08:00:00Z","product":"acme-cad","cmid":"<UUID>",
//             "client_time":optional time, "machine":optional primary fact as text,
//             "ticket":optional number of the line whose answer it shows}
//             with "mak":true it is an activation by the product's multiple activation key, and
//             needs "machine"; with "release":true the machine's place of that key is given back
//   answer   {"time","product","cmid","activated","count","threshold","error","evidence"}
//            of the key: {"time","product","cmid","activated","place","turn","used","limit",
//            "gain","error"}
//   a line that is not valid
//            {"line":7,"error":"malformed_request","detail":"...","hint":"..."}
// docs/replay.md says what each member means. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/policy_file.h"

namespace muster::cli {

class Replay {
 public:
  static constexpr std::size_t kLineMost = 16 * 1024;

  explicit Replay(PolicyFile policies);
  ~Replay();

  // Appends the answer to the next line, without newline. Lines are numbered from 1. A line that is
  // not valid changes nothing. Memory grows with the machines, and by 16 bytes a line: any later
  // line may show its ticket.
  void answer(std::string_view line, std::string& out);

  [[nodiscard]] std::uint64_t lines() const;
  [[nodiscard]] std::uint64_t not_valid() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace muster::cli

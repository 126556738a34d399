// links: muster_core muster_wire muster_base
// sources: src/cli/policy_file.cpp src/cli/replay.cpp
// sources: src/cli/output.cpp src/cli/invocation.cpp src/cli/parse.cpp src/cli/values.cpp
// sources: src/cli/wording.cpp
// `muster replay`: the input is a policy file, an empty line, and requests. Every line has an
// answer that is JSON, and no count is over the capacity.
#include "cli/replay.h"
#include "must.h"
#include "wire/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  auto text = as_text({data, size});
  const auto end = text.find("\n\n");
  auto policies = cli::read_policy_file(text.substr(0, end));
  if (!policies || end == text.npos) return 0;
  cli::Replay replay(std::move(*policies));
  text.remove_prefix(end + 2);
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::string answer;
    replay.answer(line, answer);
    wire::json::Tree tree;
    fuzz::must(tree.parse(answer, 1024 * 1024).has_value());
    const auto* count = tree.find(tree.root(), "count");
    const auto* threshold = tree.find(tree.root(), "threshold");
    if (count != nullptr && count->kind == wire::json::Kind::integer) {
      fuzz::must(count->integer >= 1 && count->integer <= 10'000);
      fuzz::must(threshold != nullptr && threshold->kind == wire::json::Kind::integer);
    }
  }
  return 0;
}

// links: muster_publish
// A name server's answer to an update, from somebody who has not got the key: nothing makes the
// host believe that its record stands.
#include <algorithm>

#include "must.h"
#include "publish/update.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  static const auto update = [] {
    SeededRandom random(1);
    const publish::HostRecord record{
        .service = "_muster._tcp", .zone = "corp.example", .srv = {.target = "a.corp.example"}};
    return publish::Update::make(
               "corp.example", {.add = {record}, .remove = {}}, seconds(60),
               {.name = "muster-update", .secret = "c2l4dGVlbiBieXRlcyBvciBzbw=="}, random)
        .value();
  }();
  std::string answer(as_text({data, size}));
  // The number is random, and whoever listens knows it.
  std::copy_n(update.message().begin(), std::min<std::size_t>(2, size), answer.begin());
  const auto read = update.read(answer);
  fuzz::must(!read && !read.error().detail.empty() && read.error().detail.size() < 160);
  return 0;
}

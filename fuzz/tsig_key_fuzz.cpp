// links: muster_publish
// A TSIG key's file: what is taken can sign, and is read again as it is; what is not says where,
// and never what.
#include <fmt/format.h>

#include "must.h"
#include "publish/tsig_key.h"
#include "publish/update.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  const auto key = publish::parse_tsig_key(as_text({data, size}));
  if (!key) {
    must(key.error().code == ErrorCode::config_invalid);
    must(key.error().detail.starts_with("line ") && key.error().detail.size() < 160);
    return 0;
  }
  const auto again = publish::parse_tsig_key(fmt::format(
      "key \"{}\" {{ algorithm hmac-sha256; secret \"{}\"; }};", key->name, key->secret));
  must(again && again->name == key->name && again->secret == key->secret);
  SeededRandom random(1);
  const publish::HostRecord record{
      .service = "_muster._tcp", .zone = "corp.example", .srv = {.target = "a.corp.example"}};
  must(publish::Update::make("corp.example", {.add = {record}, .remove = {}}, seconds(60), *key,
                             random)
           .has_value());
  return 0;
}

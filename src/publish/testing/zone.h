// A name server's half of updates, in memory: it verifies, changes its zone and signs its answer,
// by ldns.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "publish/name_servers.h"
#include "publish/tsig_key.h"

namespace muster::publish::testing {

inline const TsigKey kKey{.name = "muster-update",
                          .secret = "c2l4dGVlbiBieXRlcyBvciBzbyBhbmQgbW9yZQ=="};

class Zone final : public NameServers {
 public:
  std::string name = "corp.example";
  TsigKey key = kKey;
  // "_muster._tcp.corp.example 0 10 8688 muster1.corp.example", and its time to live.
  std::map<std::string, std::uint32_t> records;
  bool away = false;                        // nobody answers
  int refuse_with = 0;                      // a response code instead of doing it
  bool sign = true;                         // its answers
  std::function<void(std::string&)> spoil;  // changes an answer on its way
  std::function<void()> asked;              // called before an update is looked at
  int updates = 0;                          // that arrived
  std::string server;                       // that was asked last

  Answer<Server> primary(std::string_view zone, const std::atomic<bool>& stop) override;
  Answer<std::string> ask(const Server& to, std::string_view message,
                          const std::atomic<bool>& stop) override;
  [[nodiscard]] std::set<std::string> names() const;  // the records without their times
};

}  // namespace muster::publish::testing

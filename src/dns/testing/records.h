// For tests and the lab: DNS as a table in memory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dns/resolver.h"

namespace muster::dns {

class Records final : public Resolver {
 public:
  std::vector<std::string> domains;
  // By whole name; a name that is not there is no_name.
  std::map<std::string, SrvLookup, std::less<>> names;
  std::vector<std::string> asked;  // whole names, in their order
  bool cancelled = false;

  // "_muster._tcp.corp.example" -> one record more.
  void add(const std::string& name, Srv record) {
    auto& lookup = names[name];
    lookup.outcome = SrvLookup::Outcome::found;
    lookup.records.push_back(std::move(record));
  }

  std::vector<std::string> search_domains() override { return domains; }
  SrvLookup srv(std::string_view name) override {
    asked.emplace_back(name);
    if (cancelled) return {};
    const auto at = names.find(name);
    return at == names.end() ? SrvLookup{SrvLookup::Outcome::no_name} : at->second;
  }
  void cancel() override { cancelled = true; }
};

}  // namespace muster::dns

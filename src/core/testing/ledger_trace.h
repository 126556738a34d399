// For tests: a ledger of one key, kept in memory as a store would keep it, and asked in domain
// words:
//   +1h  A  on=pc-1,os-1  ->  sold  place=1  used=1
//   +1h      time since the line before
//   A        the CMID; A*40 asks for A1 .. A40, each on its own machine
//   on=      product_uuid, then machine_id; "set:NAME" is a machine that knows nothing else.
//            Without it the machine is its own: pc-A,os-A
//   shows=   shows the activation that this CMID was given at that time: "last", or "1/2" for
//            place 1 turn 2 on these facts
//   look     only looks
//   release A, reconcile N, block   acts; `restore` brings back what `backup` saw
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <tuple>

#include "base/digest.h"
#include "core/ledger.h"

namespace muster::core::testing {

class LedgerTrace {
 public:
  MakPolicy policy{.limit = 3};
  KeyRecord record;
  std::map<std::uint32_t, KeyPlace> places;
  Instant now{std::chrono::days(20'000)};

  void run(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.find_first_not_of(' ') != std::string::npos) step(line);
    }
  }

  KeyDecision ask(const KeyAsk& asked) {
    std::vector<KeyPlace> near;
    for (const auto& [number, place] : places) {
      const bool shares = std::ranges::any_of(place.facts, [&](const Fact& fact) {
        const auto* other = asked.facts.find(fact.kind);
        return other != nullptr && *other == fact.value;
      });
      if (shares || place.cmid == asked.cmid) near.push_back(place);
    }
    KeyRows rows{.near = near};
    if (asked.shown && places.contains(asked.shown->number)) {
      rows.shown = &places.at(asked.shown->number);
    }
    const auto free = released();
    if (!free.empty()) rows.released = &free.front();
    auto out = decide(policy, record, asked, rows, now);
    record = out.record;
    if (out.place && !asked.look_only) places.insert_or_assign(out.place->number, *out.place);
    return out;
  }

  [[nodiscard]] std::vector<KeyPlace> released() const {
    std::vector<KeyPlace> out;
    for (const auto& [number, place] : places) {
      if (place.released) out.push_back(place);
    }
    std::ranges::sort(
        out, {}, [](const KeyPlace& place) { return std::pair(*place.released, place.number); });
    return out;
  }

  static Cmid cmid(const std::string& who) { return Cmid{hash("cmid " + who)}; }

  static Facts facts_on(const std::string& on) {
    Facts out;
    if (on.starts_with("set:")) {
      out.add("set", hash(on));
      return out;
    }
    const auto comma = on.find(',');
    if (comma != 0) out.add("product_uuid", hash("uuid " + on.substr(0, comma)));
    if (comma != std::string::npos) out.add("machine_id", hash("id " + on.substr(comma + 1)));
    return out;
  }

 private:
  static Bytes16 hash(const std::string& text) { return first16(sha256(as_bytes(text))); }
  using Fields = std::map<std::string, std::string>;

  static seconds span(const std::string& text) {
    const auto number = std::stoll(text.substr(1));
    const char unit = text.back();
    return seconds(number * (unit == 'd' ? 86'400 : unit == 'h' ? 3'600 : 1));
  }

  void ask_for(const std::string& who, const Fields& fields) {
    const auto on = fields.contains("on") ? fields.at("on") : "pc-" + who + ",os-" + who;
    KeyAsk asked;
    asked.cmid = cmid(who);
    asked.facts = facts_on(on);
    asked.look_only = fields.contains("look");
    if (fields.contains("shows")) asked.shown = shown(who, fields.at("shows"), asked.facts);
    last_ = ask(asked);
    if (last_.place) {
      given_[who] = {last_.place->number, last_.place->turn, asked.facts, last_.place->sold};
    }
  }

  ShownPlace shown(const std::string& who, const std::string& what, const Facts& facts) {
    if (what == "last") return given_.at(who);
    const auto slash = what.find('/');
    return {static_cast<std::uint32_t>(std::stoul(what.substr(0, slash))),
            static_cast<std::uint32_t>(std::stoul(what.substr(slash + 1))), facts, now};
  }

  void step(const std::string& line) {
    std::istringstream words(line);
    std::string time, who, word;
    words >> time >> who;
    now += span(time);
    Fields fields;
    while (words >> word && word != "->") {
      const auto equals = word.find('=');
      fields[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
    }
    error_.reset();
    if (!act(who, fields)) {
      const auto star = who.find('*');
      const int many = star == std::string::npos ? 0 : std::stoi(who.substr(star + 1));
      if (many == 0) ask_for(who, fields);
      for (int n = 1; n <= many; ++n) {
        ask_for(who.substr(0, star) + std::to_string(n), fields);
      }
    }
    while (words >> word) expect(word, line);
  }

  bool act(const std::string& what, const Fields& fields) {
    last_ = {};
    if (what == "release") {
      for (auto& [number, place] : places) {
        if (place.cmid != cmid(fields.begin()->first)) continue;
        if (auto done = release(policy, record, place, now); !done) error_ = done.error().code;
      }
    } else if (what == "reconcile") {
      const auto used = static_cast<std::uint32_t>(std::stoul(fields.begin()->first));
      const auto changed = reconcile(policy, record, used, released(), now);
      if (!changed) error_ = changed.error().code;
      if (changed) {
        for (const auto& place : *changed) places.insert_or_assign(place.number, place);
      }
    } else if (what == "backup") {
      saved_ = {record, places};
    } else if (what == "restore") {
      std::tie(record, places) = saved_;
    } else if (what == "block") {
      record.blocked = true;
    } else {
      return false;
    }
    return true;
  }

  void expect(const std::string& word, const std::string& line) {
    const auto is = [&](std::string_view name) { return word.starts_with(name); };
    if (is("place=")) {
      ASSERT_TRUE(last_.place) << line;
      EXPECT_EQ(std::to_string(last_.place->number), word.substr(6)) << line;
    } else if (is("turn=")) {
      ASSERT_TRUE(last_.place) << line;
      EXPECT_EQ(std::to_string(last_.place->turn), word.substr(5)) << line;
    } else if (is("used=")) {
      EXPECT_EQ(std::to_string(record.used()), word.substr(5)) << line;
    } else if (word == "found_behind") {
      EXPECT_TRUE(last_.found_behind) << line;
    } else {
      const auto error = last_.error ? last_.error : error_;
      const auto said = error        ? entry(*error).name
                        : last_.gain ? name_of(*last_.gain)
                                     : std::string_view("done");
      EXPECT_EQ(said, word) << line;
    }
  }

  KeyDecision last_;
  std::optional<ErrorCode> error_;
  std::map<std::string, ShownPlace> given_;
  std::pair<KeyRecord, std::map<std::uint32_t, KeyPlace>> saved_;
};

}  // namespace muster::core::testing

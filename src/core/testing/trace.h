// For tests: a trace of requests in domain words, one a line, each with what must come of it.
//
//   +1h  A  on=pc-1  ticket=newest  clock=+4h  product=server  ->  activated  count=25
//   evidence=renewal
//
//   +1h            time since the line before: +0, +7d, +29d23h59m, +1s
//   A              the CMID; A*24 asks for A1 .. A24, one after the other (then only the last is
//   checked) on=NAME        the machine whose facts are given; without it none are ticket= none
//   (default) | newest (the last one given to this CMID) | same as the CMID's Nth: 1, 2 ..
//                  | foreign
//   nonce=NAME     the request's nonce; without it a fresh one
//   clock=+4h      the client's clock is ahead by so much (-4h: behind)
//   product=NAME   which of the trace's policies; "desktop" without it
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

#include "base/digest.h"
#include "core/decide.h"

namespace muster::core::testing {

class Trace {
 public:
  std::map<std::string, Policy> policies{{"desktop", Policy{}}};
  Group group{Bytes16{1}};
  std::map<std::string, Machine> machines;  // by CMID's name
  Instant now{std::chrono::days(20'000)};
  Decision last;

  // Runs every line; a line that differs fails the test with its text.
  void run(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.find_first_not_of(' ') != std::string::npos) step(line);
    }
  }

 private:
  using Fields = std::map<std::string, std::string>;

  static seconds span(std::string_view text) {
    std::int64_t total = 0, number = 0;
    const bool behind = text.front() == '-';
    for (const char c : text.substr(1)) {
      if (c >= '0' && c <= '9') {
        number = number * 10 + (c - '0');
        continue;
      }
      total += number * (c == 'd' ? 86400 : c == 'h' ? 3600 : c == 'm' ? 60 : 1);
      number = 0;
    }
    return seconds(behind ? -total : total);
  }
  static Bytes16 hash(const std::string& text) { return first16(sha256(as_bytes(text))); }

  Shown shown(const std::string& who, const std::string& ticket) {
    if (ticket.empty() || ticket == "none") return {};
    if (ticket == "foreign") return {Shown::Kind::foreign, 0};
    const auto at = machines.find(who);
    const auto number =
        ticket == "newest" ? (at == machines.end() ? 0 : at->second.number) : std::stoull(ticket);
    return {Shown::Kind::number, number};
  }

  void ask(const std::string& who, Fields& fields) {
    Ask ask;
    const auto product = fields.contains("product") ? fields["product"] : "desktop";
    ask.product = product;
    ask.cmid = Cmid{hash("cmid " + who)};
    ask.client_time = now + (fields.contains("clock") ? span(fields["clock"]) : seconds(0));
    const auto on = fields["on"];
    if (!on.empty()) ask.facts.add("set", hash("machine " + on));
    ask.shown = shown(who, fields["ticket"]);
    ask.nonce = hash(fields.contains("nonce") ? fields["nonce"] : std::to_string(++asked_));
    const auto known = machines.find(who);
    std::vector<Machine> same_fact;
    for (const auto& [name, machine] : machines) {
      if (name != who && machine.facts.primary() &&
          machine.facts.primary() == ask.facts.primary()) {
        same_fact.push_back(machine);
      }
    }
    last = decide(group, policies.at(product), ask,
                  known == machines.end() ? nullptr : &known->second, same_fact, now);
    if (last.counted) machines[who] = last.machine;
  }

  void step(const std::string& line) {
    std::istringstream words(line);
    std::string time, who, word;
    words >> time >> who;
    now += span(time);
    Fields fields;
    while (words >> word && word != "->") {
      fields[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    }
    const auto star = who.find('*');
    if (star == std::string::npos) {
      ask(who, fields);
    } else {
      const int many = std::stoi(who.substr(star + 1));
      for (int n = 1; n <= many; ++n) {
        auto each = fields;
        if (each.contains("on")) each["on"] += std::to_string(n);
        ask(who.substr(0, star) + std::to_string(n), each);
      }
    }
    while (words >> word) expect(word, line);
  }

  void expect(const std::string& word, const std::string& line) {
    if (word.starts_with("count=")) {
      EXPECT_EQ(last.counted ? std::to_string(last.count) : "null", word.substr(6)) << line;
    } else if (word.starts_with("evidence=")) {
      EXPECT_EQ(last.evidence ? name_of(*last.evidence) : "null", word.substr(9)) << line;
    } else {
      EXPECT_EQ(last.error ? entry(*last.error).name : "activated", word) << line;
    }
  }

  int asked_ = 0;
};

}  // namespace muster::core::testing

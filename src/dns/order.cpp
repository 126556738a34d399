#include <algorithm>
#include <numeric>

#include "dns/srv.h"

namespace muster::dns {
namespace {

using Records = std::span<Srv>;

void shuffle(Records records, Random& random) {
  for (std::size_t left = records.size(); left > 1; --left) {
    std::swap(records[left - 1], records[random.below(left)]);
  }
}

// RFC 2782, "Weight". The RFC leaves open in which order equal ones stand; shuffled, hosts that all
// have weight 0 share their machines instead of sending every one to the first.
void draw_by_weight(Records records, Random& random) {
  shuffle(records, random);
  std::ranges::stable_partition(records, [](const Srv& one) { return one.weight == 0; });
  while (records.size() > 1) {
    const auto sum =
        std::accumulate(records.begin(), records.end(), std::uint64_t{0},
                        [](std::uint64_t so_far, const Srv& one) { return so_far + one.weight; });
    const auto drawn = random.below(sum + 1);
    std::uint64_t running = 0;
    const auto chosen = std::ranges::find_if(records, [&](const Srv& one) {
      running += one.weight;
      return running >= drawn;
    });
    std::rotate(records.begin(), chosen, chosen + 1);
    records = records.subspan(1);
  }
}

}  // namespace

std::vector<Srv> in_order(std::vector<Srv> records, Random& random) {
  std::ranges::stable_sort(records, {}, &Srv::priority);
  for (auto first = records.begin(); first != records.end();) {
    const auto last = std::ranges::find_if(
        first, records.end(), [&](const Srv& one) { return one.priority != first->priority; });
    draw_by_weight({first, last}, random);
    first = last;
  }
  return records;
}

std::string_view name_of(SrvLookup::Outcome outcome) {
  switch (outcome) {
    case SrvLookup::Outcome::found: return "found";
    case SrvLookup::Outcome::no_name: return "no_name";
    case SrvLookup::Outcome::no_record: return "no_record";
    case SrvLookup::Outcome::not_offered: return "not_offered";
    case SrvLookup::Outcome::no_answer: return "no_answer";
    case SrvLookup::Outcome::bad_answer: return "bad_answer";
  }
  return "";
}

std::string_view sentence_of(SrvLookup::Outcome outcome) {
  switch (outcome) {
    case SrvLookup::Outcome::found: return "found";
    case SrvLookup::Outcome::no_name: return "no such name";
    case SrvLookup::Outcome::no_record: return "no SRV record";
    case SrvLookup::Outcome::not_offered: return "the domain says that it has no such service";
    case SrvLookup::Outcome::no_answer: return "no name server answered";
    case SrvLookup::Outcome::bad_answer: return "the name server's answer is not valid";
  }
  return "";
}

}  // namespace muster::dns

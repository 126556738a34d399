#include "lab/article.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/forecast.h"
#include "lab/climb.h"
#include "lab/office.h"

namespace muster::lab {
namespace {

using std::chrono::days;

const std::string kHost = "host-1";
const std::string kGroup = "desktop";
const std::string kProduct = "acme-cad";
constexpr std::chrono::hours kEvery{6};
constexpr days kKeeperEvery{20};

enum class Variant { silent, own_ids, same_id, keeper_repeats, keeper_honest };

struct About {
  Variant variant;
  std::string_view id, title;
};
constexpr About kVariants[] = {
    {Variant::silent, "silent", "Everything silent"},
    {Variant::own_ids, "own-ids", "Desktops with a CMID each"},
    {Variant::same_id, "same-id", "Desktops with one CMID"},
    {Variant::keeper_repeats, "keeper-repeats", "A keeper that repeats the cycles"},
    {Variant::keeper_honest, "keeper-honest", "A keeper that wakes its own machines when due"},
};

// One run from the begin: the desktop brings the host to its threshold, then a variant goes on.
struct Experiment {
  Experiment(const ArticleOptions& asked, const About& about)
      : options(asked),
        world(asked.seed, asked.start, asked.days + days(60),
              {{kProduct, kGroup, "Acme CAD",
                Policy{.threshold = asked.threshold, .rearm_limit = asked.rearm_limit}}}),
        track{.id = std::string(about.id),
              .title = std::string(about.title),
              .threshold = asked.threshold,
              .capacity = 2 * asked.threshold},
        office(world, kHost, kGroup, kEvery, track) {}

  [[nodiscard]] Expected<void> begin() {
    if (auto added = world.add_host(kHost); !added) return added;
    office.add({.name = "desktop"});
    desktop().install(kProduct, kHost);
    climb = std::make_unique<Climb>(world, desktop());
    office.sample();
    if (auto climbed = climb->until_activated(); !climbed) return climbed;
    desktop().stop();
    office.sample();
    return {};
  }
  [[nodiscard]] Machine& desktop() { return office.machine(0); }
  [[nodiscard]] Instant activated_at() const {
    return std::ranges::find(climb->attempts(), true, &Climb::Attempt::activated)->at;
  }

  // Desktops that are built from the activated one, and started.
  void build(bool own_ids) {
    auto image = desktop().image();
    if (own_ids) {
      desktop().start();
      if (const auto done = desktop().client().generalize(false); done) image = desktop().image();
      desktop().stop();
    }
    for (int number = 1; number <= options.desktops; ++number) {
      auto& machine = office.add({.name = fmt::format("desk-{:02}", number)});
      machine.build(image, own_ids ? Clone::fresh : Clone::copied);
      machine.start();
      office.wake(office.size() - 1);
    }
  }

  const ArticleOptions& options;
  World world;
  Track track;
  Office office;
  std::unique_ptr<Climb> climb;
};

// Looks at the due list once a day, and wakes whoever has to ask before it looks again.
void keep_honestly(Experiment& one, Instant end) {
  auto& [options, world, track, office, climb] = one;
  const auto& policy = world.products().front().policy;
  for (auto look = world.now() + days(1); look <= end; look += days(1)) {
    office.run(look);
    std::map<core::RollKey, std::size_t> own;
    for (std::size_t number = 1; number < office.size(); ++number) {
      auto& machine = office.machine(number);
      machine.stop();
      const auto status = machine.client().status();
      if (!status || status->empty() || !status->front().cmid) continue;
      own[status->front().cmid->bytes] = number;
    }
    const auto list = core::due_list(
        world.roll(kHost, world.group(kGroup)), look, policy.retention, options.threshold,
        [&](const core::RollEntry& entry) { return !own.contains(entry.key); });
    const auto wake = [&](std::size_t number) {
      office.machine(number).start();
      office.wake(number);
    };
    for (const auto& due : list.entries) {
      if (due.gone) continue;
      const auto machine = own.extract(due.entry.key);
      if (due.ask_before && *due.ask_before <= look + days(1)) wake(machine.mapped());
    }
    // Those that are not on the roll.
    for (const auto& [key, number] : own) {
      if (list.missing > 0) wake(number);
    }
  }
  office.run(end);
}

Expected<void> go_on(Experiment& one, Variant variant) {
  const auto begin = one.world.now();
  const auto end =
      begin + (variant == Variant::silent ? one.options.days
                                          : std::min(one.options.days, one.options.with_desktops));
  if (variant == Variant::silent) {
    one.office.run(end);
    return {};
  }
  one.build(variant != Variant::same_id);
  if (variant == Variant::keeper_honest) {
    keep_honestly(one, end);
    return {};
  }
  if (variant == Variant::keeper_repeats) {
    const auto cycles = one.climb->cycles();
    for (auto next = begin + kKeeperEvery; next < end; next += kKeeperEvery) {
      one.office.run(next);
      if (auto done = one.climb->repeat(cycles); !done) return done;
      one.desktop().stop();
    }
  }
  one.office.run(end);
  return {};
}

std::string since(Instant begin, const std::optional<Instant>& at) {
  return at ? fmt::format("{:.2f}", static_cast<double>((*at - begin).count()) / 86'400) : "never";
}

Table attempts_table(const Climb& climb) {
  Table out{.id = "attempts",
            .title = "Every attempt that reached the host",
            .note =
                "A cycle begins at the snapshot. An attempt that reached no host, because the "
                "network came up later than the desktop, was repeated and is not among these.",
            .columns = {"attempt", "time, UTC", "cycle", "rearms left", "CMID", "count", "answer"},
            .rows = {}};
  for (std::size_t i = 0; i < climb.attempts().size(); ++i) {
    const auto& one = climb.attempts()[i];
    out.rows.push_back({std::to_string(i + 1), format_time(one.at), std::to_string(one.cycle),
                        std::to_string(one.rearms_left), one.cmid.text(),
                        fmt::format("{} of {}", one.count, one.threshold),
                        one.activated ? "activated" : "count_insufficient"});
  }
  return out;
}

// The article's four pictures.
Table pictures_table(const Climb& climb) {
  Table out{.id = "pictures",
            .title = "The article's four pictures",
            .note = {},
            .columns = {"picture", "attempt", "time, UTC", "count", "answer"},
            .rows = {}};
  const auto& attempts = climb.attempts();
  const auto add = [&](std::string what, auto at) {
    if (at == attempts.end()) return;
    out.rows.push_back({std::move(what), std::to_string(at - attempts.begin() + 1),
                        format_time(at->at), fmt::format("{} of {}", at->count, at->threshold),
                        at->activated ? "activated" : "count_insufficient"});
  };
  constexpr std::uint32_t kSecondPicture = 14;
  add("refused", attempts.begin());
  add("14 on the roll", std::ranges::find(attempts, kSecondPicture, &Climb::Attempt::count));
  add("success", std::ranges::find(attempts, true, &Climb::Attempt::activated));
  add("the minimum reached",
      std::ranges::find_if(attempts, [](const auto& one) { return one.count >= one.threshold; }));
  return out;
}

using EvidenceCounts = std::vector<std::uint64_t>;

EvidenceCounts evidence_of(World& world) {
  EvidenceCounts out;
  for (const auto& one : world.host(kHost).figures().evidence) out.push_back(one.load());
  return out;
}

// So many machines as the host wants, each asking for itself for as long as the climb took.
Expected<EvidenceCounts> honest_fleet(const ArticleOptions& options, seconds time) {
  Experiment one(options, kVariants[0]);
  if (auto added = one.world.add_host(kHost); !added) return std::unexpected(added.error());
  for (std::uint32_t number = 1; number <= options.threshold; ++number) {
    auto& machine = one.office.add({.name = fmt::format("honest-{:02}", number)});
    machine.install(kProduct, kHost);
    machine.start();
    one.office.wake(number - 1);
  }
  one.office.run(options.start + time);
  return evidence_of(one.world);
}

Table evidence_table(const EvidenceCounts& here, const EvidenceCounts& honest) {
  Table out{.id = "evidence",
            .title = "What the host's evidence says",
            .note =
                "Answers by evidence until the activation, beside an honest fleet with as many "
                "machines as the threshold, over the same time.",
            .columns = {"evidence", "here", "honest fleet"},
            .rows = {}};
  for (std::size_t i = 1; i < here.size(); ++i) {
    if (here[i] + honest[i] == 0) continue;
    out.rows.push_back({std::string(core::name_of(static_cast<core::Evidence>(i))),
                        std::to_string(here[i]), std::to_string(honest[i])});
  }
  return out;
}

Table clocks_table() {
  return {.id = "clocks",
          .title = "Both clocks",
          .note =
              "Days since the activation. The count falls 30 days after the last contact, "
              "and from then on new machines and renewals are refused; what was activated "
              "stays licensed for 180 days. At each variant's end, when its pictures are taken, a "
              "new desktop asks once.",
          .columns = {"variant", "count at the end", "falls below the threshold", "count is 0",
                      "first renewal refused", "a new desktop at the end", "last licence ends"},
          .rows = {}};
}

// A desktop that was never there before is started now, and asks for the first time.
std::string newcomer(Experiment& one) {
  Machine machine(one.world, {.name = "newcomer"});
  machine.install(kProduct, kHost);
  machine.start();
  const auto said = machine.client().activate();
  if (!said || !said->count || !said->threshold) return "no answer";
  return fmt::format("{}, {} of {}", said->activated ? "activated" : "refused", *said->count,
                     *said->threshold);
}

std::vector<std::string> clocks_row(Experiment& one) {
  Instant last{};
  for (std::size_t i = 0; i < one.office.size(); ++i) {
    last = std::max(last, one.office.licensed_until(i));
  }
  const auto status = one.desktop().client().status();
  if (status && !status->empty() && status->front().valid_until) {
    last = std::max(last, *status->front().valid_until);
  }
  const auto begin = one.activated_at();
  return {one.track.title,
          std::to_string(one.track.last()),
          since(begin, one.track.falls_below),
          since(begin, one.track.zero),
          since(begin, one.office.renewal_refused()),
          newcomer(one),
          since(begin, last)};
}

void add_facts(Outcome& out, const Experiment& silent) {
  const auto& climb = *silent.climb;
  const auto time = [](const std::optional<Instant>& at) -> decltype(Fact::value) {
    if (at) return *at;
    return {};
  };
  out.facts = {{"attempts", std::uint64_t{climb.attempts().size()}},
               {"unreached", climb.unreached()},
               {"rearms", climb.rearms()},
               {"reverts", climb.reverts()},
               {"distinct_cmids", std::uint64_t{climb.cmids().size()}},
               {"activated_at", silent.activated_at()},
               {"count_falls_below_threshold_at", time(silent.track.falls_below)},
               {"count_zero_at", time(silent.track.zero)}};
}

std::string left_alone(const Experiment& silent) {
  const auto& track = silent.track;
  const auto threshold = silent.options.threshold;
  if (!track.falls_below) {
    const auto stood = silent.options.days.count();
    return fmt::format("Left alone, the count is {} still, {} after the activation.", track.last(),
                       stood == 1 ? "a day" : fmt::format("{} days", stood));
  }
  auto out = fmt::format("Left alone, the count falls below {} on {}", threshold,
                         format_time(*track.falls_below));
  if (track.zero) out += fmt::format(" and is 0 on {}", format_time(*track.zero));
  return out + ".";
}

void add_sentences(Outcome& out, const Experiment& silent) {
  const auto& climb = *silent.climb;
  out.sentences = {
      fmt::format("One desktop brought a host that needs {} machines to activate it: {} attempts, "
                  "{} rearms, {} reverts to a snapshot, {} CMIDs.",
                  silent.options.threshold, climb.attempts().size(), climb.rearms(),
                  climb.reverts(), climb.cmids().size()),
      left_alone(silent),
      "On a real host this gets round the minimum of a licence: the count is there, the machines "
      "are not. The evidence table is what the host's administrator sees of it.",
      "An honest keeper holds as many as there are: with fewer machines than the threshold the "
      "count falls all the same, and a multiple activation key, or a lower threshold agreed with "
      "the vendor, is what fits."};
}

}  // namespace

Expected<Outcome> run_article(const ArticleOptions& options) {
  Outcome out{.scenario = "article",
              .title = std::string(kArticleTitle),
              .seed = options.seed,
              .fidelity = Fidelity::full,
              .start = options.start};
  auto clocks = clocks_table();
  double done = 0;
  for (const auto& about : kVariants) {
    Experiment one(options, about);
    if (auto begun = one.begin(); !begun) return std::unexpected(begun.error());
    if (about.variant == Variant::silent) {
      const auto here = evidence_of(one.world);
      const auto honest = honest_fleet(options, one.world.now() - options.start);
      if (!honest) return std::unexpected(honest.error());
      out.tables = {pictures_table(*one.climb), attempts_table(*one.climb),
                    evidence_table(here, *honest)};
    }
    if (auto gone = go_on(one, about.variant); !gone) return std::unexpected(gone.error());
    one.office.sample();
    if (options.log) {
      const auto logged =
          one.world.export_log(kHost, [&](std::uint32_t epoch, std::string_view piece) {
            options.log(about.id, epoch, piece);
          });
      if (!logged) return std::unexpected(logged.error());
    }
    clocks.rows.push_back(clocks_row(one));
    if (about.variant == Variant::silent) {
      add_facts(out, one);
      add_sentences(out, one);
    }
    out.end = std::max(out.end, one.world.now());
    out.machines = std::max<std::uint64_t>(out.machines, one.office.size());
    out.tracks.push_back(std::move(one.track));
    done += 1.0 / std::size(kVariants);
    if (options.progress) options.progress(done);
  }
  out.tables.push_back(std::move(clocks));
  return out;
}

}  // namespace muster::lab

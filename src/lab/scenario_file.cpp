// The grammar of a scenario file:
//   title, teaches, start, days, fidelity, sample
//   [[product]]  id, group, name, and the numbers of its policy
//   [[host]]     name, outages, restores
//   [[key]]      name, product, host, and its terms
//   [[pool]]     name, product, host, key, machines, image, ...
// as docs/lab.md says. A name that is not there is an error, as is one that stands twice.
#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>

#include "lab/scenario_members.h"

namespace muster::lab {
namespace {

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::pair<std::string_view, Origin> kImages[] = {{"installed", Origin::installed},
                                                           {"generalized", Origin::generalized},
                                                           {"keep-id", Origin::keep_id},
                                                           {"clone", Origin::clone},
                                                           {"instant", Origin::instant}};
constexpr minutes kDay{24 * 60};

// `detail`: of check(), which begins with the member. One that the file does not name has its
// default, which another one has put out of its bounds.
void say_policy(const Members& in, std::string_view detail, Trouble& trouble) {
  const auto member = detail.substr(0, detail.find(' '));
  constexpr std::string_view kExpected = "must be ";
  const auto expected = detail.substr(detail.find(kExpected) + kExpected.size());
  if (const auto* node = in.peek(member)) {
    trouble.say(node->source(), fmt::format("{}{}: {} found, {} expected", in.name(), member,
                                            found_in(*node), expected));
    return;
  }
  const auto other = member == "renewal_interval" ? "validity" : "renewal_interval";
  trouble.say(in.source_of({other, "validity"}),
              fmt::format("{}{}, where the file does not say it: say it too", in.name(), detail));
}

Product read_product(Members& in, Trouble& trouble) {
  Product out;
  out.id = in.id("id", "product", true);
  out.group = in.id("group", "desktop");
  out.name = in.text("name", out.id);
  auto& policy = out.policy;
  policy.threshold = static_cast<std::uint32_t>(in.number("threshold", policy.threshold, 1, 5'000));
  policy.validity = in.duration("validity", policy.validity);
  policy.renewal_interval = in.duration("renewal_interval", policy.renewal_interval);
  policy.retry_interval = in.duration("retry_interval", policy.retry_interval);
  policy.initial_grace = in.duration("initial_grace", policy.initial_grace);
  policy.additional_grace = in.duration("additional_grace", policy.additional_grace);
  policy.retention = in.duration("retention", policy.retention);
  policy.clock_skew = in.duration("clock_skew", policy.clock_skew);
  policy.rearm_limit =
      static_cast<std::uint32_t>(in.number("rearm_limit", policy.rearm_limit, 0, 1'000'000));
  policy.count_by = in.one_of("count_by", policy.count_by, count_by_of, "\"cmid\" or \"machine\"");
  if (const auto good = check(policy); !good) {
    say_policy(in, good.error().detail, trouble);
  }
  in.end();
  return out;
}

void read_power(Members& in, Pool& pool, Trouble& trouble) {
  const auto days = in.list("days", "a list of \"mon\" to \"sun\"");
  for (const auto* item : days) {
    const auto* text = item->as_string();
    const auto day = text == nullptr ? kDays.end() : std::ranges::find(kDays, text->get());
    if (day == kDays.end()) {
      in.wrong("days", *item, "one of \"mon\" to \"sun\"");
      return;
    }
    pool.on_days[static_cast<std::size_t>(day - kDays.begin())] = true;
  }
  const auto from = in.clock("from");
  const auto until = in.clock("until");
  pool.arrive = in.duration("arrive", {});
  if (const auto* node = in.find("days"); node != nullptr && node->is_array() && days.empty()) {
    in.wrong("days", *node, "at least one of \"mon\" to \"sun\"");
  }
  pool.always_on = days.empty() && !from && !until && pool.arrive == minutes(0);
  if (days.empty()) pool.on_days.fill(true);
  pool.from = from.value_or(minutes(0));
  pool.until = until.value_or(kDay);
  if (!pool.always_on && pool.from + pool.arrive >= pool.until) {
    trouble.say(in.source_of({"until", "arrive", "from"}),
                fmt::format("pool {}: it starts at {}, the last machine {} later, and until is {}: "
                            "until must be later than both, on the same day",
                            pool.name, time_text(pool.from), format_duration(pool.arrive),
                            time_text(pool.until)));
  }
}

// Whether its machines are ever anew; without that some members mean nothing.
void read_rebuild(Members& in, Pool& pool) {
  if (const auto* node = in.find("rebuild")) {
    const auto* text = node->as_string();
    pool.rebuild_start = text != nullptr && text->get() == "start";
    const bool never = text != nullptr && text->get() == "never";
    if (!never && !pool.rebuild_start) {
      const auto value =
          text == nullptr ? Expected<minutes>(fail(ErrorCode::usage)) : parse_duration(text->get());
      if (value && *value >= minutes(60)) {
        pool.rebuild = *value;
      } else {
        in.wrong("rebuild", *node,
                 "\"never\", \"start\" or a duration such as \"1d\", at least 1h");
      }
    }
  }
  pool.rebuild_at = in.clock("rebuild_at").value_or(minutes(0));
  if (pool.rebuild == minutes(0))
    in.idle("rebuild_at", "a rebuild each time that so long has passed");
  if (pool.rebuild > minutes(0) || pool.rebuild_start) return;
  if (pool.new_hardware) in.idle("hardware", "a rebuild");
  if (pool.releases) in.idle("releases", "a rebuild");
}

void read_snapshots(Members& in, Pool& pool, minutes end, Trouble& trouble) {
  if (const auto* node = in.find("snapshot")) pool.snapshot = in.moment_of("snapshot", *node, end);
  for (const auto* item : in.list("reverts", "a list of durations")) {
    if (const auto at = in.moment_of("reverts", *item, end)) pool.reverts.push_back(*at);
  }
  std::ranges::sort(pool.reverts);
  if (!pool.reverts.empty() && (!pool.snapshot || pool.reverts.front() <= *pool.snapshot)) {
    trouble.say(in.source_of({"reverts"}),
                fmt::format("pool {}: reverts need a snapshot that is earlier", pool.name));
  }
}

// "5h", or "-5h" for one that is behind.
void read_clock(Members& in, Pool& pool) {
  if (const auto* node = in.find("clock_off")) {
    const auto* text = node->as_string();
    std::string_view value = text == nullptr ? std::string_view() : text->get();
    const bool behind = value.starts_with('-');
    if (behind) value.remove_prefix(1);
    const auto off = parse_duration(value);
    if (off && *off <= 365 * kDay) {
      pool.clock_off = behind ? -*off : *off;
    } else {
      in.wrong("clock_off", *node, "a duration such as \"5h\", or \"-5h\" for a clock behind");
    }
  }
  pool.clock_machines = static_cast<std::uint32_t>(in.number(
      "clock_machines", pool.clock_off == minutes(0) ? 0 : pool.machines, 0, pool.machines));
  if (pool.clock_off == minutes(0)) in.idle("clock_machines", "clock_off");
}

template <class List, class Name>
std::size_t index_of(Members& in, std::string_view member, const List& list, Name name,
                     Trouble& trouble) {
  const auto wanted = in.id(member, "");
  if (wanted.empty()) {
    if (list.size() > 1) {
      trouble.say(in.source(),
                  fmt::format("{}{} is missing, and there are several", in.name(), member));
    }
    return 0;
  }
  const auto at = std::ranges::find(list, wanted, name);
  if (at == list.end()) {
    trouble.say(in.source_of({member}),
                fmt::format("{}{}: there is no [[{}]] '{}'", in.name(), member, member, wanted));
    return 0;
  }
  return static_cast<std::size_t>(at - list.begin());
}

KeyPlan read_key(Members& in, const Scenario& scenario, Trouble& trouble) {
  KeyPlan out;
  out.name = in.id("name", "key", true);
  out.product = index_of(in, "product", scenario.products, &Product::id, trouble);
  out.host = index_of(in, "host", scenario.hosts, &HostPlan::name, trouble);
  auto& policy = out.policy;
  policy.limit = static_cast<std::uint32_t>(in.number("limit", 1, 1, MakPolicy::kLimitMost, true));
  policy.reactivation =
      in.one_of("reactivation", policy.reactivation, reactivation_of, "\"free\" or \"counts\"");
  policy.match = in.one_of("match", policy.match, match_of, "\"any\", \"most\" or \"all\"");
  policy.release = in.one_of("release", policy.release, release_of, "\"allowed\" or \"never\"");
  const auto expires = in.duration("expires", {}, minutes(1));
  if (expires > minutes(0)) policy.expires = scenario.start + expires;
  in.end();
  return out;
}

std::optional<bool> is_new(std::string_view hardware) {
  if (hardware == "new") return true;
  return hardware == "kept" ? std::optional(false) : std::nullopt;
}

// How its machines activate: by counting, or by a key that fits.
void read_activation(Members& in, const Scenario& scenario, Pool& pool, Trouble& trouble) {
  pool.new_hardware = in.one_of("hardware", false, is_new, "\"kept\" or \"new\"");
  const auto* releases = in.find("releases");
  pool.releases = in.truth("releases", false);
  if (in.find("key") == nullptr) {
    if (pool.releases) in.wrong("releases", *releases, "a key, or no releases");
    return;
  }
  pool.key = index_of(in, "key", scenario.keys, &KeyPlan::name, trouble);
  if (*pool.key >= scenario.keys.size()) return;
  const auto& key = scenario.keys[*pool.key];
  if (key.product != pool.product || key.host != pool.host) {
    trouble.say(in.source(),
                fmt::format("pool {}: key {} is for {} on {}; pool and key must have one product "
                            "and one host",
                            pool.name, key.name, scenario.products[key.product].id,
                            scenario.hosts[key.host].name));
  }
  if (pool.releases && key.policy.release == Release::never) {
    trouble.say(releases->source(),
                fmt::format("pool {}: key {} allows no release", pool.name, key.name));
  }
}

Pool read_pool(Members& in, const Scenario& scenario, Trouble& trouble) {
  Pool out;
  out.name = in.id("name", "pool", true);
  out.product = index_of(in, "product", scenario.products, &Product::id, trouble);
  out.host = index_of(in, "host", scenario.hosts, &HostPlan::name, trouble);
  out.machines = static_cast<std::uint32_t>(in.number("machines", 1, 1, kMachinesMost, true));
  if (const auto* node = in.find("image")) {
    const auto* text = node->as_string();
    const auto* image = text == nullptr
                            ? std::end(kImages)
                            : std::ranges::find(kImages, std::string_view(text->get()),
                                                &std::pair<std::string_view, Origin>::first);
    if (image == std::end(kImages)) {
      in.wrong("image", *node,
               "\"installed\", \"generalized\", \"keep-id\", \"clone\" or \"instant\"");
    } else {
      out.origin = image->second;
    }
  }
  out.is_virtual = in.truth("virtual", true);
  read_activation(in, scenario, out, trouble);
  const minutes end = scenario.days;
  out.joins = in.moment("joins", end);
  out.grows = static_cast<std::uint32_t>(in.number("grows", 0, 0, kMachinesMost));
  out.grows_every = in.duration("grows_every", 30 * kDay, minutes(60));
  if (out.grows == 0) in.idle("grows_every", "grows");
  read_rebuild(in, out);
  read_power(in, out, trouble);
  out.off = in.spans("off", end);
  read_snapshots(in, out, end, trouble);
  read_clock(in, out);
  out.jitter = in.truth("jitter", true);
  in.end();
  return out;
}

// The tables of [[name]]; where required one at least.
std::vector<const toml::table*> tables_of(Members& in, std::string_view name, Trouble& trouble,
                                          bool required = true) {
  std::vector<const toml::table*> out;
  const auto expected = fmt::format("[[{}]] tables", name);
  for (const auto* item : in.list(name, expected)) {
    if (const auto* table = item->as_table()) {
      out.push_back(table);
    } else {
      in.wrong(name, *item, expected);
    }
  }
  if (out.empty() && required) {
    trouble.say(in.source(), fmt::format("there is no [[{}]]", name));
  }
  return out;
}

template <class List, class Name>
void distinct(const List& list, Name name, std::string_view what, const toml::table& root,
              Trouble& trouble) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& called = list[i].*name;
    if (seen.insert(called).second) continue;
    const auto* node = root[what][i].node();
    trouble.say(node != nullptr ? node->source() : root.source(),
                fmt::format("two [[{}]] are called '{}'", what, called));
  }
}

void check_whole(const Scenario& scenario, const toml::table& root, Trouble& trouble) {
  distinct(scenario.products, &Product::id, "product", root, trouble);
  distinct(scenario.hosts, &HostPlan::name, "host", root, trouble);
  distinct(scenario.keys, &KeyPlan::name, "key", root, trouble);
  distinct(scenario.pools, &Pool::name, "pool", root, trouble);
  for (const auto& a : scenario.products) {
    for (const auto& b : scenario.products) {
      if (a.group != b.group ||
          (a.policy.retention == b.policy.retention && a.policy.count_by == b.policy.count_by)) {
        continue;
      }
      trouble.say(root.source(), fmt::format("products {} and {} of group {} differ in retention "
                                             "or count_by; they share a roll, and must agree",
                                             a.id, b.id, a.group));
    }
  }
  for (const auto& key : scenario.keys) {
    const auto& host = scenario.hosts.at(key.host);
    if (host.restores.empty()) continue;
    trouble.say(root.source(), fmt::format("host {} sells the key {}; a host that is restored "
                                           "sells none here",
                                           host.name, key.name));
  }
  if (scenario.machines() > static_cast<std::uint64_t>(kMachinesMost)) {
    trouble.say(root.source(), fmt::format("{} machines found, at most {} expected",
                                           scenario.machines(), kMachinesMost));
  }
}

Scenario read_root(const toml::table& root, Trouble& trouble) {
  Scenario out;
  Members in(trouble, "", root);
  out.title = in.text("title", "", true);
  out.teaches = in.text("teaches", "");
  out.start = *parse_time("2026-01-05T00:00:00Z");
  if (const auto* node = in.find("start")) {
    const auto* text = node->as_string();
    const auto start = text == nullptr ? std::nullopt : parse_time(text->get());
    if (start) {
      out.start = *start;
    } else {
      in.wrong("start", *node, "a time such as \"2026-01-05T00:00:00Z\"");
    }
  }
  out.days = std::chrono::days(in.number("days", 1, 1, kDaysMost, true));
  if (const auto* node = in.find("fidelity")) {
    const auto* text = node->as_string();
    const auto fidelity = text == nullptr ? std::nullopt : fidelity_of(text->get());
    if (fidelity) {
      out.fidelity = *fidelity;
    } else {
      in.wrong("fidelity", *node, "\"full\" or \"rules\"");
    }
  }
  out.sample = in.duration("sample", minutes(60), minutes(1));
  for (const auto* table : tables_of(in, "product", trouble)) {
    Members one(trouble, "product.", *table);
    out.products.push_back(read_product(one, trouble));
  }
  for (const auto* table : tables_of(in, "host", trouble)) {
    Members one(trouble, "host.", *table);
    out.hosts.push_back({.name = one.id("name", "host", true),
                         .outages = one.spans("outages", out.days),
                         .restores = one.restores("restores", out.days)});
    one.end();
  }
  const bool served = !out.products.empty() && !out.hosts.empty();
  for (const auto* table : tables_of(in, "key", trouble, false)) {
    Members one(trouble, "key.", *table);
    if (served) out.keys.push_back(read_key(one, out, trouble));
  }
  for (const auto* table : tables_of(in, "pool", trouble)) {
    Members one(trouble, "pool.", *table);
    if (served) out.pools.push_back(read_pool(one, out, trouble));
  }
  in.end();
  check_whole(out, root, trouble);
  return out;
}

}  // namespace

std::string time_text(minutes time_of_day) {
  return fmt::format("{:02}:{:02}", time_of_day.count() / 60, time_of_day.count() % 60);
}

std::uint32_t Pool::machines_within(std::chrono::days days) const {
  if (grows == 0 || days <= joins) return machines;
  const auto steps = static_cast<std::uint64_t>((minutes(days) - joins) / grows_every);
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(machines + steps * grows, std::uint64_t{UINT32_MAX}));
}

std::uint64_t Scenario::machines() const {
  std::uint64_t out = 0;
  for (const auto& pool : pools) out += pool.machines_within(days);
  return out;
}

Expected<Scenario> read_scenario(std::string_view toml, std::string_view file) {
  Trouble trouble{.file = file, .error = {}};
  Scenario out;
  try {
    const auto root = toml::parse(toml, file);
    out = read_root(root, trouble);
  } catch (const toml::parse_error& error) {
    trouble.say(error.source(), error.description());
  }
  if (trouble.error) return std::unexpected(std::move(*trouble.error));
  return out;
}

}  // namespace muster::lab

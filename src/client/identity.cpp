#include "client/identity.h"

#include <fmt/format.h>

#include <algorithm>

namespace muster::client {
namespace {

constexpr std::string_view kSet = "set";

Facts hashed(std::string_view vendor_id, const std::map<std::string, std::string>& values) {
  Facts out;
  for (const auto& [kind, value] : values) out.add(kind, hash_fact(vendor_id, kind, value));
  return out;
}

// `now` and, of the kinds that it lacks, what was kept.
Facts filled(const Facts& now, const Facts& kept) {
  Facts out = now;
  for (const auto& fact : kept) out.add(fact.kind, fact.value);
  return out;
}

bool any_changed(const Facts& before, const Facts& now) {
  return std::ranges::any_of(before, [&](const Fact& fact) {
    const auto* other = now.find(fact.kind);
    return other != nullptr && *other != fact.value;
  });
}

// `set` stands alone: where it is given, the machine's own facts are those of whatever the machine
// runs in.
Facts sent(const GroupState& group, const std::optional<std::string>& set) {
  if (!set) return group.system;
  Facts out;
  out.add(std::string(kSet), hash_fact(group.vendor_id, kSet, *set));
  return out;
}

void append(Effects& effects, const Effects& more) {
  effects.changed = effects.changed || more.changed;
  effects.drop_activations.insert(effects.drop_activations.end(), more.drop_activations.begin(),
                                  more.drop_activations.end());
}

template <class Visit>
void each_product(State& state, const GroupState& group, Visit visit) {
  for (auto& product : state.products) {
    if (product.vendor_id == group.vendor_id && product.group == group.group) visit(product);
  }
}

// A new identity has no history with any host.
void new_identity(GroupState& group, Random& random) {
  group.cmid = Cmid::random(random);
  group.ticket.reset();
  group.nonce.reset();
}

bool take_facts(State& state, GroupState& group, const Here& here) {
  const Facts taken = hashed(group.vendor_id, here.machine);
  const Facts system = contradicts(group.system, taken) ? taken : filled(taken, group.system);
  const bool system_changed = system != group.system;
  group.system = system;
  const Facts facts = sent(group, state.set);
  if (facts == group.facts) return system_changed;
  // A host's retry_after was meant for the machine that asked, not for this one.
  if (!group.facts.empty() && !same_machine(facts, group.facts)) {
    each_product(state, group, [](auto& product) { product.last.reset(); });
  }
  group.facts = facts;
  return true;
}

bool starts_anew(const GroupState& group, const Boot& boot) {
  const auto& pending = group.pending;
  return pending.kind != Pending::none &&
         (started_anew(pending.boot, boot) || any_changed(pending.system, group.system) ||
          any_changed(pending.facts, group.facts));
}

GroupState& add_group(State& state, const wire::ProductFile& file, const Here& here,
                      Random& random) {
  GroupState group;
  group.vendor_id = file.vendor_id;
  group.group = file.group;
  group.cmid = Cmid::random(random);
  group.newest_seen = here.now;
  state.groups.push_back(std::move(group));
  auto& out = state.groups.back();
  take_facts(state, out, here);
  return out;
}

void take_numbers(Numbers& numbers, const wire::ProductFile& file) {
  if (file.issued < numbers.signed_at) return;
  numbers.signed_at = file.issued;
  numbers.additional_grace = file.additional_grace;
  numbers.retry_interval = file.retry_interval;
  numbers.rearm_limit = file.rearm_limit;
}

}  // namespace

bool contradicts(const Facts& a, const Facts& b) {
  const bool common =
      std::ranges::any_of(a, [&](const Fact& fact) { return b.find(fact.kind) != nullptr; });
  return common && !same_machine(a, b);
}

Effects refresh(State& state, const Here& here) {
  Effects out;
  const bool moved = std::ranges::any_of(state.groups, [&](const GroupState& group) {
    return contradicts(group.system, hashed(group.vendor_id, here.machine));
  });
  const auto set = here.set ? here.set : (moved ? std::nullopt : state.set);
  out.changed = set != state.set;
  state.set = set;
  for (auto& group : state.groups) {
    // `licence` holds no set, only its hash: a reader of that keeps the facts as they are.
    const bool hash_only = !set && !moved && group.facts.find(kSet) != nullptr;
    if (!hash_only && take_facts(state, group, here)) out.changed = true;
    group.newest_seen = std::max(group.newest_seen, here.now);
  }
  return out;
}

Effects notice(State& state, const Here& here, Random& random) {
  Effects out = refresh(state, here);
  for (auto& group : state.groups) {
    if (starts_anew(group, here.boot)) append(out, complete(state, group, random));
  }
  return out;
}

Installed install(State& state, const wire::ProductFile& file, std::string_view text,
                  const Here& here, Random& random) {
  Installed out;
  bool replaced = false;
  if (auto* other = state.installed(file.product); other && other->vendor_id != file.vendor_id) {
    append(out.effects, uninstall(*other));
    replaced = true;
  }
  auto* product = state.find_product(file.vendor_id, file.product);
  auto* group = state.find_group(file.vendor_id, file.group);
  if (group == nullptr) {
    group = &add_group(state, file, here, random);
    out.new_cmid = true;
  } else if (replaced) {
    bool shared = false;
    each_product(state, *group, [&](const auto& one) { shared = shared || one.installed; });
    if (!shared) {
      new_identity(*group, random);
      out.new_cmid = true;
    }
  }
  if (product == nullptr) {
    ProductState fresh;
    fresh.product = file.product;
    fresh.vendor_id = file.vendor_id;
    fresh.grace_start = std::max(here.now, group->newest_seen);
    state.products.push_back(std::move(fresh));
    product = &state.products.back();
  }
  const bool newer = product->file.empty() || file.issued >= product->file_issued;
  out.changed = !product->installed || (newer && product->file != text);
  if (newer) {
    product->file = std::string(text);
    product->file_issued = file.issued;
    product->group = file.group;
  }
  take_numbers(product->numbers, file);
  product->installed = true;
  out.effects.changed = out.changed;
  return out;
}

Effects uninstall(ProductState& product) {
  product.installed = false;
  product.host.reset();
  product.answered.reset();
  product.last.reset();
  product.mak.reset();
  product.mak_asked.reset();
  return Effects{true, {product.product}};
}

std::uint32_t rearms_left(const ProductState& product) {
  const auto limit = product.numbers.rearm_limit;
  return limit > product.rearms_used ? limit - product.rearms_used : 0;
}

Expected<Begun> begin(State& state, const ProductState& product, Pending kind, const Here& here) {
  auto& group = state.group_of(product);
  Begun out;
  if (group.pending.kind != Pending::none) return out;
  if (kind == Pending::rearm && rearms_left(product) == 0) {
    return fail(ErrorCode::no_rearm_left,
                fmt::format("{}: {} of {} used", product.product, product.rearms_used,
                            product.numbers.rearm_limit));
  }
  group.pending = PendingChange{kind, here.boot, group.system, group.facts};
  out.changed = true;
  if (kind == Pending::generalize_keep_id) return out;
  each_product(state, group, [&](ProductState& one) {
    if (!one.installed || rearms_left(one) == 0) return;
    ++one.rearms_used;
    one.grace_pending = true;
    out.grace_restarts = true;
  });
  return out;
}

Effects complete(State& state, GroupState& group, Random& random) {
  Effects out;
  if (group.pending.kind == Pending::none) return out;
  out.changed = true;
  const bool keep_id = group.pending.kind == Pending::generalize_keep_id;
  group.pending = {};
  if (!keep_id) new_identity(group, random);
  each_product(state, group, [&](ProductState& product) {
    product.last.reset();
    if (keep_id) return;
    if (product.grace_pending) product.grace_start = group.newest_seen;
    product.grace_pending = false;
    // Another identity may cost another place, which is for a person to ask for.
    product.mak.reset();
    product.mak_asked.reset();
    out.drop_activations.push_back(product.product);
  });
  return out;
}

}  // namespace muster::client

#include "load/fleet.h"

#include <fmt/format.h>

#include <cassert>
#include <cstdlib>
#include <cstring>

#include "base/random.h"
#include "base/siphash.h"
#include "wire/exchange.h"

namespace muster::load {
namespace {

// Two halves of siphash under a key that says what the bytes are for.
Bytes16 derive(std::uint64_t seed, std::uint64_t index, std::uint64_t purpose) {
  Bytes16 key{}, out;
  std::memcpy(key.data(), &seed, sizeof seed);
  std::memcpy(key.data() + 8, &purpose, sizeof purpose);
  for (std::uint64_t half = 0; half < 2; ++half) {
    Bytes16 value{};
    std::memcpy(value.data(), &index, sizeof index);
    std::memcpy(value.data() + 8, &half, sizeof half);
    const auto hash = siphash(key, value);
    std::memcpy(out.data() + 8 * half, &hash, sizeof hash);
  }
  return out;
}

constexpr std::uint64_t kForCmid = 1, kForFact = 2;

Cmid cmid_of(std::uint64_t seed, std::uint64_t index) {
  Cmid cmid{derive(seed, index, kForCmid)};
  cmid.bytes[6] = static_cast<std::uint8_t>((cmid.bytes[6] & 0x0F) | 0x40);
  cmid.bytes[8] = static_cast<std::uint8_t>((cmid.bytes[8] & 0x3F) | 0x80);
  return cmid;
}

std::string name_of(std::uint64_t machine) {
  return fmt::format("desk-{:012}.load.example", machine);
}

}  // namespace

MachineIdentity machine_identity(std::uint64_t seed, std::uint64_t index) {
  MachineIdentity out{cmid_of(seed, index), {}, name_of(index)};
  out.facts.add("set", derive(seed, index, kForFact));
  return out;
}

Fleet::Fleet(const Plan& plan, const wire::ProductFile& product, Instant now)
    : plan_(plan),
      time_(format_time(now)),
      memory_(static_cast<Memory*>(std::calloc(plan.machines, sizeof(Memory))), &std::free) {
  if (memory_ == nullptr) throw std::bad_alloc();
  // Nonces and the order differ from run to run, machines do not: a nonce that comes again is a
  // lost answer.
  SystemRandom random;
  random.fill(run_key_);
  std::memcpy(&random_, run_key_.data(), sizeof random_);
  random_ |= 1;
  for (const bool ticket : {false, true}) {
    for (const bool licensed : {false, true}) {
      forms_[ticket][licensed] = make_form(product, ticket, licensed);
    }
  }
}

Fleet::Form Fleet::make_form(const wire::ProductFile& product, bool ticket, bool licensed) const {
  const auto someone = machine_identity(plan_.seed, ~std::uint64_t{0});
  wire::ActivationRequest request;
  request.product = product.product;
  request.vendor = product.vendor_id;
  request.cmid = someone.cmid;
  request.nonce = derive(1, 1, 3);
  if (ticket) {
    request.ticket.emplace();
    request.ticket->fill(0xA5);
  }
  request.facts = someone.facts;
  request.time = *parse_time(time_);
  request.name = name_of(0);
  request.is_virtual = true;
  request.state = licensed ? LicenceState::licensed : LicenceState::initial_grace;
  request.minutes_left = licensed ? 259'000 : 43'000;

  const auto body = wire::encode_request(request);
  Form form;
  form.text = fmt::format(
      "POST /v1/activations HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n{}\r\n",
      plan_.target.address, plan_.target.port, body.size(),
      plan_.mode == Mode::keep_alive ? "" : "Connection: close\r\n");
  const auto head = form.text.size();
  form.text += body;
  const auto place = [&](std::string_view value) {
    const auto at = form.text.find(value, head);
    assert(at != std::string::npos);
    return at;
  };
  form.cmid = place(someone.cmid.text());
  form.nonce = place(base64url(request.nonce));
  if (ticket) form.ticket = place(base64url(*request.ticket));
  form.fact = place(base64url(someone.facts.begin()->value));
  form.time = place(time_);
  form.name = place(request.name);
  return form;
}

Fleet::Memory& Fleet::memory(std::uint64_t machine) {
  return memory_[machine - plan_.first_machine];
}

std::uint64_t Fleet::choose() {
  for (std::uint64_t tries = 0;; ++tries) {
    std::uint64_t at = turn_;
    // A random fleet that is nearly all under way is looked through in turn, so that the search
    // ends.
    if (plan_.order == Order::random && tries < 64) {
      random_ ^= random_ << 13;
      random_ ^= random_ >> 7;
      random_ ^= random_ << 17;
      at = random_ % plan_.machines;
    } else {
      turn_ = turn_ + 1 == plan_.machines ? 0 : turn_ + 1;
    }
    assert(tries < 64 + plan_.machines);
    if (memory_[at].under_way == 0) return plan_.first_machine + at;
  }
}

Asked Fleet::next(std::string& out) {
  Asked asked;
  asked.machine = choose();
  asked.floor = std::min(known_, least_capacity_);
  auto& own = memory(asked.machine);
  own.under_way = 1;
  if (own.has_ticket == 0 && plan_.first_ticket) {
    if (const auto ticket = plan_.first_ticket(asked.machine)) {
      std::memcpy(own.ticket, base64url(*ticket).data(), kTicketText);
      own.has_ticket = 1;
    }
  }
  std::uint64_t words[2];
  std::memcpy(words, run_key_.data(), sizeof words);
  asked.nonce = derive(words[0], ++serial_, words[1]);

  const auto& form = forms_[own.has_ticket][own.licensed];
  out.assign(form.text);
  const auto put = [&](std::size_t at, std::string_view text) {
    std::memcpy(out.data() + at, text.data(), text.size());
  };
  put(form.cmid, cmid_text(asked));
  put(form.nonce, base64url(asked.nonce));
  if (own.has_ticket != 0) put(form.ticket, {own.ticket, kTicketText});
  put(form.fact, base64url(derive(plan_.seed, asked.machine, kForFact)));
  put(form.time, time_);
  char name[18];
  const auto end = fmt::format_to_n(name, sizeof name, "desk-{:012}", asked.machine);
  put(form.name, {name, end.size});
  return asked;
}

void Fleet::set_time(Instant now) {
  time_.clear();
  append_time(time_, now);
}

std::string_view Fleet::cmid_text(const Asked& asked) {
  cmid_.clear();
  cmid_of(plan_.seed, asked.machine).append_to(cmid_);
  return cmid_;
}

std::string Fleet::answered(const Asked& asked, const Scanned& seen) {
  auto& own = memory(asked.machine);
  own.under_way = 0;
  if (!seen.count) return {};  // rules 1 and 2: refused and not counted
  if (seen.ticket.size() != kTicketText)
    return fmt::format("a ticket of {} characters", seen.ticket.size());
  std::memcpy(own.ticket, seen.ticket.data(), kTicketText);
  own.has_ticket = 1;
  own.licensed = own.licensed != 0 || seen.activated ? 1 : 0;
  if (own.counted == 0) {
    own.counted = 1;
    ++known_;
  }
  if (!seen.threshold) return "a count without a threshold";
  least_capacity_ = std::max(least_capacity_, 2 * *seen.threshold);
  if (*seen.count < asked.floor) {
    return fmt::format("a count of {} where {} machines had been counted", *seen.count,
                       asked.floor);
  }
  if (seen.activated && *seen.count < *seen.threshold) {
    return fmt::format("activated at {} of {}", *seen.count, *seen.threshold);
  }
  if (seen.activated == seen.activation.empty()) {
    return seen.activated ? "activated without an activation" : "refused with an activation";
  }
  if (seen.activated &&
      !activation_names(seen.activation, cmid_text(asked), base64url(asked.nonce), *seen.count)) {
    return "an activation that does not name the CMID, the nonce and the count of its request";
  }
  return {};
}

void Fleet::unanswered(const Asked& asked) { memory(asked.machine).under_way = 0; }

}  // namespace muster::load

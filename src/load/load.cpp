#include "load/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "load/generator.h"

namespace muster::load {
namespace {

constexpr std::string_view kModes[] = {"keep-alive", "new", "storm"};

// The value under which `part` of the latencies lie, in milliseconds. Reorders them.
double percentile(std::vector<std::uint32_t>& latency_us, double part) {
  if (latency_us.empty()) return 0;
  const auto last = static_cast<double>(latency_us.size() - 1);
  const auto at = latency_us.begin() + static_cast<std::ptrdiff_t>(part * last);
  std::ranges::nth_element(latency_us, at);
  return *at / 1000.0;
}

Expected<void> check_plan(const Plan& plan) {
  if (plan.requests == 0 || plan.connections == 0 || plan.machines == 0) {
    return fail(ErrorCode::usage, "requests, connections and machines must be at least 1");
  }
  const auto at_once = plan.mode == Mode::storm ? plan.requests : plan.connections;
  const auto under_way = std::min<std::uint64_t>(at_once, plan.requests);
  if (under_way > plan.machines) {
    return fail(ErrorCode::usage, fmt::format("{} machines cannot have {} requests under way",
                                              plan.machines, under_way));
  }
  return {};
}

void tell(const Plan& plan, const Kept& kept) {
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto body = kept.body(i);
    const auto seen = scan_answer(body);
    const auto& asked = kept.at(i).asked;
    plan.told({.machine = asked.machine,
               .cmid = machine_identity(plan.seed, asked.machine).cmid,
               .nonce = asked.nonce,
               .activated = seen->activated,
               .count = seen->count,
               .activation = seen->activation,
               .ticket = seen->ticket});
  }
}

// As a JSON string. What the host said may hold anything.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte > 0x7E) {
        out += fmt::format("\\u{:04x}", byte);
      } else {
        out += c;
      }
    }
  }
  return out += '"';
}

}  // namespace

std::string_view name_of(Mode mode) { return kModes[static_cast<std::size_t>(mode)]; }

std::optional<Mode> mode_of(std::string_view name) {
  const auto at = std::ranges::find(kModes, name);
  if (at == std::end(kModes)) return std::nullopt;
  return static_cast<Mode>(at - std::begin(kModes));
}

Expected<Target> parse_target(std::string_view url) {
  const auto no = [&] {
    return fail(ErrorCode::usage, fmt::format("'{}': http://ADDRESS:PORT expected", url));
  };
  std::string_view rest = url;
  if (!rest.starts_with("http://")) return no();
  rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return no();
  Target out{std::string(rest.substr(0, colon)), 0};
  if (out.address == "localhost") out.address = "127.0.0.1";
  const auto port = rest.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size() || out.port == 0) return no();
  if (out.address.empty() || out.address.find_first_not_of("0123456789.") != std::string::npos)
    return no();
  return out;
}

Expected<Report> run(const Plan& plan, const wire::ProductFile& product, Clock& clock) {
  if (auto ok = check_plan(plan); !ok) return std::unexpected(ok.error());
  auto done = generate(plan, product, clock);
  if (!done) return std::unexpected(done.error());
  auto& report = done->report;
  const auto checked = check_kept(done->kept, plan.seed, product);
  report.verified += checked.verified;
  report.wrong += checked.wrong;
  if (report.first_wrong.empty()) report.first_wrong = checked.first_wrong;
  auto& latency = done->latency_us;
  report.p50_ms = percentile(latency, 0.5);
  report.p99_ms = percentile(latency, 0.99);
  report.p999_ms = percentile(latency, 0.999);
  report.worst_ms = percentile(latency, 1.0);
  if (plan.told) tell(plan, done->kept);
  return std::move(report);
}

std::string to_json(const Report& report, Mode mode) {
  return fmt::format(
      R"({{"mode":"{}","requests":{},"answers":{},"activated":{},"refused":{},"problems":{},)"
      R"("wrong":{},"lost":{},"verified":{},"host_gone":{},"seconds":{:.3f},"rate":{:.1f},)"
      R"("p50_ms":{:.3f},"p99_ms":{:.3f},"p999_ms":{:.3f},"worst_ms":{:.3f},"busy":{:.2f},)"
      R"("first_wrong":{}}})",
      name_of(mode), report.requests, report.answers, report.activated, report.refused,
      report.problems, report.wrong, report.lost, report.verified, report.host_gone, report.seconds,
      report.rate, report.p50_ms, report.p99_ms, report.p999_ms, report.worst_ms, report.busy,
      report.first_wrong.empty() ? "null" : quoted(report.first_wrong));
}

std::string to_text(const Report& report, Mode mode) {
  auto out = fmt::format(
      "{}: {:.0f} answers a second, {} in {:.2f} s\n"
      "  activated {}, refused by a rule {}, problems {}, wrong {}, lost {}\n"
      "  {} signatures checked\n"
      "  answered within {:.2f} ms (half), {:.2f} ms (99 %), {:.2f} ms (99.9 %), {:.2f} ms (all)\n"
      "  the generator used {:.0f} % of its core\n",
      name_of(mode), report.rate, report.activated + report.refused, report.seconds,
      report.activated, report.refused, report.problems, report.wrong, report.lost, report.verified,
      report.p50_ms, report.p99_ms, report.p999_ms, report.worst_ms, 100 * report.busy);
  if (report.host_gone) out += "  the host went away before the end\n";
  if (!report.first_wrong.empty()) out += fmt::format("  first: {}\n", report.first_wrong);
  return out;
}

}  // namespace muster::load

#include "host/metrics.h"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "service/admin_groups.h"

namespace muster::host {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  // Begins a family; samples follow.
  Families& counter(std::string name, std::string help) {
    return begin(std::move(name), std::move(help), MetricType::Counter);
  }
  Families& gauge(std::string name, std::string help) {
    return begin(std::move(name), std::move(help), MetricType::Gauge);
  }
  Families& histogram(std::string name, std::string help) {
    return begin(std::move(name), std::move(help), MetricType::Histogram);
  }
  template <class Number>
  Families& add(Number value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    auto& family = families_.back();
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        static_cast<double>(value);
    family.metric.push_back(std::move(metric));
    return *this;
  }
  void add(ClientMetric metric) { families_.back().metric.push_back(std::move(metric)); }
  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  Families& begin(std::string name, std::string help, MetricType type) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    return *this;
  }
  std::vector<MetricFamily> families_;
};

void add_requests(Families& out, const service::HostService& service, const UnitTimes& unit_times) {
  const auto& figures = service.figures();
  out.counter("muster_requests_total", "Activation requests answered, by how they ended.")
      .add(figures.activated.load(), {{"result", "activated"}});
  for (std::size_t i = 0; i < figures.refused.size(); ++i) {
    const auto code = service::HostService::Figures::kRefusals.at(i);
    out.add(figures.refused.at(i).load(), {{"result", std::string(entry(code).name)}});
  }
  out.counter("muster_evidence_total", "Counted requests by what their identity showed.");
  for (std::size_t i = 0; i < figures.evidence.size(); ++i) {
    const auto name =
        i == 0 ? std::string_view("none") : core::name_of(static_cast<core::Evidence>(i));
    out.add(figures.evidence.at(i).load(), {{"evidence", std::string(name)}});
  }
  out.counter("muster_unit_failures_total", "Units of work that could not be stored.")
      .add(figures.units_failed.load());
  out.counter("muster_unit_requests_total", "Requests decided in units of work.")
      .add(figures.unit_requests.load());
  out.gauge("muster_queued_requests", "Requests that wait for the next unit of work.")
      .add(service.queued());
  out.histogram("muster_unit_seconds", "Time that a unit of work took, from decision to durable.");
  const auto sample = unit_times.sample();
  ClientMetric metric;
  for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
    metric.histogram.sample_count += sample.buckets.at(i);
    if (i == UnitTimes::kBoundsMs.size()) break;  // +Inf is the count, which the serializer writes
    metric.histogram.bucket.push_back(
        {metric.histogram.sample_count, UnitTimes::kBoundsMs.at(i) / 1000.0});
  }
  metric.histogram.sample_sum = static_cast<double>(sample.sum_ms) / 1000.0;
  out.add(std::move(metric));
}

void add_groups(Families& out, const std::vector<service::GroupFacts>& groups) {
  const auto each = [&](auto value) {
    for (const auto& group : groups) {
      out.add(value(group), {{"vendor", group.key.vendor}, {"group", group.key.group}});
    }
  };
  using Facts = service::GroupFacts;
  out.gauge("muster_group_count", "Entries on the group's roll.");
  each([](const Facts& facts) { return facts.count; });
  out.gauge("muster_group_threshold", "Highest threshold that was presented in the group.");
  each([](const Facts& facts) { return facts.threshold; });
  out.gauge("muster_group_capacity", "Entries that the group's roll can hold.");
  each([](const Facts& facts) { return facts.capacity; });
  out.gauge("muster_group_active_machines", "Machines heard of within the retention.");
  each([](const Facts& facts) { return facts.active; });
  out.counter("muster_group_requests_total", "Understood requests since the database was made.");
  each([](const Facts& facts) { return facts.counters.requests; });
  out.counter("muster_group_failed_total", "Of these, requests that were not activated.");
  each([](const Facts& facts) { return facts.counters.failed; });
}

void add_products(Families& out, const std::vector<service::GroupFacts>& groups) {
  const auto each = [&](auto value) {
    for (const auto& group : groups) {
      for (const auto& product : group.products) {
        const std::optional<double> number = value(product);
        if (!number) continue;
        out.add(*number, {{"vendor", group.key.vendor}, {"product", product.key.product}});
      }
    }
  };
  using Product = service::ProductFacts;
  out.gauge("muster_host_key_expires_timestamp_seconds", "When the product's host key expires.");
  each([](const Product& product) {
    return static_cast<double>(product.key.expires.time_since_epoch().count());
  });
  out.gauge("muster_product_active_machines",
            "Machines that take a licensed place of the product.");
  each([](const Product& product) { return static_cast<double>(product.active); });
  out.gauge("muster_product_licensed", "Active machines that are paid for, where that is limited.");
  each([](const Product& product) -> std::optional<double> {
    if (!product.key.policy.licensed) return std::nullopt;
    return static_cast<double>(*product.key.policy.licensed);
  });
}

void add_maks(Families& out, const service::HostService& service) {
  const auto ring = service.maks();
  const auto each = [&](auto value) {
    for (const auto& entry : ring->all()) {
      const auto& mak = entry->mak;
      out.add(value(*entry),
              {{"vendor", mak.vendor_id}, {"product", mak.product}, {"mak", mak.id}});
    }
  };
  using Mak = service::InstalledMak;
  out.gauge("muster_mak_limit", "Machines that the multiple activation key allows.");
  each([](const Mak& entry) { return entry.mak.policy.limit; });
  out.gauge("muster_mak_remaining", "Places of the key that are left.");
  each([](const Mak& entry) {
    const auto used = entry.used.load();
    return entry.mak.policy.limit > used ? entry.mak.policy.limit - used : 0;
  });
  out.gauge("muster_mak_behind", "1 where the key waits to be reconciled and sells nothing.");
  each([](const Mak& entry) { return entry.behind ? 1 : 0; });
  const auto& figures = service.figures();
  out.counter("muster_mak_requests_total", "Requests by multiple activation keys, by their end.")
      .add(figures.mak_activated.load(), {{"result", "activated"}})
      .add(figures.mak_refused.load(), {{"result", "refused"}})
      .add(figures.mak_sent_away.load(), {{"result", "sent_away"}});
}

void add_listeners(Families& out, std::span<const ListenerFigures> listeners) {
  const auto each = [&](auto member) {
    for (const auto& listener : listeners) {
      out.add(listener.*member, {{"listener", std::string(listener.name)}});
    }
  };
  out.gauge("muster_connections", "Open connections.");
  each(&ListenerFigures::open);
  out.counter("muster_connections_accepted_total", "Connections that were accepted and served.");
  each(&ListenerFigures::accepted);
  out.counter("muster_connections_turned_away_total", "Connections over the limit.");
  each(&ListenerFigures::turned_away);
  out.counter("muster_bad_requests_total", "Requests that were no valid HTTP or over a limit.");
  each(&ListenerFigures::bad_requests);
  out.counter("muster_connections_timed_out_total", "Connections that were too slow.");
  each(&ListenerFigures::timed_out);
}

void add_dns(Families& out, const DnsFigures& dns) {
  out.gauge("muster_dns_published", "1 where the host's own record stands in DNS, as it knows.")
      .add(dns.published ? 1 : 0);
  out.counter("muster_dns_updates_total", "Updates of the host's own record, by their end.")
      .add(dns.done, {{"result", "done"}})
      .add(dns.failed, {{"result", "failed"}});
  if (!dns.last_done) return;
  out.gauge("muster_dns_last_update_timestamp_seconds", "When the last update was done.")
      .add(dns.last_done->time_since_epoch().count());
}

// The standard process_* metrics. Fields of /proc/self/stat stand behind the program's name, which
// may hold anything but ends with the last ")".
void add_process(Families& out) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto time = [](const timeval& value) {
    return static_cast<double>(value.tv_sec) + static_cast<double>(value.tv_usec) / 1e6;
  };
  out.counter("process_cpu_seconds_total", "CPU time of the process.")
      .add(time(usage.ru_utime) + time(usage.ru_stime));
  std::ifstream file("/proc/self/statm");
  long size = 0;
  long resident = 0;
  if (file >> size >> resident) {
    const auto page = ::sysconf(_SC_PAGESIZE);
    out.gauge("process_virtual_memory_bytes", "Virtual memory.").add(size * page);
    out.gauge("process_resident_memory_bytes", "Resident memory.").add(resident * page);
  }
  std::error_code failed;
  const auto descriptors = std::filesystem::directory_iterator("/proc/self/fd", failed);
  if (!failed) {
    out.gauge("process_open_fds", "Open file descriptors.")
        .add(std::distance(begin(descriptors), end(descriptors)));
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  out.gauge("process_max_fds", "Most file descriptors.").add(limit.rlim_cur);
}

}  // namespace

void UnitTimes::add(std::chrono::milliseconds took) {
  std::size_t at = 0;
  while (at < kBoundsMs.size() && took.count() > kBoundsMs.at(at)) ++at;
  buckets_.at(at).fetch_add(1, std::memory_order_relaxed);
  sum_ms_.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
}

UnitTimes::Sample UnitTimes::sample() const {
  Sample out;
  for (std::size_t i = 0; i < buckets_.size(); ++i) out.buckets.at(i) = buckets_.at(i).load();
  out.sum_ms = sum_ms_.load();
  return out;
}

Expected<std::string> metrics_text(service::HostService& service, std::string_view version,
                                   std::span<const ListenerFigures> listeners,
                                   const UnitTimes& unit_times,
                                   const std::optional<DnsFigures>& dns) {
  const auto groups = service::group_facts(service);
  if (!groups) return std::unexpected(groups.error());
  const auto head = service.store().chain_head();
  if (!head) return std::unexpected(head.error());
  const auto not_ready = service.not_ready();
  Families out;
  out.gauge("muster_build_info", "Always 1; the version is a label.")
      .add(1, {{"version", std::string(version)}});
  out.gauge("muster_ready", "1 where the host can store and its clock is trusted.")
      .add(not_ready ? 0 : 1);
  out.gauge("muster_clock_suspect", "1 where the clock waits for an administrator.")
      .add(not_ready && not_ready->code == ErrorCode::clock_suspect ? 1 : 0);
  out.gauge("muster_disk_free_ratio", "Free part of the store's disk.")
      .add(service.store().free_part());
  out.gauge("muster_log_sequence", "Number of the newest event.").add(head->seq);
  out.gauge("muster_log_checkpoint_sequence",
            "Number of the newest event under a signed checkpoint.")
      .add(head->checkpoint_seq);
  add_requests(out, service, unit_times);
  add_groups(out, *groups);
  add_products(out, *groups);
  add_maks(out, service);
  add_listeners(out, listeners);
  if (dns) add_dns(out, *dns);
  add_process(out);
  return out.text();
}

}  // namespace muster::host

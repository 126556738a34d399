// For tests of Client: one machine with a state directory, and one host that has seen 24 others.
#pragma once

#include <gmock/gmock.h>

#include <fstream>
#include <stdexcept>

#include "client/fakes.h"

namespace muster::client {

inline const std::string kHost = "http://host.example:8688";

template <class T>
T must(Expected<T> value) {
  if (!value) throw std::runtime_error(value.error().sentence());
  return std::move(*value);
}

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    network_.hosts[kHost] = host_.answers();
    host_.seen_before(24);
  }

  Client client() { return client_on(directory()); }
  Client client_on(const std::filesystem::path& directory, std::optional<std::string> set = {}) {
    return Client({directory, std::move(set)}, os_, clock_, random_, network_);
  }
  [[nodiscard]] std::filesystem::path directory() const { return temporary_.path() / "state"; }

  void install() {
    must(client().install(vendor_.product_file()));
    must(client().set_host(kHost));
  }
  ProductStatus status() { return must(client().status("acme-cad")).at(0); }
  ActivateResult activate() { return must(client().activate()); }
  void restart() { os_.boot_now.id.append("+"); }
  // The whole directory, as a snapshot has it.
  static void copy(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }
  void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(directory() / file) << text;
  }

  TemporaryDirectory temporary_;
  FakeOs os_;
  FakeClock clock_;
  SeededRandom random_{1};
  FakeNetwork network_;
  FakeVendor vendor_;
  FakeHost host_{vendor_, clock_};
};

}  // namespace muster::client

#include "cli/command.h"

#include <algorithm>

namespace muster::cli {

const Command* find_command(std::string_view path) {
  const auto table = command_table();
  const auto at = std::ranges::find(table, path, &Command::path);
  return at == table.end() ? nullptr : &*at;
}

Option json_option() {
  return {.name = "json", .kind = Kind::flag, .help = "print one JSON object for programs"};
}

Option state_option() {
  return {.name = "state",
          .kind = Kind::directory,
          .placeholder = "DIR",
          .help = "the client's state directory; without it /var/lib/muster/client"};
}

Option product_option() {
  return {.name = "product",
          .kind = Kind::id,
          .placeholder = "ID",
          .help = "which product; needed where several are installed"};
}

}  // namespace muster::cli

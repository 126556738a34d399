// The table of commands of muster-logs, in the place of table.cpp.
#include <array>

#include "cli/commands.h"

namespace muster::cli {

std::span<const Command> command_table() {
  static const std::array table = {logs_report_command(), logs_convert_command(),
                                   logs_shape_command()};
  return table;
}

std::string_view introduction() {
  return "muster-logs: why a KMS host's count stands where it stands, and when it falls\n\n"
         "Drop a host's log, or a folder of logs, on muster-logs.exe: report.html appears beside "
         "it.\n"
         "In a command prompt 'muster-logs report kms.evtx' does what is written here and in "
         "Muster's\n"
         "papers as 'muster logs report kms.evtx', and so for each of the commands.\n";
}

}  // namespace muster::cli

// Words for the one error of a disk that no call can return: a file that is mapped into memory,
// and can no longer be read. The host's database and event logs of Windows are read so.
#pragma once

namespace muster::cli {

// From now on such an error ends the process with prefix, fact and hint on the standard error and
// exit code 70, instead of a signal that says nothing. What ends the process by SIGBUS for another
// reason goes on doing so. For main, once.
void explain_bus_errors();

}  // namespace muster::cli

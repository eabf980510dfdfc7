// Threads do not come along into a forked process: what owns some asks here whether it is still in the process it was made
// in.
#pragma once

namespace boxwarp::python {

// Times that this process, or one that it came from, was forked off since the import.
int forks();

}  // namespace boxwarp::python

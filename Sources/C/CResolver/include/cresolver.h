#pragma once
// Code and not a shim: <resolv.h> in a module that Swift sees would claim the system's socket types for that module.

/// Asks the DNS for records, with a state of its own, so that threads do not meet in it. Returns the length of the
/// answer, which may be more than `capacity`, or -1 with the reason (`HOST_NOT_FOUND` …) in `reason`. At the server of
/// `port` on 127.0.0.1 if that is not 0, else as the system's files say. Blocks for 12 s at most, or as long as there are
/// servers that do not answer.
int tern_dns_query(
    const char *name, int type, unsigned char *answer, int capacity, unsigned short port, int *reason);

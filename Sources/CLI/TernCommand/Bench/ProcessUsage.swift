import Glibc

/// What this process has used so far.
struct ProcessUsage: Sendable {
    var user: Duration
    var system: Duration
    /// The most resident memory so far, in bytes.
    var peakMemory: Int64

    static var now: ProcessUsage {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return ProcessUsage(
            user: duration(usage.ru_utime), system: duration(usage.ru_stime), peakMemory: Int64(usage.ru_maxrss) * 1_024
        )
    }

    /// The time used since `before`, and the peak.
    func since(_ before: ProcessUsage) -> ProcessUsage {
        ProcessUsage(user: user - before.user, system: system - before.system, peakMemory: peakMemory)
    }

    private static func duration(_ time: timeval) -> Duration {
        .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec))
    }
}

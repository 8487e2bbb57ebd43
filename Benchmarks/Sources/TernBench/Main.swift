import CurlTransport
import Glibc
import TernCore

/// One measurement in a process of its own, printed as one line of `name=value` pairs. `run.py` makes the tables.
///
///     TernBench session|bare URL REQUESTS CONCURRENCY 1.1|2 curl|h2
///                                                               requests, all of the session or the transport alone
///     TernBench chain REQUESTS                                  the session's chain over a transport that does nothing
///     TernBench download URL                                    a streamed body to a slow reader
///     TernBench upload URL BYTES                                a streamed body to the server
///     TernBench queue URL REQUESTS                              all requests at once
///
/// The CA is read from the file that `CA` names.
@main struct Main {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("session", 6): try await Load(arguments).run(throughSession: true)
        case ("bare", 6): try await Load(arguments).run(throughSession: false)
        case ("chain", 2): try await Chain(requests: Int(arguments[1]) ?? 0).run()
        case ("download", 2): try await Bulk(url: arguments[1]).download()
        case ("upload", 3): try await Bulk(url: arguments[1]).upload(bytes: Int64(arguments[2]) ?? 0)
        case ("queue", 3): try await Bulk(url: arguments[1]).queue(requests: Int(arguments[2]) ?? 0)
        default: print("usage: see Main.swift")
        }
    }
}

/// What a process has used so far.
struct Usage {
    /// User and system time, seconds.
    let cpu: Double
    /// Seconds on the wall.
    let wall: Double

    init() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        cpu =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        wall = Double(SystemClock().now.nanoseconds) / 1e9
    }

    /// The most resident memory so far, in KiB (`VmHWM`).
    static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }
}

func trust() -> TLSOptions {
    var tls = TLSOptions()
    if let path = getenv("CA") { tls.trust = .file(String(cString: path)) }
    return tls
}

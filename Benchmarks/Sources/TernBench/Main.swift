import CurlTransport
import Glibc
import TernCore

/// One measurement in a process of its own, printed as one line of `name=value` pairs. `run.py` makes the tables.
///
///     TernBench session|bare URL REQUESTS CONCURRENCY 1.1|2 curl|h2
///                                                               requests, all of the session or the transport alone
///     TernBench chain REQUESTS                                  the session's chain over a transport that does nothing
///     TernBench latency URL REQUESTS                            one request after another, over NativeH2Transport
///     TernBench connect URL CONNECTIONS                         one request a connection, over NativeH2Transport
///     TernBench flood URL REQUESTS bare|session                 all requests at once, over NativeH2Transport
///     TernBench download URL curl|h2                            a streamed body to a slow reader
///     TernBench fetch URL curl|h2                               a streamed body to a fast reader
///     TernBench stall URL READERS                               streamed bodies that nobody reads
///     TernBench upload URL BYTES curl|h2                        a streamed body to the server
///     TernBench queue URL REQUESTS curl|h2                      all requests at once
///     TernBench choice|blackhole …                              AutomaticTransport: see Automatic.swift
///     TernBench h3 …                                            over QUICTransport: see H3.swift
///
/// The CA is read from the file that `CA` names.
@main struct Main {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("session", 6): try await Load(arguments).run(throughSession: true)
        case ("bare", 6): try await Load(arguments).run(throughSession: false)
        case ("chain", 2): try await Chain(requests: Int(arguments[1]) ?? 0).run()
        case ("latency", 3): try await Single(url: arguments[1]).latency(requests: count(arguments[2]))
        case ("connect", 3): try await Single(url: arguments[1]).connect(times: count(arguments[2]))
        case ("flood", 4):
            try await Single(url: arguments[1]).flood(requests: count(arguments[2]), bare: arguments[3] == "bare")
        case ("download", 3): try await bulk(arguments).download()
        case ("fetch", 3): try await bulk(arguments).fetch()
        case ("stall", 3): try await Bulk(url: arguments[1], isNative: true).stall(readers: count(arguments[2]))
        case ("upload", 4): try await bulk(arguments).upload(bytes: Int64(count(arguments[2])))
        case ("queue", 4): try await bulk(arguments).queue(requests: count(arguments[2]))
        case ("choice", _), ("blackhole", _): try await Automatic(words: arguments).run()
        case ("h3", _): try await H3(words: Array(arguments.dropFirst())).run()
        default: print("usage: see Main.swift")
        }
    }
}

private func count(_ text: String) -> Int { Int(text) ?? 0 }

private func bulk(_ arguments: [String]) -> Bulk { Bulk(url: arguments[1], isNative: arguments.last == "h2") }

/// What a process has used so far.
struct Usage {
    /// User and system time, seconds.
    let cpu: Double
    /// Seconds on the wall.
    let wall: Double
    /// The most resident memory so far, in KiB (`VmHWM`).
    let peakMemory: Int

    init() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        cpu =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        wall = Double(SystemClock().now.nanoseconds) / 1e9
        peakMemory = usage.ru_maxrss
    }
}

func trust() -> TLSOptions {
    var tls = TLSOptions()
    if let path = getenv("CA") { tls.trust = .file(String(cString: path)) }
    return tls
}

/// Resident memory now, in KiB.
func residentMemory() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 200)
    guard fgets(&line, 200, file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let words = text.split(separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) * 4 : 0
}

import ArgumentParser

/// `tern bench`: load from one process, and what it measured.
struct Bench: TakesCurlOptions, EndsWithCode {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Sends the same request many times over one session, and tells how fast and at what cost.",
        usage: "tern bench [-n REQUESTS | --duration SECONDS] [-c CONCURRENCY] [--connections NUMBER] "
            + "[options of tern] URL",
        discussion: """
            Tells requests a second, latency (p50, p90, p99, p99.9 and the longest), errors by kind, bytes, CPU of \
            this process for each request, and its peak memory. Options of tern URL say what is sent and how: -X, -H, \
            -d, --cacert, --http2, --transport.

            Ends with 0 when every request was answered, 1 when one failed, 2 for wrong options.

              tern bench -n 100000 -c 100 --http2 --transport h2 https://localhost:8443/1k
            """)

    static let ownOptions = [
        OwnOption("-n", "--requests"), OwnOption("--duration"), OwnOption("-c", "--concurrency"),
        OwnOption("--connections"), OwnOption("--report"),
    ]

    @Option(name: [.customShort("n"), .long], help: "Requests in all (1000, unless a duration is given).")
    var requests: Int?

    @Option(help: ArgumentHelp("Stop after so long.", valueName: "seconds"))
    var duration: Double?

    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp("Requests that are under way at once.", valueName: "number"))
    var concurrency = 10

    @Option(
        help: ArgumentHelp(
            "Connections at most: one for each request under way over HTTP/1.1, one in all over HTTP/2, unless given.",
            valueName: "number"))
    var connections: Int?

    @Option(help: ArgumentHelp("Tell in this form: json.", valueName: "form"))
    var report: String?

    var curl: [String] = []
    private(set) var exitCode: Int32 = 0

    private enum CodingKeys: String, CodingKey { case requests, duration, concurrency, connections, report }

    func validate() throws {
        for (name, value) in [("-n", requests), ("-c", concurrency), ("--connections", connections)] {
            if let value, value < 1 { throw ValidationError("\(name) takes a number from 1 on, not \(value)") }
        }
        if let duration, !(duration > 0 && duration < 1e9) {
            throw ValidationError("--duration takes seconds, not \(duration)")
        }
        if let report, report != "json" {
            throw ValidationError("--report: there is no '\(report)' report; json is one")
        }
    }

    mutating func run() async throws {
        let invocation = try SubcommandLine.invocation(curl)
        guard invocation.urls.count == 1, let url = invocation.urls.first else {
            throw UsageError("tern bench takes one URL, not \(invocation.urls.count)")
        }
        let load = BenchLoad(
            requests: requests ?? (duration == nil ? 1_000 : nil),
            duration: duration.map { .nanoseconds(Int64($0 * 1e9)) }, concurrency: concurrency,
            connections: connections)
        let bench = try await BenchRun(invocation, url, load)
        let result = try await ManyThreads.run { try await bench.run() }
        try Output.standard.write(report == nil ? Array(result.text.utf8) : result.json)
        exitCode = result.totals.errors.isEmpty ? 0 : 1
    }
}

import TestKit
import Testing

@testable import TernCommand

@Suite("tern bench", .requires(.nginx, .hypercorn))
struct BenchTests {
    private func run(_ arguments: String) async throws -> Command.Run {
        try await Command.run(Command.tern, ["bench"] + Line(arguments).words(Servers.shared()))
    }

    @Test("so many requests over so many connections, and what they cost")
    func requests() async throws {
        let run = try await run("-n 200 -c 8 -k --http1.1 --connections 4 {tls}/method")
        #expect(run.exit == .status(0), "\(run.error)")
        for text in [
            "GET https://localhost", "over HTTP/1.1, transport auto", "200 in ", "8 at a time", "requests/s", "p99.9 ",
            "statuses     200: 200", "errors       none", "600 B of bodies", "µs a request", "peak memory",
        ] { #expect(run.text.contains(text), "\(text) in \(run.text)") }
        #expect(!run.text.contains("\u{1B}") && run.error.isEmpty)
    }

    @Test("JSON, for a time, with a body, over one HTTP/2 connection", arguments: ["curl", "h2"])
    func report(_ transport: String) async throws {
        let run = try await run(
            "--duration 0.3 -c4 -k --http2 --transport \(transport) -X PUT -d hello --report json {tls}/echo")
        #expect(run.exit == .status(0), "\(run.error)")
        guard case .object(let members) = try JSONReader.value(of: Array(run.text.utf8)) else {
            throw TestKitError("no object: \(run.text)")
        }
        #expect(
            members.map(\.name) == [
                "request", "transport", "httpVersion", "concurrency", "connections", "requests", "seconds",
                "requestsPerSecond", "latencyMilliseconds", "statuses", "errors", "bytes", "cpuMicrosecondsPerRequest",
                "cpuSeconds", "peakMemoryBytes",
            ])
        #expect(members[1].value == .string(transport) && members[2].value == .string("2"))
        guard case .number(let requests) = members[5].value, case .number(let bytes) = members[11].value,
            let requests = Int(requests), let bytes = Int(bytes)
        else { throw TestKitError("no numbers: \(run.text)") }
        #expect(requests > 0 && bytes == requests * 5 && members[4].value == .number("1"))
    }

    @Test("errors are counted by kind, and end it with 1")
    func errors() async throws {
        let run = try await run("-n 5 -c 2 http://127.0.0.1:1/")
        #expect(run.exit == .status(1) && run.text.contains("connectionRefused: 5") && run.text.contains("first: GET"))
    }

    @Test(
        "wrong options",
        arguments: ["-n 0 {echo}", "-c x {echo}", "--duration -1 {echo}", "", "{echo} {echo}", "-T - {echo}"])
    func usage(_ arguments: String) async throws {
        let run = try await run(arguments)
        #expect(run.exit == .status(2) && run.error.hasPrefix("tern: (2) "), "\(run.error)")
        #expect(run.error.split(separator: "\n").count == 1, "\(run.error)")
    }

    @Test("figures for people")
    func figures() {
        #expect(Figures.grouped(1_234_567) == "1,234,567" && Figures.grouped(-100) == "-100")
        #expect(
            Figures.decimal(1.005, 1) == "1.0" && Figures.decimal(-0.25, 2) == "-0.25"
                && Figures.decimal(12.6, 0) == "13")
        #expect(
            Figures.time(1_500) == "1.5 µs" && Figures.time(2_500_000) == "2.50 ms"
                && Figures.time(3_000_000_000) == "3.00 s")
    }
}

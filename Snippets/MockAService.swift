// A service that does not exist, for the tests of code that talks to it.
import MockTransport
import TernCore

let clock = ManualClock()
let service = MockTransport(clock: clock) { sent in
    switch sent.request.url.path {
    case "/birds": .json(#"[{"name": "tern"}]"#)
    case "/slow": MockResponse(.ok, "at last", delay: .seconds(60))
    default: MockResponse(.notFound)
    }
}
let session = Session(transport: service).with { $0.clock = clock }

print(try await session.get("https://api.example/birds").text)

// A minute on the mock's clock is no time at all for the test.
async let late = session.get("https://api.example/slow", timeout: .seconds(5))
await clock.sleepers(1)
clock.advance(by: .seconds(5))
do { _ = try await late } catch let error as HTTPError { print(error.transportError?.code == .totalTimeout) }

print(service.sent.map(\.request.url.path))  // ["/birds", "/slow"]

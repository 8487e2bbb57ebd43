// Docs/Testing.md: code that talks HTTP, and its test, without a network.
import MockTransport
import TernCore

/// What is to be tested.
struct BirdService {
    let session: Session<MockTransport>

    func names() async throws -> String {
        try await session.get("https://api.example/birds").checkStatus().text
    }
    func add(_ name: String) async throws {
        _ = try await session.post("https://api.example/birds", .text(name)).checkStatus()
    }
}

// snippet.mock
let mock = MockTransport(expecting: [
    .get("/birds", gives: .json(#"["tern"]"#)),
    .post("/birds", where: { $0.text == "gull" }, gives: MockResponse(.created)),
])
let service = BirdService(session: Session(transport: mock))
// snippet.hide
print(try await service.names())
try await service.add("gull")
// snippet.verify
try mock.verify()  // throws what was missing, and what nobody expected
// snippet.hide

// snippet.faults
var plan = FaultPlan(seed: 7)
plan.refused = 0.2  // a fifth fails before anything is sent
plan.lost = 0.1  // a tenth is sent, and its answer lost
let flaky = Session(transport: FaultTransport(MockTransport { _ in .json("[]") }, plan))
// snippet.hide
var good = 0
for _ in 0..<50 where (try? await flaky.get("https://api.example/birds")) != nil { good += 1 }
print(good)

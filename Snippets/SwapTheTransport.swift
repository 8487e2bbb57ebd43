// The same code over any transport: the type is a parameter, or erased.
import CurlTransport
import MockTransport
import TernCore

func greeting<T: Transport>(_ session: Session<T>) async throws -> String {
    try await session.get("https://api.example/hello").checkStatus().text
}

let real = Session(owning: CurlTransport())
let mock = Session(transport: MockTransport { _ in MockResponse(.ok, "hello") })
let erased: [Session<AnyTransport>] = [
    Session(transport: AnyTransport(real.transport)), Session(transport: AnyTransport(mock.transport)),
]
print(try await greeting(mock), erased.count)
await real.close()

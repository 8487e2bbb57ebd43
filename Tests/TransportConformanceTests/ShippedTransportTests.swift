import CurlTransport
import NativeH2Transport
import TestServer
import Testing
import TransportConformance

/// The transports that ship with the library keep the rules.
@Suite("Conformance of the shipped transports")
struct ShippedTransportTests {
    static let native = ConformanceSubject("NativeH2Transport") { NativeH2Transport() }
    static let curl = ConformanceSubject("CurlTransport", gaps: KnownCurlGaps.all) { CurlTransport() }

    @Test("NativeH2Transport", arguments: native.checks)
    func native(_ check: ConformanceCheck) async throws { try await check.run() }

    @Test("CurlTransport", arguments: curl.checks)
    func curl(_ check: ConformanceCheck) async throws { try await check.run() }

    @Test("names of cases are not used twice")
    func names() {
        let names = ConformanceCase.all.map(\.name)
        #expect(Set(names).count == names.count)
    }
}

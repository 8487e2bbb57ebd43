import CurlTransport
import NativeH2Transport
import QUICTransport
import TestServer
import Testing
import TransportConformance

private enum Shipped {
    static let native = ConformanceSubject("NativeH2Transport") { NativeH2Transport() }
    static let quic = ConformanceSubject("QUICTransport") { QUICTransport() }
    static let curl = ConformanceSubject("CurlTransport", gaps: ConformanceSubject.gapsOfLibcurl) { CurlTransport() }
}

/// The transports that ship with the library keep the rules.
@Suite("Conformance of the shipped transports")
struct ShippedTransportTests {
    @Test("NativeH2Transport", arguments: Shipped.native.checks)
    func nativeConforms(_ check: ConformanceCheck) async throws { try await check.run() }

    @Test("QUICTransport", arguments: Shipped.quic.checks)
    func quicConforms(_ check: ConformanceCheck) async throws { try await check.run() }

    @Test("CurlTransport", arguments: Shipped.curl.checks)
    func curlConforms(_ check: ConformanceCheck) async throws { try await check.run() }

    @Test("names of cases are not used twice")
    func names() {
        let names = ConformanceCase.all.map(\.name)
        #expect(Set(names).count == names.count)
    }
}

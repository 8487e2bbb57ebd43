import CCurl
import Testing
import TransportCore

@testable import CurlTransport

@Suite("libcurl's codes")
struct ErrorTableTests {
    @Test("every code that this libcurl has is in the table, under its name")
    func total() {
        #expect(ErrorTable.rows.count >= Int(CURL_LAST.rawValue))
        #expect(ErrorTable.rows[Int(CURLE_OK.rawValue)].name == "CURLE_OK")
        #expect(ErrorTable.row(CURLE_HTTP2_STREAM).name == "CURLE_HTTP2_STREAM")
        #expect(ErrorTable.row(CURLE_UNRECOVERABLE_POLL).name == "CURLE_UNRECOVERABLE_POLL")
        #expect(Set(ErrorTable.rows.map(\.name)).count == ErrorTable.rows.count)
    }

    @Test("a code of a later libcurl is a failure of the library, and no trap")
    func later() {
        #expect(ErrorTable.row(CURLcode(rawValue: 4_000)).code == .libraryFailure)
    }

    @Test("what can only happen before anything is sent is in a phase before sending")
    func phases() {
        for row in [CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR].map(ErrorTable.row) {
            #expect([.resolve, .connect, .tls].contains(row.phase), "\(row.name)")
        }
    }
}

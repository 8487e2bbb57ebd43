import Foundation
import MockTransport
import TernCore
import Testing

/// httpx, test_json_without_specified_charset and test_json_with_specified_charset: JSON in encodings other than UTF-8.
@Suite("JSON in other encodings")
struct JSONEncodingTests {
    static let encodings: [(name: String, encoding: String.Encoding, mark: [UInt8])] = [
        ("utf-8", .utf8, []), ("utf-8", .utf8, [0xef, 0xbb, 0xbf]), ("utf-16", .utf16LittleEndian, [0xff, 0xfe]),
        ("utf-16be", .utf16BigEndian, []), ("utf-16le", .utf16LittleEndian, []),
        ("utf-32", .utf32LittleEndian, [0xff, 0xfe, 0, 0]), ("utf-32be", .utf32BigEndian, []),
        ("utf-32le", .utf32LittleEndian, []),
    ]

    @Test("is read with and without a charset", arguments: encodings)
    func json(name: String, encoding: String.Encoding, mark: [UInt8]) async throws {
        let data = try #require(#"{"greeting": "hello", "recipient": "wörld"}"#.data(using: encoding))
        for type in ["application/json", "application/json; charset=\(name)"] {
            let mock = MockTransport { _ in
                MockResponse(.ok, fields: [.contentType: type], steps: [.bytes(mark + Array(data))])
            }
            let value = try await Session(transport: mock).get("http://a.test/").json(as: [String: String].self)
            #expect(value == ["greeting": "hello", "recipient": "wörld"])
        }
    }
}

import Testing

@testable import Names

@Suite("URLs of random bytes")
struct RandomURLTests {
    /// Pieces that lead into every branch of the parser.
    private static let pieces = [
        "http://", "https://", "HTTP:", "/", "//", "?", "#", "@", ":", ":80", ":443", ":0", ":65536", "[", "]", "[::1]",
        "%", "%2e",
        "%zz", "..", ".", "/../", "/./", "a", "B.c", "xn--n3h", "1.2.3.4", "0x1", "ü", "。", "☃", " ", "\\", "\u{0}",
        "\n", "\u{7F}",
        "\u{202E}", "\u{301}", "<", "|", "+", "*", "_", "-", "localhost", "\u{10FFFF}",
    ]

    @Test(
        "no text traps, and what parses has a normal form that is a fixed point", arguments: [1, 2, 3, 4] as [UInt64])
    func pieces(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let base = try HTTPURL("https://u:p@a:8443/b/c?d#e")
        var parsed = 0
        for _ in 0..<4_000 {
            var text = Bool.random(using: &random) ? "http://a" : ""
            for _ in 0..<Int.random(in: 0..<9, using: &random) {
                text += Self.pieces.randomElement(using: &random) ?? ""
            }
            for url in [try? HTTPURL(text), try? base.resolving(text), try? base.appending(path: text)] {
                guard let url else { continue }
                parsed += 1
                try check(url)
            }
            check(try? HTTPURL(text, pathAsIs: true))
        }
        #expect(parsed > 1_000)
    }

    @Test("no bytes trap", arguments: [5, 6] as [UInt64])
    func bytes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<4_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for url in [try? HTTPURL(text), try? HTTPURL("http://a/" + text), try? HTTPURL("http://" + text)] {
                if let url { try check(url) }
            }
            _ = IPAddress(text)
            _ = AddressBlock(text)
            _ = FormEncoding.decode(text)
            _ = PercentEncoding.decode(text)
        }
    }

    private func check(_ url: HTTPURL) throws {
        let again = try HTTPURL(url.description)
        #expect(again == url)
        #expect(again.layout == url.layout)
        let slow = try HTTPURLParser.parse(url.description, pathAsIs: false)
        #expect(slow == url)
        #expect(slow.layout == url.layout, "the fast path and the parser agree")
        #expect(url.absoluteString.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        let query = url.query.map { "?\($0)" } ?? ""
        let fragment = url.fragment.map { "#\($0)" } ?? ""
        #expect("\(url.scheme)://\(url.authority)\(url.path)\(query)\(fragment)" == url.absoluteString)
        #expect(url.target == url.path + query)
        #expect((url.ipAddress != nil) == url.isIPLiteral)
    }

    private func check(_ url: HTTPURL?) {
        guard let url else { return }
        #expect(url.target.hasPrefix("/"))
    }
}

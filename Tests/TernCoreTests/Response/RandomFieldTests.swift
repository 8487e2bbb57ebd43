import Testing
import TransportCore

@testable import TernCore

/// Random numbers that are the same in every run (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("text that nobody would write")
struct RandomFieldTests {
    private static let pieces: [String] = [
        "<", ">", ";", ",", "=", "\"", "\\", "'", "*", "%", "%zz", "%41", "rel", "filename", "UTF-8", " ", "\t", "\r",
        "\n",
        "\0", "é", "😀", "a", "Z", "0", "9", "-", "/", ":", "[", "]", "::1", "10.0.0.0/8", ".", "..", "@", "#", "?",
        "http://", "TRUE", "FALSE", "#HttpOnly_", "{", "}", "999999999999999999999", "(", ")", "\u{202e}", "r", "t",
    ]

    @Test("every reader of fields, variables and files takes any text without a trap", arguments: 0..<8)
    func random(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let url = try HTTPURL("https://a.test/")
        for _ in 0..<400 {
            let count = Int.random(in: 0..<24, using: &generator)
            let text = (0..<count).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
            _ = Link.all(in: [text], base: url)
            _ = ContentDisposition(text)?.safeFilename
            _ = MediaType(text)?.description
            _ = RetryAfterField(text)?.wait(at: .min)
            _ = NoProxy(text).contains(url)
            _ = try? ProxyOptions(text)
            _ = CookieDate.parse(text)
            let fields: HTTPFields = [
                .retryAfter: text, .contentType: text, HTTPField.Name("RateLimit") ?? .from: text,
            ]
            _ = RateLimitFields.pause(.tooManyRequests, fields, at: 0)
            _ = MediaType(fields: fields)
            let cookies = MemoryCookies()
            cookies.store([text], from: url, at: 0)
            _ = try? cookies.load(text: Array(text.utf8), at: 0)
            _ = try? cookies.load(text: Array(text.utf8), format: .json, at: 0)
            // What is kept comes back from a file as it was.
            let other = MemoryCookies()
            try other.load(text: cookies.text(.json, at: 0), at: 0)
            #expect(other.all.map(\.value) == cookies.all.map(\.value))
            if !text.contains("\t") {
                let third = MemoryCookies()
                try third.load(text: cookies.text(.netscape, at: 0), at: 0)
                #expect(third.all.map(\.name) == cookies.all.map(\.name))
            }
        }
    }
}

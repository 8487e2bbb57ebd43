import Foundation
import Testing
import TransportCore

@testable import TernCore

/// The cases of the IETF's HTTP State Management working group (github.com/abarth/http-state), which web-platform-tests
/// use, too; the dates are Chromium's. Run where the environment names the folder.
@Suite(.enabled(if: CookieVectors.folder != nil, "the folder of public test vectors is not named by TERN_SUITES"))
struct CookieVectorTests {
    struct Case: Decodable {
        struct Pair: Decodable {
            var name: String
            var value: String
        }
        var test: String
        var received: [String]
        var sent: [Pair]
        var sentTo: String?
        enum CodingKeys: String, CodingKey { case test, received, sent, sentTo = "sent-to" }
    }

    /// Where the vectors differ from these rules, on purpose.
    static let differences = [
        "DISABLED_PATH0029": "percent-encoding is not undone before paths are compared (RFC 6265 §5.1.4)"
    ]

    @Test("the working group's cases give what they say")
    func parser() throws {
        let cases = try CookieVectors.read([Case].self, "parser.json")
        var failed: [String] = []
        for entry in cases {
            let cookies = MemoryCookies()
            let base = "http://home.example.org:8888"
            // The vectors hold dates in 2019 as the future.
            let then: Int64 = 1_300_000_000
            let from = try HTTPURL("\(base)/cookie-parser?\(entry.test.lowercased())")
            cookies.store(entry.received, from: from, at: then)
            let to = try HTTPURL(base + (entry.sentTo ?? "/cookie-parser-result?\(entry.test.lowercased())"))
            let value = cookies.fieldValue(for: Request(url: to), at: then) ?? ""
            let expected = entry.sent.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
            if value != expected { failed.append(entry.test) }
        }
        #expect(cases.count == 138)
        #expect(Set(failed) == Set(Self.differences.keys))
    }

    struct DateCase: Decodable {
        var test: String
        var expected: String?
    }

    @Test("cookie dates are read as they say", arguments: ["dates/examples.json", "dates/bsd-examples.json"])
    func dates(file: String) throws {
        let cases = try CookieVectors.read([DateCase].self, file)
        #expect(cases.count > 5)
        let form = DateFormatter()
        form.locale = Locale(identifier: "en_US_POSIX")
        form.timeZone = TimeZone(secondsFromGMT: 0)
        form.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for entry in cases {
            let read = CookieDate.parse(entry.test).map { form.string(from: Date(timeIntervalSince1970: Double($0))) }
            #expect(read == entry.expected, "\(entry.test)")
        }
    }
}

enum CookieVectors {
    static let folder = ProcessInfo.processInfo.environment["TERN_SUITES"].map { "\($0)/http-state/" }

    /// Reads a file of cases. Some hold comments, and tabs as they are.
    static func read<T: Decodable>(_ type: T.Type, _ file: String) throws -> T {
        let text = try String(contentsOfFile: try #require(folder) + file, encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("//") }
        let json = lines.joined(separator: "\n").replacing("\t", with: "\\t")
        return try JSONDecoder().decode(type, from: Data(json.utf8))
    }
}

import Foundation
import Testing

@testable import Names

/// The WHATWG URL cases of web-platform-tests (BSD-3). Tern refuses on purpose some of what browsers repair, and
/// never accepts what they refuse: the counts pin both.
@Suite("WHATWG vectors", .enabled(if: Suites.folder != nil, "TERN_SUITES names no folder of public vectors"))
struct WebPlatformTests {
    /// What the two make of one row.
    private enum Verdict: Hashable {
        case same
        case bothRefuse
        case weAccept
        case weRefuse(String)
        case other(String)
    }

    private struct Row {
        let input: String
        let base: HTTPURL?
        let href: String?

        /// Nil if the row is about another scheme.
        init?(_ any: Any) {
            guard let row = any as? [String: Any], let input = row["input"] as? String else { return nil }
            if let scheme = row["protocol"] as? String, scheme != "http:", scheme != "https:" { return nil }
            self.input = input
            if let base = row["base"] as? String {
                guard let url = try? HTTPURL(base) else { return nil }
                self.base = url
            } else {
                base = nil
            }
            href = row["failure"] == nil ? row["href"] as? String : nil
        }

        func parsed() throws(HTTPURLError) -> HTTPURL {
            guard let base else { return try HTTPURL(input) }
            return try base.resolving(input)
        }

        func verdict() -> Verdict {
            let ours: HTTPURL
            do throws(HTTPURLError) {
                ours = try parsed()
            } catch {
                return href == nil ? .bothRefuse : .weRefuse(name(of: error.reason))
            }
            guard let href else { return .weAccept }
            // What both accept differs in what is encoded; parsing their result gives our form of it.
            if let theirs = try? HTTPURL(href), theirs == ours { return .same }
            if input.contains("\\") { return .other("a backslash is encoded, not taken for a slash") }
            if input.lowercased().contains("%2e") { return .other("an encoded dot is kept, not taken for a dot") }
            if input.contains("'") { return .other("an apostrophe in a query is kept, as RFC 3986 allows") }
            return .other("\(input) gave \(ours), not \(href)")
        }

        private func name(of reason: HTTPURLError.Reason) -> String {
            switch reason {
            case .controlCharacter: "control characters are refused, not dropped or encoded"
            case .missingHost: "slashes after the scheme are two, no more, no fewer"
            case .invalidPort: "port 0"
            case .invalidUserinfo: "a second @"
            case .invalidHost(let why): why
            default: "\(reason)"
            }
        }
    }

    @Test("URLs: the rows differ where we say, and nowhere else")
    func urls() throws {
        let rows = try #require(Suites.json("wpt-url/urltestdata.json") as? [Any]).compactMap { Row($0) }
        var counts: [Verdict: Int] = [:]
        for row in rows { counts[row.verdict(), default: 0] += 1 }
        #expect(rows.count == 493)
        let expected: [Verdict: Int] = [
            .same: 158, .bothRefuse: 246,
            // Browsers strip or encode them; a program that has one in a URL has a fault or an attacker.
            .weRefuse("control characters are refused, not dropped or encoded"): 18,
            // "http:/a", "http:a" and "///a" mean three things to three parsers.
            .weRefuse("slashes after the scheme are two, no more, no fewer"): 31,
            .weRefuse("it ends in a number, and is no IPv4 address in dotted decimal"): 14,
            .weRefuse("a character that no host name holds"): 7,
            .weRefuse("an empty label"): 3,
            .weRefuse("a second @"): 3,
            .weRefuse("port 0"): 2,
            .other("a backslash is encoded, not taken for a slash"): 6,
            .other("an encoded dot is kept, not taken for a dot"): 4,
            .other("an apostrophe in a query is kept, as RFC 3986 allows"): 1,
        ]
        #expect(counts == expected)
    }

    @Test("what parses has a normal form that is a fixed point")
    func fixedPoint() throws {
        for row in try #require(Suites.json("wpt-url/urltestdata.json") as? [Any]).compactMap({ Row($0) }) {
            guard let url = try? row.parsed() else { continue }
            let again = try HTTPURL(url.description)
            #expect(again == url)
            #expect(again.layout == url.layout)
        }
    }

    @Test("host names: the rows differ where we say, and nowhere else")
    func toASCII() throws {
        var counts: [Verdict: Int] = [:]
        for case let row as [String: Any] in try #require(Suites.json("wpt-url/toascii.json") as? [Any]) {
            guard let input = row["input"] as? String else { continue }
            let expected = row["output"] as? String
            let verdict: Verdict
            do throws(HTTPURLError) {
                let host = try HTTPURL("http://\(input)/").host
                if host == expected {
                    verdict = .same
                } else {
                    verdict = expected == nil ? .weAccept : .other("\(input) gave \(host)")
                }
            } catch {
                if case .invalidHost(let why) = error.reason, expected != nil {
                    verdict = .weRefuse(why)
                } else {
                    verdict = expected == nil ? .bothRefuse : .other("\(error)")
                }
            }
            counts[verdict, default: 0] += 1
        }
        let agreed: [Verdict: Int] = [
            .same: 44, .bothRefuse: 19,
            // What DNS cannot carry, and browsers leave to DNS to find out.
            .weRefuse("an empty label"): 2,
            .weRefuse("a label longer than 63 bytes"): 2,
            .weRefuse("longer than 253 bytes"): 2,
            .weRefuse("a character that no host name holds"): 1,
            .weRefuse("IDNA refuses it: domain label longer than 63 characters"): 1,
            .weRefuse("IDNA refuses it: domain name longer than 255 characters"): 1,
            // IDNA 2008 is stricter than UTS 46 alone: no symbols, no hyphens at odd places of a U-label.
            .weRefuse("IDNA refuses it: string contains a disallowed character"): 8,
            .weRefuse("IDNA refuses it: string contains forbidden two hyphens pattern"): 2,
            .weRefuse("IDNA refuses it: string start/ends with forbidden hyphen"): 3,
            // The tables of libidn2 2.3.3 map U+1E9E to "ss", as UTS 46 did before its revision 31.
            .other("ẞ.com gave ss.com"): 1,
            .other("ẞ.foo.com gave ss.foo.com"): 1,
        ]
        #expect(counts == agreed)
    }
}

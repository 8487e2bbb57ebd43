import Foundation
import Testing

@testable import Names

@Suite("public suffixes")
struct PublicSuffixTests {
    @Test(
        "names that nobody can own are public suffixes",
        arguments: [
            ("com", true), ("co.uk", true), ("github.io", true), ("localhost", true), ("example.com", false),
            ("x.co.uk", false), ("com.", true), ("b.c.mm", false), ("c.mm", true), ("www.ck", false), ("uk.com", true),
        ])
    func suffixes(name: String, isSuffix: Bool) {
        #expect(PublicSuffixList.contains(name) == isSuffix)
    }

    /// publicsuffix/list, tests/test_psl.txt.
    @Test(
        "the list's own checks give what they say",
        .enabled(if: Suites.folder != nil, "the folder of public test vectors is not named by TERN_SUITES"))
    func checks() throws {
        let text = try String(contentsOfFile: "\(try #require(Suites.folder))/psl/test_psl.txt", encoding: .utf8)
        var count = 0
        for line in text.split(separator: "\n") {
            guard let match = line.wholeMatch(of: /checkPublicSuffix\('([^']*)', (?:null|'([^']*)')\);/) else {
                continue
            }
            count += 1
            // Names come to the list as URLs have them: lower case, A-labels. A dot in front makes none of a name.
            let name = String(match.output.1)
            let host = (try? HTTPURL("http://\(name)/"))?.host
            let expected = match.output.2.flatMap { try? HTTPURL("http://\($0)/").host }
            #expect(host.flatMap(PublicSuffixList.registrableDomain) == expected, "\(line)")
        }
        #expect(count == 77)
    }
}

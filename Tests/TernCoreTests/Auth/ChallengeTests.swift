import Testing

@testable import TernCore

/// RFC 9110 §11.6.1 and what real servers make of it.
@Suite struct ChallengeTests {
    static func told(_ values: [String]) -> [String] {
        Challenge.parse(values).map { challenge in
            let parameters = challenge.parameters.map { "\($0.name)=\($0.value)" }
            return ([challenge.scheme] + (challenge.token68.map { [$0] } ?? []) + parameters).joined(separator: "|")
        }
    }

    @Test(
        "challenges, parameters and token68 are told apart",
        arguments: [
            (["Basic realm=\"simple\""], ["Basic|realm=simple"]),
            // The example of RFC 9110 §11.6.1.
            (
                ["Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\""],
                ["Basic|realm=simple", "Newauth|realm=apps|type=1|title=Login to \"apps\""]
            ),
            (["Negotiate", "Basic realm=x"], ["Negotiate", "Basic|realm=x"]),
            (["Negotiate, Basic realm=x"], ["Negotiate", "Basic|realm=x"]),
            (["Negotiate a87421000492aa874209af8bc028"], ["Negotiate|a87421000492aa874209af8bc028"]),
            (["NTLM TlRMTVNT==, Basic realm=\"a, b\""], ["NTLM|TlRMTVNT==", "Basic|realm=a, b"]),
            (
                ["Digest realm = \"x\" ,\tnonce=\"y\", qop=\"auth, auth-int\""],
                ["Digest|realm=x|nonce=y|qop=auth, auth-int"]
            ),
            (["basic REALM=\"x\", Charset=UTF-8"], ["basic|realm=x|charset=UTF-8"]),
            ([",, Basic realm=\"x\" , ,Bearer,"], ["Basic|realm=x", "Bearer"]),
            (["Bearer realm=\"x\", error=\"invalid_token\""], ["Bearer|realm=x|error=invalid_token"]),
            (["Basic realm=\"\""], ["Basic|realm="]),
            (["Basic realm=a==\"", "Bearer"], ["Basic|realm=a", "Bearer"]),
        ])
    func parses(values: [String], expected: [String]) { #expect(Self.told(values) == expected) }

    @Test(
        "a challenge with no scheme, and what is no challenge at all, give nothing",
        arguments: [
            "", " ", ",,,", "realm=\"x\"", "realm=\"x\", nonce=\"y\"", "\"Basic\"", "\"Basic realm=x", "=", "@@@",
            "=x, \"a\"",
        ])
    func noScheme(value: String) { #expect(Challenge.parse([value]).isEmpty) }

    @Test("a parameter that comes twice counts the first time, and damage spares what follows")
    func damage() {
        #expect(Self.told(["Basic realm=\"a\", realm=\"b\""]) == ["Basic|realm=a"])
        #expect(
            Self.told(["Digest realm=\"a\", @, nonce=, opaque=\"o\", Basic realm=\"b"]) == [
                "Digest|realm=a|opaque=o", "Basic",
            ])
        #expect(Self.told(["realm=\"lost\", Basic realm=\"b\""]) == ["Basic|realm=b"])
    }

    @Test("schemes and names have no case; values keep theirs")
    func cases() {
        let challenge = Challenge.parse(["DIGEST Realm=\"Mixed Case\""]).first
        #expect(challenge?.isScheme("digest") == true)
        #expect(challenge?["REALM"] == "Mixed Case")
        #expect(challenge?.realm == "Mixed Case")
    }

    @Test("a challenge tells itself, and reads what it told")
    func description() {
        let challenge = Challenge(scheme: "Newauth", parameters: [.init("Realm", "a \"b\" \\c"), .init("x", "")])
        #expect(Challenge.parse([challenge.description]) == [challenge])
        #expect(Challenge.parse([Challenge(scheme: "A", token68: "b==").description]).first?.token68 == "b==")
    }

    @Test("a field of 100,000 challenges and one of 100,000 quotes are read in time")
    func long() {
        #expect(Challenge.parse([String(repeating: "A b=c,", count: 100_000)]).count == 100_000)
        #expect(Challenge.parse(["A b=" + String(repeating: "\"\",", count: 100_000)]).count == 1)
    }

    @Test("a field that is only parameters is a list of them (RFC 9110 §11.6.3)")
    func parameters() {
        let found = ChallengeParser.parameters("nextnonce=\"a,b\", qop=auth, ,rspauth=\"\"")
        #expect(found.map { "\($0.name)=\($0.value)" } == ["nextnonce=a,b", "qop=auth", "rspauth="])
    }
}

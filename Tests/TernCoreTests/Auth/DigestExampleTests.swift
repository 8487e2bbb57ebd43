import Testing

@testable import TernCore

/// The computation, against the examples of RFC 7616, RFC 2617 and RFC 2069.
@Suite struct DigestExampleTests {
    /// An answer with the nonces of an example.
    static func answer(
        _ challenge: String, user: String, password: String, method: String = "GET", target: String,
        clientNonce: String, protection: DigestChallenge.Protection? = .auth, contentHash: String? = nil
    ) throws -> DigestAnswer {
        let challenge = try #require(DigestChallenge.strongest(of: Challenge.parse([challenge])))
        return DigestAnswer(
            challenge: challenge, user: user,
            secret: try DigestAnswer.secret(challenge, user: user, password: password, clientNonce: clientNonce),
            count: 1, clientNonce: clientNonce, method: method, target: target, protection: protection,
            contentHash: contentHash)
    }

    static let mufasa = """
        realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", \
        opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
        """

    @Test(
        "RFC 7616 §3.9.1",
        arguments: [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ])
    func mufasa(algorithm: String, response: String) throws {
        let answer = try Self.answer(
            "Digest \(Self.mufasa), algorithm=\(algorithm)", user: "Mufasa", password: "Circle of Life",
            target: "/dir/index.html", clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
        #expect(try answer.response() == response)
        #expect(
            try answer.fieldValue() == """
                Digest username="Mufasa", realm="http-auth@example.org", \
                nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", \
                response="\(response)", algorithm=\(algorithm), \
                opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, \
                cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
                """)
    }

    static let doe = """
        Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, \
        nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", \
        opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8
        """

    static func doe(_ challenge: String) throws -> DigestAnswer {
        try answer(
            challenge, user: "J\u{e4}s\u{f8}n Doe", password: "Secret, or not?", target: "/doe.json",
            clientNonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v")
    }

    /// The RFC prints digests of SHA-512 cut short; erratum 4897 has those of SHA-512/256.
    @Test("RFC 7616 §3.9.2 with erratum 4897: SHA-512-256, userhash, UTF-8")
    func userhash() throws {
        let answer = try Self.doe("\(Self.doe), userhash=true")
        #expect(try answer.response() == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5")
        let value = try answer.fieldValue()
        #expect(value.contains("username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\""))
        #expect(value.contains("userhash=true"))
        #expect(!value.contains("username*"))
    }

    @Test("RFC 7616 §3.9.2 without userhash: the name as username*")
    func extendedUser() throws {
        let value = try Self.doe(Self.doe).fieldValue()
        #expect(value.hasPrefix("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm="))
        #expect(!value.contains("userhash"))
        #expect(value.contains("3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"))
    }

    @Test("RFC 2617 §3.5")
    func rfc2617() throws {
        let answer = try Self.answer(
            """
            Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", \
            opaque="5ccc069c403ebaf9f0171e9517f40e41"
            """, user: "Mufasa", password: "Circle Of Life", target: "/dir/index.html", clientNonce: "0a4f113b")
        #expect(try answer.response() == "6629fae49393a05397450978507c4ef1")
        #expect(try !answer.fieldValue().contains("algorithm"))
    }

    @Test("RFC 2069 §2.4: a server that offers no qop gets neither count nor client nonce")
    func rfc2069() throws {
        // The RFC's own response is a misprint (erratum 749); this is the digest of its inputs.
        let answer = try Self.answer(
            """
            Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", \
            opaque="5ccc069c403ebaf9f0171e9517f40e41"
            """, user: "Mufasa", password: "CircleOfLife", target: "/dir/index.html", clientNonce: "x",
            protection: nil)
        #expect(try answer.response() == "1949323746fe6a43ef61f9606e7febea")
        let value = try answer.fieldValue()
        #expect(!value.contains("nc=") && !value.contains("cnonce=") && !value.contains("qop="))
    }

    /// Made with Python's hashlib from RFC 7616 §3.4.2 and §3.4.3.
    @Test(
        "-sess mixes the nonces in, auth-int the content",
        arguments: [
            ("MD5-sess", DigestChallenge.Protection.auth, "e783283f46242139c486a698fec7211d"),
            ("SHA-256-sess", .auth, "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"),
            ("SHA-512-256-sess", .auth, "3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e"),
            ("MD5", .authInt, "6da05d42fad3fdb2d8d4680beb9e610d"),
            ("SHA-256", .authInt, "40e1f9357e39460d8edc02746afe08e39c14908735cdc57c909964fb3eeb4db0"),
        ])
    func kinds(algorithm: String, protection: DigestChallenge.Protection, response: String) throws {
        let answer = try Self.answer(
            "Digest \(Self.mufasa), algorithm=\(algorithm)", user: "Mufasa", password: "Circle of Life",
            target: "/dir/index.html", clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            protection: protection, contentHash: "contenthash")
        #expect(try answer.response() == response)
        #expect(try answer.fieldValue().contains("algorithm=\(algorithm)"))
        #expect(try answer.fieldValue().contains("qop=\(protection.rawValue)"))
    }

    @Test("quotes and backslashes in names are escaped in the field, and hashed as they are")
    func quotes() throws {
        let answer = try Self.answer(
            #"Digest realm="a \"b\" \\c", nonce="n", qop=auth"#, user: #"back\slash "q""#, password: "p", target: "/",
            clientNonce: "c")
        let value = try answer.fieldValue()
        #expect(value.contains(#"username="back\\slash \"q\"""#))
        #expect(value.contains(#"realm="a \"b\" \\c""#))
        #expect(answer.challenge.realm == #"a "b" \c"#)
    }

    @Test("to a server that does not say UTF-8 a name goes as it is")
    func plainUser() throws {
        let answer = try Self.answer(
            "Digest realm=x, nonce=n, qop=auth", user: "J\u{e4}s\u{f8}n", password: "p", target: "/", clientNonce: "c")
        #expect(try answer.fieldValue().hasPrefix("Digest username=\"J\u{e4}s\u{f8}n\""))
    }
}

internal import Digests

/// A Digest challenge that can be answered (RFC 7616 §3.3).
struct DigestChallenge: Sendable, Hashable {
    /// How a response is protected.
    enum Protection: String, Sendable, Hashable {
        /// The request line.
        case auth
        /// The request line and the content.
        case authInt = "auth-int"
    }

    let realm: String
    var nonce: String
    let opaque: String?
    let algorithm: DigestAlgorithm
    /// Whether the secret is mixed with the first nonces, once for a session (§3.4.2: the `-sess` kinds).
    let isSession: Bool
    /// As it was written, to be given back; `nil` if there was none, which means MD5.
    let algorithmName: String?
    /// What is offered; `nil` for a server from before RFC 2617, which knows no counts.
    let protections: Set<Protection>?
    /// The nonce that was used is too old; the password was right.
    let isStale: Bool
    /// Whether the user's name is sent as a hash (§3.4.4).
    let hashesUser: Bool
    /// Whether the server reads names and passwords as UTF-8 (§4).
    let isUTF8: Bool
    /// Where else the same answer is good; empty for everywhere on the server.
    let domain: [String]

    /// `nil` if `challenge` is of another scheme, or cannot be answered: no nonce, an unknown algorithm, or nothing
    /// but unknown kinds of protection.
    init?(_ challenge: Challenge) {
        guard challenge.isScheme("Digest"), let nonce = challenge["nonce"] else { return nil }
        algorithmName = challenge["algorithm"]
        var name = algorithmName?.lowercased() ?? "md5"
        isSession = name.hasSuffix("-sess")
        if isSession { name.removeLast("-sess".count) }
        guard let known = DigestAlgorithm.allCases.first(where: { $0.rawValue.lowercased() == name }) else {
            return nil
        }
        algorithm = known
        if let list = challenge["qop"] {
            let offered = Set(Self.words(list.lowercased()).compactMap(Protection.init))
            guard !offered.isEmpty else { return nil }
            protections = offered
        } else {
            protections = nil
        }
        realm = challenge.realm ?? ""
        self.nonce = nonce
        opaque = challenge["opaque"]
        isStale = challenge["stale"]?.lowercased() == "true"
        hashesUser = challenge["userhash"]?.lowercased() == "true"
        isUTF8 = challenge["charset"]?.lowercased() == "utf-8"
        domain = Self.words(challenge["domain"] ?? "")
    }

    /// The one to answer: that with the strongest algorithm, the first of several alike. A weaker one beside it is
    /// never taken.
    static func strongest(of challenges: [Challenge]) -> DigestChallenge? {
        challenges.compactMap { DigestChallenge($0) }.reduce(nil) { best, next in
            guard let best, next.algorithm <= best.algorithm else { return next }
            return best
        }
    }

    /// Lists of `qop` stand with commas, with spaces, or both; those of `domain` with spaces.
    private static func words(_ list: String) -> [String] {
        list.split { $0 == "," || $0 == " " || $0 == "\t" }.map(String.init)
    }
}

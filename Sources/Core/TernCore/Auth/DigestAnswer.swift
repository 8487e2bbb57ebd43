internal import Digests

/// The answer to a Digest challenge: the computation of RFC 7616 §3.4, without any state.
struct DigestAnswer {
    let challenge: DigestChallenge
    let user: String
    /// `H(user:realm:password)`, or that of the session (§3.4.2).
    let secret: String
    /// How often the nonce has been used, this time included.
    let count: UInt32
    let clientNonce: String
    let method: String
    /// The request target, as it is sent.
    let target: String
    let protection: DigestChallenge.Protection?
    /// `H(content)`, for ``DigestChallenge/Protection/authInt``.
    let contentHash: String?

    /// `H(A1)` (§3.4.2).
    static func secret(
        _ challenge: DigestChallenge, user: String, password: String, clientNonce: String
    ) throws(DigestError) -> String {
        let plain = try MessageDigest.hex(of: "\(user):\(challenge.realm):\(password)", challenge.algorithm)
        guard challenge.isSession else { return plain }
        return try MessageDigest.hex(of: "\(plain):\(challenge.nonce):\(clientNonce)", challenge.algorithm)
    }

    /// The value of the `Authorization` field.
    func fieldValue() throws(DigestError) -> String {
        var parts = [try userPart()]
        parts.append("realm=\(QuotedText.quoted(challenge.realm))")
        parts.append("nonce=\(QuotedText.quoted(challenge.nonce))")
        parts.append("uri=\(QuotedText.quoted(target))")
        parts.append("response=\"\(try response())\"")
        // Neither algorithm nor qop nor nc stands in quotes (§3.4).
        if let name = challenge.algorithmName { parts.append("algorithm=\(name)") }
        if let opaque = challenge.opaque { parts.append("opaque=\(QuotedText.quoted(opaque))") }
        if let protection { parts.append("qop=\(protection.rawValue)") }
        if protection != nil { parts.append("nc=\(countText)") }
        if protection != nil || challenge.isSession { parts.append("cnonce=\(QuotedText.quoted(clientNonce))") }
        if challenge.hashesUser { parts.append("userhash=true") }
        return "Digest " + parts.joined(separator: ", ")
    }

    /// The proof itself (§3.4.1).
    func response() throws(DigestError) -> String {
        var request = "\(method):\(target)"
        if protection == .authInt { request += ":\(contentHash ?? "")" }
        let hash = try MessageDigest.hex(of: request, challenge.algorithm)
        guard let protection else {
            return try MessageDigest.hex(of: "\(secret):\(challenge.nonce):\(hash)", challenge.algorithm)
        }
        let numbers = "\(challenge.nonce):\(countText):\(clientNonce):\(protection.rawValue)"
        return try MessageDigest.hex(of: "\(secret):\(numbers):\(hash)", challenge.algorithm)
    }

    /// `username`, hashed if the server wants that (§3.4.4); `username*` for what only UTF-8 can say, to a server
    /// that understands UTF-8.
    private func userPart() throws(DigestError) -> String {
        if challenge.hashesUser {
            return "username=\"\(try MessageDigest.hex(of: "\(user):\(challenge.realm)", challenge.algorithm))\""
        }
        guard challenge.isUTF8, !user.utf8.allSatisfy({ $0 < 0x80 }) else {
            return "username=\(QuotedText.quoted(user))"
        }
        return "username*=\(ExtendedText.encode(user))"
    }

    private var countText: String {
        let digits = String(count, radix: 16)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}

/// Text in parameters beyond ASCII (RFC 8187 §3.2).
enum ExtendedText {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: String) -> String {
        var encoded = Array("UTF-8''".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: encoded.append(byte)
            case _ where "!#$&+-.^_`|~".utf8.contains(byte): encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xf)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

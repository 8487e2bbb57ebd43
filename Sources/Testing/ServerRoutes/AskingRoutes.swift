import Digests
import TestServer

/// Routes that ask who is there (RFC 9110 §11).
extension Routes {
    static let asking: [Route] = [
        Route("/basic-auth/USER/PASSWORD: asks for Basic credentials") { visit in
            isBasic(visit) ? welcome(visit) : refused("Basic realm=\"tern\", charset=\"UTF-8\"")
        },
        Route("/hidden-basic-auth/USER/PASSWORD: the same, and answers 404 to others") { visit in
            isBasic(visit) ? welcome(visit) : .status(.notFound)
        },
        Route("/bearer: asks for a token; any will do") { visit in
            guard let value = visit.request.fields[.authorization], value.lowercased().hasPrefix("bearer ") else {
                return refused("Bearer realm=\"tern\"")
            }
            return json([("authenticated", .flag(true)), ("token", .text(String(value.dropFirst(7))))])
        },
        Route("/digest-auth/QOP/USER/PASSWORD/ALGORITHM: asks for Digest credentials: MD5, SHA-256, SHA-512-256") {
            digest($0)
        },
    ]

    private static func refused(_ challenge: String) -> TestServer.Reply {
        .status(.unauthorized, fields: [.wwwAuthenticate: challenge])
    }

    private static func welcome(_ visit: Visit, user index: Int = 1) -> TestServer.Reply {
        json([("authenticated", .flag(true)), ("user", .text(visit.parts.count > index ? visit.parts[index] : ""))])
    }

    private static func isBasic(_ visit: Visit) -> Bool {
        guard visit.parts.count >= 3, let value = visit.request.fields[.authorization],
            value.lowercased().hasPrefix("basic "), let bytes = Base64Text.decode(value.dropFirst(6))
        else { return false }
        return bytes == Array("\(visit.parts[1]):\(visit.parts[2])".utf8)
    }

    // MARK: Digest (RFC 7616)

    private static func digest(_ visit: Visit) -> TestServer.Reply {
        guard visit.parts.count >= 4 else {
            return .text("/digest-auth needs QOP/USER/PASSWORD\n", .badRequest)
        }
        let name = visit.parts.count > 4 ? visit.parts[4].uppercased() : "MD5"
        guard let algorithm = algorithms[name.hasSuffix("-SESS") ? String(name.dropLast(5)) : name] else {
            return .text("/digest-auth knows MD5, SHA-256 and SHA-512-256, each with -sess\n", .badRequest)
        }
        let qop = ["auth", "auth-int"].contains(visit.parts[1]) ? visit.parts[1] : "auth"
        return [
            .receive,
            .then { request in
                if let value = request.fields[.authorization], value.lowercased().hasPrefix("digest "),
                    isDigest(DigestFields(value.dropFirst(7)), visit, request, name, algorithm)
                {
                    return welcome(visit, user: 2).steps
                }
                // A nonce that tells when it was made is more than a test needs; it must differ, that is all.
                let nonce = (try? MessageDigest.hex(of: "\(request.number).\(request.connection)", .md5)) ?? "tern"
                return refused(
                    "Digest realm=\"tern\", nonce=\"\(nonce)\", qop=\"\(qop)\", opaque=\"bird\", "
                        + "algorithm=\(name), stale=FALSE"
                ).steps
            },
        ]
    }

    private static let algorithms: [String: DigestAlgorithm] = [
        "MD5": .md5, "SHA-256": .sha256, "SHA-512-256": .sha512_256,
    ]

    private static func isDigest(
        _ given: DigestFields, _ visit: Visit, _ request: TestServer.RecordedExchange, _ name: String,
        _ algorithm: DigestAlgorithm
    ) -> Bool {
        func hash(_ text: String) -> String { (try? MessageDigest.hex(of: text, algorithm)) ?? "" }
        let (user, password) = (visit.parts[2], visit.parts[3])
        guard given["username"] == user, given["realm"] == "tern", let nonce = given["nonce"],
            let uri = given["uri"], uri == request.target, let response = given["response"]
        else { return false }
        let count = given["nc"] ?? ""
        let own = given["cnonce"] ?? ""
        let qop = given["qop"]
        var first = hash("\(user):tern:\(password)")
        if name.hasSuffix("-SESS") { first = hash("\(first):\(nonce):\(own)") }
        var second = "\(request.method.rawValue):\(uri)"
        if qop == "auth-int" {
            second += ":" + Hexadecimal.encode((try? MessageDigest.of(request.body, algorithm)) ?? [])
        }
        let middle = qop.map { "\(nonce):\(count):\(own):\($0)" } ?? nonce
        return response == hash("\(first):\(middle):\(hash(second))")
    }
}

/// The parameters of Digest credentials.
private struct DigestFields {
    private var values: [String: String] = [:]

    init(_ text: Substring) {
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].drop { $0 == " " || $0 == "," }.lowercased()
            rest = rest[rest.index(after: equals)...]
            if rest.first == "\"" {
                rest = rest.dropFirst()
                let value = rest.prefix { $0 != "\"" }
                values[name] = String(value)
                rest = rest[value.endIndex...].dropFirst()
            } else {
                let value = rest.prefix { $0 != "," }
                values[name] = value.filter { $0 != " " }
                rest = rest[value.endIndex...]
            }
        }
    }

    subscript(name: String) -> String? { values[name] }
}

/// Base64 (RFC 4648 §4).
enum Base64Text {
    static func decode(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits = 0
        var word: UInt32 = 0
        for character in text.utf8 where character != 0x3D {
            let digit: UInt8
            switch character {
            case 0x41...0x5A: digit = character - 0x41
            case 0x61...0x7A: digit = character - 0x61 + 26
            case 0x30...0x39: digit = character - 0x30 + 52
            case 0x2B: digit = 62
            case 0x2F: digit = 63
            default: return nil
            }
            word = word << 6 | UInt32(digit)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return bytes
    }
}

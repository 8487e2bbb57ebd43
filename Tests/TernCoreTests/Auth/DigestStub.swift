import Digests
import MockTransport
import Synchronization
import TransportCore

@testable import TernCore

/// The server's side of RFC 7616, as strict as the RFC allows: each count of a nonce is taken once, in any order.
final class DigestStub: Sendable {
    private let algorithm: String
    private let quality: String
    private let offered: String
    private let user: String
    private let hashesUser: Bool
    private let domain: String?
    private let usesOfNonce: Int
    private let givesNextNonce: Bool
    private let isProxy: Bool
    /// Why it did not let somebody in.
    let complaints = Log<String>()

    private struct State {
        var nonces: [String: Set<Int>] = [:]
        var made = 0
    }
    private let state = Mutex(State())

    init(
        algorithm: String = "MD5", quality: String = "auth", offered: String? = nil, user: String = "tern",
        hashesUser: Bool = false, domain: String? = nil, usesOfNonce: Int = .max, givesNextNonce: Bool = false,
        isProxy: Bool = false
    ) {
        self.algorithm = algorithm
        self.quality = quality
        self.offered = offered ?? quality
        self.user = user
        self.hashesUser = hashesUser
        self.domain = domain
        self.usesOfNonce = usesOfNonce
        self.givesNextNonce = givesNextNonce
        self.isProxy = isProxy
    }

    func forgetNonces() { state.withLock { $0.nonces = [:] } }

    func answer(_ sent: SentExchange) -> MockResponse {
        let field = isProxy ? HTTPField.Name.proxyAuthorization : .authorization
        let request = sent.request
        let target = isProxy ? "http://\(request.url.authority)\(request.target)" : request.target
        switch check(request.fields[field], request.method.rawValue, target, sent.body) {
        case .success:
            guard givesNextNonce else { return MockResponse(.ok, "in") }
            return MockResponse(.ok, fields: [.authenticationInfo: "nextnonce=\"\(newNonce())\""], "in")
        case .failure(let fields):
            return MockResponse(isProxy ? .proxyAuthenticationRequired : .unauthorized, fields: fields.fields)
        }
    }

    struct Refusal: Error { let fields: HTTPFields }

    /// Whether `value` proves who asks; the fields of the challenge if not.
    func check(_ value: String?, _ method: String, _ target: String, _ body: [UInt8]) -> Result<Void, Refusal> {
        let reason = fault(value, method, target, body)
        guard let reason else { return .success(()) }
        complaints.add(reason)
        var challenge =
            "Digest realm=\"the, \\\"realm\\\"\", nonce=\"\(newNonce())\", qop=\"\(offered)\", opaque=\"o=\""
        challenge += ", algorithm=\(algorithm), charset=UTF-8"
        if hashesUser { challenge += ", userhash=true" }
        if let domain { challenge += ", domain=\"\(domain)\"" }
        if reason == "stale" { challenge += ", stale=TRUE" }
        return .failure(Refusal(fields: [isProxy ? .proxyAuthenticate : .wwwAuthenticate: challenge]))
    }

    private func newNonce() -> String {
        state.withLock { state in
            state.made += 1
            state.nonces["nonce\(state.made)"] = []
            return "nonce\(state.made)"
        }
    }

    private func fault(_ value: String?, _ method: String, _ target: String, _ body: [UInt8]) -> String? {
        guard let value else { return "no credentials" }
        guard let given = Challenge.parse([value]).first, given.isScheme("Digest") else { return "not Digest" }
        guard let nonce = given["nonce"], let count = given["nc"].flatMap({ Int($0, radix: 16) }),
            given["nc"]?.count == 8
        else { return "no nonce or count" }
        let used = state.withLock { state -> Set<Int>? in
            defer { state.nonces[nonce]?.insert(count) }
            return state.nonces[nonce]
        }
        guard let used else { return "an unknown nonce" }
        guard !used.contains(count) else { return "the count \(count) came again" }
        guard used.count < usesOfNonce else { return "stale" }
        let hash = DigestAlgorithm(rawValue: algorithm.replacing("-sess", with: "")) ?? .md5
        func hex(_ text: String) -> String { (try? MessageDigest.hex(of: text, hash)) ?? "?" }
        let realm = "the, \"realm\""
        let name = given["username*"].map { $0 == ExtendedText.encode(user) ? user : $0 } ?? given["username"] ?? ""
        guard name == (hashesUser ? hex("\(user):\(realm)") : user) else { return "the user \(name)" }
        guard given["realm"] == realm, given["opaque"] == "o=", given["algorithm"] == algorithm,
            given["uri"] == target, given["qop"] == quality, (given["userhash"] == "true") == hashesUser
        else { return "a parameter in \(value)" }
        var secret = hex("\(user):\(realm):secret")
        if algorithm.hasSuffix("-sess") { secret = hex("\(secret):\(nonce):\(given["cnonce"] ?? "")") }
        var asked = "\(method):\(target)"
        if quality == "auth-int" {
            asked += ":" + Hexadecimal.encode((try? MessageDigest.of(body, hash)) ?? [])
        }
        let numbers = "\(nonce):\(given["nc"] ?? ""):\(given["cnonce"] ?? "")"
        return given["response"] == hex("\(secret):\(numbers):\(quality):\(hex(asked))") ? nil : "the response"
    }
}

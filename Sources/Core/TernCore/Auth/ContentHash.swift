internal import Digests
import FileIO

/// The hash of a request's content, for `qop=auth-int` (RFC 7616 §3.4.3).
enum ContentHash {
    /// Reads all of `body`, which must be replayable: it is read again when it is sent.
    static func hex(of body: RequestBody, _ algorithm: DigestAlgorithm) async throws -> String {
        var reader: any BodyReader
        switch body {
        case .empty: return Hexadecimal.encode(try MessageDigest.of([], algorithm))
        case .bytes(let bytes): return Hexadecimal.encode(try MessageDigest.of(bytes, algorithm))
        case .file(let slice): reader = FileReader(slice)
        case .stream(let stream): reader = try await stream.open()
        }
        var digest = try MessageDigest(algorithm)
        while let chunk = try await reader.next() { try digest.update(chunk) }
        return Hexadecimal.encode(try digest.finish())
    }
}

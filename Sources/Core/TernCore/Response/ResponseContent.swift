public import FoundationEssentials

extension Response {
    /// The content as text. The charset is the one that `Content-Type` names; else that of a byte order mark; else
    /// UTF-8 for JSON (RFC 8259 §8.1); else UTF-8 if the bytes are valid UTF-8; else windows-1252. What is invalid in
    /// the charset becomes U+FFFD. Decoded anew each time.
    public var text: String { Charset.text(of: bytes, type: MediaType(fields: headers)) }

    /// The content, which must be JSON (RFC 8259), as a value. Says where in the JSON it does not fit:
    /// ``HTTPError/Kind/decoding(_:)`` with a ``JSONFailure``.
    public func json<Value: Decodable>(
        as type: Value.Type = Value.self, decoder: JSONDecoder = JSONDecoder()
    ) throws(HTTPError) -> Value {
        do {
            return try decoder.decode(type, from: Data(unmarked))
        } catch {
            throw failure(.decoding(JSONFailure(decoding: error, type)))
        }
    }

    /// The bytes as UTF-8 if a byte order mark names another encoding: the decoder does not know all of them.
    private var unmarked: [UInt8] {
        guard let (charset, _) = Charset.marked(bytes), charset != .utf8 else { return bytes }
        return Array(charset.decode(bytes).utf8)
    }
}

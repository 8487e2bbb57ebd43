import CResolver
import TransportCore

/// Asks the DNS, by the system's files, for records of any type. Blocks, for six seconds if it must.
enum RecordLookup {
    /// Bytes of the longest message (RFC 1035 §4.2.2).
    private static let longest = 65_535

    /// The answer as a message; at the server of `port` on loopback if there is one given.
    static func system(_ question: RecordQuestion, port: UInt16 = 0) throws(ResolveError) -> [UInt8] {
        let name = question.name
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw ResolveError(.notFound, message: "\(name.debugDescription) is not a name in the DNS")
        }
        var reason: Int32 = 0
        let message = unsafe [UInt8](unsafeUninitializedCapacity: longest) { buffer, count in
            let length = unsafe tern_dns_query(
                name, Int32(question.type), buffer.baseAddress, Int32(buffer.count), port, &reason)
            count = min(max(0, Int(length)), buffer.count)
        }
        guard !message.isEmpty else {
            // netdb.h: HOST_NOT_FOUND, TRY_AGAIN, NO_RECOVERY, NO_DATA.
            let isUnknown = reason == 1 || reason == 4
            throw ResolveError(
                isUnknown ? .notFound : .unavailable,
                message: "asking the DNS for records of type \(question.type) at \(name): "
                    + (isUnknown ? "there are none" : "no answer (\(reason))"))
        }
        return message
    }
}

/// What the DNS was asked.
struct RecordQuestion: Hashable, Sendable {
    var name: String
    var type: UInt16
}

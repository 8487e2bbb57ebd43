/// A code of HTTP/3 or QPACK on the wire (RFC 9114 §8.1, RFC 9204 §6).
package struct HTTP3ErrorCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let noError = HTTP3ErrorCode(rawValue: 0x100)
    package static let generalProtocolError = HTTP3ErrorCode(rawValue: 0x101)
    package static let internalError = HTTP3ErrorCode(rawValue: 0x102)
    package static let streamCreationError = HTTP3ErrorCode(rawValue: 0x103)
    package static let closedCriticalStream = HTTP3ErrorCode(rawValue: 0x104)
    package static let frameUnexpected = HTTP3ErrorCode(rawValue: 0x105)
    package static let frameError = HTTP3ErrorCode(rawValue: 0x106)
    package static let excessiveLoad = HTTP3ErrorCode(rawValue: 0x107)
    package static let idError = HTTP3ErrorCode(rawValue: 0x108)
    package static let settingsError = HTTP3ErrorCode(rawValue: 0x109)
    package static let missingSettings = HTTP3ErrorCode(rawValue: 0x10A)
    /// The request was not processed: any method may be sent again.
    package static let requestRejected = HTTP3ErrorCode(rawValue: 0x10B)
    package static let requestCancelled = HTTP3ErrorCode(rawValue: 0x10C)
    package static let requestIncomplete = HTTP3ErrorCode(rawValue: 0x10D)
    package static let messageError = HTTP3ErrorCode(rawValue: 0x10E)
    package static let connectError = HTTP3ErrorCode(rawValue: 0x10F)
    /// The server cannot serve the request over HTTP/3: it is to be sent again over HTTP/1.1.
    package static let versionFallback = HTTP3ErrorCode(rawValue: 0x110)
    package static let qpackDecompressionFailed = HTTP3ErrorCode(rawValue: 0x200)
    package static let qpackEncoderStreamError = HTTP3ErrorCode(rawValue: 0x201)
    package static let qpackDecoderStreamError = HTTP3ErrorCode(rawValue: 0x202)

    /// The name in the RFC; unknown codes are to be treated as H3_NO_ERROR (RFC 9114 §8) and show their number.
    package var description: String {
        switch rawValue {
        case 0x100: "H3_NO_ERROR"
        case 0x101: "H3_GENERAL_PROTOCOL_ERROR"
        case 0x102: "H3_INTERNAL_ERROR"
        case 0x103: "H3_STREAM_CREATION_ERROR"
        case 0x104: "H3_CLOSED_CRITICAL_STREAM"
        case 0x105: "H3_FRAME_UNEXPECTED"
        case 0x106: "H3_FRAME_ERROR"
        case 0x107: "H3_EXCESSIVE_LOAD"
        case 0x108: "H3_ID_ERROR"
        case 0x109: "H3_SETTINGS_ERROR"
        case 0x10A: "H3_MISSING_SETTINGS"
        case 0x10B: "H3_REQUEST_REJECTED"
        case 0x10C: "H3_REQUEST_CANCELLED"
        case 0x10D: "H3_REQUEST_INCOMPLETE"
        case 0x10E: "H3_MESSAGE_ERROR"
        case 0x10F: "H3_CONNECT_ERROR"
        case 0x110: "H3_VERSION_FALLBACK"
        case 0x200: "QPACK_DECOMPRESSION_FAILED"
        case 0x201: "QPACK_ENCODER_STREAM_ERROR"
        case 0x202: "QPACK_DECODER_STREAM_ERROR"
        default: "0x" + String(rawValue, radix: 16)
        }
    }
}

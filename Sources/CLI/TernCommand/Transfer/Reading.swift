import TernCore

/// Whether the body of an answer is what was asked for: the rest of a file (`--continue-at`), something newer
/// (`--time-cond`).
struct Reading {
    private let response: StreamingResponse
    private let condition: TimeCondition?
    private let resumesAt: Int64
    private let isGet: Bool

    init(_ response: StreamingResponse, _ parts: RequestBuilder.Parts, _ resumesAt: Int64) {
        self.response = response
        condition = parts.condition
        self.resumesAt = resumesAt
        isGet = response.request.method != .head && parts.content.isNone
    }

    enum Verdict {
        case read
        /// There is nothing to read; the status counts as this one.
        case skip(as: Int?)
    }

    func verdict() throws -> Verdict {
        if resumesAt > 0, isGet, response.expectedLength != 0 {
            switch response.status.code {
            // All of it is there already.
            case 416: return .skip(as: nil)
            case 206 where response.headers.contains(.contentRange): break
            default:
                if response.expectedLength == resumesAt { return .skip(as: nil) }
                if response.headers.contains(.contentRange) { break }
                response.cancel()
                throw UsageError(
                    "\(response.request): the server answered \(StatusText.of(response.status)) to a request for the "
                        + "bytes from \(resumesAt) on: it cannot resume", code: 33)
            }
        }
        if let condition, isGet, !response.request.fields.contains(.range), response.expectedLength != 0,
            let modified = response.headers[values: .lastModified].first.flatMap({ DateText.seconds(of: $0) }),
            !condition.isMet(by: modified)
        {
            return .skip(as: 304)
        }
        return .read
    }
}

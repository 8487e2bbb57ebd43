import HTTP1Engine
import TransportCore

/// What an exchange gives to the task that waits for it.
extension ExchangeState {
    /// The response with `body`.
    func response(_ body: ResponseBody) -> Result<TransportResponse, TransportError> {
        guard let head, let connection else {
            return .failure(error(.libraryFailure, "libcurl ended \(summary) well, and there is no response"))
        }
        return .success(
            TransportResponse(
                status: HTTPResponse.Status(code: head.status, reasonPhrase: head.reason), fields: head.fields,
                connection: connection.info, reused: isReused, body: body))
    }

    /// The bytes that have come, and forgets them.
    func takeBytes() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }

    /// Makes the body ready, if libcurl is to ask for it.
    func prepareUpload(_ driver: Driver) {
        let pulls: Bool =
            if case .bytes(let bytes) = exchange.request.body {
                bytes.count > RequestSetup.copiedBodyLimit || exchange.request.hasTrailers
                    || exchange.options.expectContinue != nil
            } else {
                true
            }
        guard pulls else { return }
        // Both are let go of when the exchange ends.
        upload = makeUpload { driver.push(.uploadReady(self)) }
    }
}

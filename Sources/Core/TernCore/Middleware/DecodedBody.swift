import Codings
import Synchronization

/// A live body whose codings are taken off while it is read. Holds no more than a chunk of the coded body and the
/// decoder's window; a chunk that swells comes out in pieces.
final class DecodedBody: BodySource {
    /// The longest piece that comes out at once: 64 KiB.
    private static let pieceLimit = 64 * 1024

    private struct State: ~Copyable {
        var decoder: ContentDecoder
        var isAtEnd = false
    }
    private let coded: LiveBody
    private let state: Mutex<State>
    private let failure: @Sendable (ContentDecodingError) -> HTTPError

    /// Takes the codings of `coded` off with `decoder`; `failure` makes the error that reading ends with.
    init(
        _ coded: LiveBody, _ decoder: consuming ContentDecoder,
        failure: @escaping @Sendable (ContentDecodingError) -> HTTPError
    ) {
        self.coded = coded
        state = Mutex(State(decoder: decoder))
        self.failure = failure
    }

    var trailers: HTTPFields { coded.source.trailers }
    func cancel() { coded.source.cancel() }

    func next() async throws -> [UInt8]? {
        while true {
            if let piece = try decode({ (decoder) throws(CodingError) in try decoder.next(upTo: Self.pieceLimit) }) {
                return piece
            }
            if state.withLock({ $0.isAtEnd }) { return nil }
            if let chunk = try await coded.source.next() {
                state.withLock { $0.decoder.feed(chunk) }
            } else {
                state.withLock { $0.isAtEnd = true }
                try decode { (decoder) throws(CodingError) in try decoder.finish() }
            }
        }
    }

    /// Does `step`; what goes wrong in it ends the exchange.
    private func decode<Value: Sendable>(
        _ step: (inout ContentDecoder) throws(CodingError) -> Value
    ) throws -> Value {
        let result: Result<Value, CodingError> = state.withLock { state in
            do throws(CodingError) { return .success(try step(&state.decoder)) } catch { return .failure(error) }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error):
            cancel()
            throw failure(ContentDecodingError(error))
        }
    }
}

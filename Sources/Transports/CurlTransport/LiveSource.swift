import TransportCore

/// A body that is read while it comes, and that keeps its loop running meanwhile, even if the transport is dropped.
final class LiveSource: BodySource {
    private let channel: BodyChannel
    private let keeper: (any AnyObject & Sendable)?

    init(_ channel: BodyChannel, keeping keeper: (any AnyObject & Sendable)?) {
        self.channel = channel
        self.keeper = keeper
    }

    func next() async throws -> [UInt8]? { try await channel.next() }
    var trailers: HTTPFields { channel.trailers }
    func cancel() { channel.cancel() }
}

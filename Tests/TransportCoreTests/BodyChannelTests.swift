import Synchronization
import Testing
import TransportCore

@Suite struct BodyChannelTests {
    final class Probe: Sendable {
        private let state = Mutex((drained: 0, cancels: 0))
        var drained: Int { state.withLock { $0.drained } }
        var cancels: Int { state.withLock { $0.cancels } }
        func channel() -> BodyChannel {
            BodyChannel(
                endpoint: "https://a.test:443",
                onDrained: { bytes in self.state.withLock { $0.drained += bytes } },
                onCancel: { self.state.withLock { $0.cancels += 1 } })
        }
    }
    static let failure = TransportError(
        .bodyTruncated, phase: .body, retrySafety: .processed, endpoint: "https://a.test:443", message: "cut")

    @Test("bytes come out in order, then the end, then the end again")
    func order() async throws {
        let probe = Probe()
        let channel = probe.channel()
        #expect(channel.append([1, 2]) == 2)
        #expect(channel.append([3]) == 3)
        channel.finish(trailers: [.eTag: "x"])
        #expect(try await channel.next() == [1, 2])
        #expect(try await channel.next() == [3])
        #expect(try await channel.next() == nil)
        #expect(try await channel.next() == nil)
        #expect(channel.trailers[.eTag] == "x")
        #expect(probe.drained == 3)
        channel.cancel()
        #expect(probe.cancels == 0)
    }

    @Test("a reader that waits is woken by bytes, and they do not count as unread")
    func wakes() async throws {
        let probe = Probe()
        let channel = probe.channel()
        async let first = channel.next()
        var unread = 1
        for byte in UInt8(1)... {
            unread = channel.append([byte])
            if unread == 0 || byte == 200 { break }
            await Task.yield()
        }
        #expect(try await first != nil)
    }

    @Test("an error comes after the bytes before it, and empty chunks are not seen")
    func error() async throws {
        let channel = Probe().channel()
        channel.append([])
        channel.append([9])
        channel.fail(Self.failure)
        channel.append([10])
        channel.finish()
        #expect(try await channel.next() == [9])
        let thrown = await #expect(throws: TransportError.self) { _ = try await channel.next() }
        #expect(thrown?.code == .bodyTruncated)
    }

    @Test("cancelling drops what waits, tells the transport once, and ends the reader with an error")
    func cancels() async {
        let probe = Probe()
        let channel = probe.channel()
        channel.append([1])
        channel.cancel()
        channel.cancel()
        #expect(probe.cancels == 1)
        #expect(channel.append([2]) == 0)
        let thrown = await #expect(throws: TransportError.self) { _ = try await channel.next() }
        #expect(thrown?.code == .cancelled)
    }

    @Test("cancelling the reading task cancels the exchange")
    func taskCancel() async {
        let probe = Probe()
        let channel = probe.channel()
        let task = Task { try await channel.next() }
        task.cancel()
        let thrown = await #expect(throws: TransportError.self) { _ = try await task.value }
        #expect(thrown?.code == .cancelled)
        #expect(probe.cancels == 1)
    }

    @Test("dropping a body that was not read cancels the exchange")
    func drop() {
        let probe = Probe()
        do { _ = ResponseBody(probe.channel()) }
        #expect(probe.cancels == 1)
    }

    @Test("collecting more than the limit is an error and cancels the rest")
    func collects() async throws {
        let probe = Probe()
        let channel = probe.channel()
        channel.append([1, 2, 3])
        channel.append([4, 5, 6])
        let body = ResponseBody(channel)
        let thrown = await #expect(throws: BodyTooLarge.self) { _ = try await body.collect(upTo: 5) }
        #expect(thrown?.limit == 5)
        #expect(probe.cancels == 1)
        #expect(try await ResponseBody([7, 8]).collect(upTo: 2) == [7, 8])
    }
}

import Glibc
import Synchronization

@testable import IOLoop

/// A value that tests share between threads.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    func update<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { value.withLock { body(&$0) } }
    var current: Value { value.withLock { $0 } }
}

/// Something that belongs to a loop's thread, carried through Sendable closures.
final class OnLoop<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}

extension IOLoop {
    /// Runs `body` on the loop and waits for its result.
    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            enqueue { continuation.resume(returning: body()) }
        }
    }
}

/// Starts a loop for a test, and stops it afterwards.
func withLoop<Result>(_ body: (IOLoop) async throws -> Result) async throws -> Result {
    let loop = try IOLoop.start(name: "test-loop")
    defer {
        loop.stop()
        loop.join()
    }
    return try await body(loop)
}

/// A pair of connected sockets that do not block.
struct SocketPair {
    let near: Int32
    let far: Int32

    init() {
        var descriptors: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        _ = unsafe socketpair(AF_UNIX, kind, 0, &descriptors)
        (near, far) = (descriptors[0], descriptors[1])
    }

    func send(_ count: Int = 1) { _ = unsafe write(far, [UInt8](repeating: 1, count: count), count) }

    func closeBoth() {
        close(near)
        close(far)
    }
}

/// Takes what can be read, and tells how much that was.
@discardableResult
func drain(_ descriptor: Int32) -> Int {
    var bytes = [UInt8](repeating: 0, count: 4096)
    return unsafe read(descriptor, &bytes, bytes.count)
}

/// A handler made of a closure.
final class Handler: ReadinessHandler {
    private let body: (Int32, Readiness) -> Void
    init(_ body: @escaping (Int32, Readiness) -> Void) { self.body = body }
    func ready(_ descriptor: Int32, _ readiness: Readiness) { body(descriptor, readiness) }
}

/// A generator whose numbers are the same in every run.
struct FixedNumbers: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 29)) &* 0x9E37_79B9_7F4A_7C15
    }
}

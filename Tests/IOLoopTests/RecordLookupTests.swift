import Glibc
import TestKit
import Testing
import TransportCore

@testable import IOLoop

/// A server of the DNS on loopback that answers each question with the same bytes behind it, or not at all.
private final class FakeDNS: Sendable {
    let port: UInt16
    let questions = Shared<[[UInt8]]>([])
    private let isOver = Shared(false)

    init(answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestKitError("no socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = unsafe bind(descriptor, pointer, size)
                _ = unsafe getsockname(descriptor, pointer, &size)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        // Looks now and then whether it is to end.
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let (questions, isOver) = (questions, isOver)
        // A thread of its own: it blocks.
        Task {
            try await onThread {
                defer { close(descriptor) }
                var buffer = [UInt8](repeating: 0, count: 2_048)
                while true {
                    var from = sockaddr_in()
                    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
                    let count = unsafe withUnsafeMutablePointer(to: &from) { pointer in
                        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                            unsafe recvfrom(descriptor, &buffer, buffer.count, 0, pointer, &size)
                        }
                    }
                    if isOver.current { return }
                    guard count > 0 else { continue }
                    let question = Array(buffer[..<count])
                    questions.update { $0.append(question) }
                    guard let reply = answer(question) else { continue }
                    unsafe withUnsafePointer(to: &from) { pointer in
                        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                            _ = unsafe sendto(descriptor, reply, reply.count, 0, pointer, size)
                        }
                    }
                }
            }
        }
    }

    func stop() { isOver.update { $0 = true } }
}

@Suite("Records of the DNS")
struct RecordLookupTests {
    @Test("a record is asked for by its name and type, and comes as a message")
    func asks() async throws {
        let record: [UInt8] = [0xC0, 12, 0, 65, 0, 1, 0, 0, 0, 60, 0, 3, 0, 1, 0]
        let server = try FakeDNS { question in
            var answer = question
            answer[2] = 0x81
            answer[3] = 0x80
            answer[7] = 1
            return answer + record
        }
        defer { server.stop() }
        let port = server.port
        let message = try await onThread {
            try RecordLookup.system(RecordQuestion(name: "a.example", type: 65), port: port)
        }
        #expect(message.suffix(record.count) == record[...])
        let question = try #require(server.questions.current.first)
        #expect(Array(question[12...]) == [1, 0x61, 7] + Array("example".utf8) + [0, 0, 65, 0, 1])
    }

    @Test("that there is no such name, and that there is no answer, are told apart")
    func failures() async throws {
        let server = try FakeDNS { question in
            var answer = question
            answer[2] = 0x81
            answer[3] = 0x83
            return answer
        }
        defer { server.stop() }
        let port = server.port
        let failure = await #expect(throws: ResolveError.self) {
            _ = try await onThread { try RecordLookup.system(RecordQuestion(name: "b.example", type: 65), port: port) }
        }
        #expect(failure?.reason == .notFound)
        #expect(throws: ResolveError.self) { try RecordLookup.system(RecordQuestion(name: "", type: 65)) }
    }

    @Test("tasks that ask the same share one question, whose answer holds for 60 s; who is cancelled goes at once")
    func shared() async throws {
        let clock = ManualClock()
        let gate = Gate()
        let asked = Shared<[String]>([])
        let resolver = SystemResolver(
            clock: clock, lookup: { _, _ throws(ResolveError) in [] },
            recordLookup: { question throws(ResolveError) in
                asked.update { $0.append(question.name) }
                gate.pass()
                return [1, 2, 3]
            })
        let tasks = (0..<5).map { _ in Task { try await resolver.records(65, at: "a.example") } }
        await gate.entered()
        let lost = Task { try await resolver.records(65, at: "a.example") }
        lost.cancel()
        let failure = await #expect(throws: ResolveError.self) { try await lost.value }
        #expect(failure?.reason == .cancelled)
        gate.open(2)
        for task in tasks { #expect(try await task.value == [1, 2, 3]) }
        clock.advance(by: .seconds(59))
        _ = try await resolver.records(65, at: "a.example")
        #expect(asked.current.count == 1)
        clock.advance(by: .seconds(1))
        _ = try await resolver.records(65, at: "a.example")
        #expect(asked.current.count == 2)
    }
}

import Foundation
import Testing

@testable import FileIO

@Suite("writing files")
struct FileWriterTests {
    @Test("what is written is in the file, in order")
    func writes() async throws {
        let folder = try Folder()
        let writer = try await FileWriter(folder("out"), .create)
        #expect(writer.initialLength == 0)
        let content = pattern(100_000)
        for start in stride(from: 0, to: 100_000, by: 1_000) {
            try await writer.write(Array(content[start..<start + 1_000]))
        }
        try await writer.write([])
        try await writer.close()
        try await writer.close()
        #expect(try folder.bytes("out") == content)
    }

    @Test("a file that is there is emptied, added to, or an error, as the mode says")
    func modes() async throws {
        let folder = try Folder()
        try folder.file("out", [1, 2, 3])
        let appending = try await FileWriter(folder("out"), .append)
        #expect(appending.initialLength == 3)
        try await appending.write([4])
        try await appending.close()
        #expect(try folder.bytes("out") == [1, 2, 3, 4])
        let truncating = try await FileWriter(folder("out"), .truncate)
        #expect(truncating.initialLength == 0)
        try await truncating.write([5])
        try await truncating.close()
        #expect(try folder.bytes("out") == [5])
        do throws(FileError) {
            _ = try await FileWriter(folder("out"), .create)
            Issue.record("the file was overwritten")
        } catch {
            #expect(error.code == .exists)
            #expect(error.message == "opening \(folder("out")): File exists (errno 17)")
        }
    }

    @Test("a missing folder and a full device are errors with the system's words")
    func errors() async throws {
        let folder = try Folder()
        do throws(FileError) {
            _ = try await FileWriter(folder("none/out"), .truncate)
            Issue.record("the folder is not there")
        } catch {
            #expect(error.code == .notFound)
        }
        let writer = try await FileWriter("/dev/full", .append)
        do throws(FileError) {
            try await writer.write([1])
            Issue.record("/dev/full took a byte")
        } catch {
            #expect(error.code == .noSpace)
            #expect(error.message == "writing /dev/full: No space left on device (errno 28)")
        }
    }

    @Test("a closed file takes nothing more")
    func closed() async throws {
        let folder = try Folder()
        let writer = try await FileWriter(folder("out"), .create)
        try await writer.close()
        do throws(FileError) {
            try await writer.write([1])
            Issue.record("a closed file took a byte")
        } catch {
            #expect(error.code == .closed)
        }
    }

    @Test("a write of a cancelled task is seen through")
    func cancelled() async throws {
        let folder = try Folder()
        let writer = try await FileWriter(folder("out"), .create)
        let task = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            try await writer.write(pattern(1_000))
        }
        try await task.value
        #expect(try folder.bytes("out") == pattern(1_000))
    }
}

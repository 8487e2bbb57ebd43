import Foundation
import Testing
import TransportCore

@testable import FileIO

@Suite("reading files")
struct FileReaderTests {
    private func all(_ reader: FileReader) async throws -> [UInt8] {
        var reader = reader
        var bytes: [UInt8] = []
        while let chunk = try await reader.next() { bytes += chunk }
        #expect(try await reader.next() == nil)
        return bytes
    }

    @Test(
        "a slice gives its bytes and no others", arguments: [(0, 0), (0, 1), (5, 300_000), (699_999, 1), (0, 700_000)])
    func slices(offset: Int, length: Int) async throws {
        let folder = try Folder()
        let content = pattern(700_000)
        let path = try folder.file("body", content)
        let slice = FileSlice(path: path, offset: Int64(offset), length: Int64(length))
        #expect(try await all(FileReader(slice)) == Array(content[offset..<offset + length]))
    }

    @Test("a file that grows while it is read gives what was meant")
    func grows() async throws {
        let folder = try Folder()
        let path = try folder.file("body", pattern(10))
        let slice = try FileSlice(contentsOf: path)
        try folder.file("body", pattern(20))
        #expect(try await all(FileReader(slice)) == pattern(10))
    }

    @Test("a file that became shorter is an error that says so")
    func shorter() async throws {
        let folder = try Folder()
        let path = try folder.file("body", pattern(300_000))
        let slice = try FileSlice(contentsOf: path)
        var reader = FileReader(slice)
        #expect(try await reader.next()?.count == 262_144)
        try FileHandle(forWritingTo: URL(fileURLWithPath: path)).truncate(atOffset: 262_144)
        do {
            _ = try await reader.next()
            Issue.record("the end was not noticed")
        } catch let error as FileError {
            #expect(error.isTooShort)
            #expect(error.message == "reading 300000 bytes at 0 of \(path): it ended after 262144 of them")
        }
    }

    @Test("a file that is gone, a folder and a pipe are errors with the system's words")
    func unreadable() async throws {
        let folder = try Folder()
        let pipe = folder("pipe")
        _ = unsafe mkfifo(pipe, 0o600)
        let expected: [(path: String, code: FileError.Code, words: String)] = [
            (folder("none"), .notFound, "opening \(folder("none")): No such file or directory (errno 2)"),
            (folder.path, .notRegular, "reading \(folder.path): Is a directory (errno 21)"),
            (pipe, .failed, "reading \(pipe): Illegal seek (errno 29)"),
            ("a\0b", .badPath, #"the name "a\0b" holds a NUL"#),
        ]
        for (path, code, words) in expected {
            var reader = FileReader(FileSlice(path: path, length: 1))
            do {
                _ = try await reader.next()
                Issue.record("reading \(path) gave something")
            } catch let error as FileError {
                #expect(error.code == code)
                #expect(error.message == words)
            }
        }
    }

    @Test("offsets that no file can have are errors", arguments: [-1, .max] as [Int64])
    func badOffset(offset: Int64) async throws {
        let folder = try Folder()
        let path = try folder.file("body", [1])
        await #expect(throws: FileError.self) {
            var reader = FileReader(FileSlice(path: path, offset: offset, length: 2))
            while try await reader.next() != nil {}
        }
    }

    @Test("a cancelled task reads nothing")
    func cancelled() async throws {
        let folder = try Folder()
        let path = try folder.file("body", [1])
        let task = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            var reader = FileReader(FileSlice(path: path, length: 1))
            return try await reader.next()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a slice of a whole file has its length; what is no readable file is refused")
    func contents() throws {
        let folder = try Folder()
        let path = try folder.file("body", pattern(1_234))
        #expect(try FileSlice(contentsOf: path) == FileSlice(path: path, length: 1_234))
        for (path, code) in [(folder("none"), FileError.Code.notFound), (folder.path, .notRegular), ("", .badPath)] {
            do throws(FileError) {
                _ = try FileSlice(contentsOf: path)
                Issue.record("\(path) was taken for a file")
            } catch {
                #expect(error.code == code)
                #expect(error.path == path)
            }
        }
    }
}

import Foundation
import TestKit
import Testing

@testable import FileIO

@Suite("files that are replaced as a whole")
struct WholeFileTests {
    private static func rights(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("what is written is read, a new file is its owner's alone, and an old one keeps its rights")
    func replace() async throws {
        let folder = try ScratchFolder("whole")
        let path = folder.path(of: "file")
        try await WholeFile.replace(path, with: [1, 2, 3])
        #expect(try await WholeFile.read(path) == [1, 2, 3])
        #expect(try Self.rights(path) == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        try await WholeFile.replace(path, with: [])
        #expect(try await WholeFile.read(path) == [])
        #expect(try Self.rights(path) == 0o640)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test("a symbolic link stays one")
    func link() async throws {
        let folder = try ScratchFolder("whole")
        try folder.write("target", "old")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path(of: "link"), withDestinationPath: folder.path(of: "target"))
        try await WholeFile.replace(folder.path(of: "link"), with: Array("new".utf8))
        #expect(try text(of: folder.path(of: "target")) == "new")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path(of: "link")).hasSuffix("target"))
    }

    @Test("what cannot be written leaves nothing behind, and says so")
    func failure() async throws {
        let folder = try ScratchFolder("whole")
        await #expect(throws: FileError.self) { try await WholeFile.replace(folder.path(of: "no/file"), with: [1]) }
        await #expect(throws: FileError.self) { try await WholeFile.replace(folder.path, with: [1]) }
        await #expect(throws: FileError.self) { try await WholeFile.replace("", with: [1]) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        try await WholeFile.replace("/dev/null", with: [1])
    }
}

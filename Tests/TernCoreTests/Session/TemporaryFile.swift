import FoundationEssentials

/// A file in a folder of its own, gone when the value is.
final class TemporaryFile {
    let folder: String
    let name = "tern.bin"
    var path: String { "\(folder)/\(name)" }

    /// A file of `bytes`, or just the folder for one.
    init(_ bytes: [UInt8]? = nil) throws {
        folder = FileManager.default.temporaryDirectory.path + "/tern-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if let bytes { try Data(bytes).write(to: URL(filePath: path)) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var bytes: [UInt8]? { FileManager.default.contents(atPath: path).map { Array($0) } }
}

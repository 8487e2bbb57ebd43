import Foundation
import PackagePlugin

/// `swift package --allow-writing-to-package-directory new-transport NAME` makes a package beside the sources, in the
/// folder NAME: a transport that works over a chosen base, its conformance test, and a page about it.
@main struct NewTransport: CommandPlugin {
    func performCommand(context: PluginContext, arguments: [String]) throws {
        var extractor = ArgumentExtractor(arguments)
        let bases = extractor.extractOption(named: "base")
        let folders = extractor.extractOption(named: "into")
        let names = extractor.remainingArguments
        guard names.count == 1, let name = names.first, bases.count < 2, folders.count < 2 else {
            throw Failure(description: NewTransport.usage)
        }
        guard let scaffold = Scaffold(name: name, base: bases.first ?? "CurlTransport") else {
            throw Failure(
                description: "new-transport: \(name) is no name for a type, or the base is none of "
                    + "\(Scaffold.bases.joined(separator: ", "))\n\(NewTransport.usage)")
        }
        let root = context.package.directoryURL
        let target = URL(filePath: folders.first ?? scaffold.name, relativeTo: root)
        guard !FileManager.default.fileExists(atPath: target.path) else {
            throw Failure(description: "new-transport: \(target.path) is there already; nothing was changed")
        }
        for (path, text) in scaffold.files(package: root.path) {
            let file = target.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        print("\(target.path) is ready: cd there, and swift test")
    }

    private static let usage = """
        usage: swift package --allow-writing-to-package-directory new-transport NAME [--base TRANSPORT] [--into FOLDER]
        """

    private struct Failure: Error, CustomStringConvertible { let description: String }
}

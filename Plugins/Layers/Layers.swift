import Foundation
import PackagePlugin

/// `swift package layers` fails if a file under `Sources` imports what its layer may not; see `LayerRules`.
@main struct Layers: CommandPlugin {
    func performCommand(context: PluginContext, arguments: [String]) throws {
        let problems: [String]
        if arguments.contains("--self-check") {
            problems = SelfCheck.failures()
        } else {
            let (files, libraries) = try sources(in: context.package.directoryURL.appending(path: "Sources"))
            problems = LayerRules.violations(in: files, libraries: libraries)
        }
        if problems.isEmpty { return }
        problems.forEach { print($0) }
        throw Failure(description: "layers: \(problems.count) imports that the layers do not allow")
    }

    /// The Swift files, and the places of the modules that consist of a module map.
    private func sources(in folder: URL) throws -> (files: [LayerRules.File], libraries: [String]) {
        let root = folder.standardizedFileURL.path
        guard let paths = FileManager.default.enumerator(atPath: root) else {
            throw Failure(description: "layers: \(root) cannot be read")
        }
        var files: [LayerRules.File] = []
        var libraries: [String] = []
        for case let path as String in paths {
            if path.hasSuffix(".swift") {
                let text = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
                files.append(LayerRules.File(path: path, text: text))
            } else if path.hasSuffix("/module.modulemap") {
                libraries.append(path.split(separator: "/").prefix(2).joined(separator: "/"))
            }
        }
        if files.isEmpty { throw Failure(description: "layers: no Swift file in \(root)") }
        return (files, libraries)
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }
}

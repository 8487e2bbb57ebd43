/// Which module of this package may import which: the layers of Docs/Architecture.md, in one table.
///
/// A place is a folder under `Sources`, or one module in it: the line that names the module wins. What a line does
/// not list is refused, and so is a module in a folder that has no line.
enum LayerRules {
    /// A line of the table: modules in `place` may import modules in `imports`.
    struct Rule {
        var place: String
        var imports: [String]
    }

    static let table = [
        // 0
        Rule(place: "C", imports: []),
        // 1: sans-IO; sideways only to Wire, which all of them speak, and Connecting and AltSvc to hosts and addresses
        Rule(place: "Engines", imports: ["C", "Engines/Wire"]),
        Rule(place: "Engines/HTTP1Engine", imports: ["Engines/Wire", "Engines/Fields"]),
        Rule(place: "Engines/HTTP2Engine", imports: ["C", "Engines/Wire", "Engines/Fields"]),
        Rule(place: "Engines/QUICEngine", imports: ["C", "Engines/Wire", "Engines/Names", "Engines/TLSEngine"]),
        Rule(place: "Engines/HTTP3Engine", imports: ["C", "Engines/Wire", "Engines/Fields", "Engines/QUICEngine"]),
        Rule(place: "Engines/Connecting", imports: ["Engines/Wire", "Engines/Names"]),
        Rule(place: "Engines/AltSvc", imports: ["Engines/Wire", "Engines/Names"]),
        // 2: TransportCore, then IO with what drivers share on top of it, then TernCore, which knows files and threads
        // but neither the loop nor a transport
        Rule(place: "Core/TransportCore", imports: ["Engines"]),
        Rule(place: "IO", imports: ["C", "Engines", "Core/TransportCore", "IO/Threads"]),
        Rule(place: "IO/Driving", imports: ["C", "Engines", "Core/TransportCore", "IO"]),
        Rule(place: "IO/Securing", imports: ["Engines", "Core/TransportCore"]),
        Rule(place: "Core/TernCore", imports: ["Engines", "Core/TransportCore", "IO/Threads", "IO/FileIO"]),
        // 3: drivers; never TernCore, and never each other but for the one that composes them
        Rule(place: "Transports", imports: ["C", "Engines", "Core/TransportCore", "IO"]),
        Rule(
            place: "Transports/AutomaticTransport",
            imports: ["C", "Engines", "Core/TransportCore", "IO", "Transports"]),
        // 4
        Rule(place: "Tern", imports: ["Engines", "Core", "IO", "Transports"]),
        Rule(place: "Testing", imports: ["C", "Engines", "Core", "IO", "Transports", "Testing"]),
        // 5
        Rule(place: "CLI", imports: ["C", "Engines", "Core", "IO", "Transports", "Tern", "Testing"]),
    ]

    /// Modules of nobody's package that only the command may import: the whole of Foundation brings ICU and a
    /// network stack of its own. FoundationEssentials is allowed everywhere.
    static let refusedBelowCLI: Set = ["Foundation", "FoundationNetworking"]

    /// A Swift file of the package: its path under `Sources`, such as `IO/IOLoop/Loop.swift`, and its text.
    struct File {
        var path: String
        var text: String
    }

    /// What is wrong with the imports of these files, one sentence each, in the form of a compiler's error. A
    /// `library` is a module under `Sources` that has no Swift file: a C library, by its place.
    static func violations(in files: [File], libraries: [String] = []) -> [String] {
        let places = Set(files.compactMap { place(of: $0.path) } + libraries)
        let placeOfModule = Dictionary(places.map { ($0.lastComponent, $0) }) { first, _ in first }
        return files.sorted { $0.path < $1.path }.flatMap { file -> [String] in
            guard let place = place(of: file.path) else {
                return ["Sources/\(file.path):1: error: not in a folder LAYER/MODULE"]
            }
            guard let rule = rule(for: place) else {
                return ["Sources/\(file.path):1: error: \(place) has no line in Plugins/Layers/LayerRules.swift"]
            }
            return ImportLines(file.text).compactMap { line, module in
                if refusedBelowCLI.contains(module), !place.isInside("CLI") {
                    return "Sources/\(file.path):\(line): error: \(module) may be imported by the command alone"
                }
                guard let imported = placeOfModule[module], imported != place,
                    !rule.imports.contains(where: imported.isInside)
                else { return nil }
                let allowed = rule.imports.isEmpty ? "nothing" : rule.imports.joined(separator: ", ")
                return "Sources/\(file.path):\(line): error: \(place) may not import \(imported); it may: \(allowed)"
            }
        }
    }

    private static func rule(for place: String) -> Rule? {
        table.first { $0.place == place } ?? table.first { place.isInside($0.place) }
    }

    private static func place(of path: String) -> String? {
        let components = path.split(separator: "/")
        return components.count >= 3 ? components.prefix(2).joined(separator: "/") : nil
    }
}

extension String {
    fileprivate var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }

    fileprivate func isInside(_ place: String) -> Bool { self == place || hasPrefix("\(place)/") }
}

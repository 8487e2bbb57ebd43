/// Imports whose verdict is known, so that the rule itself is checked: `swift package layers --self-check`.
enum SelfCheck {
    private static let cases: [(file: String, imports: String, allowed: Bool)] = [
        ("Engines/HTTP1Engine/A.swift", "import Wire", true),
        ("Engines/HTTP1Engine/A.swift", "import Names", false),
        ("Engines/HTTP1Engine/A.swift", "package import TransportCore", false),
        ("Engines/Codings/A.swift", "import CZlib", true),
        ("Core/TransportCore/A.swift", "public import Wire", true),
        ("Core/TransportCore/A.swift", "import IOLoop", false),
        ("Core/TransportCore/A.swift", "@_exported import TernCore", false),
        ("IO/IOLoop/A.swift", "import CLinux\nimport TransportCore", true),
        ("IO/IOLoop/A.swift", "import Threads", true),
        ("IO/IOLoop/A.swift", "import FileIO", false),
        ("IO/Driving/A.swift", "import IOLoop\nimport FileIO\nimport Connecting", true),
        ("IO/IOLoop/A.swift", "import Driving", false),
        ("Core/TernCore/A.swift", "import Driving", false),
        ("Core/TernCore/A.swift", "import FileIO\nimport TransportCore", true),
        ("Core/TernCore/A.swift", "import IOLoop", false),
        ("Core/TernCore/A.swift", "import struct CurlTransport.CurlTransport", false),
        ("Transports/CurlTransport/A.swift", "import CCurl\nimport IOLoop", true),
        ("Transports/CurlTransport/A.swift", "import TernCore", false),
        ("Transports/CurlTransport/A.swift", "import Wire; import QUICTransport", false),
        ("Transports/AutomaticTransport/A.swift", "import CurlTransport", true),
        ("Transports/AutomaticTransport/A.swift", "import TernCore", false),
        ("Tern/Tern/A.swift", "@_exported public import TernCore", true),
        ("Tern/Tern/A.swift", "import MockTransport", false),
        ("Testing/TestKit/A.swift", "import TernCommand", false),
        ("CLI/TernCommand/A.swift", "import Tern\nimport MockTransport\nimport Foundation", true),
        ("Core/TernCore/A.swift", "import FoundationEssentials\n// import IOLoop", true),
        ("Core/TernCore/A.swift", "import Foundation", false),
        ("Elsewhere/Thing/A.swift", "", false),
        ("Loose.swift", "", false),
    ]

    private static let modules = [
        "C/CLinux", "C/CZlib", "C/CCurl", "Engines/Wire", "Engines/Names", "Core/TransportCore", "Core/TernCore",
        "IO/IOLoop", "IO/FileIO", "IO/Threads", "IO/Driving", "Transports/CurlTransport", "Transports/QUICTransport",
        "Testing/MockTransport",
        "Tern/Tern", "CLI/TernCommand",
    ]

    /// The cases that the rule decides wrongly, one sentence each.
    static func failures() -> [String] {
        cases.compactMap { file, imports, allowed in
            let violations = LayerRules.violations(
                in: [LayerRules.File(path: file, text: imports)], libraries: modules)
            if violations.isEmpty == allowed { return nil }
            return "self-check: \(file): \(imports): should be \(allowed ? "allowed" : "refused"): \(violations)"
        }
    }
}

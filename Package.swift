// swift-tools-version: 6.2
import PackageDescription

// Targets stand in layer order: a target may depend only on what stands above it in this file
// (Docs/Architecture.md; `swift package layers` checks the imports).

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    // `Scripts/check` makes warnings errors in our own targets, and only there.
    .treatAllWarnings(as: Context.environment["TERN_WERROR"] == "1" ? .error : .warning),
]

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")

/// A C library that Debian packages: a module map and a shim header, no logic.
func library(_ name: String, _ pkgConfig: String? = nil, _ package: String? = nil) -> Target {
    .systemLibrary(
        name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig,
        providers: package.map { [.apt([$0])] })
}

/// A Swift target whose folder is its layer.
func layer(_ folder: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)",
        swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, path: "Tests/\(name)Tests",
        swiftSettings: settings)
}

let package = Package(
    name: "Tern",
    products: [
        .library(name: "Tern", targets: ["Tern"]),
        .library(name: "TernCore", targets: ["TernCore"]),
        .library(name: "TransportCore", targets: ["TransportCore"]),
        .library(name: "CurlTransport", targets: ["CurlTransport"]),
        .library(name: "NativeH2Transport", targets: ["NativeH2Transport"]),
        .library(name: "MockTransport", targets: ["MockTransport"]),
        .executable(name: "tern", targets: ["TernCommand"]),
        .plugin(name: "Layers", targets: ["Layers"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // 0: C libraries
        library("CLinux"),
        library("CZlib", "zlib", "zlib1g-dev"),
        library("CBrotli", "libbrotlidec", "libbrotli-dev"),
        library("CZstd", "libzstd", "libzstd-dev"),
        library("CIDN2", "libidn2", "libidn2-dev"),
        library("COpenSSL", "openssl", "libssl-dev"),
        library("CNGHTTP2", "libnghttp2", "libnghttp2-dev"),
        library("CCurl", "libcurl", "libcurl4-openssl-dev"),

        // 1: engines, without sockets, tasks or clocks
        layer("Engines", "Wire"),
        layer("Engines", "Names", ["Wire", "CIDN2"]),
        layer("Engines", "Codings", ["Wire", "CZlib", "CBrotli", "CZstd"]),
        layer("Engines", "Fields", ["Wire", httpTypes]),
        layer("Engines", "HTTP1Engine", ["Wire", "Fields", httpTypes]),
        layer("Engines", "HTTP2Engine", ["Wire", "Fields", "CNGHTTP2", httpTypes, deque]),
        layer("Engines", "TLSEngine", ["Wire", "COpenSSL", deque]),
        layer("Engines", "Pooling", ["Wire"]),
        layer("Engines", "Connecting", ["Wire", "Names"]),

        // 2: the seam, the session above it, the loop beside it
        layer("Core", "TransportCore", ["Wire", "Names", httpTypes, deque]),
        layer("IO", "Threads", ["CLinux", deque]),
        layer("IO", "IOLoop", ["CLinux", "Threads", "TransportCore", deque]),
        layer("IO", "FileIO", ["Threads", "TransportCore"]),
        layer(
            "IO", "Driving", ["Names", "Connecting", "TransportCore", "Threads", "IOLoop", "FileIO", deque]),
        layer("Core", "TernCore", ["TransportCore", "Codings", "FileIO", log]),

        // 3: transports
        layer(
            "Transports", "CurlTransport",
            [
                "CCurl", "COpenSSL", "Wire", "Fields", "Names", "HTTP1Engine", "TransportCore", "IOLoop", "FileIO",
                "Driving",
                deque,
            ]),
        layer(
            "Transports", "NativeH2Transport",
            [
                "Wire", "Names", "HTTP1Engine", "HTTP2Engine", "TLSEngine", "Pooling", "TransportCore", "Threads",
                "IOLoop",
                "FileIO", "Driving", deque,
            ]),

        // 4: what applications and tests import
        layer("Tern", "Tern", ["TernCore", "CurlTransport"]),
        layer("Testing", "MockTransport", ["TransportCore", "FileIO"]),
        layer("Testing", "TestKit", ["Wire", "CLinux", "TransportCore"]),

        // 5: the command
        .executableTarget(
            name: "TernCommand", dependencies: ["Tern", "NativeH2Transport", "Codings", "FileIO"],
            path: "Sources/CLI/TernCommand",
            swiftSettings: settings),

        .plugin(
            name: "Layers",
            capability: .command(
                intent: .custom(verb: "layers", description: "Fails on an import that points up the layers."))),

        tests("Wire", []),
        tests("Names", ["TestKit"]),
        tests("Codings", ["TestKit"]),
        tests("Fields", ["Wire", httpTypes]),
        tests("HTTP1Engine", ["Fields", "TestKit"]),
        tests("HTTP2Engine", ["Wire", httpTypes]),
        tests("TLSEngine", ["Wire", "COpenSSL"]),
        tests("Pooling", ["Wire"]),
        tests("Connecting", ["Wire", "Names"]),
        tests("TransportCore", ["TestKit"]),
        tests("Threads", ["TestKit"]),
        tests("IOLoop", ["Threads", "TransportCore", "TestKit"]),
        tests("Driving", ["TransportCore", "IOLoop"]),
        tests("FileIO", ["Threads", "TransportCore", "TestKit"]),
        tests("TernCore", ["TransportCore", "MockTransport", "CurlTransport", "TestKit"]),
        tests("Tern", ["TernCore", "NativeH2Transport", "TransportCore", "TestKit"]),
        tests("CurlTransport", ["TransportCore", "TernCore", "TestKit"]),
        tests("NativeH2Transport", ["Wire", "HTTP2Engine", "TransportCore", "TestKit"]),
        tests("MockTransport", ["TransportCore", "TernCore", "TestKit"]),
        tests("TernCommand", ["TestKit"]),
        tests("TestKit", []),
    ],
    swiftLanguageModes: [.v6]
)

// Scripts/fuzz alone wants these; see Fuzz/README.md.
if Context.environment["TERN_FUZZ"] == "1" {
    func fuzzed(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        .executableTarget(
            name: "Fuzz\(name)", dependencies: ["FuzzSupport"] + dependencies, path: "Fuzz/\(name)",
            swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    }
    package.targets += [
        .target(name: "FuzzSupport", dependencies: ["Wire"], path: "Fuzz/Support"),
        fuzzed("HTTP1Client", ["HTTP1Engine", "Wire", httpTypes]),
        fuzzed("HTTP1Server", ["HTTP1Engine", "Wire", httpTypes]),
        fuzzed("HTTP2Client", ["HTTP2Engine", "Wire", httpTypes]),
        fuzzed("HTTP2Server", ["HTTP2Engine", "Wire", httpTypes]),
        fuzzed("TLSClient", ["TLSEngine"]),
        fuzzed("Names", ["Names"]),
        fuzzed("Codings", ["Codings"]),
        fuzzed("Cookies", ["TernCore"]),
        // QUICEngine and HTTP3Engine: a line each when they are there.
    ]
}

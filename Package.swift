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
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
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

func tests(_ name: String, _ dependencies: [Target.Dependency], golden: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, path: "Tests/\(name)Tests",
        exclude: golden, swiftSettings: settings)
}

let package = Package(
    name: "Tern",
    products: [
        .library(name: "Tern", targets: ["Tern"]),
        .library(name: "TernCore", targets: ["TernCore"]),
        .library(name: "TransportCore", targets: ["TransportCore"]),
        .library(name: "CurlTransport", targets: ["CurlTransport"]),
        .library(name: "NativeH2Transport", targets: ["NativeH2Transport"]),
        .library(name: "AltSvcTransport", targets: ["AltSvcTransport"]),
        .library(name: "AutomaticTransport", targets: ["AutomaticTransport"]),
        .library(name: "QUICTransport", targets: ["QUICTransport"]),
        .library(name: "MockTransport", targets: ["MockTransport"]),
        .library(name: "TestServer", targets: ["TestServer"]),
        .library(name: "TransportConformance", targets: ["TransportConformance"]),
        .executable(name: "tern", targets: ["TernCommand"]),
        .plugin(name: "Layers", targets: ["Layers"]),
        .plugin(name: "NewTransport", targets: ["NewTransport"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // The command alone uses these two.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // 0: C libraries
        library("CLinux"),
        library("CZlib", "zlib", "zlib1g-dev"),
        library("CBrotli", "libbrotlidec", "libbrotli-dev"),
        library("CZstd", "libzstd", "libzstd-dev"),
        library("CIDN2", "libidn2", "libidn2-dev"),
        library("CPSL", "libpsl", "libpsl-dev"),
        library("COpenSSL", "openssl", "libssl-dev"),
        library("CNGHTTP2", "libnghttp2", "libnghttp2-dev"),
        library("CCurl", "libcurl", "libcurl4-openssl-dev"),
        .target(name: "CResolver", path: "Sources/C/CResolver", linkerSettings: [.linkedLibrary("resolv")]),
        .target(
            name: "CQUIC", path: "Sources/C/CQUIC",
            linkerSettings: ["ngtcp2", "ngtcp2_crypto_gnutls", "nghttp3", "gnutls"].map { .linkedLibrary($0) }),

        // 1: engines, without sockets, tasks or clocks
        layer("Engines", "Wire"),
        layer("Engines", "Names", ["Wire", "CIDN2", "CPSL"]),
        layer("Engines", "StructuredFields", ["Wire"]),
        layer("Engines", "Codings", ["Wire", "CZlib", "CBrotli", "CZstd"]),
        layer("Engines", "Fields", ["Wire", httpTypes]),
        layer("Engines", "HTTP1Engine", ["Wire", "Fields", httpTypes]),
        layer("Engines", "Digests", ["COpenSSL"]),
        layer("Engines", "HTTP2Engine", ["Wire", "Fields", "CNGHTTP2", httpTypes, deque]),
        layer("Engines", "TLSEngine", ["Wire", "COpenSSL", deque]),
        layer("Engines", "QUICEngine", ["Wire", "Names", "TLSEngine", "CQUIC", deque]),
        layer("Engines", "HTTP3Engine", ["Wire", "Fields", "QUICEngine", "CQUIC", httpTypes, deque]),
        layer("Engines", "Pooling", ["Wire"]),
        layer("Engines", "Connecting", ["Wire", "Names"]),
        layer("Engines", "AltSvc", ["Wire", "Names"]),

        // 2: the seam, the session above it, the loop beside it
        layer("Core", "TransportCore", ["Wire", "Names", httpTypes, deque]),
        layer("IO", "Threads", ["CLinux", deque]),
        layer("IO", "IOLoop", ["CLinux", "CResolver", "Threads", "TransportCore", deque]),
        layer("IO", "FileIO", ["Threads", "TransportCore"]),
        layer(
            "IO", "Driving", ["Names", "Connecting", "TransportCore", "Threads", "IOLoop", "FileIO", deque]),
        layer("IO", "Securing", ["TLSEngine", "TransportCore"]),
        layer(
            "Core", "TernCore", ["TransportCore", "Codings", "StructuredFields", "Digests", "Threads", "FileIO", log]),

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
                "FileIO", "Driving", "Securing", deque,
            ]),
        layer(
            "Transports", "QUICTransport",
            [
                "Wire", "Names", "TLSEngine", "QUICEngine", "HTTP3Engine", "Pooling", "Connecting", "TransportCore",
                "Threads", "IOLoop", "FileIO", "Driving", "Securing", deque,
            ]),
        layer(
            "Transports", "AltSvcTransport", ["AltSvc", "Wire", "Names", "TransportCore", "IOLoop", "FileIO"]),
        layer(
            "Transports", "AutomaticTransport",
            ["TransportCore", "AltSvcTransport", "QUICTransport", "NativeH2Transport", "CurlTransport"]),

        // 4: what applications and tests import
        layer("Tern", "Tern", ["TernCore", "AutomaticTransport"]),
        layer("Testing", "MockTransport", ["TransportCore", "FileIO"]),
        layer(
            "Testing", "TestServer",
            [
                "COpenSSL", "Wire", "HTTP1Engine", "HTTP2Engine", "TLSEngine", "QUICEngine", "HTTP3Engine",
                "TransportCore",
                "TernCore", "IOLoop", httpTypes,
            ]),
        layer("Testing", "TransportConformance", ["TestServer", "TransportCore"]),
        layer("Testing", "ServerRoutes", ["TestServer", "TernCore", "Codings", "Digests", httpTypes]),
        layer("Testing", "TestKit", ["Wire", "CLinux", "TransportCore", "IOLoop"]),

        // 5: the command
        .executableTarget(
            name: "TernCommand",
            dependencies: [
                "Tern", "NativeH2Transport", "QUICTransport", "Codings", "FileIO", "Threads", "ServerRoutes",
                "TestServer", "TransportConformance", "CNGHTTP2", "CIDN2", "CPSL", "CQUIC", deque, argumentParser,
                histogram,
            ],
            path: "Sources/CLI/TernCommand",
            swiftSettings: settings),

        .plugin(
            name: "Layers",
            capability: .command(
                intent: .custom(verb: "layers", description: "Fails on an import that points up the layers."))),

        .plugin(
            name: "NewTransport",
            capability: .command(
                intent: .custom(
                    verb: "new-transport",
                    description: "Makes a package with a transport, its conformance test and a page."),
                permissions: [
                    .writeToPackageDirectory(reason: "The new package's folder is made beside the sources.")
                ])),

        tests("Wire", []),
        tests("Names", ["TestKit"]),
        tests("StructuredFields", []),
        tests("Codings", ["TestKit"]),
        tests("Fields", ["Wire", httpTypes]),
        tests("HTTP1Engine", ["Fields", "TestKit"]),
        tests("HTTP2Engine", ["Wire", httpTypes]),
        tests("Digests", []),
        .target(
            name: "TestAuthority", dependencies: ["COpenSSL", "TLSEngine"], path: "Tests/TestAuthority",
            swiftSettings: settings),
        tests("TLSEngine", ["Wire", "COpenSSL", "TestAuthority"]),
        .target(
            name: "QUICLink",
            dependencies: ["Wire", "Names", "TLSEngine", "QUICEngine", "HTTP3Engine", "TestAuthority"],
            path: "Tests/QUICLink", swiftSettings: settings),
        tests("QUICEngine", ["QUICLink", "Wire", "Names", "TLSEngine", "TestAuthority"]),
        tests("HTTP3Engine", ["QUICLink", "QUICEngine", "Wire", "Names", "TLSEngine", "TestAuthority", httpTypes]),
        tests("Pooling", ["Wire"]),
        tests("Connecting", ["Wire", "Names"]),
        tests("AltSvc", ["Wire", "Names"]),
        tests("TransportCore", ["TestKit"]),
        tests("Threads", ["TestKit"]),
        tests("IOLoop", ["Threads", "TransportCore", "TestKit"]),
        tests("Driving", ["TransportCore", "IOLoop"]),
        tests("FileIO", ["Threads", "TransportCore", "TestKit"]),
        tests("TernCore", ["TransportCore", "Names", "Digests", "MockTransport", "CurlTransport", "TestKit", log]),
        tests("Tern", ["TernCore", "NativeH2Transport", "TransportCore", "TestKit"]),
        tests("CurlTransport", ["TransportCore", "TernCore", "TestKit"]),
        tests("NativeH2Transport", ["Wire", "HTTP2Engine", "TransportCore", "TestServer", "TestKit"]),
        tests(
            "AltSvcTransport", ["AltSvc", "TransportCore", "FileIO", "MockTransport", "TestKit"],
            golden: ["RouteDecisions.golden.txt"]),
        tests("AutomaticTransport", ["AltSvcTransport", "TransportCore", "MockTransport", "TestKit"]),
        tests(
            "QUICTransport", ["HTTP3Engine", "QUICEngine", "TLSEngine", "Names", "TransportCore", "IOLoop", "TestKit"]),
        tests("MockTransport", ["TransportCore", "TernCore", "TestKit"]),
        tests("TernCommand", ["TestKit"]),
        tests("ServerRoutes", ["TernCore", "NativeH2Transport", "TestServer", "TestKit"]),
        tests(
            "TransportConformance",
            ["TransportCore", "CurlTransport", "NativeH2Transport", "QUICTransport", "TestServer"]),
        tests("TestServer", ["TernCore", "CurlTransport", "NativeH2Transport", "QUICTransport", "TestKit"]),
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

// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that what Tern is measured against never burdens its users.
let package = Package(
    name: "TernBenchmarks",
    dependencies: [.package(name: "Tern", path: "..")],
    targets: [
        .executableTarget(
            name: "TernBench",
            dependencies: [
                .product(name: "TernCore", package: "Tern"), .product(name: "CurlTransport", package: "Tern"),
                .product(name: "NativeH2Transport", package: "Tern"),
                .product(name: "QUICTransport", package: "Tern"),
                .product(name: "AutomaticTransport", package: "Tern"),
            ])
    ],
    swiftLanguageModes: [.v6]
)

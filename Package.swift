// swift-tools-version: 6.0
import PackageDescription

/// Tests make some ten thousand calls: what they spend their time in is optimized in debug builds, too.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "docker-cpi",
    products: [
        .executable(name: "docker-cpi", targets: ["docker-cpi"]),
        .executable(name: "cpi-admin", targets: ["cpi-admin"]),
    ],
    dependencies: [
        // Exact: a release is linked with what was tried, and the same commit gives the same bytes.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    ],
    targets: [
        // Header-only C modules. They nest inside the one Swift target that imports them.
        .systemLibrary(
            name: "CSQLite", path: "Sources/Journal/CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/Engine/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),

        // migrations is a link to the top-level directory: resources must live below their target.
        .target(
            name: "Journal", dependencies: ["CSQLite"], exclude: ["CSQLite"],
            resources: [.embedInCode("migrations")], swiftSettings: optimized),
        .target(
            name: "Engine", dependencies: ["CCurl"], exclude: ["CCurl"], swiftSettings: optimized),
        .target(
            name: "CPI",
            dependencies: ["Journal", "Engine", .product(name: "Logging", package: "swift-log")],
            exclude: ["Main"],
            // What runs in VMs and in helper containers.
            resources: [
                "LiveAttach/live_mount.sh", "LiveAttach/live_unmount.sh",
                "LiveAttach/live_turns.sh",
                "Agent/entry_prepare.sh", "Agent/entry_store.sh", "Agent/entry_runit.sh",
                "Agent/entry_systemd.sh", "Agent/mount_wrapper.sh", "Snapshots/copy.sh",
            ].map { .embedInCode($0) }, swiftSettings: optimized),

        // An executable cannot be imported, so the CPI is a library with a main of one line beside it.
        .executableTarget(name: "docker-cpi", dependencies: ["CPI"], path: "Sources/CPI/Main"),
        .executableTarget(
            name: "cpi-admin",
            dependencies: [
                "CPI", "Engine", "Journal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Mustache", package: "swift-mustache"),
            ], resources: [.embedInCode("Render/report.mustache")]),

        // Not a plain target: those are part of every release build, and it needs `@testable`.
        .testTarget(
            name: "Support", dependencies: ["CPI", "CSQLite"], path: "Tests/Support",
            swiftSettings: optimized),
        .testTarget(
            name: "JournalTests", dependencies: ["Journal", "Support"], exclude: ["Fixtures"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "Support"]),
        .testTarget(name: "CPITests", dependencies: ["CPI", "Support"]),
        .testTarget(
            name: "EndToEndTests", dependencies: ["Engine", "Journal", "docker-cpi", "cpi-admin"]),
    ],
    swiftLanguageModes: [.v6]
)

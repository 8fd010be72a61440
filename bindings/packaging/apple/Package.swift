// swift-tools-version:6.0
// The phone core as a Swift package: an app adds it and says `import Baton`. What stands
// between @ is filled in by xcframework.sh.
import PackageDescription

let package = Package(
    name: "Baton",
    platforms: [.iOS(.v15)],
    products: [
        .library(name: "Baton", targets: ["Baton"]),
        // Lifecycle, keys, notifications and background work on iOS.
        .library(name: "BatonApple", targets: ["BatonApple"]),
        // For an app's tests and previews alone.
        .library(name: "BatonTesting", targets: ["BatonTesting"]),
    ],
    targets: [
        .binaryTarget(
            name: "baton_coreFFI",
            url: "@URL@",
            checksum: "@CHECKSUM@"
        ),
        .target(
            name: "Baton",
            dependencies: ["baton_coreFFI"],
            path: "Sources/Baton",
            resources: [.copy("PrivacyInfo.xcprivacy")]
        ),
        .target(name: "BatonApple", dependencies: ["Baton"]),
        .target(name: "BatonTesting", dependencies: ["Baton"]),
    ],
    // In the mode that the suite is compiled in.
    swiftLanguageModes: [.v5]
)

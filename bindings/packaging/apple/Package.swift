// swift-tools-version:5.9
// The phone core as a Swift package: an app adds it and says `import BatonCore`. What stands
// between @ is filled in by xcframework.sh.
import PackageDescription

let package = Package(
    name: "BatonCore",
    platforms: [.iOS(.v15)],
    products: [.library(name: "BatonCore", targets: ["BatonCore"])],
    targets: [
        .binaryTarget(
            name: "baton_coreFFI",
            url: "@URL@",
            checksum: "@CHECKSUM@"
        ),
        .target(
            name: "BatonCore",
            dependencies: ["baton_coreFFI"],
            path: "Sources/BatonCore",
            resources: [.copy("PrivacyInfo.xcprivacy")]
        ),
    ]
)

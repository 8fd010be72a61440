#!/usr/bin/env bash
# Type-checks what of the sample needs no framework of Apple's. Needs what
# bindings/suites/swift/run.sh --build built.
set -euo pipefail
cd "$(dirname "$0")/../../.."
[ -e target/suites/swift/Baton.swiftmodule ] || bindings/suites/swift/run.sh --build
sample=bindings/samples/ios
# App and extension are modules of their own.
for part in App Extension; do
  scripts/mobile/swift-run swiftc -typecheck -swift-version 5 -parse-as-library \
    -module-name "Sample$part" -I target/suites/swift -I target/bindings/swift/baton_coreFFI \
    $sample/Shared/*.swift $sample/$part/*.swift
  echo "sample for iOS: $part is type-checked but for what needs Apple's frameworks"
done

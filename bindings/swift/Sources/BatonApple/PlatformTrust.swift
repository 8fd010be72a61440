#if canImport(Security)
import Baton
import Foundation
import Security

/// Trusts whom the system trusts: its own authorities, and those that a profile of the company
/// installed.
public final class AppleTrust: PlatformTrust, Sendable {
    public init() {}

    public func isTrusted(host: String, chain: [Data]) throws -> Bool {
        let certificates = chain.compactMap { SecCertificateCreateWithData(nil, $0 as CFData) }
        guard certificates.count == chain.count, !chain.isEmpty else { return false }
        var made: SecTrust?
        let policy = SecPolicyCreateSSL(true, host as CFString)
        let status = SecTrustCreateWithCertificates(certificates as CFArray, policy, &made)
        guard status == errSecSuccess, let trust = made else { return false }
        // Connections wait for the answer: nothing is fetched for it.
        SecTrustSetNetworkFetchAllowed(trust, false)
        return SecTrustEvaluateWithError(trust, nil)
    }
}
#endif

#if canImport(CFNetwork)
import CFNetwork
import Foundation

/// The proxy that the system goes through to this server, as the core wants it; nil for none.
public func proxy(to server: URL) -> String? {
    guard let settings = CFNetworkCopySystemProxySettings()?.takeRetainedValue() else { return nil }
    let found = CFNetworkCopyProxiesForURL(server as CFURL, settings).takeRetainedValue()
    guard let first = (found as? [[CFString: Any]])?.first,
        let kind = first[kCFProxyTypeKey] as? String,
        kind == kCFProxyTypeHTTP as String || kind == kCFProxyTypeHTTPS as String,
        let host = first[kCFProxyHostNameKey] as? String,
        let port = first[kCFProxyPortNumberKey] as? Int
    else { return nil }
    return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
}
#endif

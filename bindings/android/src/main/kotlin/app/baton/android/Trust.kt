// Whom Android trusts, and the proxy of the network.

package app.baton.android

import android.net.http.X509TrustManagerExtensions
import app.baton.core.PlatformTrust
import java.io.ByteArrayInputStream
import java.net.InetSocketAddress
import java.net.Proxy
import java.net.ProxySelector
import java.net.URI
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.security.cert.X509Certificate
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager

/**
 * Trusts whom Android trusts in this app: the authorities of the system, those that the device's
 * owner or its company added, and what the app's network security configuration says.
 */
class AndroidTrust : PlatformTrust {
    override fun isTrusted(host: String, chain: List<ByteArray>): Boolean = try {
        val certificates = CertificateFactory.getInstance("X.509")
        val read = chain.map {
            certificates.generateCertificate(ByteArrayInputStream(it)) as X509Certificate
        }
        X509TrustManagerExtensions(platform()).checkServerTrusted(read.toTypedArray(), "UNKNOWN", host)
        true
    } catch (_: GeneralSecurityException) {
        false
    }

    // Made anew each time: authorities come and go while the app runs.
    private fun platform(): X509TrustManager {
        val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
        factory.init(null as KeyStore?)
        return factory.trustManagers.filterIsInstance<X509TrustManager>().first()
    }
}

/** The proxy that Android goes through to this server, as the core wants it; null for none. */
internal fun proxyTo(
    server: String,
    selector: ProxySelector? = ProxySelector.getDefault(),
): String? {
    val proxies = try {
        selector?.select(URI.create(server)).orEmpty()
    } catch (_: IllegalArgumentException) {
        emptyList()
    }
    val first = proxies.firstOrNull() ?: return null
    val address = first.address() as? InetSocketAddress
    if (first.type() != Proxy.Type.HTTP || address == null) return null
    val host = address.hostString.let { if (':' in it) "[$it]" else it }
    return "http://$host:${address.port}"
}

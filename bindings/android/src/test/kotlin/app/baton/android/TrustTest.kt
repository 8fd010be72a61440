// The proxy of the network, as the core wants it.

package app.baton.android

import java.io.IOException
import java.net.InetSocketAddress
import java.net.Proxy
import java.net.ProxySelector
import java.net.SocketAddress
import java.net.URI
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class TrustTest {
    private fun chosen(vararg proxies: Proxy) = object : ProxySelector() {
        override fun select(uri: URI?) = proxies.toList()

        override fun connectFailed(uri: URI?, address: SocketAddress?, error: IOException?) = Unit
    }

    private fun through(type: Proxy.Type, host: String) =
        Proxy(type, InetSocketAddress.createUnresolved(host, 8080))

    @Test
    fun the_first_proxy_is_gone_through_if_it_speaks_http() {
        val server = "https://baton.example.com"
        val http = through(Proxy.Type.HTTP, "proxy.example.com")
        assertEquals("http://proxy.example.com:8080", proxyTo(server, chosen(http)))
        assertEquals("http://[::1]:8080", proxyTo(server, chosen(through(Proxy.Type.HTTP, "::1"))))
        for (none in listOf(
            chosen(),
            chosen(Proxy.NO_PROXY, http),
            chosen(through(Proxy.Type.SOCKS, "socks.example.com")),
            null,
        )) {
            assertEquals(null, proxyTo(server, none))
        }
        assertEquals(null, proxyTo("no address", chosen(http)))
    }
}

// Key stores. An app's own implements `app.baton.core.KeyStore` on the platform's, throws
// `AppException.Locked` before the first unlock, and `AppException.Failed` for anything else.

package app.baton.core

import java.util.concurrent.ConcurrentHashMap

/** Keeps everything in memory: for tests. What it holds is gone with the process. */
class MemoryKeyStore : KeyStore {
    private val values = ConcurrentHashMap<String, ByteArray>()

    override fun get(name: String): ByteArray? = values[name]?.copyOf()

    override fun put(name: String, value: ByteArray) {
        values[name] = value.copyOf()
    }

    override fun delete(name: String) {
        values.remove(name)
    }
}

// The key store on Android's: values lie in files of the app's, sealed by a key that never leaves
// the device's secure hardware.

package app.baton.android

import android.content.Context
import android.os.UserManager
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import android.util.AtomicFile
import app.baton.core.AppException
import app.baton.core.KeyStore
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.security.GeneralSecurityException
import javax.crypto.BadPaddingException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

private const val PROVIDER = "AndroidKeyStore"
private const val ALIAS = "baton"
private const val TAG_BITS = 128
private const val NONCE_BYTES = 12

/** Keeps the secrets of the core. It throws `Locked` before the first unlock. */
class AndroidKeys(private val context: Context) : KeyStore {
    override fun get(name: String): ByteArray? = tries {
        val file = file(name)
        val sealed = try {
            file.readFully()
        } catch (_: FileNotFoundException) {
            return@tries null
        }
        val value = key()?.let { opened(name, sealed, it) }
        // Sealed by a key that is gone, as on a device that was restored: never to be opened again.
        // The core is told that there is none, and begins, instead of failing at every start.
        if (value == null) file.delete()
        value
    }

    override fun put(name: String, value: ByteArray): Unit = tries {
        val cipher = Cipher.getInstance("AES/GCM/NoPadding")
        cipher.init(Cipher.ENCRYPT_MODE, key() ?: newKey())
        cipher.updateAAD(name.toByteArray())
        val sealed = cipher.iv + cipher.doFinal(value)
        val file = file(name)
        val out = file.startWrite()
        try {
            out.write(sealed)
            // On the disk before it counts as kept: calls come from threads that may wait.
            file.finishWrite(out)
        } catch (error: IOException) {
            file.failWrite(out)
            throw error
        }
    }

    override fun delete(name: String): Unit = tries { file(name).delete() }

    /** No backup takes it along: elsewhere nobody could open it. */
    private fun file(name: String): AtomicFile {
        val place = context.noBackupFilesDir.resolve("baton-keys").apply { mkdirs() }
        return AtomicFile(File(place, name))
    }

    /** None where it was sealed by another key, or is torn. */
    private fun opened(name: String, sealed: ByteArray, key: SecretKey): ByteArray? {
        if (sealed.size < NONCE_BYTES + TAG_BITS / 8) return null
        val cipher = Cipher.getInstance("AES/GCM/NoPadding")
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES))
        cipher.updateAAD(name.toByteArray())
        return try {
            cipher.doFinal(sealed, NONCE_BYTES, sealed.size - NONCE_BYTES)
        } catch (_: BadPaddingException) {
            null
        }
    }

    private fun key(): SecretKey? {
        val store = java.security.KeyStore.getInstance(PROVIDER).apply { load(null) }
        return store.getKey(ALIAS, null) as? SecretKey
    }

    private fun newKey(): SecretKey {
        val both = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(ALIAS, both)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER)
            .apply { init(spec) }.generateKey()
    }

    @Synchronized
    private fun <T> tries(act: () -> T): T {
        val users = context.getSystemService(UserManager::class.java)
        if (!users.isUserUnlocked) throw AppException.Locked()
        try {
            return act()
        } catch (error: GeneralSecurityException) {
            throw AppException.Failed("the key store said no: ${error.message}")
        } catch (error: IOException) {
            throw AppException.Failed("a key's file cannot be read or written: ${error.message}")
        }
    }
}

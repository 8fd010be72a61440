// The key store on Android's: values lie in a file of the app's, sealed by a key that never leaves
// the device's secure hardware.

package app.baton.sample.android

import android.content.Context
import android.os.UserManager
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import android.util.Base64
import java.security.GeneralSecurityException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import uniffi.baton_core.AppException
import uniffi.baton_core.KeyStore

private const val PROVIDER = "AndroidKeyStore"
private const val ALIAS = "baton"
private const val TAG_BITS = 128
private const val NONCE_BYTES = 12

class AndroidKeys(private val context: Context) : KeyStore {
    override fun get(name: String): ByteArray? = tries {
        val text = prefs().getString(name, null) ?: return@tries null
        val bytes = Base64.decode(text, Base64.NO_WRAP)
        val nonce = GCMParameterSpec(TAG_BITS, bytes, 0, NONCE_BYTES)
        val cipher = Cipher.getInstance("AES/GCM/NoPadding")
        cipher.init(Cipher.DECRYPT_MODE, key(), nonce)
        cipher.updateAAD(name.toByteArray())
        cipher.doFinal(bytes, NONCE_BYTES, bytes.size - NONCE_BYTES)
    }

    override fun put(name: String, value: ByteArray): Unit = tries {
        val cipher = Cipher.getInstance("AES/GCM/NoPadding")
        cipher.init(Cipher.ENCRYPT_MODE, key())
        cipher.updateAAD(name.toByteArray())
        val sealed = cipher.iv + cipher.doFinal(value)
        val text = Base64.encodeToString(sealed, Base64.NO_WRAP)
        // On the disk before it counts as kept: calls come from threads that may wait.
        if (!prefs().edit().putString(name, text).commit()) {
            throw AppException.Failed("the key store's file cannot be written")
        }
    }

    override fun delete(name: String): Unit = tries {
        if (!prefs().edit().remove(name).commit()) {
            throw AppException.Failed("the key store's file cannot be written")
        }
    }

    private fun prefs() = context.getSharedPreferences("baton-keys", Context.MODE_PRIVATE)

    private fun key(): SecretKey {
        val store = java.security.KeyStore.getInstance(PROVIDER).apply { load(null) }
        (store.getKey(ALIAS, null) as? SecretKey)?.let { return it }
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
        }
    }
}

// What Android does for the app: files of other programs, the clipboard, permissions, settings.

package app.baton.phone

import android.Manifest
import android.content.ClipData
import android.content.ClipboardManager
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.graphics.BitmapFactory
import android.net.Uri
import android.os.Build
import android.provider.OpenableColumns
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asImageBitmap
import androidx.core.content.FileProvider
import app.baton.android.registerFirebase
import app.baton.app.Platform
import app.baton.app.Remembered
import app.baton.app.look.Shade
import app.baton.app.model.kindOf
import app.baton.app.words.Language
import app.baton.core.Baton
import app.baton.core.FileSource
import app.baton.core.OutgoingFile
import app.baton.core.PushOffReason
import app.baton.core.PushState
import java.io.File
import java.io.IOException
import java.time.ZoneId
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** Longer sides are of no use in a bubble, and 64 megapixels are no memory of a phone. */
private const val SIDE_MAX = 1_600

class AndroidPlatform(private val phone: PhoneApp) : Platform {
    private val kept = phone.getSharedPreferences("app", Context.MODE_PRIVATE)

    /** The activity, while there is one: it alone may ask people. */
    @Volatile var screen: MainActivity? = null
    private var picking: CompletableDeferred<Uri?>? = null
    private var asking: CompletableDeferred<Boolean>? = null

    override suspend fun open(server: String): Baton = phone.opens(server)

    /** The library did so itself: a push may come before anybody looks. */
    override suspend fun forgets(server: String) = Unit

    override val beganAnew get() = phone.baton?.beganAnew == true

    override suspend fun pickFile(): OutgoingFile? {
        val uri = withContext(Dispatchers.Main) {
            val answer = CompletableDeferred<Uri?>()
            picking?.complete(null)
            picking = answer
            screen?.picksFile() ?: answer.complete(null)
            answer
        }.await() ?: return null
        return withContext(Dispatchers.IO) { outgoing(uri) }
    }

    fun picked(uri: Uri?) {
        picking?.complete(uri)
        picking = null
    }

    /** A copy: the other program may take back its leave at any time. */
    private fun outgoing(uri: Uri): OutgoingFile? = try {
        val from = phone.contentResolver
        val type = from.getType(uri) ?: "application/octet-stream"
        val columns = arrayOf(OpenableColumns.DISPLAY_NAME)
        val name = from.query(uri, columns, null, null, null)?.use { if (it.moveToFirst()) it.getString(0) else null }
        val copy = File.createTempFile("picked", null, phone.cacheDir)
        from.openInputStream(uri)?.use { into -> copy.outputStream().use { into.copyTo(it) } }
        OutgoingFile(FileSource.Path(copy.path), kindOf(type), type, name)
    } catch (_: IOException) {
        null
    } catch (_: SecurityException) {
        null
    }

    override fun picture(bytes: ByteArray): ImageBitmap? {
        val size = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        BitmapFactory.decodeByteArray(bytes, 0, bytes.size, size)
        val longest = maxOf(size.outWidth, size.outHeight)
        val options = BitmapFactory.Options()
        while (longest / options.inSampleSize.coerceAtLeast(1) > SIDE_MAX) {
            options.inSampleSize = options.inSampleSize.coerceAtLeast(1) * 2
        }
        return BitmapFactory.decodeByteArray(bytes, 0, bytes.size, options)?.asImageBitmap()
    }

    override suspend fun show(name: String, mediaType: String, bytes: ByteArray) {
        val place = phone.cacheDir.resolve("opened")
        val file = withContext(Dispatchers.IO) {
            // What was opened before is closed by now, or held open by who shows it.
            place.deleteRecursively()
            place.mkdirs()
            place.resolve(name.replace('/', '_').ifEmpty { "file" }).also { it.writeBytes(bytes) }
        }
        val uri = FileProvider.getUriForFile(phone, "${phone.packageName}.files", file)
        val shows = Intent(Intent.ACTION_VIEW).setDataAndType(uri, mediaType)
            .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        phone.startActivity(Intent.createChooser(shows, name).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK))
    }

    override suspend fun browse(link: String) {
        val shows = Intent(Intent.ACTION_VIEW, Uri.parse(link))
        // Where nothing shows pages, the chooser says so.
        phone.startActivity(Intent.createChooser(shows, null).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK))
    }

    override fun copy(text: String) {
        val clipboard = phone.getSystemService(ClipboardManager::class.java)
        clipboard.setPrimaryClip(ClipData.newPlainText("Baton", text))
    }

    override var remembered: Remembered
        get() = Remembered(
            server = kept.getString("server", null).orEmpty(),
            workspace = kept.getString("workspace", null).orEmpty(),
            email = kept.getString("email", null).orEmpty(),
            language = Language.entries.find { it.tag == kept.getString("language", null) },
            shade = Shade.entries.find { it.name == kept.getString("shade", null) } ?: Shade.SYSTEM,
        )
        set(value) = kept.edit()
            .putString("server", value.server)
            .putString("workspace", value.workspace)
            .putString("email", value.email)
            .putString("language", value.language?.tag)
            .putString("shade", value.shade.name)
            .apply()

    override val language: Language get() = Language.of(phone.resources.configuration.locales[0])
    override val zone: ZoneId get() = ZoneId.systemDefault()
    override val isPushed get() = true

    override suspend fun askForPushes(baton: Baton): PushState {
        val process = phone.baton
        when {
            process == null -> Unit
            mayNotify() -> process.registerFirebase()
            else -> process.pushOff(PushOffReason.Permission)
        }
        return baton.pushState()
    }

    /** The system asks people twice at most, and only where an activity is seen. */
    private suspend fun mayNotify(): Boolean {
        val wish = Manifest.permission.POST_NOTIFICATIONS
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) return true
        if (phone.checkSelfPermission(wish) == PackageManager.PERMISSION_GRANTED) return true
        return withContext(Dispatchers.Main) {
            val answer = CompletableDeferred<Boolean>()
            asking?.complete(false)
            asking = answer
            screen?.asksFor(wish) ?: answer.complete(false)
            answer
        }.await()
    }

    fun answered(mayNotify: Boolean) {
        asking?.complete(mayNotify)
        asking = null
    }

    override fun now(): Long = System.currentTimeMillis()
}

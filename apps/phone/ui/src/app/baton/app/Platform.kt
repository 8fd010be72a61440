// What a platform does for the app: Android, a desk, or a test.

package app.baton.app

import androidx.compose.ui.graphics.ImageBitmap
import app.baton.app.look.Shade
import app.baton.app.model.CoreFilling
import app.baton.app.model.Filling
import app.baton.app.words.Language
import app.baton.core.Baton
import app.baton.core.OutgoingFile
import app.baton.core.PushState
import java.time.ZoneId

/** What the app keeps about itself on the device; nothing of it is secret. */
data class Remembered(
    val server: String = "",
    val workspace: String = "",
    val email: String = "",
    val language: Language? = null,
    val shade: Shade = Shade.SYSTEM,
)

interface Platform {
    /** Opens the core for a server. Throws `CoreException`. */
    suspend fun open(server: String): Baton

    /** Removes the store of a server. Its key is lost, so nobody can read it. */
    suspend fun forgets(server: String)

    /** Whether that was done without anybody at the screen, as for a push. */
    val beganAnew: Boolean get() = false

    /** Lets the agent choose a file; null where they choose none. */
    suspend fun pickFile(): OutgoingFile?

    /** The picture that these bytes are; null where they are none. */
    fun picture(bytes: ByteArray): ImageBitmap?

    /** Hands a file to whatever shows it. */
    suspend fun show(name: String, mediaType: String, bytes: ByteArray)

    /** Opens a page of the web where the person reads such pages. */
    suspend fun browse(link: String)

    /** Puts a text where it can be pasted from. */
    fun copy(text: String)

    var remembered: Remembered

    val language: Language
    val zone: ZoneId

    /** Whether pushes reach this device while the app is closed: a phone, and not a desk. */
    val isPushed: Boolean

    /** Asks for pushes, and for the permission to notify. */
    suspend fun askForPushes(baton: Baton): PushState

    /** What fills canned replies: the core. */
    val filling: Filling get() = CoreFilling

    /** The time in milliseconds since 1970. */
    fun now(): Long
}

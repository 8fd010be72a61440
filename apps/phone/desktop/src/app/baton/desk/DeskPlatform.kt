// What a desk does for the app: a directory, keys in it, files, the clipboard.

package app.baton.desk

import androidx.compose.ui.graphics.ImageBitmap
import app.baton.app.Platform
import app.baton.app.Remembered
import app.baton.app.look.Shade
import app.baton.app.model.kindOf
import app.baton.app.words.Language
import app.baton.core.AppException
import app.baton.core.Baton
import app.baton.core.CoreConfig
import app.baton.core.FileSource
import app.baton.core.KeyStore
import app.baton.core.OutgoingFile
import app.baton.core.PushState
import java.awt.Desktop
import java.awt.FileDialog
import java.awt.Frame
import java.awt.Toolkit
import java.awt.datatransfer.StringSelection
import java.io.IOException
import java.net.URI
import java.net.URISyntaxException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.nio.file.attribute.PosixFilePermissions
import java.time.ZoneId
import java.util.Locale
import java.util.Properties
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

private const val CACHE_BYTES = 200_000_000UL

/** Keeps keys beside the store, readable by their owner alone. */
class FileKeys(private val directory: Path) : KeyStore {
    private fun file(name: String) = directory.resolve("key-${name.filter { it.isLetterOrDigit() || it == '-' }}")

    private fun <T> tried(work: () -> T): T = try {
        work()
    } catch (error: IOException) {
        throw AppException.Failed(error.javaClass.simpleName)
    }

    override fun get(name: String): ByteArray? = tried {
        file(name).takeIf { Files.exists(it) }?.let { Files.readAllBytes(it) }
    }

    override fun put(name: String, value: ByteArray): Unit = tried {
        val fresh = Files.createTempFile(directory, "key", null)
        ownersAlone(fresh)
        Files.write(fresh, value)
        Files.move(fresh, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING)
    }

    override fun delete(name: String): Unit = tried { Files.deleteIfExists(file(name)) }
}

private fun ownersAlone(path: Path) {
    val isPosix = "posix" in path.fileSystem.supportedFileAttributeViews()
    if (!isPosix) return
    val said = if (Files.isDirectory(path)) "rwx------" else "rw-------"
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(said))
}

/** What Java asks other programs of the desk for. */
interface Programs {
    /** Opens a page; false where no program shows pages. Throws `IOException`. */
    fun browse(page: URI): Boolean

    fun copy(text: String)
}

private object JavaPrograms : Programs {
    override fun browse(page: URI): Boolean {
        val desk = if (Desktop.isDesktopSupported()) Desktop.getDesktop() else null
        if (desk?.isSupported(Desktop.Action.BROWSE) != true) return false
        desk.browse(page)
        return true
    }

    override fun copy(text: String) {
        Toolkit.getDefaultToolkit().systemClipboard.setContents(StringSelection(text), null)
    }
}

class DeskPlatform(
    private val directory: Path,
    private val programs: Programs = JavaPrograms,
    private val window: () -> Frame?,
) : Platform {
    private val settings = directory.resolve("app.properties")

    init {
        Files.createDirectories(directory)
        ownersAlone(directory)
    }

    /** Each server has a store of its own: agents of two desks never meet in one. */
    private fun storeOf(server: String): Path =
        directory.resolve(server.substringAfter("://").replace(Regex("[^a-zA-Z0-9.-]"), "_"))

    override suspend fun open(server: String): Baton {
        val store = storeOf(server)
        Files.createDirectories(store)
        ownersAlone(store)
        val config = CoreConfig(
            server = server, directory = store.toString(), deviceName = deviceName(),
            userAgent = "baton-desk", cacheBytes = CACHE_BYTES,
        )
        val baton = Baton.open(config, FileKeys(store))
        // A desk tells nobody of its network: the core tries.
        baton.foreground()
        baton.network(true)
        return baton
    }

    override suspend fun forgets(server: String) = withContext(Dispatchers.IO) {
        storeOf(server).toFile().deleteRecursively()
        Unit
    }

    private fun deviceName(): String {
        val system = System.getProperty("os.name") ?: "desk"
        return "Baton, $system"
    }

    override suspend fun pickFile(): OutgoingFile? = withContext(Dispatchers.IO) {
        val dialog = FileDialog(window())
        dialog.isVisible = true
        val path = dialog.files.firstOrNull()?.toPath() ?: return@withContext null
        outgoing(path)
    }

    override fun picture(bytes: ByteArray): ImageBitmap? = scaledPicture(bytes)

    override suspend fun show(name: String, mediaType: String, bytes: ByteArray) = withContext(Dispatchers.IO) {
        val plain = Files.createTempDirectory("baton-")
        ownersAlone(plain)
        val file = plain.resolve(name.replace(Regex("[/\\\\:]"), "_").take(NAME_MAX).ifEmpty { "file" })
        Files.write(file, bytes)
        // The core's copy is sealed, this one is not: it goes with the app.
        file.toFile().deleteOnExit()
        plain.toFile().deleteOnExit()
        if (Desktop.isDesktopSupported()) Desktop.getDesktop().open(file.toFile())
    }

    override suspend fun browse(link: String) = withContext(Dispatchers.IO) {
        // Some desks open no pages, and Java does not take every address: the link can be pasted then.
        val isShown = try {
            programs.browse(URI(link))
        } catch (_: URISyntaxException) {
            false
        } catch (_: IOException) {
            false
        }
        if (!isShown) copy(link)
    }

    override fun copy(text: String) = programs.copy(text)

    override var remembered: Remembered
        get() {
            val kept = Properties()
            if (Files.exists(settings)) Files.newBufferedReader(settings).use(kept::load)
            return Remembered(
                server = kept.getProperty("server", ""),
                workspace = kept.getProperty("workspace", ""),
                email = kept.getProperty("email", ""),
                language = Language.entries.find { it.tag == kept.getProperty("language") },
                shade = Shade.entries.find { it.name == kept.getProperty("shade") } ?: Shade.SYSTEM,
            )
        }
        set(value) {
            val kept = Properties()
            kept["server"] = value.server
            kept["workspace"] = value.workspace
            kept["email"] = value.email
            value.language?.let { kept["language"] = it.tag }
            kept["shade"] = value.shade.name
            val fresh = Files.createTempFile(directory, "app", null)
            Files.newBufferedWriter(fresh).use { kept.store(it, null) }
            Files.move(fresh, settings, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING)
        }

    override val language: Language get() = Language.of(Locale.getDefault())
    override val zone: ZoneId get() = ZoneId.systemDefault()
    override val isPushed get() = false

    override suspend fun askForPushes(baton: Baton): PushState = baton.pushState()

    override fun now(): Long = System.currentTimeMillis()

    companion object {
        private const val NAME_MAX = 120

        /** Where the app keeps things, as each system wants it. */
        fun home(): Path {
            val user = Path.of(System.getProperty("user.home"))
            val system = System.getProperty("os.name").orEmpty()
            val named = System.getenv("XDG_DATA_HOME")?.takeIf { it.isNotEmpty() }?.let { Path.of(it) }
            return when {
                system.startsWith("Mac") -> user.resolve("Library/Application Support/Baton")
                system.startsWith("Windows") -> Path.of(System.getenv("LOCALAPPDATA") ?: "$user").resolve("Baton")
                else -> (named ?: user.resolve(".local/share")).resolve("baton")
            }
        }

        /** A file as it is sent. */
        fun outgoing(path: Path): OutgoingFile {
            val type = Files.probeContentType(path) ?: "application/octet-stream"
            return OutgoingFile(FileSource.Path(path.toString()), kindOf(type), type, path.fileName.toString())
        }
    }
}

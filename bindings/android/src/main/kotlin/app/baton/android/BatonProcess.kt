// The one core of an app's process, and what Android tells it.

package app.baton.android

import android.app.Application
import app.baton.core.Baton
import app.baton.core.CoreConfig
import app.baton.core.CoreException
import app.baton.core.KeyStore
import app.baton.core.PushOffReason
import app.baton.core.PushTarget
import java.io.File
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch

/** An `Application` with a core. Services, workers and receivers of this library find it here. */
interface BatonHost {
    val baton: BatonProcess
}

/**
 * The core of this process: opens it, reports the app's life and network to it, draws what it
 * decides about notifications, and sends what waits when the app is left.
 *
 * Make one in `Application.onCreate`, as `val baton by lazy { BatonProcess(this, server, look) }`
 * with a call of [start].
 */
class BatonProcess(
    val application: Application,
    server: String,
    look: NotificationLook,
    val keys: KeyStore = AndroidKeys(application),
    private val open: suspend (CoreConfig, KeyStore) -> Baton = { config, keys ->
        Baton.open(config, keys)
    },
) {
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** The directory is one that no backup takes along: elsewhere nobody could open it. */
    val config = CoreConfig(
        server = server,
        directory = application.noBackupFilesDir.resolve("baton").path,
        deviceName = android.os.Build.MODEL,
    )

    val notifications: NotificationBoard = AndroidBoard(application, look)

    private val opened = CompletableDeferred<Baton?>()
    private val observer = AppObserver(scope, { core() }, { proxyTo(server) }) {
        BatonWorker.enqueue(application)
    }

    /** Opens the core. Calls of the library wait for it. */
    fun start() {
        observer.observe(application)
        scope.launch {
            val baton = opensOrBegins()
            opened.complete(baton)
            if (baton == null) return@launch
            baton.trustPlatform(AndroidTrust())
            launch { baton.events.collect(notifications::hear) }
            observer.follow(baton)
        }
    }

    /** The client; null where it cannot be opened: the device is locked, or full. */
    suspend fun core(): Baton? = opened.await()

    /** Tells the core which conversation the screen shows, so that it is not notified meanwhile. */
    fun appear(screen: Any, conversation: String) = observer.onScreen.appear(screen, conversation)

    /** The screen is gone. A screen that goes late changes nothing for the next one. */
    fun disappear(screen: Any) = observer.onScreen.disappear(screen)

    /** The platform gave a target for pushes: the core keeps it and tells the server. */
    suspend fun register(target: PushTarget) = tries { it.registerPush(target) }

    /** No push can come, for this reason. */
    suspend fun pushOff(reason: PushOffReason) = tries { it.pushOff(reason) }

    /** Call from `Application.onTrimMemory`. */
    fun lowMemory() = observer.tell { lowMemory() }

    private suspend fun opensOrBegins(): Baton? = try {
        open(config, keys)
    } catch (error: CoreException) {
        if (error is CoreException.Storage && error.isKeyLost) begins() else null
    }

    /** What was sealed with a key that is gone can be read by nobody: the device begins anew. */
    private suspend fun begins(): Baton? = try {
        File(config.directory).deleteRecursively()
        open(config, keys)
    } catch (_: CoreException) {
        null
    }

    private suspend fun tries(act: suspend (Baton) -> Unit) {
        try {
            core()?.let { act(it) }
        } catch (_: CoreException) {
            // The state of pushes says what is missing; the next start tries again.
        }
    }
}

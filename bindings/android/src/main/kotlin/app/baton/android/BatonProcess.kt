// The one core of an app's process, and what Android tells it.

package app.baton.android

import android.app.Application
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import app.baton.core.Baton
import app.baton.core.CoreConfig
import app.baton.core.CoreException
import app.baton.core.KeyStore
import app.baton.core.PushOffReason
import app.baton.core.PushTarget
import java.io.File
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch

/** An `Application` with a core. Services, workers and receivers of this library find it here. */
interface BatonHost {
    /** Null while nobody has said which server it is: then there is nothing to push or to send. */
    val baton: BatonProcess?
}

/**
 * The core of this process: opens it, reports the app's life and network to it, draws what it
 * decides about notifications, and sends what waits when the app is left.
 *
 * Make one in `Application.onCreate`, as `val baton by lazy { BatonProcess(this, server, look) }`
 * with a call of [start]. An app that may go to another server gives each its own [directory], and
 * calls [end] before it makes the next one.
 */
class BatonProcess(
    val application: Application,
    server: String,
    look: NotificationLook,
    val keys: KeyStore = AndroidKeys(application),
    directory: String = "baton",
    private val open: suspend (CoreConfig, KeyStore) -> Baton = { config, keys ->
        Baton.open(config, keys)
    },
) {
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** The directory is one that no backup takes along: elsewhere nobody could open it. */
    val config = CoreConfig(
        server = server,
        directory = application.noBackupFilesDir.resolve(directory).path,
        deviceName = android.os.Build.MODEL,
    )

    val notifications: NotificationBoard = AndroidBoard(application, look)

    private val observer = AppObserver(scope, { core() }, { proxyTo(server) }) {
        BatonWorker.enqueue(application)
    }
    private val opening = Opening({ opensOrBegins() }) { baton ->
        baton.trustPlatform(AndroidTrust())
        scope.launch { baton.events.collect(notifications::hear) }
        observer.follow(baton)
    }

    /** Whether the core is open, for a screen that has to say why there is nothing. */
    val state: StateFlow<OpenState> get() = opening.state

    /**
     * Opens the core. Calls of the library wait for it. [isSeen] where an activity has started
     * before, as that in which the server was named.
     */
    fun start(isSeen: Boolean = false) {
        observer.observe(application)
        if (isSeen) observer.started()
        scope.launch { if (core() == null) opensWhenUnlocked() }
    }

    /**
     * The client; null where it cannot be opened now: the device is locked, or full. The next call
     * tries again: that of a push, of a job, or of a screen that comes to the foreground.
     */
    suspend fun core(): Baton? = opening.core()

    /** The keys can be read from the first unlock on, and nothing else may ask until then. */
    private fun opensWhenUnlocked() {
        val unlocked = object : BroadcastReceiver() {
            override fun onReceive(context: Context, intent: Intent) {
                application.unregisterReceiver(this)
                scope.launch { core() }
            }
        }
        application.registerReceiver(unlocked, IntentFilter(Intent.ACTION_USER_UNLOCKED))
    }

    /** Closes the core for good. The library makes no further calls to it. */
    suspend fun end() {
        observer.end(application)
        (opening.state.value as? OpenState.Open)?.baton?.end()
        scope.cancel()
    }

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

    /** True once the store was removed because its key was lost. Tell the person who uses the app. */
    @Volatile
    var beganAnew = false
        private set

    private suspend fun opensOrBegins(): Baton = try {
        open(config, keys)
    } catch (lost: CoreException.Storage) {
        if (!lost.isKeyLost) throw lost
        // What was sealed with a key that is gone can be read by nobody: the device begins anew.
        File(config.directory).deleteRecursively()
        beganAnew = true
        open(config, keys)
    }

    private suspend fun tries(act: suspend (Baton) -> Unit) {
        try {
            core()?.let { act(it) }
        } catch (_: CoreException) {
            // The state of pushes says what is missing; the next start tries again.
        }
    }
}

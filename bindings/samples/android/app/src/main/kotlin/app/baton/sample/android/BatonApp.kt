// The process: one core in it, told when somebody looks and when there is a network.

package app.baton.sample.android

import android.app.Activity
import android.app.Application
import android.net.ConnectivityManager
import android.net.Network
import android.os.Bundle
import app.baton.core.Baton
import app.baton.sample.R
import app.baton.sample.model.OnScreen
import app.baton.sample.model.hears
import app.baton.sample.model.registers
import java.io.File
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.launch
import uniffi.baton_core.CoreConfig
import uniffi.baton_core.CoreException

/** One screen may be gone before the next is there, and is while the device is turned. */
private val BETWEEN_SCREENS = 700.milliseconds

class BatonApp : Application() {
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    val keys by lazy { AndroidKeys(this) }
    val board by lazy { AndroidBoard(this) }

    /** The core, once it is open; none where it cannot be: then the device is locked, or full. */
    val core = CompletableDeferred<Baton?>()

    val config by lazy {
        CoreConfig(
            server = getString(R.string.server),
            // No backup takes it along.
            directory = noBackupFilesDir.resolve("baton").path,
            deviceName = android.os.Build.MODEL,
        )
    }

    val onScreen = OnScreen { conversation -> tells { viewing(conversation) } }

    /** What is told to the core, in the order in which it happened: one after the other. */
    private val told = Channel<suspend Baton.() -> Unit>(Channel.UNLIMITED)

    private var started = 0
    private val isLookedAt = MutableStateFlow(false)

    override fun onCreate() {
        super.onCreate()
        scope.launch {
            val opened = opens()
            core.complete(opened)
            if (opened != null) follows(opened)
        }
        registerActivityLifecycleCallbacks(Looking())
        val connectivity = getSystemService(ConnectivityManager::class.java)
        connectivity.registerDefaultNetworkCallback(Networks())
    }

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        tells { lowMemory() }
    }

    private suspend fun opens(): Baton? = try {
        Baton.open(config, keys)
    } catch (error: CoreException) {
        if (error is CoreException.Storage && error.isKeyLost) opensAnew() else null
    }

    /** What was sealed with a key that is gone can be read by nobody, ever: the device begins. */
    private suspend fun opensAnew(): Baton? = try {
        File(config.directory).deleteRecursively()
        Baton.open(config, keys)
    } catch (_: CoreException) {
        null
    }

    private fun follows(baton: Baton) {
        scope.launch { baton.events.collect { board.hears(it) } }
        scope.launch { for (act in told) tries { baton.act() } }
        scope.launch { registers(baton.current) { baton.registersHere(this@BatonApp) } }
        scope.launch {
            var isForward = false
            isLookedAt.collectLatest { isLooked ->
                if (!isLooked) delay(BETWEEN_SCREENS)
                if (isLooked == isForward) return@collectLatest
                isForward = isLooked
                // Who comes back meanwhile waits for no closing: the core has heard of it, and
                // hears the next after it.
                tries { if (isLooked) baton.foreground() else baton.background(5.seconds) }
            }
        }
    }

    private fun tells(act: suspend Baton.() -> Unit) {
        told.trySend(act)
    }

    /** What fails here is told by the banner: nobody waits for it. */
    private suspend fun tries(act: suspend () -> Unit) {
        try {
            act()
        } catch (_: CoreException) {
            // See the banner.
        }
    }

    private inner class Networks : ConnectivityManager.NetworkCallback() {
        private var last: Network? = null

        override fun onAvailable(network: Network) {
            val isOther = last != null && last != network
            last = network
            tells { if (isOther) networkChanged() else network(true) }
        }

        override fun onLost(network: Network) = tells { network(false) }
    }

    private inner class Looking : ActivityLifecycleCallbacks {
        override fun onActivityStarted(activity: Activity) {
            isLookedAt.value = ++started > 0
        }

        override fun onActivityStopped(activity: Activity) {
            isLookedAt.value = --started > 0
        }

        override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit

        override fun onActivityResumed(activity: Activity) = Unit

        override fun onActivityPaused(activity: Activity) = Unit

        override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

        override fun onActivityDestroyed(activity: Activity) = Unit
    }
}

// The process: one core in it, told when somebody looks and when there is a network.

package app.baton.sample.android

import android.app.Activity
import android.app.Application
import android.net.ConnectivityManager
import android.net.Network
import android.os.Bundle
import app.baton.core.Baton
import app.baton.sample.R
import app.baton.sample.model.hears
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import uniffi.baton_core.CoreConfig
import uniffi.baton_core.CoreException

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

    private var started = 0

    override fun onCreate() {
        super.onCreate()
        scope.launch {
            val opened = try {
                Baton.open(config, keys)
            } catch (_: CoreException) {
                null
            }
            core.complete(opened)
            opened?.events?.collect { board.hears(it) }
        }
        registerActivityLifecycleCallbacks(Looking())
        val connectivity = getSystemService(ConnectivityManager::class.java)
        connectivity.registerDefaultNetworkCallback(Networks())
    }

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        tries { lowMemory() }
    }

    /** What fails here is told by the banner: nobody waits for it. */
    private fun tries(act: suspend Baton.() -> Unit) {
        scope.launch {
            try {
                core.await()?.act()
            } catch (_: CoreException) {
                // See the banner.
            }
        }
    }

    private inner class Networks : ConnectivityManager.NetworkCallback() {
        private var last: Network? = null

        override fun onAvailable(network: Network) {
            val isOther = last != null && last != network
            last = network
            tries { if (isOther) networkChanged() else network(true) }
        }

        override fun onLost(network: Network) = tries { network(false) }
    }

    private inner class Looking : ActivityLifecycleCallbacks {
        override fun onActivityStarted(activity: Activity) {
            if (started++ == 0) tries { foreground() }
        }

        override fun onActivityStopped(activity: Activity) {
            if (--started == 0) tries { background(5.seconds) }
        }

        override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit

        override fun onActivityResumed(activity: Activity) = Unit

        override fun onActivityPaused(activity: Activity) = Unit

        override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

        override fun onActivityDestroyed(activity: Activity) = Unit
    }
}

// The app's life and the device's network, as the core needs them: in order, one after the other.

package app.baton.android

import android.app.Activity
import android.app.Application
import android.net.ConnectivityManager
import android.net.Network
import android.os.Bundle
import app.baton.core.Baton
import app.baton.core.CoreException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.launch

/** One screen may be gone before the next is there, as while the device is turned. */
private val BETWEEN_SCREENS = 700.milliseconds
private val TO_CLOSE = 5.seconds

/**
 * Drives foreground, background and network. [leave] is called when the app was left with acts that
 * are not sent.
 */
internal class AppObserver(
    private val scope: CoroutineScope,
    private val core: suspend () -> Baton?,
    private val proxy: () -> String? = { null },
    private val leave: () -> Unit,
) {
    val onScreen = OnScreen { conversation -> tell { viewing(conversation) } }

    private val told = Channel<suspend Baton.() -> Unit>(Channel.UNLIMITED)
    private val isVisible = MutableStateFlow(false)
    private val screens = Screens()
    private val networks = Networks()
    private var started = 0

    fun observe(application: Application) {
        application.registerActivityLifecycleCallbacks(screens)
        val connectivity = application.getSystemService(ConnectivityManager::class.java)
        connectivity.registerDefaultNetworkCallback(networks)
    }

    fun end(application: Application) {
        application.unregisterActivityLifecycleCallbacks(screens)
        val connectivity = application.getSystemService(ConnectivityManager::class.java)
        connectivity.unregisterNetworkCallback(networks)
    }

    /** An activity was there before anybody observed. */
    fun started() {
        isVisible.value = ++started > 0
    }

    /** Tells the core something, after all that was told before. */
    fun tell(act: suspend Baton.() -> Unit) {
        told.trySend(act)
    }

    fun follow(baton: Baton) {
        scope.launch { for (act in told) tries { baton.act() } }
        scope.launch { follow(baton, isVisible) }
    }

    /** Reports each change of visibility; a change that is taken back in time is none. */
    internal suspend fun follow(baton: Baton, isVisible: MutableStateFlow<Boolean>) {
        var isForward = false
        isVisible.collectLatest { isNow ->
            if (!isNow) delay(BETWEEN_SCREENS)
            if (isNow == isForward) return@collectLatest
            isForward = isNow
            if (isNow) return@collectLatest tries { baton.foreground() }
            tries { baton.background(TO_CLOSE) }
            tries { if (baton.outbox().isNotEmpty()) leave() }
        }
    }

    /** A failure here shows in the state of the core. */
    private suspend fun tries(act: suspend () -> Unit) {
        try {
            act()
        } catch (_: CoreException) {
            // The state says so.
        }
    }

    private inner class Networks : ConnectivityManager.NetworkCallback() {
        private var last: Network? = null

        override fun onAvailable(network: Network) {
            val isOther = last != null && last != network
            last = network
            tell {
                // A proxy that the core cannot use is none.
                tries { goThrough(proxy()) }
                if (isOther) networkChanged() else network(true)
            }
        }

        override fun onLost(network: Network) {
            last = null
            tell { network(false) }
        }
    }

    private inner class Screens : Application.ActivityLifecycleCallbacks {
        override fun onActivityStarted(activity: Activity) {
            started()
        }

        override fun onActivityStopped(activity: Activity) {
            isVisible.value = --started > 0
        }

        override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit

        override fun onActivityResumed(activity: Activity) = Unit

        override fun onActivityPaused(activity: Activity) = Unit

        override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

        override fun onActivityDestroyed(activity: Activity) = Unit
    }
}

/**
 * The conversation on the screen: nothing of it is notified meanwhile. A screen appears before the
 * one below it is gone, perhaps with the same conversation; a screen that goes late changes nothing.
 */
internal class OnScreen(private val tell: (String?) -> Unit) {
    private var last: Any? = null

    fun appear(screen: Any, conversation: String) {
        last = screen
        tell(conversation)
    }

    fun disappear(screen: Any) {
        if (last !== screen) return
        last = null
        tell(null)
    }
}

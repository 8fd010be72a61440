// Firebase's messages: decided here while the process lives, whether or not anybody looks.

package app.baton.android

import app.baton.core.PushMessage
import app.baton.core.PushOffReason
import app.baton.core.PushRoad
import app.baton.core.PushTarget
import com.google.firebase.messaging.FirebaseMessaging
import com.google.firebase.messaging.FirebaseMessagingService
import com.google.firebase.messaging.RemoteMessage
import java.util.Locale
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull

/** Time to open the core; then the push alone decides. */
private val TO_OPEN = 2.seconds

/**
 * Handles pushes. Name it, or a subclass, in the manifest. The core gets 8 s of about 20 s that
 * Firebase gives; what it could not fetch in time is fetched by a [BatonWorker].
 */
open class BatonMessagingService : FirebaseMessagingService() {
    private val process get() = (application as BatonHost).baton

    /** On a thread of Firebase's that may wait; the phone may sleep again when this returns. */
    override fun onMessageReceived(message: RemoteMessage) = runBlocking {
        val process = process ?: return@runBlocking
        val baton = withTimeoutOrNull(TO_OPEN) { process.core() }
        val (config, keys) = process.config to process.keys
        val push = PushMessage.Fcm(message.data)
        if (process.notifications.take(baton, config, keys, push)) BatonWorker.enqueue(application)
    }

    /** The wish is kept also where nobody is signed in. */
    override fun onNewToken(token: String) {
        val process = process ?: return
        process.scope.launch { process.register(process.target(token)) }
    }
}

/** Hands Firebase's token to the core. Call at every start of the app. */
fun BatonProcess.registerFirebase() {
    FirebaseMessaging.getInstance().token.addOnCompleteListener { task ->
        scope.launch {
            if (task.isSuccessful) register(target(task.result)) else pushOff(PushOffReason.NoService)
        }
    }
}

internal fun BatonProcess.target(token: String) = PushTarget(
    PushRoad.FCM_TOKEN,
    token,
    application.packageName,
    Locale.getDefault().toLanguageTag(),
)

// Firebase's messages: handled here while the process lives, whether or not anybody looks.

package app.baton.sample.android

import android.content.Context
import app.baton.core.Baton
import app.baton.sample.model.takes
import com.google.firebase.messaging.FirebaseMessaging
import com.google.firebase.messaging.FirebaseMessagingService
import com.google.firebase.messaging.RemoteMessage
import java.util.Locale
import kotlin.coroutines.resume
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.suspendCancellableCoroutine
import uniffi.baton_core.CoreException
import uniffi.baton_core.PushMessage
import uniffi.baton_core.PushRoad
import uniffi.baton_core.PushTarget

class PushService : FirebaseMessagingService() {
    private val app get() = application as BatonApp

    /** On a thread of Firebase's that may wait; it lets the phone sleep again when this returns. */
    override fun onMessageReceived(message: RemoteMessage) = runBlocking {
        app.board.takes(app.core.await(), app.config, app.keys, PushMessage.Fcm(message.data))
    }

    /** Mostly nobody is signed in yet; whoever signs in is registered then. */
    override fun onNewToken(token: String) {
        app.scope.launch { app.core.await()?.registers(token, app) }
    }
}

/** Registers with the token that Firebase has now; says whether that worked. */
suspend fun Baton.registersHere(context: Context): Boolean {
    val token = suspendCancellableCoroutine { waiting ->
        FirebaseMessaging.getInstance().token.addOnCompleteListener { task ->
            waiting.resume(if (task.isSuccessful) task.result else null)
        }
    }
    return token != null && registers(token, context)
}

private suspend fun Baton.registers(token: String, context: Context): Boolean = try {
    val language = Locale.getDefault().toLanguageTag()
    registerPush(PushTarget(PushRoad.FCM_TOKEN, token, context.packageName, language))
    true
} catch (_: CoreException) {
    false
}

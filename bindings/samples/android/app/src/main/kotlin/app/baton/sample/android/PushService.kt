// Firebase's messages: handled here while the process lives, whether or not anybody looks.

package app.baton.sample.android

import app.baton.sample.model.takes
import com.google.firebase.messaging.FirebaseMessagingService
import com.google.firebase.messaging.RemoteMessage
import java.util.Locale
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
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

    override fun onNewToken(token: String) {
        app.scope.launch {
            val target = PushTarget(
                PushRoad.FCM_TOKEN, token, packageName, Locale.getDefault().toLanguageTag(),
            )
            try {
                app.core.await()?.registerPush(target)
            } catch (_: CoreException) {
                // Signed out or offline: the app registers at its next start.
            }
        }
    }
}

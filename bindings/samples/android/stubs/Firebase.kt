// What the sample uses of Firebase's library, as that declares it: only to compile against.

package com.google.firebase.messaging

import android.app.Service
import android.content.Intent
import android.os.IBinder

class RemoteMessage {
    val data: Map<String, String> = emptyMap()
}

abstract class FirebaseMessagingService : Service() {
    open fun onMessageReceived(message: RemoteMessage) = Unit

    open fun onNewToken(token: String) = Unit

    override fun onBind(intent: Intent): IBinder? = null
}

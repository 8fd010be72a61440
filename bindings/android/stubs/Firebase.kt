// What the library uses of Firebase's library, as that declares it: only to compile against.

package com.google.firebase.messaging

import android.app.Service
import android.content.Intent
import android.os.IBinder
import com.google.android.gms.tasks.Task

class RemoteMessage {
    val data: Map<String, String> = emptyMap()
}

abstract class FirebaseMessaging {
    abstract val token: Task<String>

    companion object {
        @JvmStatic
        fun getInstance(): FirebaseMessaging = throw NotImplementedError()
    }
}

abstract class FirebaseMessagingService : Service() {
    open fun onMessageReceived(message: RemoteMessage) = Unit

    open fun onNewToken(token: String) = Unit

    override fun onBind(intent: Intent): IBinder? = null
}

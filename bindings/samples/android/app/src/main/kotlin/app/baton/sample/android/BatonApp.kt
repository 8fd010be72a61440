// The process: the library opens one core in it and tells it of the app's life.

package app.baton.sample.android

import android.app.Application
import app.baton.android.BatonHost
import app.baton.android.BatonProcess
import app.baton.android.NotificationLook
import app.baton.android.registerFirebase
import app.baton.sample.R

class BatonApp : Application(), BatonHost {
    override val baton by lazy {
        val look = NotificationLook(R.drawable.notification, ConversationActivity::class.java)
        BatonProcess(this, getString(R.string.server), look)
    }

    override fun onCreate() {
        super.onCreate()
        baton.start()
        baton.registerFirebase()
    }

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        baton.lowMemory()
    }
}

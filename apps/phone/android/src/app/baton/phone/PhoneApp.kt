// The process: one core, which the library keeps, and one model of the app, which outlives screens.

package app.baton.phone

import android.app.Application
import app.baton.android.AnswerProblem
import app.baton.android.BatonHost
import app.baton.android.BatonProcess
import app.baton.android.NotificationLook
import app.baton.android.OpenState
import app.baton.app.model.AppModel
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.Baton
import app.baton.core.CoreException
import app.baton.core.NotificationGroup
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

class PhoneApp : Application(), BatonHost {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val one = Mutex()
    val platform by lazy { AndroidPlatform(this) }
    val model by lazy { AppModel(platform, scope) }

    /** Null until somebody named a server. Then it is there before any push. */
    @Volatile
    override var baton: BatonProcess? = null
        private set

    override fun onCreate() {
        super.onCreate()
        val server = platform.remembered.server
        if (server.isNotEmpty()) baton = process(server).also { it.start() }
    }

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        baton?.lowMemory()
    }

    /** The core for a server, which is opened where it is not. Throws why it cannot be. */
    suspend fun opens(server: String): Baton {
        val process = one.withLock {
            val before = baton
            if (before != null && before.config.server == server) return@withLock before
            before?.end()
            process(server).also {
                baton = it
                it.start(isSeen = platform.screen != null)
            }
        }
        return process.core() ?: throw when (val state = process.state.value) {
            is OpenState.Failed -> state.error
            OpenState.Opening, is OpenState.Open -> CoreException.Closed()
        }
    }

    /** Each server has a store of its own: agents of two desks never meet in one. */
    private fun process(server: String): BatonProcess {
        val name = server.substringAfter("://").replace(Regex("[^a-zA-Z0-9.-]"), "_")
        return BatonProcess(this, server, look(), directory = "baton-$name")
    }

    private fun look(): NotificationLook {
        val words = Words(platform.remembered.language ?: platform.language, platform.zone)
        return NotificationLook(
            icon = R.drawable.notification,
            screen = MainActivity::class.java,
            reply = words(Word.Reply),
            resolve = words(Word.Resolve),
            accept = words(Word.Accept),
            decline = words(Word.Decline),
            me = words(Word.Me),
            notSent = words(Word.NotSent),
            problems = {
                when (it) {
                    AnswerProblem.WAITING -> words(Word.AnswerWaits)
                    AnswerProblem.MISSED -> words(Word.AnswerMissed)
                    AnswerProblem.NOT_KEPT -> words(Word.AnswerLost)
                }
            },
            channels = {
                when (it) {
                    NotificationGroup.OFFER -> words(Word.GroupOffer)
                    NotificationGroup.INBOX -> words(Word.GroupInbox)
                    NotificationGroup.MENTION -> words(Word.GroupMention)
                    NotificationGroup.SYS -> words(Word.GroupSys)
                }
            },
        )
    }
}

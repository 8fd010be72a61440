// What people do on a notification, without the app on the screen.

package app.baton.android

import android.app.PendingIntent
import android.app.RemoteInput
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import app.baton.core.Baton
import app.baton.core.CoreException
import app.baton.core.NotificationAnswer
import app.baton.core.NotificationEnd
import app.baton.core.Place
import kotlinx.coroutines.launch

private const val REPLY = "reply"
private const val RESOLVE = "resolve"
private const val ACCEPT = "accept"
private const val DECLINE = "decline"
private const val DISMISSED = "dismissed"

/** Replies, resolves, accepts, declines and hears of dismissals. The library's manifest names it. */
class NotificationReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        val process = (context.applicationContext as BatonHost).baton ?: return
        val of = intent.getStringExtra("of") ?: return
        val place = Place(intent.getStringExtra("tag") ?: return, of)
        val what = intent.getStringExtra("what")
        val text = RemoteInput.getResultsFromIntent(intent)?.getCharSequence(TEXT)?.toString()
        val token = intent.getStringExtra("token")
        val pending = goAsync()
        process.scope.launch {
            try {
                val baton = process.core()
                if (what == DISMISSED) {
                    baton?.dismissed(of)
                    return@launch
                }
                val answer = when (what) {
                    REPLY -> NotificationAnswer.Reply(text.orEmpty())
                    ACCEPT -> NotificationAnswer.Accept
                    DECLINE -> NotificationAnswer.Decline
                    else -> NotificationAnswer.Resolve
                }
                val problem = process.notifications.answer(baton, token, answer, place to of)
                if (problem == AnswerProblem.WAITING) BatonWorker.enqueue(context)
            } finally {
                pending.finish()
            }
        }
    }

    private suspend fun Baton.dismissed(push: String) = try {
        notificationEnded(push, NotificationEnd.DISMISSED)
    } catch (_: CoreException) {
        // It is for figures only.
    }

    internal companion object {
        const val TEXT = "text"

        fun reply(context: Context, of: String, place: Place, token: String) =
            intent(context, REPLY, of, place, token)

        fun resolve(context: Context, of: String, place: Place, token: String) =
            intent(context, RESOLVE, of, place, token)

        fun accept(context: Context, of: String, place: Place, token: String) =
            intent(context, ACCEPT, of, place, token)

        fun decline(context: Context, of: String, place: Place, token: String) =
            intent(context, DECLINE, of, place, token)

        fun dismissed(context: Context, push: String, place: Place) =
            intent(context, DISMISSED, push, place, null)

        /** The intent outlives the process, and with it what counts as seen. */
        private fun intent(
            context: Context,
            what: String,
            of: String,
            place: Place,
            token: String?,
        ): PendingIntent {
            val intent = Intent(context, NotificationReceiver::class.java).setAction("$what:$of")
                .putExtra("what", what).putExtra("of", of).putExtra("tag", place.tag)
                .putExtra("token", token)
            // The system puts the text of a reply into it; what the agent has seen changes.
            val flags = PendingIntent.FLAG_MUTABLE or PendingIntent.FLAG_UPDATE_CURRENT
            return PendingIntent.getBroadcast(context, 0, intent, flags)
        }
    }
}

// Notifications on Android: drawn where the core says, with what can be done right there.

package app.baton.sample.android

import android.app.Notification as Shown
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.RemoteInput
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.graphics.drawable.Icon
import app.baton.core.Baton
import app.baton.sample.R
import app.baton.sample.model.Became
import app.baton.sample.model.Board
import app.baton.sample.model.answers
import app.baton.sample.model.tells
import app.baton.sample.model.token
import kotlinx.coroutines.launch
import uniffi.baton_core.CoreException
import uniffi.baton_core.Notification
import uniffi.baton_core.NotificationAction
import uniffi.baton_core.NotificationAnswer
import uniffi.baton_core.NotificationEnd
import uniffi.baton_core.NotificationGroup
import uniffi.baton_core.Place

/** All have one number: the tag says where. */
private const val ID = 1
private const val REPLY = "reply"
private const val RESOLVE = "resolve"
private const val DISMISSED = "dismissed"
private const val TEXT = "text"

class AndroidBoard(private val context: Context) : Board {
    private val manager = context.getSystemService(NotificationManager::class.java)

    init {
        for (group in NotificationGroup.entries) {
            val importance = when (group) {
                NotificationGroup.OFFER, NotificationGroup.INBOX, NotificationGroup.MENTION ->
                    NotificationManager.IMPORTANCE_HIGH
                NotificationGroup.SYS -> NotificationManager.IMPORTANCE_LOW
            }
            val name = group.name.lowercase().replaceFirstChar { it.uppercase() }
            manager.createNotificationChannel(NotificationChannel(group.name, name, importance))
        }
    }

    override fun show(notification: Notification) {
        val hidden = builder(notification).setContentTitle(notification.publicText).build()
        val shown = builder(notification)
            .setContentTitle(notification.title)
            .setContentText(notification.body)
            .setPublicVersion(hidden)
            .setOnlyAlertOnce(!notification.alerts)
            .setAutoCancel(true)
        notification.expiresAtMs?.let {
            shown.setTimeoutAfter((it - System.currentTimeMillis()).coerceAtLeast(1))
        }
        notification.badge?.let { shown.setNumber(it.toInt()) }
        notification.opens?.let { shown.setContentIntent(opens(it)) }
        notification.push?.let { shown.setDeleteIntent(intent(DISMISSED, it, notification.place)) }
        notification.actions.mapNotNull { button(it, notification.place) }
            .forEach { shown.addAction(it) }
        manager.notify(notification.place.tag, ID, shown.build())
    }

    override fun takeAway(place: Place) = manager.cancel(place.tag, ID)

    /** Launchers count what `setNumber` said. */
    override fun badge(count: UInt) = Unit

    private fun builder(notification: Notification) =
        Shown.Builder(context, notification.group.name).setSmallIcon(R.drawable.notification)

    private fun opens(conversation: String): PendingIntent {
        val intent = Intent(context, ConversationActivity::class.java)
            .putExtra(CONVERSATION, conversation)
        return PendingIntent.getActivity(
            context, conversation.hashCode(), intent, PendingIntent.FLAG_IMMUTABLE,
        )
    }

    /**
     * Offers are taken and left in the app: this sample draws no buttons for them. Nor for what has
     * to be answered in the app: a tap opens it.
     */
    private fun button(action: NotificationAction, place: Place): Shown.Action? {
        val token = action.token ?: return null
        return when (action) {
            is NotificationAction.Accept, is NotificationAction.Decline -> null
            is NotificationAction.Reply -> {
                val input = RemoteInput.Builder(TEXT).setLabel("Reply").build()
                val intent = intent(REPLY, action.conversation, place, token)
                action("Reply", intent).addRemoteInput(input).build()
            }
            is NotificationAction.Resolve ->
                action("Resolve", intent(RESOLVE, action.conversation, place, token)).build()
        }
    }

    private fun action(label: String, intent: PendingIntent): Shown.Action.Builder {
        val icon = Icon.createWithResource(context, R.drawable.notification)
        return Shown.Action.Builder(icon, label, intent)
    }

    /** The intent outlives the process, and with it what counts as seen. */
    private fun intent(
        what: String,
        of: String,
        place: Place,
        token: String? = null,
    ): PendingIntent {
        val intent = Intent(context, Actions::class.java).setAction("$what:$of")
            .putExtra("what", what).putExtra("of", of).putExtra("tag", place.tag)
            .putExtra("token", token)
        // The system puts the text of an answer into it; what the agent has seen changes.
        val flags = PendingIntent.FLAG_MUTABLE or PendingIntent.FLAG_UPDATE_CURRENT
        return PendingIntent.getBroadcast(context, 0, intent, flags)
    }
}

/** What was done on a notification, without the app on the screen. */
class Actions : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        val app = context.applicationContext as BatonApp
        val of = intent.getStringExtra("of") ?: return
        val tag = intent.getStringExtra("tag") ?: return
        val what = intent.getStringExtra("what")
        val text = RemoteInput.getResultsFromIntent(intent)?.getCharSequence(TEXT)?.toString()
        val token = intent.getStringExtra("token")
        val pending = goAsync()
        app.scope.launch {
            try {
                val baton = app.core.await()
                if (what == DISMISSED) {
                    baton?.dismissed(of)
                    return@launch
                }
                val answer = when (what) {
                    REPLY -> NotificationAnswer.Reply(text.orEmpty())
                    else -> NotificationAnswer.Resolve
                }
                val became = token?.let { baton?.answers(it, answer) } ?: Became.NOT_KEPT
                app.board.tells(became, Place(tag, of), of)
            } finally {
                pending.finish()
            }
        }
    }

    private suspend fun Baton.dismissed(push: String) = try {
        notificationEnded(push, NotificationEnd.DISMISSED)
    } catch (_: CoreException) {
        // Nobody waits for it: it is for figures.
    }
}

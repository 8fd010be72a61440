// Notifications on Android: drawn where the core says, with what can be done right there.

package app.baton.android

import android.app.Activity
import android.app.Notification as Shown
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Person
import android.app.RemoteInput
import android.content.Context
import android.content.Intent
import android.graphics.drawable.Icon
import android.net.Uri
import android.os.Build
import app.baton.core.NotificationAction
import app.baton.core.NotificationGroup
import app.baton.core.Place
import app.baton.core.PushNotification

/** All notifications have one number: the tag tells them apart. */
private const val ID = 1

/** Of the address of a conversation, `baton:ID`, in the intents that open one. */
private const val SCHEME = "baton"

/** The extra with the conversation in the intent of [NotificationLook.screen]. */
const val CONVERSATION = "app.baton.conversation"

/** What notifications look like and say, in the app's language. */
class NotificationLook(
    /** A drawable for the status bar. */
    val icon: Int,
    /** The activity that a tap opens, with [CONVERSATION] as an extra. */
    val screen: Class<out Activity>,
    val reply: String = "Reply",
    val resolve: String = "Resolve",
    val accept: String = "Accept",
    val decline: String = "Decline",
    val me: String = "Me",
    val notSent: String = "Not sent",

    /**
     * Whether the buttons ask who holds the device where it is locked. Who picks up a phone
     * from a table must not answer a customer.
     */
    val asksWhoAnswers: Boolean = true,
    val problems: (AnswerProblem) -> String = {
        when (it) {
            AnswerProblem.WAITING -> "It is sent when there is a network."
            AnswerProblem.MISSED -> "Something was missed: open to review."
            AnswerProblem.NOT_KEPT -> "It could not be kept: open to do it again."
        }
    },
    val channels: (NotificationGroup) -> String = { group ->
        group.name.lowercase().replaceFirstChar { it.uppercase() }
    },
)

internal class AndroidBoard(private val context: Context, private val look: NotificationLook) :
    NotificationBoard {

    private val manager = context.getSystemService(NotificationManager::class.java)

    init {
        for (group in NotificationGroup.entries) {
            val importance = when (group) {
                NotificationGroup.OFFER, NotificationGroup.INBOX, NotificationGroup.MENTION ->
                    NotificationManager.IMPORTANCE_HIGH
                NotificationGroup.SYS -> NotificationManager.IMPORTANCE_LOW
            }
            val channel = NotificationChannel(group.name, look.channels(group), importance)
            manager.createNotificationChannel(channel)
        }
    }

    override fun show(notification: PushNotification) {
        val hidden = builder(notification.group).setContentTitle(notification.publicText).build()
        val shown = builder(notification.group)
            .setContentTitle(notification.title)
            .setContentText(notification.body)
            .setPublicVersion(hidden)
            .setOnlyAlertOnce(!notification.alerts)
            .setAutoCancel(true)
        style(notification)?.let { shown.setStyle(it) }
        notification.place.conversation?.let { shown.setShortcutId(it) }
        notification.expiresAtMs?.let {
            shown.setTimeoutAfter((it - System.currentTimeMillis()).coerceAtLeast(1))
        }
        notification.badge?.let { shown.setNumber(it.toInt()) }
        notification.opens?.let { shown.setContentIntent(opens(it)) }
        notification.push?.let {
            shown.setDeleteIntent(NotificationReceiver.dismissed(context, it, notification.place))
        }
        notification.actions.mapNotNull { button(it, notification.place) }
            .forEach { shown.addAction(it) }
        manager.notify(notification.place.tag, ID, shown.build())
        manager.notify(headOf(notification.group), ID, head(notification.group))
    }

    override fun remove(place: Place) {
        manager.cancel(place.tag, ID)
        // A head goes with the last below it. What was just cancelled may still be told as there.
        val left = manager.activeNotifications.filter { it.tag != place.tag }.map { it.notification }
        for (group in NotificationGroup.entries) {
            val below = left.filter { it.group == group.name && !it.isHead }
            if (below.isEmpty()) manager.cancel(headOf(group), ID)
        }
    }

    private val Shown.isHead get() = (flags and Shown.FLAG_GROUP_SUMMARY) != 0

    private fun headOf(group: NotificationGroup) = "group ${group.name}"

    /** Without one the system shows each by itself, however many there are. */
    private fun head(group: NotificationGroup): Shown = builder(group)
        .setContentTitle(look.channels(group))
        .setGroupSummary(true)
        .setGroupAlertBehavior(Shown.GROUP_ALERT_CHILDREN)
        .setAutoCancel(true)
        .build()

    override fun tell(problem: AnswerProblem, place: Place, conversation: String) {
        val shown = builder(NotificationGroup.INBOX)
            .setContentTitle(look.notSent)
            .setContentText(look.problems(problem))
            .setContentIntent(opens(conversation))
            .setAutoCancel(true)
        manager.notify(place.tag, ID, shown.build())
    }

    private fun builder(group: NotificationGroup) = Shown.Builder(context, group.name)
        .setSmallIcon(look.icon)
        .setGroup(group.name)
        .setVisibility(Shown.VISIBILITY_PRIVATE)
        .setCategory(
            when (group) {
                NotificationGroup.SYS -> Shown.CATEGORY_STATUS
                NotificationGroup.OFFER, NotificationGroup.INBOX, NotificationGroup.MENTION ->
                    Shown.CATEGORY_MESSAGE
            },
        )

    /** Lines with sender and time, where the core knows them. */
    private fun style(notification: PushNotification): Shown.Style? {
        if (notification.lines.isEmpty()) return null
        val style = Shown.MessagingStyle(Person.Builder().setName(look.me).build())
        for (line in notification.lines) {
            val sender = Person.Builder().setName(line.sender).build()
            style.addMessage(Shown.MessagingStyle.Message(line.text, line.atMs, sender))
        }
        return style
    }

    private fun opens(conversation: String): PendingIntent {
        // Extras do not tell two of them apart, and nor would a hash: the address does.
        val intent = Intent(Intent.ACTION_VIEW, Uri.fromParts(SCHEME, conversation, null))
            .setClass(context, look.screen).putExtra(CONVERSATION, conversation)
            .addFlags(Intent.FLAG_ACTIVITY_NEW_TASK or Intent.FLAG_ACTIVITY_SINGLE_TOP)
        val flags = PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT
        return PendingIntent.getActivity(context, 0, intent, flags)
    }

    /** What the notification did not show whole is answered in the app. */
    private fun button(action: NotificationAction, place: Place): Shown.Action? {
        val token = action.token ?: return null
        return when (action) {
            is NotificationAction.Accept -> {
                val of = action.conversation
                val intent = NotificationReceiver.accept(context, of, place, token)
                button(look.accept, intent).build()
            }
            is NotificationAction.Decline -> {
                val of = action.conversation
                val intent = NotificationReceiver.decline(context, of, place, token)
                button(look.decline, intent).build()
            }
            is NotificationAction.Reply -> {
                val input = RemoteInput.Builder(NotificationReceiver.TEXT).setLabel(look.reply)
                val intent = NotificationReceiver.reply(context, action.conversation, place, token)
                button(look.reply, intent).addRemoteInput(input.build())
                    .setSemanticAction(Shown.Action.SEMANTIC_ACTION_REPLY)
                    .setAllowGeneratedReplies(false)
                    .build()
            }
            is NotificationAction.Resolve -> {
                val of = action.conversation
                val intent = NotificationReceiver.resolve(context, of, place, token)
                button(look.resolve, intent)
                    .setSemanticAction(Shown.Action.SEMANTIC_ACTION_ARCHIVE)
                    .build()
            }
        }
    }

    private fun button(label: String, intent: PendingIntent): Shown.Action.Builder =
        Shown.Action.Builder(Icon.createWithResource(context, look.icon), label, intent).apply {
            // Older systems ask by themselves where the device hides what is private.
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
                setAuthenticationRequired(look.asksWhoAnswers)
            }
        }
}

// When an agent wants to be called back to a conversation, and how urgent it is.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.Act
import app.baton.core.Priority

/** As long as what a reminder is about may be. */
const val ABOUT_MAX = 500

/** As long as the reason for a priority may be. */
const val REASON_MAX = 200

/** No reminder is further away. */
const val REMIND_MS = 366 * 24 * 3_600_000L

/** Whether one can be called back then. */
fun isRemindable(at: Long, now: Long): Boolean = at > now && at < now + REMIND_MS

/** Another reminder replaces the one that is there. */
fun TalkModel.remind(at: Long, isFollowUp: Boolean, about: String) {
    cover(null)
    val act = Act.Remind(at, isFollowUp, state.value.seen, about.trim().ifEmpty { null })
    acts(act, Told.Until(Word.RemindSet, at, state.value.now))
}

fun TalkModel.endReminder() {
    cover(null)
    acts(Act.EndReminder, Told.of(Word.ReminderEnded))
}

/** Whether it is another one, with the reason that what is urgent needs. */
fun isPriorityEnough(before: Priority, chosen: Priority, reason: String): Boolean =
    chosen != before && (chosen == Priority.NORMAL || reason.isNotBlank())

fun TalkModel.setPriority(to: Priority, reason: String) {
    cover(null)
    acts(Act.SetPriority(to, reason.trim().ifEmpty { null }), Told.of(Word.PrioritySet))
}

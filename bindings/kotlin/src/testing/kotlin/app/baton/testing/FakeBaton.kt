// A client without a core, for the tests and previews of an app. Not part of the app's library.

package app.baton.testing

import app.baton.core.Act
import app.baton.core.AnswerOutcome
import app.baton.core.Attribute
import app.baton.core.Badge
import app.baton.core.Baton
import app.baton.core.CannedReply
import app.baton.core.Choice
import app.baton.core.CoreException
import app.baton.core.Draft
import app.baton.core.Episode
import app.baton.core.Event
import app.baton.core.Header
import app.baton.core.InboxRow
import app.baton.core.InboxView
import app.baton.core.ContextSource
import app.baton.core.CustomerFiles
import app.baton.core.KeptDraft
import app.baton.core.Listener
import app.baton.core.NoticesPage
import app.baton.core.OutboxItem
import app.baton.core.Outcomes
import app.baton.core.OutgoingFile
import app.baton.core.People
import app.baton.core.PushLevel
import app.baton.core.PushLevels
import app.baton.core.PushOutcome
import app.baton.core.PushState
import app.baton.core.SavedView
import app.baton.core.ServerFound
import app.baton.core.ServerList
import app.baton.core.SignedIn
import app.baton.core.SignedInDevice
import app.baton.core.Stage
import app.baton.core.Standing
import app.baton.core.ConversationTag
import app.baton.core.TeamPolicy
import app.baton.core.Template
import app.baton.core.TimelineEntry

/** An act that the app handed in. */
data class TakenAct(val conversation: String, val act: Act, val opId: String)

/** A file that the app handed in. */
data class TakenFile(val conversation: String, val file: OutgoingFile, val opId: String)

/** What the server of a [FakeBaton] says where it alone can answer. */
data class FakeServer(
    val notices: NoticesPage = NoticesPage(emptyList(), 0u, null),
    val drafts: List<KeptDraft> = emptyList(),
    val context: List<ContextSource> = emptyList(),
    val files: CustomerFiles = CustomerFiles(emptyList(), null),
    val list: ServerList = ServerList(emptyList(), null),
    val found: ServerFound = ServerFound(emptyList(), emptyList(), null),
    val views: List<SavedView> = emptyList(),
    val devices: List<SignedInDevice> = emptyList(),
    val levels: PushLevels = PushLevels(PushLevel.ALL),
    val next: String? = null,
)

/**
 * A [Baton] over memory. It tells what the test gives it to who watches, and records what the app
 * asks. It decides nothing: an act changes no list until the test does.
 */
class FakeBaton private constructor(private val core: FakeCore, baton: Baton) : Baton by baton {
    constructor() : this(FakeCore())

    private constructor(core: FakeCore) : this(core, core.opened())

    /** What the server says where it alone can answer. */
    var server: FakeServer by core::server

    /** How far the device's clock is behind the server's. */
    var clockBehindMs: Long by core::clockBehindMs

    /** The acts that the app handed in, oldest first. */
    val acts: List<TakenAct> get() = core.acts.toList()

    /** The files that the app handed in, oldest first. */
    val files: List<TakenFile> get() = core.files.toList()

    /** Names of the other calls, oldest first, as `foreground`. */
    val calls: List<String> get() = core.calls.toList()

    /** Makes every call fail; null lets them work again. */
    fun fail(error: CoreException?) {
        core.failure = error
    }

    /** Makes the next call of this name fail, as `act`; those after it work. */
    fun failOnce(call: String, error: CoreException) {
        core.failures[call] = error
    }

    /** Sets colleagues, teams and channels, and tells that they changed. */
    fun setPeople(people: People) {
        core.people = people
        tell(Event.People)
    }

    /** Sets the canned replies, and tells that settings changed. */
    fun setCannedReplies(replies: List<CannedReply>) {
        core.cannedReplies = replies
        tell(Event.Settings)
    }

    /** Sets the tags, and tells that settings changed. */
    fun setTags(tags: List<ConversationTag>) {
        core.tags = tags
        tell(Event.Settings)
    }

    /** Sets the attributes, and tells that settings changed. */
    fun setAttributes(attributes: List<Attribute>) {
        core.attributes = attributes
        tell(Event.Settings)
    }

    /** Sets what every team has, and tells that settings changed. */
    fun setTeam(outcomes: Outcomes, policy: TeamPolicy) {
        core.outcomes = outcomes
        core.policy = policy
        tell(Event.Settings)
    }

    /** Sets the draft of a conversation, as if it had been typed before; null removes it. */
    fun setDraft(conversation: String, draft: Draft?) {
        if (draft == null) core.drafts.remove(conversation) else core.drafts[conversation] = draft
    }

    /** The drafts that the app handed in, by conversation. */
    val drafts: Map<String, Draft> get() = core.drafts.toMap()

    /** The choices that the app made for acts in review, by number, oldest first. */
    val choices: List<Pair<ULong, Choice>> get() = core.choices.toList()

    /** Replaces the rows of an inbox, or of every inbox that has no rows of its own. */
    fun setInbox(rows: List<InboxRow>, view: InboxView? = null) = core.change {
        inboxes[view] = rows
    }

    /** Replaces the lines of a conversation. */
    fun setTimeline(conversation: String, entries: List<TimelineEntry>) = core.change {
        timelines[conversation] = entries
    }

    /** Replaces the header of a conversation; null where the agent may not see it. */
    fun setHeader(conversation: String, header: Header?) = core.change {
        headers[conversation] = header
    }

    /** Replaces the numbers on the icon. */
    fun setBadge(badge: Badge) = core.change { this.badge = badge }

    /** Replaces the acts that the server has not confirmed. */
    fun setOutbox(items: List<OutboxItem>) {
        core.items = items
        val review = items.count { it.stage == Stage.NEEDS_REVIEW }
        tell(Event.Outbox(items, emptyList(), review.toUInt()))
    }

    /** Sets the state of the core. */
    fun setStanding(standing: Standing) {
        core.state = standing
        tell(Event.Standing(standing))
    }

    /** Sets the signed-in agent; null for nobody. */
    fun setSignedIn(who: SignedIn?) {
        core.who = who
    }

    /** Sets whether pushes reach this device. */
    fun setPushState(state: PushState) = core.setPushState(state)

    /** Sets the bytes of every file of a line. */
    fun setFile(content: ByteArray) {
        core.loaded = content
    }

    /** Sets what `elsewhere` returns. */
    fun setElsewhere(rows: List<InboxRow>) {
        core.elsewhere = rows
    }

    /** Sets what `episodes` returns. */
    fun setEpisodes(episodes: List<Episode>) {
        core.episodes = episodes
    }

    /** The conversation that the app said is on the screen. */
    val onScreen: String? get() = core.onScreen

    /** The channel whose templates were asked for last. */
    val templatesOf: String? get() = core.templatesOf

    /** Sets what `templates` returns. */
    fun setTemplates(templates: List<Template>) {
        core.templates = templates
    }

    /** Sets what `handlePush` returns. */
    fun answerPushes(outcome: PushOutcome) {
        core.outcome = outcome
    }

    /** Sets what `answerNotification` returns. */
    fun answerNotifications(outcome: AnswerOutcome) {
        core.answered = outcome
    }

    /** Tells the app an event. */
    fun tell(event: Event) = core.listener.onEvent(event)
}

private fun FakeCore.opened(): Baton {
    val baton = Baton.over { told: Listener ->
        listener = told
        this
    }
    listener.onEvent(Event.Standing(state))
    return baton
}

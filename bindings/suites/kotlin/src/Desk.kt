// What the server alone knows, from a phone: notices, drafts, searches, views, devices, levels.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.Choice
import app.baton.core.ContextState
import app.baton.core.ContextWhy
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.Filter
import app.baton.core.FilterStatus
import app.baton.core.InboxView
import app.baton.core.LineStatus
import app.baton.core.NoticeKind
import app.baton.core.Owner
import app.baton.core.Priority
import app.baton.core.PushLevel
import app.baton.core.PushLevels
import app.baton.core.ReviewCode
import app.baton.core.TeamPushLevel
import app.baton.core.header
import app.baton.core.inbox
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first

private const val HOUR_MS = 3_600_000L

val desk = listOf(
    Scenario(45) {
        val ana = agent("ana")
        val ben = agent("ben")
        val said = world.customer(freshNumber(), "Hola")
        ben.rowOf(said)
        ben.acts(said.conversation, Act.Note("Ana, the invoice?", listOf(world.agent("ana"))))
        suspend fun Phone.notice() = baton.notices(null, 50u).notices
            .firstOrNull { it.conversation == said.conversation }
        val notice = eventually("Ana's notices have it") { ana.notice() }
        ensure(notice.kind == NoticeKind.MENTION && notice.by == world.agent("ben")) { "$notice" }
        ensure(notice.text == "Ana, the invoice?" && !notice.isRead) { "$notice" }
        val before = ana.baton.notices(null, 1u).unread
        val left = ana.baton.readNotices(notice.position, said.conversation)
        ensure(left == before - 1u) { "$left of $before are left" }
        ensure(agent("ana").notice()?.isRead == true) { "her other phone has it as unread" }
    },
    Scenario(46) {
        val ana = agent("ana")
        val ben = agent("ben")
        val said = world.customer(freshNumber(), "Hola")
        ana.rowOf(said)
        ana.baton.viewing(said.conversation)
        val text = "We have it in blue, and"
        until("the server keeps what Ana typed") {
            // As fingers do: what is typed before the lease is there, colleagues do not see.
            ana.baton.typing(said.conversation, text)
            ben.baton.keptDrafts(said.conversation).any { it.text == text }
        }
        ana.baton.end()
        for (phone in listOf(agent("ana"), ben)) {
            val kept = phone.baton.keptDrafts(said.conversation).map { it.agent to it.text }
            ensure(kept == listOf(world.agent("ana") to text)) { "${phone.who} has $kept" }
        }
    },
    Scenario(47) {
        val ana = agent("ana")
        val word = "w" + opId().takeLast(8)
        val said = world.customer(freshNumber(), "Where is parcel $word now?")
        ana.rowOf(said)
        suspend fun found(filter: Filter) = ana.baton.serverSearch(filter, 50u, null).hits
        val hit = eventually("the server finds it") { found(Filter(word)).firstOrNull() }
        ensure(hit.conversation == said.conversation && hit.fromCustomer) { "$hit" }
        ensure(hit.excerpt.filter { it.isMatch }.map { it.text } == listOf(word)) { "$hit" }
        val now = System.currentTimeMillis()
        val within = found(Filter(word, fromMs = now - HOUR_MS, untilMs = now + HOUR_MS))
        ensure(within.map { it.message } == listOf(hit.message)) { "within the hour: $within" }
        val before = found(Filter(word, untilMs = now - HOUR_MS))
        ensure(before.isEmpty()) { "it was not said before: $before" }
        val resolved = found(Filter(word, FilterStatus.RESOLVED))
        ensure(resolved.isEmpty()) { "it is not resolved: $resolved" }
        world.cut(ana.way, "refuse")
        thrown<CoreException.Offline>("a search without a network") { found(Filter(word)) }
    },
    Scenario(48) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "Hola")
        ana.rowOf(said)
        val until = System.currentTimeMillis() + HOUR_MS
        ana.acts(said.conversation, Act.Snooze(until, said.line))
        val name = "Later " + opId().takeLast(8)
        val body = mapOf("name" to name, "filter" to mapOf("status" to "snoozed"))
        world.rest("ana", "POST", "/saved-views", body)
        val view = ana.baton.savedViews().single { it.name == name }
        ensure(view.filter == Filter(status = FilterStatus.SNOOZED)) { "$view" }
        suspend fun ids(filter: Filter): List<String> {
            val ids = mutableListOf<String>()
            var page: String? = null
            do {
                val listed = ana.baton.serverList(filter, 2u, page)
                ids += listed.rows.map { it.id }
                page = listed.next
            } while (page != null)
            return ids
        }
        until("the view shows it") { said.conversation in ids(view.filter) }
        ensure(said.conversation !in ids(Filter())) { "it is neither open nor waiting" }
        val past = Filter(status = FilterStatus.SNOOZED, untilMs = until - 2 * HOUR_MS)
        ensure(said.conversation !in ids(past)) { "it was written later" }
    },
    Scenario(49) {
        val ana = agent("ana")
        val ben = agent("ben")
        val admin = agent("admin")
        val waiting = List(3) { world.customer(freshNumber(), "Hola") }
        for (phone in listOf(ana, ben, admin)) phone.rowOf(waiting.last())
        val taken = coroutineScope {
            listOf(ana, ben).map { async { it.baton.takeNext(null) } }.awaitAll()
        }
        ensure(null !in taken && taken.toSet().size == 2) { "two are taken: $taken" }
        for ((who, conversation) in listOf("ana", "ben").zip(taken.filterNotNull())) {
            ensure(world.owner(conversation) == world.agent(who)) { "$who owns theirs" }
        }
        val last = world.customer(freshNumber(), "Hola")
        admin.rowOf(last)
        admin.acts(last.conversation, Act.SetPriority(Priority.URGENT, "No water"))
        within("it is urgent") {
            ben.baton.inbox(InboxView.All).first { inbox ->
                inbox.rows.any { it.id == last.conversation && it.priority == Priority.URGENT }
            }
        }
        ensure(ben.baton.takeNext(null) == last.conversation) { "what is urgent is taken first" }
        val later = System.currentTimeMillis() + HOUR_MS
        ben.acts(last.conversation, Act.Remind(later, false, null, "Look again"))
        within("his reminder stands") {
            ben.baton.header(last.conversation).first { it.header?.reminder?.atMs == later }
        }
        ben.acts(last.conversation, Act.EndReminder)
        within("and is gone") {
            ben.baton.header(last.conversation).first { it.header != null && it.header?.reminder == null }
        }
        val path = "/agents/${world.agent("ana")}"
        world.rest("admin", "PATCH", path, mapOf("capacity" to 1))
        try {
            val full = thrown<CoreException.Server>("Ana's next") { ana.baton.takeNext(null) }
            ensure(full.code == "at_capacity") { "$full" }
            val free = world.customer(freshNumber(), "Hola")
            val epoch = ana.rowOf(free).ownerEpoch
            val kept = ana.acts(free.conversation, Act.Claim(epoch))
            val item = ana.item(kept.number, "her claim is in review") { it.review != null }
            ensure(item.review?.code == ReviewCode.AT_CAPACITY) { "${item.review}" }
            ana.baton.choose(kept.number, Choice.Discard)
            admin.rowOf(free)
            admin.acts(free.conversation, Act.Assign(world.agent("ana"), epoch, true))
            within("it is Ana's") {
                ana.baton.inbox(InboxView.All).first { inbox ->
                    val row = inbox.rows.firstOrNull { it.id == free.conversation }
                    row?.owner == Owner.Agent(world.agent("ana"))
                }
            }
        } finally {
            world.rest("admin", "PATCH", path, mapOf("capacity" to null))
        }
    },
    Scenario(50) {
        val ana = agent("ana")
        val lost = agent("ana")
        val device = lost.baton.signedIn()!!.device
        val here = ana.baton.devices().filter { it.isThis }.map { it.id }
        ensure(here == listOf(ana.baton.signedIn()!!.device)) { "this one is $here" }
        ana.baton.endDevice(device)
        until("the lost phone is wiped") { Event.Wiped in lost.heard.events }
        ensure(ana.baton.devices().none { it.id == device }) { "it is listed still" }
        val team = ana.baton.people().teams.first().id
        val levels = PushLevels(PushLevel.MINE, teams = listOf(TeamPushLevel(team, PushLevel.ALL)))
        ensure(ana.baton.setPushLevels(levels) == levels) { "what holds is another" }
        ensure(agent("ana").baton.pushLevels() == levels) { "her other phone has another" }
        ana.baton.setPushLevels(PushLevels(PushLevel.ALL))
        val number = freshNumber()
        val said = world.customer(number, "When?")
        ana.linesOf(said, 1)
        world.blocks(number, true)
        ana.replies(said, "At ten")
        val failed = ana.timelineUntil(said.conversation, "the reply fails") { timeline ->
            timeline.lines.any { it.text == "At ten" && it.status == LineStatus.FAILED }
        }
        world.blocks(number, false)
        val line = failed.lines.single { it.text == "At ten" }
        ana.acts(said.conversation, Act.Reply("At eleven", failed.seen, null, line.id))
        until("the next one reaches the customer") { world.reached(number) == listOf("At eleven") }
        ana.timelineUntil(said.conversation, "the failed one is cancelled") { timeline ->
            timeline.lines.single { it.id == line.id }.status == LineStatus.CANCELLED
        }
    },
    Scenario(53) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "hello")
        ana.rowOf(said)
        val (shop, gone) = listOf(opId(), opId())
        for ((id, name) in listOf(shop to "source", gone to "gone")) {
            val url = "${world.address}/$name"
            val body = mapOf("name" to name, "url" to url, "enabled" to true)
            val put = mapOf("home" to mapOf("kind" to "workspace"), "body" to body)
            world.puts(mapOf("kind" to "context_source", "id" to id, "put" to put))
            world.rest("admin", "POST", "/context-sources/$id/secrets")
        }
        try {
            val sources = ana.baton.context(said.conversation).associateBy { it.id }
            val first = sources.getValue(shop)
            val rows = first.rows.map { it.label to it.value }
            ensure(first.state == ContextState.FRESH && first.title == "Shop") { "it is $first" }
            ensure(rows == listOf("Number" to number)) { "it says $rows" }
            val down = sources.getValue(gone)
            ensure(down.state == ContextState.UNAVAILABLE && down.why == ContextWhy.DOWN) { "$down" }
            ensure(down.rows.isEmpty() && down.atMs == null) { "it said $down" }
            val again = ana.baton.context(said.conversation).first { it.id == shop }
            val isKept = again.state == ContextState.CACHED && again.rows == first.rows
            ensure(isKept) { "it is $again" }
        } finally {
            for (id in listOf(shop, gone)) {
                world.puts(mapOf("kind" to "context_source", "id" to id, "expect" to 2))
            }
        }
    },
)

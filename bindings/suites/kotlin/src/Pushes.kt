// Pushes: in the background, broken ones, and those taken in place of the app.

package app.baton.suite

import app.baton.core.AnswerOutcome
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.KeyStore
import app.baton.core.NotificationAction
import app.baton.core.NotificationAnswer
import app.baton.core.Place
import app.baton.core.PushMessage
import app.baton.core.PushNotification
import app.baton.core.PushOffReason
import app.baton.core.PushOutcome
import app.baton.core.PushRoad
import app.baton.core.PushState
import app.baton.core.PushTarget
import app.baton.core.PushVerdict
import app.baton.core.Standing
import app.baton.core.takePush
import app.baton.core.timeline
import java.io.File
import java.util.Base64
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.first

val pushes = listOf(
    Scenario(19) {
        val ana = agent("ana")
        val target = ana.registers()
        val number = freshNumber()
        val said = world.customer(number, "one")
        ana.linesOf(said, 1)
        world.colleague("ana", said.conversation, "claim")
        ana.baton.background(5.seconds)
        world.customer(number, "two")
        val push = sent(target, "message", said.conversation)
        val first = ana.handles(push.message)
        val shown = (first.verdict as? PushVerdict.Show)?.notification
            ?: throw Failed("the push gave ${first.verdict}")
        ensure(shown.place.conversation == said.conversation) { "it is shown at ${shown.place}" }
        ensure("two" in shown.body) { "it says ${shown.title}: ${shown.body}" }
        val second = ana.handles(push.message)
        ensure(second.verdict is PushVerdict.Suppress) { "the second gave ${second.verdict}" }
        world.colleague("admin", said.conversation, "assign", "agent_id" to world.agent("ben"))
        val over = sent(target, "retract", said.conversation)
        val end = ana.handles(over.message)
        ensure(shown.place in end.takenAway()) { "the end of it gave $end" }
        world.cut(ana.way, "refuse")
        ana.baton.foreground()
        val lines = within("the store has the message") {
            ana.baton.timeline(said.conversation).first { it.lines.size > 1 }
        }.lines
        ensure("two" in lines.map { it.text }) { "the store has ${lines.map { it.text }}" }
    },
    Scenario(20) {
        val ana = agent("ana")
        val target = ana.registers()
        val said = world.customer(freshNumber(), "secret of the other")
        ana.baton.background(5.seconds)
        val stranger = pushed(
            ana, target, "message", said.conversation, "secret of the other",
            "workspace" to opId(), "agent" to opId(),
        )
        val other = ana.handles(stranger.message)
        val told = other.shown()
        val words = listOf(told?.title, told?.body, told?.publicText).joinToString(" ")
        ensure("secret" !in words && "Customer" !in words) { "it tells $words" }
        ensure(told?.opens != said.conversation) { "it opens the other's conversation" }
        val garbage = listOf(
            PushMessage.Fcm(mapOf("x" to "y")),
            PushMessage.Fcm(emptyMap()),
            PushMessage.Apns("{ no json"),
            PushMessage.WebPush(ByteArray(300) { it.toByte() }),
        )
        for (one in garbage) {
            val fallback = ana.handles(one).verdict as? PushVerdict.Fallback
                ?: throw Failed("$one gave no fallback")
            ensure(fallback.notification.title.isNotBlank()) { "$one gives no text" }
        }
    },
    Scenario(21) {
        val ana = agent("ana")
        val target = ana.registers()
        val number = freshNumber()
        val said = world.customer(number, "one")
        ana.linesOf(said, 1)
        ana.baton.background(5.seconds)
        world.customer(number, "two")
        val push = pushed(ana, target, "message", said.conversation, "two")
        val taken = takePush(ana.config(), ana.keys, push.message)
        ensure(taken.isKept) { "the app would not find it" }
        ensure("two" in taken.notification.body) { "it says ${taken.notification.body}" }
        ensure(taken.notification.place.conversation == said.conversation) {
            "it is shown at ${taken.notification.place}"
        }
        ana.baton.foreground()
        ana.live()
        ana.timelineUntil(said.conversation, "the message is there") { it.lines.size == 2 }
        ana.baton.background(5.seconds)
        val again = ana.handles(push.message)
        ensure(again.verdict is PushVerdict.Suppress) { "shown twice: ${again.verdict}" }
        val updates = ana.heard.events.filterIsInstance<Event.Notifications>().flatMap { it.update }
        ensure(updates.none { it.alerts }) { "something is shown again: $updates" }
    },
    Scenario(35) {
        val ana = agent("ana")
        val target = ana.registers()
        val number = freshNumber()
        val said = world.customer(number, "one")
        ana.linesOf(said, 1)
        world.colleague("ana", said.conversation, "claim")
        ana.baton.background(5.seconds)
        val first = told(ana, target, said.conversation, number, "Is one left?")
        repeat(2) {
            val outcome = ana.restart().answers(first, "One is")
            ensure(outcome == AnswerOutcome.SENT) { "the answer is $outcome" }
        }
        until("the answer reaches the customer") { world.reached(number) == listOf("One is") }
        val second = told(ana, target, said.conversation, number, "I take it")
        world.colleague("admin", said.conversation, "assign", "agent_id" to world.agent("ben"))
        world.colleague("ben", said.conversation, "reply", "text" to "It is yours")
        val outcome = ana.restart().answers(second, "I keep it for you")
        ensure(outcome == AnswerOutcome.OPEN_APP) { "the overtaken answer is $outcome" }
        val held = ana.baton.outbox().filter { it.review != null }.map { it.text }
        ensure(held == listOf("I keep it for you")) { "she has to look at $held" }
        until("Ben's answer reaches the customer") {
            world.reached(number) == listOf("One is", "It is yours")
        }
    },
    Scenario(54) {
        val team = world.offers("ana")
        val ana = agent("ana")
        val target = ana.registers()
        ana.baton.background(5.seconds)
        val first = isOffered(ana, target, team)
        repeat(2) {
            val outcome = ana.restart().taps(first.accept.token, NotificationAnswer.Accept)
            ensure(outcome == AnswerOutcome.SENT) { "the yes is $outcome" }
        }
        val owner: String = world.conversation(first.conversation).at("view", "head", "owner", "id")
        ensure(owner == world.agent("ana")) { "it is $owner's" }
        val second = isOffered(ana, target, team)
        val no = ana.restart().taps(second.decline.token, NotificationAnswer.Decline)
        ensure(no == AnswerOutcome.SENT) { "the no is $no" }
        val left: String = world.conversation(second.conversation).at("view", "head", "owner", "kind")
        ensure(left == "queue") { "a $left owns it" }
        // The server has it; it leaves the outbox once the log shows it.
        ana.baton.foreground()
        until("nothing is left to do") { ana.baton.outbox().isEmpty() }
        val late = ana.restart().taps(second.accept.token, NotificationAnswer.Accept)
        ensure(late == AnswerOutcome.OPEN_APP) { "the late yes is $late" }
        // While the phone is locked nobody answers with it; once it heard its server, she does.
        val third = isOffered(ana, target, team)
        ana.restart(lockAfterS = 1u)
        until("it is locked") { ana.baton.standing() is Standing.Locked }
        val taps = listOf(
            third.accept.token to NotificationAnswer.Accept,
            third.decline.token to NotificationAnswer.Decline,
        )
        taps.forEach { (token, answer) ->
            thrown<CoreException.Locked>("a locked phone answers") {
                ana.baton.answerNotification(token, answer, 5.seconds)
            }
        }
        val waits: String =
            world.conversation(third.conversation).at("view", "head", "owner", "kind")
        ensure(waits == "queue") { "a $waits owns it" }
        ana.looks().live()
        val yes = ana.taps(third.accept.token, NotificationAnswer.Accept)
        ensure(yes == AnswerOutcome.SENT) { "the yes of the open phone is $yes" }
    },
    Scenario(36) {
        val ana = phone("ana").open()
        val wanted = target("fcm-${opId()}")
        val nothing = PushState.Off(PushOffReason.NotRegistered)
        ensure(ana.baton.pushState() == nothing) { "nobody asked for pushes" }
        ana.baton.registerPush(wanted)
        ensure(ana.baton.pushState() is PushState.Waiting) { "the wish does not wait" }
        ana.restart()
        ensure(ana.baton.pushState() is PushState.Waiting) { "the wish is not kept" }
        ana.looks().signIn()
        ana.hasPushes()
        until("the app is told") {
            ana.heard.events.any { it is Event.Push && it.state is PushState.On }
        }
        val path = "/devices/${ana.baton.signedIn()?.device}/push"
        val lane: String = world.rest("ana", "GET", path).at("lane")
        ensure(lane == "fcm") { "the server has $lane" }
        ana.baton.pushOff(PushOffReason.Permission)
        val off = PushState.Off(PushOffReason.Permission)
        ensure(ana.baton.pushState() == off) { "it is ${ana.baton.pushState()}" }
        ana.baton.registerPush(wanted)
        ana.hasPushes()
        ana.baton.unregisterPush()
        ensure(ana.baton.pushState() == nothing) { "it is ${ana.baton.pushState()}" }
        until("the server has none") { runCatching { world.rest("ana", "GET", path) }.isFailure }
    },
    Scenario(39) {
        val phone = phone("ana")
        val seen = mutableSetOf<String>()
        for (lane in listOf("fcm", "apns", "webpush", "relay")) {
            val all = readJson(File("protocol/fixtures/push.$lane.json").readText()) as List<*>
            for (one in all) {
                val kind: String = one.at("reads", "kind")
                val shown = takePush(phone.config(), phone.keys, handed(one.at("handed"))).notification
                val words = "${shown.title} ${shown.body}"
                ensure("Lucía" !in words && "azul" !in words) { "it tells $words" }
                val isSealed = one.at<String>("handed", "road") == "web_push"
                val expected = if (isSealed) "activity" else if (kind == "retract") "settled" else kind
                ensure(shown.locKey == "push.$expected") { "$lane, $kind: $shown" }
                if (!isSealed) {
                    ensure(shown.push == one.at<String>("reads", "id")) { "it is $shown" }
                    ensure(shown.place.conversation == one.at<String>("reads", "conversation")) {
                        "it is shown at ${shown.place}"
                    }
                }
                seen += "$lane $kind"
            }
        }
        ensure(seen.size > 20) { "not all kinds on all roads: $seen" }
    },
)

/** A customer writes and a push says so: the token of the notification's answer. */
private suspend fun Stage.told(
    to: Phone,
    target: String,
    conversation: String,
    number: String,
    text: String,
): String {
    world.customer(number, text)
    val push = sent(target, "message", conversation)
    val actions = to.handles(push.message).shown()?.actions.orEmpty()
    val reply = actions.filterIsInstance<NotificationAction.Reply>().firstOrNull()
    return reply?.token ?: throw Failed("nothing can be answered: $actions")
}

private suspend fun Phone.answers(token: String, text: String): AnswerOutcome =
    taps(token, NotificationAnswer.Reply(text))

private suspend fun Phone.taps(token: String, answer: NotificationAnswer): AnswerOutcome {
    baton.network(true)
    return baton.answerNotification(token, answer, 20.seconds)
}

private class Offered(
    val conversation: String,
    val accept: NotificationAction.Accept,
    val decline: NotificationAction.Decline,
)

/** What a customer wrote comes to the team, and a push offers it, with both buttons. */
private suspend fun Stage.isOffered(to: Phone, target: String, team: String): Offered {
    val said = world.customer(freshNumber(), "hello")
    val queue = mapOf("kind" to "queue", "id" to team)
    world.colleague("admin", said.conversation, "transfer", "to" to queue)
    val push = sent(target, "offer", said.conversation)
    val shown = to.handles(push.message).shown() ?: throw Failed("nothing is shown")
    val accept = shown.actions.filterIsInstance<NotificationAction.Accept>().single()
    val decline = shown.actions.filterIsInstance<NotificationAction.Decline>().single()
    ensure(shown.expiresAtMs == accept.untilMs) { "it ends at ${shown.expiresAtMs}" }
    return Offered(said.conversation, accept, decline)
}

internal class Pushed(val id: String, val message: PushMessage)

/** Registers for pushes; where they go. */
internal suspend fun Phone.registers(): String {
    val target = "fcm-${opId()}"
    baton.registerPush(target(target))
    hasPushes()
    return target
}

private fun target(token: String) =
    PushTarget(PushRoad.FCM_TOKEN, token, "app.baton.suite", "en")

/** Waits until the server has confirmed the wish for pushes. */
private suspend fun Phone.hasPushes() =
    until("pushes of $who are on") { baton.pushState() is PushState.On }

/** What the server itself sent to the app. */
internal suspend fun Stage.sent(target: String, kind: String, conversation: String): Pushed {
    val sent = world.pushed("target" to target, "kind" to kind, "conversation" to conversation)
    return Pushed(sent.at("id"), PushMessage.Fcm(sent.at("data")))
}

/** What the push service hands to the app. */
internal suspend fun Stage.pushed(
    to: Phone,
    target: String,
    kind: String,
    conversation: String,
    body: String,
    vararg more: Pair<String, Any?>,
): Pushed {
    val device = to.baton.signedIn()?.device ?: throw Failed("nobody is signed in")
    val push = mapOf(
        "kind" to kind,
        "conversation" to conversation,
        "title" to "Customer",
        "body" to body,
        *more,
    )
    val sent = world.push(
        to.who, device,
        "target" to target, "auth" to authOf(to.keys), "content" to "e2e", "push" to push,
    )
    return Pushed(sent.at("id"), PushMessage.Fcm(sent.at("data")))
}

/** What only the device and the server know. */
private fun authOf(keys: KeyStore): String {
    val kept = keys.get("baton.push") ?: throw Failed("there is no key for pushes")
    return Base64.getUrlEncoder().withoutPadding().encodeToString(kept.copyOfRange(32, 48))
}

internal suspend fun Phone.handles(push: PushMessage): PushOutcome {
    val began = System.nanoTime()
    val outcome = baton.handlePush(push, 8.seconds)
    val ms = (System.nanoTime() - began) / 1_000_000
    ensure(ms < 9_000) { "the answer took $ms ms" }
    return outcome
}

private fun PushOutcome.takenAway(): List<Place> =
    withdraw + listOfNotNull((verdict as? PushVerdict.Withdraw)?.place)

private fun PushOutcome.shown(): PushNotification? = when (val given = verdict) {
    is PushVerdict.Show -> given.notification
    is PushVerdict.Update -> given.notification
    is PushVerdict.Fallback -> given.notification
    is PushVerdict.Withdraw, is PushVerdict.Suppress -> null
}

/** What the platform hands over, as its part of an app gives it to the core. */
private fun handed(one: Fields): PushMessage = when (one.at<String>("road")) {
    "fcm" -> PushMessage.Fcm(one.at("data"))
    "apns" -> PushMessage.Apns(writeJson(one.at<Any>("data")))
    else -> PushMessage.WebPush(Base64.getUrlDecoder().decode(one.at<String>("data")))
}

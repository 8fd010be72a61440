// Flows of being signed in: wrong passwords and servers, restarts without a network, sessions that
// are ended, one agent on two devices.

package app.baton.app.flows

import app.baton.app.model.Everywhere
import app.baton.app.model.ListState
import app.baton.app.model.Place
import app.baton.app.model.Special
import app.baton.core.InboxView
import app.baton.core.PushLevel
import app.baton.core.Standing
import app.baton.suite.at
import app.baton.suite.ensure
import app.baton.suite.freshNumber
import app.baton.suite.opId
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.nio.file.Files
import kotlin.io.path.isRegularFile
import kotlin.io.path.readBytes

val staying = listOf(
    Flow("found at the server, when the device has not got it") {
        val word = "w" + opId().takeLast(8)
        val said = world.customer(freshNumber(), "Where is parcel $word now?")
        val ana = hand("ana").live()
        ana.row(said)
        val search = ana.session.search
        val hit = eventually("the server finds it") {
            search.ask(word)
            until("it has answered") { search.state.value !is Everywhere.Asking }
            (search.state.value as? Everywhere.Found)?.hits?.firstOrNull()
        }
        ensure(hit.conversation == said.conversation) { "it found $hit" }
        world.cut(ana.way, "refuse")
        search.ask(word)
        until("it says that the server is away") { search.state.value is Everywhere.Failed }
    },
    Flow("another device is signed out") {
        val ana = hand("ana").live()
        val lost = hand("ana").live()
        val own = ana.session.own
        val device = lost.session.desk.signedIn.device
        own.load()
        until("it is listed") { own.state.value.devices?.any { it.id == device && !it.isThis } == true }
        own.endDevice(device)
        until("it is signed out") { lost.app.state.value.session == null }
        until("it is listed no more") { own.state.value.devices?.none { it.id == device } == true }
    },
    Flow("how much is pushed") {
        val ana = hand("ana").live()
        val own = ana.session.own
        own.load()
        until("it is known") { own.state.value.levels != null }
        own.setLevel(PushLevel.MINE)
        becomes("the server has it", PushLevel.MINE) { ana.session.desk.baton.pushLevels().level }
        until("it is shown") { own.state.value.levels?.level == PushLevel.MINE }
        own.setLevel(PushLevel.ALL)
        becomes("the server has that", PushLevel.ALL) { ana.session.desk.baton.pushLevels().level }
    },
    Flow("a quiet part of each day") {
        val ana = hand("ana").live()
        val own = ana.session.own
        own.load()
        until("it is known") { own.state.value.levels != null }
        own.setQuiet(true)
        becomes("the night is quiet", "22:00" to "07:00") { own.state.value.levels?.quiet?.let { it.from to it.until } }
        own.setQuiet("21:30", "06:15")
        becomes("the server has other times", "21:30" to "06:15") {
            ana.session.desk.baton.pushLevels().quiet?.let { it.from to it.until }
        }
        own.setQuiet(false)
        becomes("no part is quiet", null) { ana.session.desk.baton.pushLevels().quiet }
    },
    Flow("a view that is kept by name") {
        val said = world.customer(freshNumber(), "Not today")
        val ana = hand("ana").live().opens(said)
        ana.talk.snooze(System.currentTimeMillis() + 3_600_000)
        val name = "Later " + opId().takeLast(8)
        world.rest("ana", "POST", "/saved-views", mapOf("name" to name, "filter" to mapOf("status" to "snoozed")))
        val desk = ana.session.desk
        val view = eventually("it is known") {
            desk.readsSaved()
            desk.saved.value.find { it.name == name }
        }
        ana.session.inbox.choose(InboxView.All, Special.Saved(view.id, view.name, view.filter))
        until("it lists what is snoozed") {
            ana.session.inbox.retry()
            until("it has answered") { ana.session.inbox.state.value.list !is ListState.Loading }
            ana.rows.any { it.id == said.conversation }
        }
    },
    Flow("a wrong password, and the right one") {
        val ana = holds("ana").fills("not the password")
        until("it is told") { ana.problem != null }
        ensure(ana.problem == "Workspace, e-mail or password is not right.") { "it is told: ${ana.problem}" }
        ensure(!ana.app.state.value.signIn.isBusy) { "it goes on" }
        ana.signsIn().live()
        becomes("it is no longer told", null) { ana.problem }
    },
    Flow("addresses that are no server of Baton") {
        val ana = holds("ana").starts()
        val answers = listOf(
            500 to "<html>It does not work</html>", 200 to "<html>Welcome to a router</html>",
            404 to "", 503 to "{}", 302 to "",
        )
        for ((status, body) in answers) {
            val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
            server.createContext("/") { asked ->
                asked.sendResponseHeaders(status, if (body.isEmpty()) -1 else body.length.toLong())
                if (body.isNotEmpty()) asked.responseBody.write(body.toByteArray())
                asked.close()
            }
            server.start()
            ana.tries("http://127.0.0.1:${server.address.port}", "a server that answers $status")
            server.stop(0)
        }
        val nobody = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }
        ana.tries("http://127.0.0.1:$nobody", "nobody at all")
        ana.tries("no address", "what is no address")
        ana.signsIn().live()
    },
    Flow("something between answers in the server's place, while one works") {
        val number = freshNumber()
        val said = world.customer(number, "Is it on?")
        val ana = hand("ana").live().opens(said)
        val texts = listOf("fails", "page", "mute").map { mode ->
            world.cut(ana.way, mode)
            until("$mode: it is not live") { ana.session.desk.stand.value.standing != Standing.Live }
            "Written while it $mode".also {
                ana.writes(it)
                ana.hasKept(it)
            }.also { ensure("Is it on?" in ana.texts()) { "$mode: the lines are ${ana.texts()}" } }
        }
        ensure(world.reached(number).isEmpty()) { "something left: ${world.reached(number)}" }
        world.cut(ana.way, "pass")
        ana.session.desk.baton.networkChanged()
        ana.live()
        becomes("all of it reached the customer, once", texts) { world.reached(number) }
        ensure(ana.app.state.value.session != null) { "the session is over" }
    },
    Flow("the key of what is kept is lost") {
        val said = world.customer(freshNumber(), "Is it safe?")
        val ana = hand("ana").live().opens(said)
        ana.talk.type("A draft that goes")
        until("it is kept") { ana.session.desk.baton.draft(said.conversation) != null }
        closes(ana)
        val keys = Files.walk(ana.directory).use { all -> all.filter { it.isRegularFile() && it.fileName.toString().startsWith("key-") }.toList() }
        ensure(keys.isNotEmpty()) { "there are no keys" }
        keys.forEach(Files::delete)
        val later = again(ana, "ana").starts()
        becomes("it is told", "The key of what is kept here is lost. Sign in again; what was not sent is gone.") { later.problem }
        ensure(later.app.state.value.session == null) { "somebody is signed in" }
        later.signsIn().live().opens(newest(said))
        becomes("what the server has is there", listOf("Is it safe?")) { later.texts() }
        val last = again(later, "ana").starts()
        until("the next start knows its key") { last.app.state.value.session != null }
    },
    Flow("a customer whose name has no end, and one who has none") {
        val names = listOf("Maria ".repeat(84).trim(), "", "\u202e7 Marta\u2069")
        val ana = hand("ana").live()
        for (name in names) {
            val number = freshNumber()
            val said = world.post("/customer", mapOf("wa_id" to number, "name" to name, "text" to "It is me"))
            ana.app.open(Place.Talk(said.at("conversation")))
            until("it is open") { "It is me" in ana.texts() }
            ensure(ana.now.title?.isBlank() != true) { "the title is blank" }
            ana.writes("I know")
            becomes("it reached them", listOf("I know")) { world.reached(number) }
        }
    },
    Flow("opened without a network, and read") {
        val number = freshNumber()
        world.customer(number, "In the morning")
        val said = world.customer(number, "Or in the evening")
        val ana = hand("ana").live().opens(said)
        until("both lines are there") { ana.texts().size == 2 }
        world.cut(ana.way, "refuse")
        val later = again(ana, "ana").signsIn()
        later.opens(said)
        becomes("both lines are there", listOf("In the morning", "Or in the evening")) { later.texts() }
        later.writes("In the morning, please")
        later.hasKept("In the morning, please")
        world.cut(ana.way, "pass")
        later.session.desk.baton.networkChanged()
        becomes("it reached the customer", listOf("In the morning, please")) { world.reached(number) }
    },
    Flow("an admin ends the session while acts wait") {
        val number = freshNumber()
        val said = world.customer(number, "Are you there?")
        val ana = hand("ana").live().opens(said)
        ana.offline()
        for (text in List(5) { "act $it" }) {
            ana.writes(text)
            ana.hasKept(text)
        }
        val desk = ana.session.desk
        world.revoke(desk.signedIn.device)
        desk.baton.network(true)
        until("the app is at its door") { ana.app.state.value.session == null }
        until("it is told why") { ana.problem != null }
        ensure("signed out by somebody else" in ana.problem.orEmpty()) { "it is told: ${ana.problem}" }
        ensure(ana.app.state.value.talk == null && ana.app.state.value.places.isEmpty()) { "a conversation is open" }
        ensure(world.reached(number).isEmpty()) { "something left: ${world.reached(number)}" }
        val later = again(ana, "ana").starts()
        ensure(later.app.state.value.session == null) { "the session is back after a restart" }
        later.signsIn().live().opens(newest(said))
        becomes("nothing of it is left", listOf("Are you there?")) { later.texts() }
    },
    Flow("signed out, and another agent signs in") {
        val word = "heron${System.nanoTime()}"
        val said = world.customer(freshNumber(), "The $word is back")
        val ana = hand("ana").live().opens(said)
        ana.talk.type("A draft of hers")
        until("it is kept") { ana.session.desk.baton.draft(said.conversation) != null }
        ana.app.signOut()
        until("the app is at its door") { ana.app.state.value.session == null }
        ensure(ana.problem == null) { "it is told: ${ana.problem}" }
        val ben = again(ana, "ben").signsIn().live().opens(said)
        ensure(ben.composing.text.isEmpty()) { "her draft is his: ${ben.composing.text}" }
        until("he is himself") { ben.now.names.self?.name == "Ben" }
    },
    Flow("nothing of a customer lies on the disk as it was written") {
        val word = "bittern${System.nanoTime()}"
        val said = world.customer(freshNumber(), "The $word is back")
        val ana = hand("ana").live().opens(said)
        ana.offline()
        ana.writes("Also this $word")
        ana.hasKept("Also this $word")
        val plain = Files.walk(ana.directory).use { all ->
            all.filter { it.isRegularFile() && word in String(it.readBytes(), Charsets.ISO_8859_1) }.toList()
        }
        ensure(plain.isEmpty()) { "it is plain in $plain" }
    },
    Flow("one agent on two devices") {
        val number = freshNumber()
        val said = world.customer(number, "Which is it?")
        val phone = hand("ana").live().opens(said)
        val desk = hand("ana").live().opens(said)
        phone.writes("The left one")
        becomes("both have it, once", listOf("Which is it?", "The left one")) { desk.texts() }
        until("it has left") { world.reached(number).size == 1 }
        desk.opens(newest(said))
        desk.writes("No, the right one")
        becomes("it came in order", listOf("The left one", "No, the right one")) { world.reached(number) }
        becomes("both have both", phone.texts()) { desk.texts() }
    },
    Flow("from one conversation to another and back, with a draft in each") {
        val one = world.customer(freshNumber(), "One")
        val two = world.customer(freshNumber(), "Two")
        val ana = hand("ana").live().opens(one)
        ana.talk.type("For one")
        ana.opens(two)
        becomes("its field is empty", "") { ana.composing.text }
        ana.talk.type("For two")
        ana.app.back()
        becomes("the first is there with its draft", "For one") { ana.now.takeIf { it.id == one.conversation }?.composing?.text }
        ana.app.open(Place.Talk(two.conversation))
        becomes("the second with its own", "For two") { ana.now.takeIf { it.id == two.conversation }?.composing?.text }
    },
    Flow("sent, and left at once") {
        val number = freshNumber()
        val said = world.customer(number, "Quick!")
        val ana = hand("ana").live().opens(said)
        ana.writes("On my way.")
        ana.app.back()
        val later = again(ana, "ana").signsIn().live()
        becomes("it reached the customer", listOf("On my way.")) { world.reached(number) }
        later.opens(newest(said))
        becomes("it is there, once", listOf("Quick!", "On my way.")) { later.texts() }
        ensure(later.composing.text.isEmpty()) { "it is a draft as well" }
    },
    Flow("a long list, to its end") {
        repeat(60) { world.sends(freshNumber(), "kind" to "text", "body" to "Customer of a long list") }
        val ana = hand("ana").live()
        ana.session.inbox.choose(InboxView.All)
        until("all of them are there, once") {
            val list = ana.session.inbox.state.value.list as? ListState.Loaded ?: return@until false
            if (list.hasMore) ana.session.inbox.more().join()
            list.rows.count { it.preview == "Customer of a long list" } == 60 && !list.hasMore
        }
        ensure(ana.rows.map { it.id }.toSet().size == ana.rows.size) { "one is there twice" }
    },
)

private suspend fun Hand.tries(address: String, what: String) {
    app.setServer(address)
    ensure(problem == null) { "the last problem is still told: $problem" }
    app.signIn("a password")
    until("$what is told") { problem != null && !app.state.value.signIn.isBusy }
    ensure(app.state.value.session == null) { "somebody is signed in at $what" }
}

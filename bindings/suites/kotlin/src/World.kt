// The world of `world.py`: a real server, a simulated WhatsApp, ways that can be cut.

package app.baton.suite

import app.baton.core.SeenLine
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.security.SecureRandom
import java.time.Duration
import java.util.UUID
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

typealias Fields = Map<String, Any?>

/** What is there under a name of a JSON object, or of one inside it. */
@Suppress("UNCHECKED_CAST")
fun <T> Any?.at(vararg path: String): T =
    path.fold(this) { value, name -> (value as? Map<*, *>)?.get(name) } as T

/** A way to the server, which can be cut. */
class Way(val number: Long, val url: String)

/** What a customer said, as the server has it. */
class Said(val conversation: String, val line: SeenLine)

class World(val address: String) {
    private val http = HttpClient.newHttpClient()
    private val facts: Fields by lazy { post("/facts", emptyMap()) }

    /** Blocks; what is not answered with 200 is thrown. */
    fun post(path: String, body: Fields): Fields {
        val request = HttpRequest.newBuilder(URI(address + path))
            .timeout(Duration.ofSeconds(40))
            .POST(HttpRequest.BodyPublishers.ofString(writeJson(body)))
            .build()
        val answer = http.send(request, HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() == 200) { "$path: ${answer.body()}" }
        return readJson(answer.body()).at()
    }

    private suspend fun ask(path: String, vararg body: Pair<String, Any?>): Fields =
        withContext(Dispatchers.IO) { post(path, mapOf(*body)) }

    fun login(who: String): Fields = facts.at("logins", who)

    fun agent(who: String): String = login(who).at("agent_id")

    suspend fun way(): Way = ask("/way").let { Way(it.at("way"), it.at("url")) }

    suspend fun cut(way: Way, mode: String) {
        ask("/cut", "way" to way.number, "mode" to mode)
    }

    /** A customer writes, by the clock of WhatsApp some seconds ago. */
    suspend fun customer(waId: String, text: String, agoS: Int = 0): Said {
        val name = "Customer $waId"
        val asked = arrayOf("wa_id" to waId, "name" to name, "text" to text, "ago_s" to agoS)
        val said = ask("/customer", *asked)
        val line = SeenLine(said.at<Long>("seq").toULong(), said.at("id"))
        return Said(said.at("conversation"), line)
    }

    /** The phone app shares what a customer said before. */
    suspend fun history(waId: String, texts: List<String>) {
        ask("/history", "wa_id" to waId, "texts" to texts)
    }

    /** A colleague's command; what the server answered to it. */
    suspend fun colleague(
        who: String,
        conversation: String,
        type: String,
        vararg more: Pair<String, Any?>,
    ): Fields {
        val asked = arrayOf("who" to who, "conversation" to conversation, "type" to type)
        val answer = ask("/colleague", *asked, *more)
        check("accepted" in answer) { "$who's $type was refused: $answer" }
        return answer
    }

    /** Texts that reached the customer, in order. */
    suspend fun reached(waId: String): List<String> =
        ask("/reached", "wa_id" to waId).at<List<Any?>>("reached").map { it.at("body", "body") }

    /** What reached the customer, by kind, in order. */
    suspend fun kindsReached(waId: String): List<String> =
        ask("/reached", "wa_id" to waId).at<List<Any?>>("reached").map { it.at("type") }

    /** Files that reached the customer: kind, bytes, whether whole, and caption or name. */
    suspend fun files(waId: String): List<String> =
        ask("/files", "wa_id" to waId).at<List<Any?>>("files").map {
            val words = it.at<String?>("caption") ?: it.at<String?>("filename")
            "${it.at<String>("kind")} ${it.at<Long>("bytes")} ${it.at<Boolean>("is_whole")} $words"
        }

    suspend fun revoke(device: String) {
        ask("/revoke", "device" to device)
    }

    suspend fun push(who: String, device: String, vararg more: Pair<String, Any?>): Fields =
        ask("/push", "who" to who, "device" to device, *more)

    suspend fun pushed(vararg of: Pair<String, Any?>): Fields = ask("/pushed", *of)

    suspend fun rest(who: String, method: String, path: String, body: Any? = null): Fields =
        ask("/rest", "who" to who, "method" to method, "path" to path, "body" to body)

    /** A customer blocks the number, or does so no longer. */
    suspend fun blocks(waId: String, isSo: Boolean) {
        val act = mapOf("act" to "block", "from" to mapOf("wa_id" to waId), "blocks" to isSo)
        ask("/simulator", "method" to "POST", "path" to "/control/acts", "body" to act)
    }

    /** Settings are put and ended at the desk. */
    suspend fun puts(vararg changes: Fields) {
        ask("/rest", "who" to "admin", "method" to "POST", "path" to "/settings",
            "body" to changes.toList())
    }

    /** A new team of these, whose work is offered; its id. */
    suspend fun offers(vararg members: String): String {
        val routing = mapOf("hand" to "offer")
        return ask("/team", "members" to members.toList(), "routing" to routing).at("team")
    }

    suspend fun conversation(id: String): Fields = rest("admin", "GET", "/conversations/$id")

    /** Texts of the server's lines. */
    suspend fun lines(id: String): List<String?> =
        conversation(id).at<List<Any?>>("lines").map { it.at("content", "text") }

    suspend fun notes(id: String): List<String?> =
        conversation(id).at<List<Any?>?>("notes").orEmpty().map { it.at("text") }

    /** The agent who owns it on the server, if one does. */
    suspend fun owner(id: String): String? {
        val owner: Fields = conversation(id).at("view", "head", "owner")
        return if (owner["kind"] == "agent") owner.at("id") else null
    }
}

private val random = SecureRandom()

/** An id as apps make them: a UUID of version 7. */
fun opId(): String {
    val high = (System.currentTimeMillis() shl 16) or 0x7000 or random.nextLong().and(0xfff)
    val low = random.nextLong().and(0x3fff_ffff_ffff_ffff) or Long.MIN_VALUE
    return UUID(high, low).toString()
}

/** A customer nobody else has. */
fun freshNumber(): String = "4477" + (10_000_000 + random.nextInt(89_999_999))

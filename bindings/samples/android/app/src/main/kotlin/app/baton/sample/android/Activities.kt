// Two screens of plain views: the list, and a conversation.

package app.baton.sample.android

import android.Manifest
import android.app.Activity
import android.app.AlertDialog
import android.content.Intent
import android.content.pm.PackageManager
import android.os.Build
import android.os.Bundle
import android.text.Editable
import android.text.TextWatcher
import android.widget.ArrayAdapter
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.ListView
import android.widget.TextView
import app.baton.android.CONVERSATION
import app.baton.android.registerFirebase
import app.baton.core.Baton
import app.baton.core.InboxRow
import app.baton.core.InboxView
import app.baton.core.OutboxItem
import app.baton.core.PushOffReason
import app.baton.core.Standing
import app.baton.core.TimelineEntry
import app.baton.sample.model.ConversationScreen
import app.baton.sample.model.InboxScreen
import app.baton.sample.model.held
import app.baton.sample.model.tapId
import app.baton.sample.model.wantsSignIn
import app.baton.sample.model.words
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch

/** A screen of somebody who is signed in, whose subscriptions end when it is not seen. */
abstract class Screen : Activity() {
    protected val app get() = application as BatonApp
    private var seen: CoroutineScope? = null

    override fun onStart() {
        super.onStart()
        val scope = CoroutineScope(mainExecutor.asCoroutineDispatcher())
        seen = scope
        scope.launch {
            val baton = app.baton.core() ?: return@launch signsIn()
            scope.launch {
                baton.current.first { it.wantsSignIn() }
                signsIn()
            }
            appears(baton, scope)
        }
    }

    /** No screen of whose session is over is left below. */
    private fun signsIn() {
        val flags = Intent.FLAG_ACTIVITY_NEW_TASK or Intent.FLAG_ACTIVITY_CLEAR_TASK
        startActivity(Intent(this, SignInActivity::class.java).addFlags(flags))
    }

    override fun onStop() {
        disappears()
        seen?.cancel()
        super.onStop()
    }

    protected abstract suspend fun appears(baton: Baton, scope: CoroutineScope)

    protected open fun disappears() = Unit

    protected fun column() = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL }
}

class InboxActivity : Screen() {
    private lateinit var banner: TextView
    private lateinit var list: ListView
    private var rows: List<InboxRow> = emptyList()

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        banner = TextView(this)
        list = ListView(this)
        list.setOnItemClickListener { _, _, at, _ ->
            val of = rows.getOrNull(at)?.id ?: return@setOnItemClickListener
            startActivity(Intent(this, ConversationActivity::class.java).putExtra(CONVERSATION, of))
        }
        setContentView(column().apply { addView(banner); addView(list) })
    }

    /** Without it nothing is shown of what is pushed. The system asks people twice at most. */
    private fun asksToNotify() {
        val wish = Manifest.permission.POST_NOTIFICATIONS
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) return
        if (checkSelfPermission(wish) != PackageManager.PERMISSION_GRANTED) {
            requestPermissions(arrayOf(wish), 0)
        }
    }

    /** The core keeps the reason, so that a screen of settings can show why the phone is silent. */
    override fun onRequestPermissionsResult(code: Int, asked: Array<String>, given: IntArray) {
        super.onRequestPermissionsResult(code, asked, given)
        if (given.all { it == PackageManager.PERMISSION_GRANTED }) {
            app.baton.registerFirebase()
        } else {
            app.baton.scope.launch { app.baton.pushOff(PushOffReason.Permission) }
        }
    }

    override suspend fun appears(baton: Baton, scope: CoroutineScope) {
        if (!baton.current.value.wantsSignIn()) asksToNotify()
        val screen = InboxScreen(baton, scope, InboxView.All)
        scope.launch { screen.banner.collect { banner.text = it.orEmpty() } }
        scope.launch {
            screen.rows.collect { told ->
                rows = told.orEmpty()
                list.adapter = lines(this@InboxActivity, rows.map { it.words() })
                if (list.lastVisiblePosition >= rows.size - 5) screen.nearsTheEnd()
            }
        }
    }
}

class ConversationActivity : Screen() {
    private lateinit var list: ListView
    private lateinit var input: EditText
    private lateinit var problem: TextView
    private var screen: ConversationScreen? = null
    private var entries: List<TimelineEntry> = emptyList()
    private var tap = tapId()

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        list = ListView(this)
        list.setOnItemClickListener { _, _, at, _ -> entries.getOrNull(at)?.held?.let(::reviews) }
        problem = TextView(this)
        input = EditText(this)
        input.addTextChangedListener(Typing())
        val send = Button(this).apply { text = "Send" }
        send.setOnClickListener { sends() }
        val all = column()
        for (view in listOf(list, problem, input, send)) all.addView(view)
        setContentView(all)
    }

    private fun sends() {
        val text = input.text.toString()
        if (text.isBlank()) return
        screen?.replies(text, tap)
        // The next tap is another act.
        tap = tapId()
        input.setText("")
    }

    /** Its author decides, with what they had missed before their eyes. */
    private fun reviews(item: OutboxItem) {
        val missed = item.review?.missed.orEmpty().map { it.text ?: "(not a text)" }
        AlertDialog.Builder(this)
            .setTitle(item.text ?: item.kind.words)
            .setMessage((listOfNotNull(item.review?.detail) + missed).joinToString("\n"))
            .setPositiveButton("Send anyway") { _, _ -> screen?.sendsAnyway(item) }
            .setNegativeButton("Discard") { _, _ -> screen?.discards(item) }
            .show()
    }

    override suspend fun appears(baton: Baton, scope: CoroutineScope) {
        val of = intent.getStringExtra(CONVERSATION) ?: return finish()
        // Nothing stays on the screen, nor what was typed: the draft is kept.
        scope.launch {
            baton.current.first { it is Standing.Locked }
            finish()
        }
        val now = ConversationScreen(baton, scope, of)
        // What was told last may be of before the app was left.
        if (now.isLocked()) return finish()
        screen = now
        app.baton.appear(this, of)
        now.draft()?.let { if (input.text.isEmpty()) input.setText(it) }
        scope.launch { now.problem.collect { problem.text = it.orEmpty() } }
        scope.launch {
            now.shown.collect { shown ->
                title = shown?.title
                entries = shown?.entries.orEmpty()
                list.adapter = lines(this@ConversationActivity, entries.map { it.words() })
            }
        }
    }

    override fun disappears() {
        app.baton.disappear(this)
        screen = null
    }

    private inner class Typing : TextWatcher {
        override fun afterTextChanged(text: Editable) {
            screen?.types(text.toString())
        }

        override fun beforeTextChanged(text: CharSequence?, at: Int, count: Int, after: Int) = Unit

        override fun onTextChanged(text: CharSequence?, at: Int, before: Int, count: Int) = Unit
    }
}

private fun lines(screen: Activity, texts: List<String>) =
    ArrayAdapter(screen, android.R.layout.simple_list_item_1, texts)

// The one activity: it draws the app, and hands on what other programs ask for.

package app.baton.phone

import android.content.Intent
import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.BackHandler
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.result.contract.ActivityResultContracts
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import app.baton.android.CONVERSATION
import app.baton.app.BatonApp
import app.baton.app.model.Kept
import app.baton.app.model.Place

private const val KEPT = "kept"

class MainActivity : ComponentActivity() {
    private val phone get() = application as PhoneApp
    private val picks = registerForActivityResult(ActivityResultContracts.OpenDocument()) {
        phone.platform.picked(it)
    }
    private val asks = registerForActivityResult(ActivityResultContracts.RequestPermission()) {
        phone.platform.answered(it)
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        phone.platform.screen = this
        if (savedInstanceState == null) heeds(intent) else returns(savedInstanceState)
        setContent {
            val state by phone.model.state.collectAsState()
            BackHandler(enabled = state.places.isNotEmpty()) { phone.model.back() }
            BatonApp(phone.model, phone.platform)
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        heeds(intent)
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putString(KEPT, phone.model.kept().written())
    }

    override fun onDestroy() {
        if (phone.platform.screen === this) phone.platform.screen = null
        super.onDestroy()
    }

    /** A conversation that is opened from outside, a link to sign in, a text that is shared. */
    private fun heeds(intent: Intent) {
        when (intent.action) {
            Intent.ACTION_VIEW -> {
                val id = intent.getStringExtra(CONVERSATION) ?: intent.data?.schemeSpecificPart
                if (!id.isNullOrEmpty()) phone.model.comes(Place.Talk(id))
            }
            Intent.ACTION_SEND -> intent.getStringExtra(Intent.EXTRA_TEXT)?.let(phone.model::shares)
        }
    }

    /** The process was ended meanwhile: drafts are with the core, where one was is here. */
    private fun returns(state: Bundle) {
        state.getString(KEPT)?.let(Kept::of)?.let(phone.model::resumes)
    }

    fun asksFor(permission: String) = asks.launch(permission)

    fun picksFile() = picks.launch(arrayOf("*/*"))
}
